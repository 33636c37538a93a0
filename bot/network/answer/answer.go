// Package answer reads what servers answer. An answer is JSON of which only what is used is ever held:
// it is read as a stream, and whatever is in it is a stranger's until it has gone through here.
//
//   - Bytes, nesting, and how many things are kept are bounded; what is not asked for is skipped in whatever
//     shape it comes, and costs nothing.
//   - A field of a type that was not due is as if it were absent. A number is taken for an id, and a
//     string of digits for a number, since servers differ in that.
//   - An element of a list that cannot be used is left out and counted; it never loses the others.
//   - Ids, handles, addresses, texts and all other strings have a longest length and no characters that
//     steer whatever shows them.
//
// It knows no network and asks for nothing.
package answer

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// Limits of one answer; what is zero is as in Standard.
type Limits struct {
	Bytes int64 // read at most, after decompression
	Items int   // elements of lists looked at at most, in all lists together
}

// Standard are the limits where nothing else is said. A page of forty long posts stays far below. Bytes
// are only read, most are never held; posts of a megabyte each must not make a page unreadable.
var Standard = Limits{Bytes: 32 << 20, Items: 10_000}

// ErrTooMuch means that an answer is beyond its limits.
var ErrTooMuch = errors.New("the answer is larger than any honest one")

// rest is how much may follow an answer, such as the end of a line.
const rest = 1 << 10

// Read reads one answer, which read takes what it wants of. skipped counts the elements of lists that could not
// be used. When there is an error, what was read until then is not to be believed.
func Read(from io.Reader, l Limits, read func(*Value)) (skipped int, err error) {
	if l.Bytes == 0 {
		l.Bytes = Standard.Bytes
	}
	if l.Items == 0 {
		l.Items = Standard.Items
	}
	v := &Value{from: from, bytes: l.Bytes, items: l.Items}
	if v.take(func() { read(v) }); v.err == nil {
		_, _ = io.CopyN(io.Discard, from, rest) // only then a connection can be used again
	}
	return v.skipped, v.err
}

// Object is for an answer that is one object, and nothing else will do.
func Object(read func(*Value)) func(*Value) {
	return func(v *Value) {
		if v.due(ofObject) {
			read(v)
		}
	}
}

// All is for an answer that is a list, and nothing else will do: what says {} is not one that says []. One of
// more than most elements is refused: cut short, it would look as if the rest were gone.
func All[T any](into *[]T, most int, read func(*T, *Value) bool) func(*Value) {
	return func(v *Value) {
		if !v.due(ofList) {
			return
		}
		l := ListOf(v, most, read)
		if l.Left > 0 {
			v.fail(fmt.Errorf("%w: more than %d elements", ErrTooMuch, most))
		}
		if v.err == nil {
			*into = l.Items
		}
	}
}

// List is a list within an answer.
type List[T any] struct {
	Items []T
	Told  bool // there is one: an empty list is not an absent one
	Bad   int  // elements that cannot be used
	Left  int  // elements beyond the most that are looked at
}

// Whole says whether the items are all there are. Only then does it mean something that one is missing.
func (l List[T]) Whole() bool { return l.Told && l.Bad == 0 && l.Left == 0 }

// ListOf reads a list, of which at most most elements are looked at, each by read, which says whether it can
// be used. Anything else than a list is none.
func ListOf[T any](v *Value, most int, read func(*T, *Value) bool) (l List[T]) {
	item := new(T) // one for all: most elements of a hostile list are bad
	l.Told, l.Bad, l.Left = v.walk(most, func() bool {
		*item = *new(T)
		if !read(item, v) {
			return false
		}
		l.Items = append(l.Items, *item)
		return true
	})
	return l
}

// LastOf reads a list of which only the last most elements are kept, of however many.
func LastOf[T any](v *Value, most int, read func(*T, *Value) bool) (l List[T]) {
	var ring []T
	item, oldest := new(T), 0
	l.Told, l.Bad, _ = v.walk(math.MaxInt, func() bool {
		*item = *new(T)
		switch {
		case !read(item, v):
			return false
		case len(ring) < most:
			ring = append(ring, *item)
		default:
			ring[oldest] = *item
			oldest, l.Left = (oldest+1)%most, l.Left+1
		}
		return true
	})
	l.Items = slices.Concat(ring[oldest:], ring[:oldest])
	return l
}

// walk looks at elements of a list, at most most; use says whether one can be used.
func (v *Value) walk(most int, use func() bool) (told bool, bad, left int) {
	looked := 0
	told = v.elements(func() {
		if looked == most {
			left++
			return
		}
		looked++
		if v.items--; v.items < 0 {
			v.fail(fmt.Errorf("%w: too many elements", ErrTooMuch))
		}
		if !use() {
			bad++
			v.skipped++
		}
	})
	return told, bad, left
}

// Some is ListOf where a single thing may stand in place of a list of one.
func Some[T any](v *Value, most int, read func(*T, *Value) bool) List[T] {
	if v.peek() != ofObject {
		return ListOf(v, most, read)
	}
	one := make([]T, 1)
	if !read(&one[0], v) {
		v.skipped++
		return List[T]{Told: true, Bad: 1}
	}
	return List[T]{Told: true, Items: one}
}

// Anew is what p points to, empty: fields that come again and again cost nothing.
func Anew[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	*p = *new(T)
	return p
}

// Strings reads a list of strings, each by read, without those that are empty.
func Strings(v *Value, most int, read func(*Value) string) List[string] {
	return ListOf(v, most, func(s *string, v *Value) bool {
		*s = read(v)
		return *s != ""
	})
}

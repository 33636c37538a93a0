package answer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Value is where an answer is being read: the value that comes next. Each of its methods takes that
// value, whatever it is; one that nobody took is skipped. After an error everything is absent.
type Value struct {
	from    io.Reader
	bytes   int64 // that may still be read
	items   int   // elements of lists that may still be kept
	skipped int
	err     error

	page    [4096]byte
	at, end int               // of what is not looked at yet in page
	ahead   bool              // the next value was not taken yet
	held    []byte            // the string or number that was read last
	name    [longestName]byte // of the field that was begun last
	inside  nesting           // of what is skipped
}

// kind is what a value is, by its first character.
type kind byte

const (
	ofObject kind = '{'
	ofList   kind = '['
	ofString kind = '"'
	ofNumber kind = '0'
	ofTrue   kind = 't'
	ofFalse  kind = 'f'
	ofNull   kind = 'n'
	ofNone   kind = 0 // no JSON, or the end
)

// String is how an error names it.
func (k kind) String() string {
	switch k {
	case ofObject:
		return "an object"
	case ofList:
		return "a list"
	}
	return "something else"
}

// fail ends the reading; the first error counts.
func (v *Value) fail(err error) {
	if v.err == nil {
		v.err = err
	}
}

// take reads one value, by use as far as that wants it.
func (v *Value) take(use func()) {
	v.ahead = true
	use()
	if v.ahead {
		v.skip()
	}
}

// due says whether the value that comes next is of a kind, and fails when it is not.
func (v *Value) due(k kind) bool {
	got := v.peek()
	if got != k && v.err == nil {
		rest := v.page[v.at:min(v.end, v.at+24)]
		v.fail(fmt.Errorf("the answer is not %v; it begins with %q", k, bytes.ToValidUTF8(rest, []byte("?"))))
	}
	return got == k
}

// peek is the kind of the value that comes next.
func (v *Value) peek() kind {
	switch c := v.next(); c {
	case '{', '[', '"', 't', 'f', 'n':
		return kind(c)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return ofNumber
	}
	return ofNone
}

// more makes sure that there is a byte to look at; at the end it fails.
func (v *Value) more() bool {
	for v.at == v.end && v.err == nil {
		if v.bytes <= 0 {
			v.fail(fmt.Errorf("%w: too many bytes", ErrTooMuch))
			break
		}
		n, err := v.from.Read(v.page[:min(int64(len(v.page)), v.bytes)])
		v.at, v.end = 0, n
		v.bytes -= int64(n)
		if n == 0 && err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			v.fail(err)
		}
	}
	return v.err == nil
}

// next is the next byte that is no space, which stays; 0 at the end.
func (v *Value) next() byte {
	for v.more() {
		switch c := v.page[v.at]; c {
		case ' ', '\t', '\r', '\n':
			v.at++
		default:
			return c
		}
	}
	return 0
}

// char takes a byte; 0 at the end.
func (v *Value) char() byte {
	if !v.more() {
		return 0
	}
	v.at++
	return v.page[v.at-1]
}

// accept takes the next byte that is no space if it is c.
func (v *Value) accept(c byte) bool {
	if v.next() != c || v.err != nil {
		return false
	}
	v.at++
	return true
}

// expect takes c, and fails when something else comes.
func (v *Value) expect(c byte) {
	if !v.accept(c) {
		v.fail(fmt.Errorf("the answer is no JSON: %q where %q is due", v.next(), c))
	}
}

// longestName is as much of a field's name as is looked at.
const longestName = 64

// Fields reads an object, field by field; each gets the name, which is good until it takes the value. It says
// whether there was an object.
func (v *Value) Fields(each func(name []byte)) bool {
	if v.peek() != ofObject {
		return false
	}
	v.ahead = false
	v.at++
	for first := true; !v.accept('}') && v.err == nil; first = false {
		if !first {
			v.expect(',')
		}
		v.next()
		v.text(longestName)
		n := copy(v.name[:], v.held)
		v.expect(':')
		v.take(func() {
			if v.err == nil {
				each(v.name[:n])
			}
		})
	}
	return v.err == nil
}

// elements reads a list; each may take the element. It says whether there was a list.
func (v *Value) elements(each func()) bool {
	if v.peek() != ofList {
		return false
	}
	v.ahead = false
	v.at++
	for first := true; !v.accept(']') && v.err == nil; first = false {
		if !first {
			v.expect(',')
		}
		v.take(func() {
			if v.err == nil {
				each()
			}
		})
	}
	return v.err == nil
}

// text reads a string into held, at most most bytes of it; whole says that there was no more. Half a
// character at the end is left out.
func (v *Value) text(most int) (whole bool) {
	v.held, whole = v.held[:0], true
	v.expect('"')
	for v.err == nil {
		c := v.char()
		switch {
		case c == '"' && v.err == nil:
			if !whole {
				v.held = complete(v.held)
			}
			return whole
		case !whole:
			if c == '\\' {
				v.char()
			}
		case c == '\\':
			v.escape()
		default:
			v.held = append(v.held, c)
		}
		if len(v.held) > most {
			v.held, whole = v.held[:most], false
		}
	}
	v.held = v.held[:0]
	return false
}

// complete is a text without half a character at its end.
func complete(b []byte) []byte {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax); i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return b[:i]
			}
			break
		}
	}
	return b
}

// escape reads what stands behind a backslash.
func (v *Value) escape() {
	switch c := v.char(); c {
	case 'b', 'f':
		v.held = append(v.held, ' ')
	case 'n':
		v.held = append(v.held, '\n')
	case 'r':
		v.held = append(v.held, '\r')
	case 't':
		v.held = append(v.held, '\t')
	case 'u':
		v.pair(v.hex())
	case '"', '\\', '/':
		v.held = append(v.held, c)
	default:
		v.fail(fmt.Errorf("the answer is no JSON: %q behind a backslash", c))
	}
}

// pair adds a character of which the first half, or all, is read. A half without another is no character, and
// what comes instead of it counts by itself.
func (v *Value) pair(r rune) {
	if utf16.IsSurrogate(r) && v.more() && v.page[v.at] == '\\' {
		v.at++
		if v.more() && v.page[v.at] != 'u' {
			v.held = utf8.AppendRune(v.held, utf8.RuneError)
			v.escape()
			return
		}
		v.at++
		low := v.hex()
		if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
			r = both
		} else {
			v.held = utf8.AppendRune(v.held, utf8.RuneError)
			r = low
		}
	}
	v.held = utf8.AppendRune(v.held, r)
}

// hex reads four hexadecimal digits.
func (v *Value) hex() (r rune) {
	for range 4 {
		c := v.char()
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			v.fail(fmt.Errorf("the answer is no JSON: %q in a character's number", c))
		}
		r = r<<4 | rune(c)
	}
	return r
}

// word reads a number, true, false or null into held; whole says that it is not longer than any of use.
func (v *Value) word() (whole bool) {
	v.held, whole = v.held[:0], true
	for v.more() {
		c := v.page[v.at]
		if bytes.IndexByte([]byte("+-.0123456789aeEflnrstu"), c) < 0 {
			break
		}
		v.at++
		if len(v.held) < longestWord {
			v.held = append(v.held, c)
		} else {
			whole = false
		}
	}
	if len(v.held) > 0 && errors.Is(v.err, io.ErrUnexpectedEOF) {
		v.err = nil // it may be all there is; if something is due behind it, that is missed then
	}
	if len(v.held) == 0 {
		v.fail(fmt.Errorf("the answer is no JSON: %q begins no value", v.next()))
	}
	return whole
}

// longestWord is as much of a number as is looked at.
const longestWord = 40

// deepest is how deep something that is skipped may be nested.
const deepest = 10_000

// skip passes over a value of any shape, without holding it.
func (v *Value) skip() {
	v.ahead = false
	inside := &v.inside
	inside.depth = 0
	for v.err == nil {
		switch c := v.next(); c {
		case '{', '[':
			v.at++
			if inside.open(c == '{'); inside.depth > deepest {
				v.fail(fmt.Errorf("%w: too deep", ErrTooMuch))
				return
			}
			if v.accept(inside.end()) {
				inside.depth--
				break
			}
			v.key()
			continue
		case '"':
			v.text(0)
		default:
			v.word()
		}
		for inside.depth > 0 && v.accept(inside.end()) {
			inside.depth--
		}
		if inside.depth == 0 {
			return
		}
		v.expect(',')
		v.key()
	}
}

// key passes over the name of a field, where one is due.
func (v *Value) key() {
	if v.inside.end() == '}' {
		v.next()
		v.text(0)
		v.expect(':')
	}
}

// nesting remembers what encloses a value: a bit for each level says whether it is an object.
type nesting struct {
	depth int
	bits  []byte
}

func (n *nesting) open(object bool) {
	if n.depth/8 == len(n.bits) {
		n.bits = append(n.bits, 0)
	}
	bit := byte(1) << (n.depth % 8)
	if object {
		n.bits[n.depth/8] |= bit
	} else {
		n.bits[n.depth/8] &^= bit
	}
	n.depth++
}

// end is the bracket that closes the innermost level.
func (n *nesting) end() byte {
	if d := n.depth - 1; d >= 0 && n.bits[d/8]&(1<<(d%8)) != 0 {
		return '}'
	}
	return ']'
}

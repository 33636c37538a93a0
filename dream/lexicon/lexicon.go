// Package lexicon knows English: which words exist, and what nouns mean. A meaning is a synset of
// WordNet 3.0, which lies below more general ones, as a beagle lies below dog and animal; labels of
// networks are named by such meanings. It knows nothing of networks, nor which words people use for
// what a network has learnt.
//
// The words are SCOWL's, the meanings Princeton WordNet's; NOTICE has their licences. lexicon.bin is
// written by go generate, from Debian's packages scowl and wordnet-base.
package lexicon

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

//go:generate go run ./gen -labels ../../classifier/model/labels.txt -table ../words.txt -out lexicon.bin
//go:embed lexicon.bin
var packed string

// What a word is, as gen writes it.
const (
	thing   byte = 1 << iota // a noun, and no adjective
	adverb                   // and nothing else
	vouched                  // every English word that is one slip of the finger away is in the book, too
)

// Synset is a meaning of nouns: its offset in WordNet 3.0 if networks have labels that are or lie below
// it, else a number that only this process knows. 0 is none.
type Synset uint32

// unnamed is added to the numbers of synsets without an offset.
const unnamed Synset = 1 << 24

// book is the lexicon unpacked: half a megabyte, made when it is first needed.
type book struct {
	text    string   // all words, one after the other, in order
	ends    []uint32 // of each word in text
	classes []byte   // of each word
	meaning []uint16 // of each word: 1 + number of a synset, 0 for none

	parents [][]uint16     // of each synset, those directly above
	below   []int          // how many of WordNet's synsets lie below each, itself included
	names   []Synset       // of each synset
	numbers map[Synset]int // of named synsets
}

// open unpacks the lexicon.
var open = sync.OnceValue(func() *book {
	data, err := io.ReadAll(flate.NewReader(strings.NewReader(packed)))
	if err != nil {
		panic(fmt.Sprintf("lexicon: %v", err)) // a test opens it
	}
	r := reader{data}
	b := &book{numbers: map[Synset]int{}}
	b.readWords(&r)
	b.readSynsets(&r)
	return b
})

// reader takes numbers off the front of data that was written by gen.
type reader struct{ data []byte }

func (r *reader) uint() int {
	v, n := binary.Uvarint(r.data)
	r.data = r.data[n:]
	return int(v)
}

func (r *reader) bytes(n int) []byte {
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (b *book) readWords(r *reader) {
	n := r.uint()
	b.ends, b.meaning = make([]uint32, n), make([]uint16, n)
	var text strings.Builder
	var word []byte
	shared := r.bytes(n)
	for i := range n {
		rest, behind, _ := bytes.Cut(r.data, []byte{0})
		r.data = behind
		word = append(word[:shared[i]], rest...)
		text.Write(word)
		b.ends[i] = uint32(text.Len())
	}
	b.text, b.classes = text.String(), r.bytes(n)
	low, high := r.bytes(n), r.bytes(n)
	for i := range n {
		b.meaning[i] = uint16(low[i]) | uint16(high[i])<<8
	}
}

func (b *book) readSynsets(r *reader) {
	n := r.uint()
	b.parents, b.names, b.below = make([][]uint16, n), make([]Synset, n), make([]int, n)
	counts := r.bytes(n)
	for i := range n {
		b.parents[i] = make([]uint16, counts[i])
		for p := range b.parents[i] {
			b.parents[i][p] = uint16(r.uint())
		}
	}
	for i := range n {
		b.below[i], b.names[i] = r.uint(), unnamed+Synset(i)
	}
	offset := Synset(0)
	for i := 0; ; i++ {
		step := r.uint()
		if step == 0 {
			return
		}
		offset += Synset(step)
		b.names[i], b.numbers[offset] = offset, i
	}
}

// above is a synset and all above it, by place, with the number of steps up.
func (b *book) above(place int) map[int]int {
	steps := map[int]int{place: 0}
	for queue := []int{place}; len(queue) > 0; queue = queue[1:] {
		for _, p := range b.parents[queue[0]] {
			if _, seen := steps[int(p)]; !seen {
				steps[int(p)] = steps[queue[0]] + 1
				queue = append(queue, int(p))
			}
		}
	}
	return steps
}

// word is the i-th word.
func (b *book) word(i int) string {
	start := uint32(0)
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.text[start:b.ends[i]]
}

// find is the place of a word.
func (b *book) find(word string) (int, bool) {
	low, high := 0, len(b.ends)
	for low < high {
		mid := (low + high) / 2
		if b.word(mid) < word {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, low < len(b.ends) && b.word(low) == word
}

// number is which synset it is.
func (b *book) number(s Synset) (int, bool) {
	if s >= unnamed {
		return int(s - unnamed), int(s-unnamed) < len(b.names)
	}
	n, ok := b.numbers[s]
	return n, ok
}

// class is what a word is; it is false for one that the book does not have.
func (b *book) class(word string) (byte, bool) {
	i, ok := b.find(word)
	if !ok {
		return 0, false
	}
	return b.classes[i], true
}

// Exists says whether the book has a word, in the singular or with an s behind it, or a name of several
// words. It has what names things that can be seen, and every English word that is one slip of the finger
// away from a word for which IsVouched is true. Words are in lower case, without accents, hyphens and
// apostrophes; several have single spaces between them.
func Exists(word string) bool {
	b := open()
	_, ok := b.class(word)
	if stem, plural := strings.CutSuffix(word, "s"); plural && !ok {
		_, ok = b.class(stem)
	}
	return ok
}

// IsVouched says whether a word that does not exist, one slip away from this one, can be a slip.
func IsVouched(word string) bool {
	b := open()
	c, ok := b.class(word)
	if stem, plural := strings.CutSuffix(word, "s"); plural && !ok {
		c, _ = b.class(stem)
	}
	return c&vouched != 0
}

// IsThing says whether a word in the singular is a noun, and no adjective: "red" says how things are.
func IsThing(word string) bool {
	c, _ := open().class(word)
	return c&thing != 0
}

// IsAdverb says whether a word can only say how, where or when.
func IsAdverb(word string) bool {
	c, _ := open().class(word)
	return c&adverb != 0
}

// Meaning is what a picture of a noun would show: of several meanings the usual one that is no
// abstraction. It is 0 for other words.
func Meaning(noun string) Synset {
	b := open()
	if i, ok := b.find(noun); ok && b.meaning[i] > 0 {
		return b.names[b.meaning[i]-1]
	}
	return 0
}

// ParseSynset reads the number of a synset of nouns as networks write it, such as n02084071. It is false
// for what WordNet, or this excerpt of it, does not have.
func ParseSynset(id string) (Synset, bool) {
	digits, ok := strings.CutPrefix(id, "n")
	if !ok || len(digits) != 8 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 24)
	if err != nil {
		return 0, false
	}
	_, ok = open().numbers[Synset(n)]
	return Synset(n), ok
}

// Noun is a word for a synset, the shortest and of those the first; "" where the book has none.
func (s Synset) Noun() string {
	b := open()
	n, ok := b.number(s)
	if !ok {
		return ""
	}
	best := ""
	for i, m := range b.meaning {
		if int(m) != n+1 {
			continue
		}
		if w := b.word(i); best == "" || len(w) < len(best) {
			best = w
		}
	}
	return best
}

// String is the synset's number as networks write it, such as n02084071.
func (s Synset) String() string { return fmt.Sprintf("n%08d", uint32(s)) }

// Above returns the synset and all more general ones, with the number of steps to each.
func (s Synset) Above() map[Synset]int {
	b := open()
	i, ok := b.number(s)
	if !ok {
		return nil
	}
	out := map[Synset]int{}
	for at, steps := range b.above(i) {
		out[b.names[at]] = steps
	}
	return out
}

// Is says whether the synset is another or lies below it: a beagle is a dog.
func (s Synset) Is(other Synset) bool {
	_, ok := s.Above()[other]
	return ok
}

// Breadth is how many synsets lie below, itself included: 1 for the most special ones.
func (s Synset) Breadth() int {
	b := open()
	if i, ok := b.number(s); ok {
		return b.below[i]
	}
	return 0
}

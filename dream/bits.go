package dream

import (
	"errors"
	"math/bits"
	"slices"
)

// bitWriter packs numbers most significant bit first.
type bitWriter struct {
	buf []byte
	n   int // bits written
}

// put writes the low width bits of v.
func (w *bitWriter) put(v uint64, width int) {
	for i := width - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.buf = append(w.buf, 0)
		}
		w.buf[w.n/8] |= byte(v>>i&1) << (7 - w.n%8)
		w.n++
	}
}

func (w *bitWriter) flag(b bool) {
	if b {
		w.put(1, 1)
	} else {
		w.put(0, 1)
	}
}

// gamma writes v >= 0 as an Elias gamma code of v+1: small numbers are short (0 is one bit).
func (w *bitWriter) gamma(v int) {
	x := uint64(v) + 1
	n := bits.Len64(x)
	w.put(0, n-1)
	w.put(x, n)
}

// text is the bits as characters of five bits each, zero bits at the end.
func (w *bitWriter) text() string {
	r := bitReader{buf: append(slices.Clone(w.buf), 0), n: 0}
	out := make([]byte, 0, (w.n+4)/5)
	for r.n < w.n {
		out = append(out, alphabet[r.get(5)])
	}
	return string(out)
}

var errShort = errors.New("too short")

// bitReader is the way back. The first failure sticks; reads after it are zero.
type bitReader struct {
	buf []byte
	n   int
	in  bitWriter
	err error
}

// add appends bits to be read.
func (r *bitReader) add(v uint64, width int) {
	r.in.put(v, width)
	r.buf = r.in.buf
}

// spent reports whether all that is left is the padding of the last character.
func (r *bitReader) spent() bool {
	left := r.in.n - r.n
	return left >= 0 && left < 5 && r.get(left) == 0
}

func (r *bitReader) get(width int) uint64 {
	if r.err != nil || r.n+width > 8*len(r.buf) {
		r.err = errShort
		return 0
	}
	var v uint64
	for range width {
		v = v<<1 | uint64(r.buf[r.n/8]>>(7-r.n%8)&1)
		r.n++
	}
	return v
}

func (r *bitReader) flag() bool { return r.get(1) == 1 }

// maxGamma bounds what a hostile token can ask for.
const maxGamma = 24

func (r *bitReader) gamma() int {
	n := 0
	for r.get(1) == 0 {
		if n++; r.err != nil || n > maxGamma {
			r.err = errShort
			return 0
		}
	}
	return int(1<<n|r.get(n)) - 1
}

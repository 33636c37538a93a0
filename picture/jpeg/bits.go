package jpeg

import (
	"encoding/binary"
)

// bits reads entropy-coded data up to the next marker. Behind it there are zeros without end, as
// libjpeg has it; whoever needs one of those sets short.
type bits struct {
	data   []byte
	pos    int
	acc    uint64 // the next bits, the first one at the top
	n      int    // of them; those below may be set already, and are right
	marker byte   // what stopped the reader, 0 while nothing did
	short  bool
}

// fill has 57 bits ready, or all there are. No step of the decoder takes more than 33.
func (b *bits) fill() {
	if b.n > 48 {
		return
	}
	if b.pos+8 <= len(b.data) && b.marker == 0 {
		v := binary.BigEndian.Uint64(b.data[b.pos:])
		// No byte is 0xff if none of the complement's is zero.
		if w := ^v; (w-0x0101010101010101)&^w&0x8080808080808080 == 0 {
			b.acc |= v >> b.n
			b.pos += (63 - b.n) >> 3
			b.n |= 56
			return
		}
	}
	for b.n <= 56 && b.marker == 0 {
		c, ok := b.next()
		if !ok {
			return
		}
		b.acc |= uint64(c) << (56 - b.n)
		b.n += 8
	}
}

// next takes a byte, without the zero that is stuffed behind 0xff.
func (b *bits) next() (byte, bool) {
	if b.pos >= len(b.data) {
		b.marker = eoi
		return 0, false
	}
	c := b.data[b.pos]
	b.pos++
	if c != 0xff {
		return c, true
	}
	for b.pos < len(b.data) && b.data[b.pos] == 0xff {
		b.pos++
	}
	if b.pos >= len(b.data) {
		b.marker = eoi
		return 0, false
	}
	c = b.data[b.pos]
	b.pos++
	if c == 0 {
		return 0xff, true
	}
	b.marker = c
	return 0, false
}

// drop takes k bits away.
func (b *bits) drop(k int) {
	b.acc <<= k
	if b.n -= k; b.n < 0 {
		b.n, b.short = 0, true
	}
}

// take reads k bits, at most 16, as a number. Whoever calls it has filled before.
func (b *bits) take(k int) int32 {
	v := int32(b.acc >> 32 >> (32 - k))
	b.drop(k)
	return v
}

// signed reads a number of k bits that stands for a signed one (T.81, F.2.2.1).
func (b *bits) signed(k int) int32 {
	v := b.take(k)
	if k > 0 && v < 1<<(k-1) {
		v += -1<<k + 1
	}
	return v
}

// symbol decodes one Huffman code. One that does not exist is 0, the safest guess.
func (b *bits) symbol(h *huffman) byte {
	if e := h.fast[b.acc>>(64-look)]; e != 0 {
		b.drop(int(e >> 8))
		return byte(e)
	}
	for l := look + 1; l <= 16; l++ {
		if code := int32(b.acc >> (64 - l)); code <= h.last[l] {
			b.drop(l)
			return h.vals[byte(code+h.first[l])]
		}
	}
	b.drop(17)
	return 0
}

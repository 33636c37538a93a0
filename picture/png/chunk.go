package png

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"slugpuppy/picture/codec"
)

const signature = "\x89PNG\r\n\x1a\n"

// chunk is a part of the file. whole is false where the data end within it.
type chunk struct {
	name  string
	body  []byte
	crc   []byte // nil where the data end before it
	whole bool
}

// next takes a chunk off the front of data; false at the end.
func next(data []byte) (c chunk, rest []byte, ok bool) {
	if len(data) < 8 {
		return c, nil, false
	}
	size := uint64(binary.BigEndian.Uint32(data))
	c.name, data = string(data[4:8]), data[8:]
	if size+4 > uint64(len(data)) {
		c.body = data[:min(size, uint64(len(data)))]
		return c, nil, true
	}
	c.body, c.crc, c.whole = data[:size], data[size:size+4], true
	return c, data[size+4:], true
}

// sound tells whether the checksum is right.
func (c *chunk) sound() bool {
	if !c.whole {
		return false
	}
	sum := crc32.Update(crc32.ChecksumIEEE([]byte(c.name)), crc32.IEEETable, c.body)
	return binary.BigEndian.Uint32(c.crc) == sum
}

// mustBeKnown is a chunk without which the picture is not what was meant (its first letter is large).
func (c *chunk) mustBeKnown() bool { return c.name[0]&0x20 == 0 }

// header is what stands before the pixels.
type header struct {
	w, h       int
	depth      int
	colour     byte
	interlaced bool
	palette    [256][4]byte
	entries    int
	key        [3]uint16 // the colour that is transparent
	keyed      bool

	hints hints
	data  []byte // from the first IDAT chunk on
}

// Colour types.
const (
	grey      = 0
	truecolor = 2
	paletted  = 3
	greyAlpha = 4
	rgbAlpha  = 6
)

// channels of each colour type, and its depths as bits of a mask.
var colourTypes = map[byte]struct{ channels, depths int }{
	grey:      {1, 1 | 2 | 4 | 8 | 16},
	truecolor: {3, 8 | 16},
	paletted:  {1, 1 | 2 | 4 | 8},
	greyAlpha: {2, 8 | 16},
	rgbAlpha:  {4, 8 | 16},
}

const maxSide = 1<<31 - 1

// parse reads up to the pixels. With an error it returns what it has understood, nil if nothing.
func parse(data []byte) (*header, error) {
	rest, ok := bytes.CutPrefix(data, []byte(signature))
	if !ok {
		return nil, codec.FormatError("no PNG signature")
	}
	c, rest, ok := next(rest)
	if !ok || c.name != "IHDR" || len(c.body) != 13 || !c.sound() {
		return nil, codec.FormatError("the header is not whole")
	}
	h := new(header)
	if err := h.start(c.body); err != nil {
		return nil, err
	}
	for {
		h.data = rest
		if c, rest, ok = next(rest); !ok {
			return h, codec.FormatError("the data end before the pixels")
		}
		if c.name == "IDAT" {
			break
		}
		if err := h.take(&c); err != nil {
			return h, err
		}
	}
	if h.colour == paletted && h.entries == 0 {
		return h, codec.FormatError("no palette")
	}
	return h, nil
}

func (h *header) start(b []byte) error {
	w, ht := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if w == 0 || ht == 0 || w > maxSide || ht > maxSide {
		return codec.FormatError("no size that a picture can have")
	}
	h.w, h.h, h.depth, h.colour = int(w), int(ht), int(b[8]), b[9]
	kind, ok := colourTypes[h.colour]
	if !ok || kind.depths&h.depth == 0 || h.depth&(h.depth-1) != 0 {
		return codec.FormatError("no colour type that there is")
	}
	if b[10] != 0 || b[11] != 0 || b[12] > 1 {
		return codec.FormatError("no method that there is")
	}
	h.interlaced = b[12] == 1
	return nil
}

// take reads a chunk before the pixels.
func (h *header) take(c *chunk) error {
	sound := c.sound()
	switch {
	case c.name == "PLTE":
		if !sound {
			return codec.FormatError("the palette's checksum is wrong")
		}
		return h.setPalette(c.body)
	case c.mustBeKnown():
		return codec.FormatError("a chunk that must be known is not, or stands in a wrong place: " + printable(c.name))
	case !sound:
		return nil
	case c.name == "tRNS":
		h.setTransparent(c.body)
	default:
		h.hints.take(c)
	}
	return nil
}

func (h *header) setPalette(b []byte) error {
	n := len(b) / 3
	if len(b)%3 != 0 || n == 0 || n > 256 {
		if h.colour == paletted {
			return codec.FormatError("a palette of a wrong length")
		}
		return nil
	}
	for i := range h.palette { // entries that are not there are black
		h.palette[i] = [4]byte{0, 0, 0, 255}
	}
	for i := range n {
		h.palette[i] = [4]byte{b[3*i], b[3*i+1], b[3*i+2], 255}
	}
	h.entries = n
	return nil
}

func (h *header) setTransparent(b []byte) {
	switch {
	case h.colour == paletted:
		for i := range min(len(b), h.entries) {
			h.palette[i][3] = b[i]
		}
	case h.colour == grey && len(b) >= 2:
		v := binary.BigEndian.Uint16(b)
		h.key, h.keyed = [3]uint16{v, v, v}, true
	case h.colour == truecolor && len(b) >= 6:
		for i := range h.key {
			h.key[i] = binary.BigEndian.Uint16(b[2*i:])
		}
		h.keyed = true
	}
}

// printable is a chunk's name for the log.
func printable(name string) string {
	out := []byte(name)
	for i, b := range out {
		if b < ' ' || b > '~' {
			out[i] = '?'
		}
	}
	return string(out)
}

// channels is how many values a pixel has.
func (h *header) channels() int { return colourTypes[h.colour].channels }

// rowBytes is how long a row of w pixels is, without the byte that names its filter.
func (h *header) rowBytes(w int) int { return (w*h.channels()*h.depth + 7) / 8 }

package gif

import (
	"encoding/binary"

	"slugpuppy/picture/codec"
)

// frame is an image of the file.
type frame struct {
	x, y, w, h  int
	interlaced  bool
	palette     []byte // red, green, blue; the file's own where the frame has none
	transparent int    // the index that stands for nothing, or -1
	minimum     int    // size of the smallest codes, in bits
	data        []byte // from the first sub-block on
}

// file is what a walk over the blocks finds.
type file struct {
	w, h   int
	first  *frame // with pixels
	frames int
	pixels int64 // over all frames
}

// walk reads the blocks (GIF89a, sections 18 to 27) without decoding a pixel. What follows the
// first frame may be broken.
func walk(data []byte) (*file, error) {
	r := reader{data: data}
	head := r.take(13)
	if head == nil || string(head[:4]) != "GIF8" || (head[4] != '7' && head[4] != '9') || head[5] != 'a' {
		return nil, codec.FormatError("no GIF header")
	}
	f := &file{w: int(binary.LittleEndian.Uint16(head[6:])), h: int(binary.LittleEndian.Uint16(head[8:]))}
	palette := r.take(tableSize(head[10]))
	transparent := -1
	for {
		switch block, ok := r.byte(); {
		case !ok, block == trailer:
			return f.end()
		case block == extension:
			if label, _ := r.byte(); label == graphicControl {
				transparent = r.control(transparent)
			}
			r.skipBlocks()
		case block == descriptor:
			if !r.frame(f, palette, transparent) {
				return f.end()
			}
			transparent = -1
		case f.first != nil:
			return f.end()
		default:
			return nil, codec.FormatError("a block that there is not")
		}
	}
}

// Blocks begin with these.
const (
	extension      = 0x21
	graphicControl = 0xf9
	descriptor     = 0x2c
	trailer        = 0x3b
)

// end makes the canvas large enough for the first frame.
func (f *file) end() (*file, error) {
	if f.first == nil {
		return nil, codec.FormatError("the data end before the first frame")
	}
	f.w, f.h = max(f.w, f.first.x+f.first.w), max(f.h, f.first.y+f.first.h)
	return f, nil
}

// tableSize reads how long a colour table is from a packed byte.
func tableSize(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (1 + packed&7)
}

// reader takes bytes off the front; nothing where there are too few.
type reader struct{ data []byte }

func (r *reader) take(n int) []byte {
	if n > len(r.data) {
		r.data = nil
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) byte() (byte, bool) {
	b := r.take(1)
	if b == nil {
		return 0, false
	}
	return b[0], true
}

// control reads which index is transparent, without taking the block.
func (r *reader) control(before int) int {
	if len(r.data) < 5 || r.data[0] < 4 {
		return before
	}
	if r.data[1]&1 == 0 {
		return -1
	}
	return int(r.data[4])
}

// frame takes an image, and keeps the first that has pixels. It tells whether more may follow.
func (r *reader) frame(f *file, palette []byte, transparent int) bool {
	b := r.take(9)
	if b == nil {
		return false
	}
	at := func(i int) int { return int(binary.LittleEndian.Uint16(b[2*i:])) }
	fr := &frame{x: at(0), y: at(1), w: at(2), h: at(3), interlaced: b[8]&0x40 != 0, palette: palette, transparent: transparent}
	if n := tableSize(b[8]); n > 0 {
		fr.palette = r.take(n)
	}
	minimum, ok := r.byte()
	if !ok {
		return false
	}
	fr.minimum, fr.data = int(minimum), r.data
	if f.frames++; f.first == nil && fr.w > 0 && fr.h > 0 {
		f.first = fr
	}
	f.pixels += int64(fr.w) * int64(fr.h)
	r.skipBlocks()
	return true
}

// skipBlocks passes sub-blocks up to and with the empty one.
func (r *reader) skipBlocks() {
	for {
		if n, ok := r.byte(); !ok || n == 0 {
			return
		} else if r.take(int(n)) == nil {
			return
		}
	}
}

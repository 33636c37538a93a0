package gif

import (
	"encoding/binary"

	"slugpuppy/picture/codec"
)

// frame is an image of the file.
type frame struct {
	x, y, w, h int
	interlaced bool
	palette    []byte // red, green, blue; the file's own where the frame has none
	minimum    int    // size of the smallest codes, in bits
	data       []byte // from the first sub-block on
	control
}

// control is what stands before a frame about it.
type control struct {
	transparent int // the index that stands for nothing, or -1
	delay       int // hundredths of a second
	disposal    byte
}

// plainly is what holds where nothing stands before a frame.
var plainly = control{transparent: -1}

// file is what a walk over the blocks finds.
type file struct {
	w, h   int
	first  *frame // with pixels
	frames int
	pixels int64 // over all frames
}

// walk reads the blocks (GIF89a, sections 18 to 27) without decoding a pixel. What follows the
// first frame may be broken.
func walk(data []byte) (*file, error) { return visit(data, func(*frame) bool { return true }) }

// visit is walk, and shows every frame with pixels to see until that wants no more.
func visit(data []byte, see func(*frame) bool) (*file, error) {
	r := reader{data: data}
	head := r.take(13)
	if head == nil || string(head[:4]) != "GIF8" || (head[4] != '7' && head[4] != '9') || head[5] != 'a' {
		return nil, codec.FormatError("no GIF header")
	}
	f := &file{w: int(binary.LittleEndian.Uint16(head[6:])), h: int(binary.LittleEndian.Uint16(head[8:]))}
	palette := r.take(tableSize(head[10]))
	about := plainly
	for {
		switch block, ok := r.byte(); {
		case !ok, block == trailer:
			return f.end()
		case block == extension:
			if label, _ := r.byte(); label == graphicControl {
				about = r.control(about)
			}
			r.skipBlocks()
		case block == descriptor:
			fr, more := r.frame(palette, about)
			if f.take(fr); fr != nil && fr.w > 0 && fr.h > 0 && !see(fr) || !more {
				return f.end()
			}
			about = plainly
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

// control reads what is said about the frame to come, without taking the block.
func (r *reader) control(before control) control {
	if len(r.data) < 5 || r.data[0] < 4 {
		return before
	}
	c := control{transparent: -1, delay: int(binary.LittleEndian.Uint16(r.data[2:])), disposal: r.data[1] >> 2 & 7}
	if r.data[1]&1 != 0 {
		c.transparent = int(r.data[4])
	}
	return c
}

// take counts a frame, and keeps the first that has pixels.
func (f *file) take(fr *frame) {
	if fr == nil {
		return
	}
	if f.frames++; f.first == nil && fr.w > 0 && fr.h > 0 {
		f.first = fr
	}
	f.pixels += int64(fr.w) * int64(fr.h)
}

// frame takes an image, nil where the data end within its head, and tells whether more may follow.
func (r *reader) frame(palette []byte, about control) (fr *frame, more bool) {
	b := r.take(9)
	if b == nil {
		return nil, false
	}
	at := func(i int) int { return int(binary.LittleEndian.Uint16(b[2*i:])) }
	fr = &frame{x: at(0), y: at(1), w: at(2), h: at(3), interlaced: b[8]&0x40 != 0, palette: palette, control: about}
	if n := tableSize(b[8]); n > 0 {
		fr.palette = r.take(n)
	}
	minimum, ok := r.byte()
	if !ok {
		return nil, false
	}
	fr.minimum, fr.data = int(minimum), r.data
	r.skipBlocks()
	return fr, true
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

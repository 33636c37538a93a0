package jpeg

import (
	"context"
	"image"

	"slugpuppy/picture/codec"
	"slugpuppy/picture/icc"
)

// decoder is the state of one file.
type decoder struct {
	ctx    context.Context
	data   []byte
	pos    int
	unread byte // a marker that the entropy-coded data ran into
	bits   bits
	whole  int // MCUs that were there

	frame     frame
	quant     [4]*[64]uint16
	huff      [2][4]*table
	interval  int // of restarts, in MCUs; 0 is none
	jfif      bool
	adobe     bool
	transform byte // Adobe's: 0 none, 1 YCbCr, 2 YCCK
	profile   profileChunks

	room struct { // for the lists of a scan's header: a hostile file has a million scans
		comp   [4]*component
		dc, ac [4]byte
	}
}

// segmentCost is what a scan costs beside its samples: its tables.
const segmentCost = 2000

// Inspect reads markers only. Its errors are of package codec.
func Inspect(data []byte) (codec.Header, error) {
	d := decoder{data: data, huff: standard()}
	h := codec.Header{Frames: 1}
	planes := int64(0)
	err := d.walk(func(s scanHeader) (bool, error) {
		h.Cost += s.samples() + segmentCost
		planes |= 1
		return d.frame.progressive || !d.mark(s), nil
	})
	f := &d.frame
	if f.comp == nil || planes == 0 {
		if err == nil {
			err = codec.FormatError("the data end before the picture begins")
		}
		return h, err
	}
	h.W, h.H = f.w, f.h
	h.Pixels = int64(f.w) * int64(f.h)
	h.Memory = f.samples() + 4*h.Pixels
	h.Cost += f.samples() + 2*h.Pixels
	if f.progressive {
		h.Memory += 2 * f.samples()
	}
	h.Colours = icc.Read(d.profile.join(), d.model())
	return h, nil
}

// mark remembers which components a sequential file has had, and tells when that is all.
func (d *decoder) mark(s scanHeader) bool {
	for _, c := range s.comp {
		c.seen = true
	}
	for _, c := range d.frame.comp {
		if !c.seen {
			return false
		}
	}
	return true
}

// Decode reads the pixels. What is missing at the end of the file is grey; a file of which not even
// the first row of blocks is there is an error. Errors are of package codec, or the context's.
func Decode(ctx context.Context, data []byte) (*image.NRGBA, error) {
	d := decoder{ctx: ctx, data: data, huff: standard()}
	first := 0 // MCUs in the first row
	err := d.walk(func(s scanHeader) (bool, error) {
		if first == 0 {
			first = s.mcuW
		}
		if err := d.latch(s); err != nil {
			return false, err
		}
		if d.frame.progressive {
			return true, d.progressive(s)
		}
		return !d.mark(s), d.sequential(s)
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if first == 0 || d.whole < first {
		if err == nil {
			err = codec.FormatError("the data end before the first row does")
		}
		return nil, err
	}
	if err := d.inverse(); err != nil {
		return nil, err
	}
	return d.paint()
}

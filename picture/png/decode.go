package png

import (
	"compress/flate"
	"context"
	"image"
	"io"

	"slugpuppy/picture/codec"
	"slugpuppy/picture/icc"
)

// Inspect reads the chunks before the pixels. Its errors are of package codec; the size is there
// with one if the file has told it.
func Inspect(data []byte) (codec.Header, error) {
	h, err := parse(data)
	if h == nil {
		return codec.Header{}, err
	}
	pixels := int64(h.w) * int64(h.h)
	out := codec.Header{W: h.w, H: h.h, Frames: 1, Pixels: pixels}
	out.Memory = 4*pixels + 4*int64(h.rowBytes(h.w))
	out.Cost = pixels*int64(1+h.channels()*max(1, h.depth/8)) + 4*int64(len(data))
	if h.interlaced {
		out.Cost += 4 * pixels
	}
	model := icc.RGB
	if h.colour == grey || h.colour == greyAlpha {
		model = icc.Grey
	}
	out.Colours = h.hints.transform(model)
	return out, err
}

// Decode reads the pixels. Rows that are not there are transparent; a file without a single row is
// an error. Errors are of package codec, or the context's.
func Decode(ctx context.Context, data []byte) (*image.NRGBA, error) {
	h, err := parse(data)
	if err != nil {
		return nil, err
	}
	return h.decode(ctx)
}

// decode reads the pixels of the size and the data that the header has.
func (h *header) decode(ctx context.Context) (*image.NRGBA, error) {
	in, err := pixels(ctx, h.data)
	if err != nil {
		return nil, err
	}
	d := &decoder{header: h, ctx: ctx, in: in, out: image.NewNRGBA(image.Rect(0, 0, h.w, h.h))}
	if h.interlaced {
		err = d.passes()
	} else {
		err = d.rows(h.w, h.h, d.straight)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && d.done == 0:
		return nil, err
	}
	return d.out, nil
}

// pixels unpacks what the IDAT chunks hold. The checksum at their end is not looked at.
func pixels(ctx context.Context, data []byte) (io.Reader, error) {
	packed := &idat{ctx: ctx, data: data}
	var head [2]byte
	if _, err := io.ReadFull(packed, head[:]); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, codec.FormatError("the data end before the pixels")
	}
	const deflate, dictionary = 8, 0x20
	if head[0]&15 != deflate || (int(head[0])<<8|int(head[1]))%31 != 0 || head[1]&dictionary != 0 {
		return nil, codec.FormatError("the pixels are not compressed as they should be")
	}
	return flate.NewReader(packed), nil
}

// idat reads the bodies of IDAT chunks as one stream, until ctx ends.
type idat struct {
	ctx   context.Context
	data  []byte // chunks to come
	chunk []byte // the rest of this one
	body  []byte // the piece of it that is being read
}

// piece is how much is read between two looks at the context.
const piece = 1 << 15

func (r *idat) more() bool {
	for len(r.body) == 0 {
		if len(r.chunk) > 0 && r.ctx.Err() == nil {
			n := min(len(r.chunk), piece)
			r.body, r.chunk = r.chunk[:n], r.chunk[n:]
			break
		}
		c, rest, ok := next(r.data)
		if !ok || c.name == "IEND" || r.ctx.Err() != nil {
			r.data, r.chunk = nil, nil
			return false
		}
		if r.data = rest; c.name == "IDAT" {
			r.chunk = c.body
		}
	}
	return true
}

func (r *idat) Read(p []byte) (int, error) {
	if !r.more() {
		return 0, io.EOF
	}
	n := copy(p, r.body)
	r.body = r.body[n:]
	return n, nil
}

func (r *idat) ReadByte() (byte, error) {
	if !r.more() {
		return 0, io.EOF
	}
	b := r.body[0]
	r.body = r.body[1:]
	return b, nil
}

// decoder is the state of one file.
type decoder struct {
	*header
	ctx  context.Context
	in   io.Reader
	out  *image.NRGBA
	done int // rows
}

// rows reads rows of w pixels and hands them to put, as NRGBA.
func (d *decoder) rows(w, h int, put func(y int, row []byte)) error {
	if w == 0 || h == 0 {
		return nil
	}
	n := d.rowBytes(w)
	line, above := make([]byte, 1+n), make([]byte, 1+n)
	row := make([]byte, 4*w)
	near := max(1, d.channels()*d.depth/8)
	for y := range h {
		if y%64 == 0 && d.ctx.Err() != nil {
			return d.ctx.Err()
		}
		if _, err := io.ReadFull(d.in, line); err != nil {
			return codec.FormatError("the pixels end early: " + err.Error())
		}
		if !unfilter(line[0], line[1:], above[1:], near) {
			return codec.FormatError("a filter that there is not")
		}
		d.expand(line[1:], row)
		put(y, row)
		d.done++
		line, above = above, line
	}
	return nil
}

func (d *decoder) straight(y int, row []byte) { copy(d.out.Pix[y*d.out.Stride:], row) }

// adam7 are the seven passes of an interlaced picture: where they begin, how far apart their pixels
// are, and how large each is drawn until the later passes come.
var adam7 = [7]struct{ x0, y0, dx, dy, w, h int }{
	{0, 0, 8, 8, 8, 8}, {4, 0, 8, 8, 4, 8}, {0, 4, 4, 8, 4, 4}, {2, 0, 4, 4, 2, 4},
	{0, 2, 2, 4, 2, 2}, {1, 0, 2, 2, 1, 2}, {0, 1, 1, 2, 1, 1},
}

func (d *decoder) passes() error {
	for _, p := range adam7 {
		w, h := (d.w-p.x0+p.dx-1)/p.dx, (d.h-p.y0+p.dy-1)/p.dy
		err := d.rows(w, h, func(y int, row []byte) {
			top := p.y0 + y*p.dy
			for dy := top; dy < min(top+p.h, d.h); dy++ {
				line := d.out.Pix[dy*d.out.Stride:][:4*d.w]
				for i := range w {
					left := p.x0 + i*p.dx
					for x := left; x < min(left+p.w, d.w); x++ {
						copy(line[4*x:4*x+4], row[4*i:])
					}
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

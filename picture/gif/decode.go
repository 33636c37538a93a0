package gif

import (
	"context"
	"image"

	"slugpuppy/picture/codec"
)

// Inspect reads the blocks only. Its errors are of package codec.
func Inspect(data []byte) (codec.Header, error) {
	f, err := walk(data)
	if err != nil {
		return codec.Header{}, err
	}
	canvas, pixels := int64(f.w)*int64(f.h), int64(f.first.w)*int64(f.first.h)
	return codec.Header{
		W: f.w, H: f.h, Frames: f.frames, Pixels: f.pixels,
		Cost:   canvas + 2*pixels + int64(len(data)),
		Memory: 4 * canvas,
	}, nil
}

// Decode reads the pixels of the first frame and lays them on the canvas. A frame without a
// single whole row is an error. Errors are of package codec, or the context's.
func Decode(ctx context.Context, data []byte) (*image.NRGBA, error) {
	f, err := walk(data)
	if err != nil {
		return nil, err
	}
	return f.first.paint(ctx, f.w, f.h)
}

// paint decodes a frame onto a canvas of its own that holds it.
func (fr *frame) paint(ctx context.Context, w, h int) (*image.NRGBA, error) {
	if fr.minimum > 8 {
		return nil, codec.FormatError("codes that are too large")
	}
	p := newPainter(fr, w, h)
	unpack(fr.data, fr.minimum, func(indices []byte) bool { return p.put(ctx, indices) })
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case p.rows == 0:
		return nil, codec.FormatError("the data end before the first row does")
	}
	return p.canvas, nil
}

// painter lays indices onto the canvas, row by row.
type painter struct {
	*frame
	canvas *image.NRGBA
	colour [256][4]byte
	at     int // the next pixel of the row
	rows   int // done
	pass   int // of an interlaced frame
	line   int // the row that is being painted
}

// passes of an interlaced frame (GIF89a, appendix E): the first row of each, the distance of its
// rows, and how many each stands for until the others come.
var passes = [4]struct{ first, step, stand int }{{0, 8, 8}, {4, 8, 4}, {2, 4, 2}, {1, 2, 1}}

func newPainter(fr *frame, w, h int) *painter {
	p := &painter{frame: fr, canvas: image.NewNRGBA(image.Rect(0, 0, w, h))}
	for i := range p.colour { // those beyond the table are black
		p.colour[i] = [4]byte{0, 0, 0, 255}
		if 3*i+3 <= len(p.palette) {
			copy(p.colour[i][:], p.palette[3*i:3*i+3])
		}
	}
	if p.transparent >= 0 {
		p.colour[p.transparent] = [4]byte{}
	}
	return p
}

// put paints some pixels, and tells whether there is room for more.
func (p *painter) put(ctx context.Context, indices []byte) bool {
	for len(indices) > 0 {
		n := min(len(indices), p.w-p.at)
		row := p.row(p.line)[4*p.at:]
		for i, v := range indices[:n] {
			*(*[4]byte)(row[4*i:]) = p.colour[v]
		}
		indices = indices[n:]
		if p.at += n; p.at < p.w {
			return true
		}
		p.repeat()
		p.at = 0
		if p.rows++; p.rows == p.h || ctx.Err() != nil {
			return false
		}
		p.advance()
	}
	return true
}

// row is the canvas under a row of the frame.
func (p *painter) row(y int) []byte {
	return p.canvas.Pix[(p.y+y)*p.canvas.Stride+4*p.x:][:4*p.w]
}

// repeat lets a row of an interlaced frame stand for those that are to come.
func (p *painter) repeat() {
	if !p.interlaced {
		return
	}
	for y := p.line + 1; y < min(p.line+passes[p.pass].stand, p.h); y++ {
		copy(p.row(y), p.row(p.line))
	}
}

// advance goes to the row that follows in the file.
func (p *painter) advance() {
	if !p.interlaced {
		p.line++
		return
	}
	p.line += passes[p.pass].step
	for p.line >= p.h && p.pass < len(passes)-1 {
		p.pass++
		p.line = passes[p.pass].first
	}
}

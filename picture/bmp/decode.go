package bmp

import (
	"context"
	"encoding/binary"
	"image"

	"slugpuppy/picture/codec"
)

// Inspect reads the header only. Its errors are of package codec.
func Inspect(data []byte) (codec.Header, error) {
	h, err := parse(data)
	if err != nil {
		return codec.Header{}, err
	}
	pixels := int64(h.w) * int64(h.h)
	return codec.Header{
		W: h.w, H: h.h, Frames: 1, Pixels: pixels,
		Cost: 4*pixels + int64(len(data)), Memory: 4 * pixels,
	}, nil
}

// Decode reads the pixels. A file without a single row is an error. Errors are of package codec, or
// the context's.
func Decode(ctx context.Context, data []byte) (*image.NRGBA, error) {
	h, err := parse(data)
	if err != nil {
		return nil, err
	}
	d := &decoder{header: h, ctx: ctx, out: image.NewNRGBA(image.Rect(0, 0, h.w, h.h))}
	if h.packing == runs4 || h.packing == runs8 {
		d.runs()
	} else {
		d.rows()
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !d.any:
		return nil, codec.FormatError("the data end before the first row does")
	}
	return d.out, nil
}

// decoder is the state of one file.
type decoder struct {
	*header
	ctx context.Context
	out *image.NRGBA
	any bool
}

// row is where a row of the file goes.
func (d *decoder) row(y int) []byte {
	if !d.topDown {
		y = d.h - 1 - y
	}
	return d.out.Pix[y*d.out.Stride:][:4*d.w]
}

// rows reads whole rows, each padded to four bytes.
func (d *decoder) rows() {
	stride := int((int64(d.w)*int64(d.depth) + 31) / 32 * 4)
	used := (d.w*d.depth + 7) / 8
	seen := false // an alpha that is not 0
	done := 0
	for y := range d.h {
		if len(d.pixels) < used || y%64 == 0 && d.ctx.Err() != nil {
			break
		}
		if d.expand(d.pixels[:used], d.row(y)) {
			seen = true
		}
		d.pixels = d.pixels[min(stride, len(d.pixels)):]
		done++
	}
	d.any = done > 0
	if !seen && d.masks[3].bits != 0 { // many programs leave it empty, and mean opaque
		for y := range done {
			row := d.row(y)
			for i := 3; i < len(row); i += 4 {
				row[i] = 255
			}
		}
	}
}

// expand turns a row into NRGBA, and tells whether anything of it can be seen.
func (d *decoder) expand(line, row []byte) (seen bool) {
	n := len(row) / 4
	switch d.depth {
	case 24:
		for x := range n {
			p := line[3*x : 3*x+3]
			*(*[4]byte)(row[4*x:]) = [4]byte{p[2], p[1], p[0], 255}
		}
	case 16, 32:
		for x := range n {
			var p uint32
			if d.depth == 16 {
				p = uint32(binary.LittleEndian.Uint16(line[2*x:]))
			} else {
				p = binary.LittleEndian.Uint32(line[4*x:])
			}
			a := d.masks[3].of(p, 255)
			*(*[4]byte)(row[4*x:]) = [4]byte{d.masks[0].of(p, 0), d.masks[1].of(p, 0), d.masks[2].of(p, 0), a}
			seen = seen || a != 0
		}
	default:
		low := byte(1<<d.depth - 1)
		for x := range n {
			bit := x * d.depth
			*(*[4]byte)(row[4*x:]) = d.colour(line[bit/8] >> (8 - d.depth - bit%8) & low)
		}
	}
	return seen
}

// runs reads run lengths. Pixels that are skipped are black.
func (d *decoder) runs() {
	for i := 3; i < len(d.out.Pix); i += 4 {
		d.out.Pix[i] = 255
	}
	x, y := 0, 0
	put := func(v byte) {
		if x < d.w && y < d.h {
			*(*[4]byte)(d.row(y)[4*x:]) = d.colour(v)
			d.any = true
		}
		x++
	}
	for p, i := d.pixels, 0; len(p) >= 2 && y < d.h; i++ {
		if i%4096 == 0 && d.ctx.Err() != nil {
			return
		}
		n, v := int(p[0]), p[1]
		p = p[2:]
		switch {
		case n > 0:
			inside := min(n, max(0, d.w-x)) // a hostile file has no end of runs beyond the edge
			for i := range inside {
				put(d.nibble(v, i))
			}
			x += n - inside
		case v == 0:
			x, y = 0, y+1
		case v == 1:
			return
		case v == 2:
			if len(p) < 2 {
				return
			}
			x, y = x+int(p[0]), y+int(p[1])
			p = p[2:]
		default:
			p = d.literal(p, int(v), put)
		}
	}
}

// nibble is the i-th index of a run: of four bits, two take turns.
func (d *decoder) nibble(v byte, i int) byte {
	switch {
	case d.packing == runs8:
		return v
	case i%2 == 0:
		return v >> 4
	}
	return v & 15
}

// literal puts n indices that stand there one by one, and returns what follows them.
func (d *decoder) literal(p []byte, n int, put func(byte)) []byte {
	size := n
	if d.packing == runs4 {
		size = (n + 1) / 2
	}
	for i := range n {
		at := i
		if d.packing == runs4 {
			at = i / 2
		}
		if at >= len(p) {
			return nil
		}
		put(d.nibble(p[at], i))
	}
	return p[min(size+size&1, len(p)):]
}

package jpeg

import (
	"image"

	"slugpuppy/picture/icc"
)

// colours is what the components mean.
type colours int

const (
	isGrey colours = iota
	isRGB
	isYCC
	isCMYK
	isYCCK
)

// colours decides as libjpeg does.
func (d *decoder) colours() colours {
	c := d.frame.comp
	switch {
	case len(c) == 1:
		return isGrey
	case len(c) == 4:
		if d.adobe && d.transform != 0 {
			return isYCCK
		}
		return isCMYK
	case d.jfif:
		return isYCC
	case d.adobe && d.transform == 0:
		return isRGB
	case !d.adobe && c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B':
		return isRGB
	}
	return isYCC
}

// model is what kind of profile fits.
func (d *decoder) model() icc.Model {
	switch d.colours() {
	case isGrey:
		return icc.Grey
	case isCMYK, isYCCK:
		return icc.CMYK
	}
	return icc.RGB
}

// paint brings the planes together.
func (d *decoder) paint() (*image.NRGBA, error) {
	f := &d.frame
	out := image.NewNRGBA(image.Rect(0, 0, f.w, f.h))
	var up []upsampler
	rows := make([][]byte, len(f.comp))
	for i := range f.comp {
		up = append(up, f.upsampler(&f.comp[i]))
		rows[i] = make([]byte, f.w+16)
	}
	mix := mixers[d.colours()]
	for y := range f.h {
		if y%64 == 0 && d.ctx.Err() != nil {
			return nil, d.ctx.Err()
		}
		for i := range up {
			up[i](y, rows[i])
		}
		mix(out.Pix[y*out.Stride:][:4*f.w], rows)
	}
	return out, nil
}

// mixers fill a row of the picture from one of each component.
var mixers = map[colours]func(out []byte, in [][]byte){
	isGrey: func(out []byte, in [][]byte) {
		for x, v := range in[0][:len(out)/4] {
			*(*[4]byte)(out[4*x:]) = [4]byte{v, v, v, 255}
		}
	},
	isRGB: func(out []byte, in [][]byte) {
		for x := range len(out) / 4 {
			*(*[4]byte)(out[4*x:]) = [4]byte{in[0][x], in[1][x], in[2][x], 255}
		}
	},
	isYCC: func(out []byte, in [][]byte) {
		ys, us, vs := in[0], in[1], in[2]
		for x := range len(out) / 4 {
			r, g, b := rgb(ys[x], us[x], vs[x])
			*(*[4]byte)(out[4*x:]) = [4]byte{r, g, b, 255}
		}
	},
	isCMYK: func(out []byte, in [][]byte) {
		for x := range len(out) / 4 {
			ink(out[4*x:], in[0][x], in[1][x], in[2][x], in[3][x])
		}
	},
	isYCCK: func(out []byte, in [][]byte) {
		for x := range len(out) / 4 {
			r, g, b := rgb(in[0][x], in[1][x], in[2][x])
			ink(out[4*x:], 255-r, 255-g, 255-b, in[3][x])
		}
	},
}

// rgb is JFIF's conversion in fixed point of 16 bits, rounded as libjpeg rounds it.
func rgb(y, cb, cr byte) (r, g, b byte) {
	l, u, v := int32(y), int32(cb)-128, int32(cr)-128
	return clamp(l + (91881*v+1<<15)>>16),
		clamp(l + (-22554*u-46802*v+1<<15)>>16),
		clamp(l + (116130*u+1<<15)>>16)
}

// ink is what four inks leave of white. Files store how much is left of each, whether or not
// they say that Adobe's program wrote them; browsers take them so.
func ink(out []byte, c, m, y, k byte) {
	scale := func(v byte) byte { return byte(uint32(v) * uint32(k) / 255) }
	*(*[4]byte)(out) = [4]byte{scale(c), scale(m), scale(y), 255}
}

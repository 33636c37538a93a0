// Package picture turns hostile picture files into plain pixels and plain pixels into
// files people can post. It knows formats, orientation, limits and resampling; it knows
// nothing of networks, dreams or servers.
package picture

import (
	"image"
	"image/draw"
)

// Planar is an RGB picture as networks eat it: float32 in [0,1], planes R, G, B in that
// order, each row major. Shape [3][H][W], len(Pix) == 3*H*W.
type Planar struct {
	W, H int
	Pix  []float32
}

// NewPlanar returns a black picture of w by h pixels.
func NewPlanar(w, h int) *Planar {
	return &Planar{W: w, H: h, Pix: make([]float32, 3*w*h)}
}

// Sized returns a picture of w by h pixels whose content is not defined, in p's memory if that is enough. p, which
// may be nil, is not used any more.
func (p *Planar) Sized(w, h int) *Planar {
	if p == nil || cap(p.Pix) < 3*w*h {
		return NewPlanar(w, h)
	}
	return &Planar{W: w, H: h, Pix: p.Pix[:3*w*h]}
}

// Clone returns a copy.
func (p *Planar) Clone() *Planar {
	return &Planar{W: p.W, H: p.H, Pix: append([]float32(nil), p.Pix...)}
}

// Plane returns one colour plane, 0 red, 1 green, 2 blue: W*H values, row major.
func (p *Planar) Plane(c int) []float32 {
	n := p.W * p.H
	return p.Pix[c*n : (c+1)*n : (c+1)*n]
}

// grey is what transparent pixels are laid over: the network has no alpha channel, and mid
// grey excites it least.
const grey = 0.5

// FromImage converts any image; transparent parts are laid over mid grey.
func FromImage(img image.Image) *Planar {
	b := img.Bounds()
	p := NewPlanar(b.Dx(), b.Dy())
	src := ToNRGBA(img)
	n := p.W * p.H
	for y := range p.H {
		row := src.Pix[y*src.Stride:]
		for x := range p.W {
			px := row[4*x : 4*x+4 : 4*x+4]
			a := float32(px[3]) / 255
			i := y*p.W + x
			for c := range 3 {
				p.Pix[c*n+i] = float32(px[c])/255*a + grey*(1-a)
			}
		}
	}
	return p
}

// ToNRGBA returns img as *image.NRGBA with its origin at (0,0), converting only if needed.
func ToNRGBA(img image.Image) *image.NRGBA {
	if n, ok := img.(*image.NRGBA); ok && n.Rect.Min == (image.Point{}) {
		return n
	}
	b := img.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, img, b.Min, draw.Src)
	return out
}

// NRGBA rounds to eight bits; values outside [0,1] are clipped. Alpha is opaque.
func (p *Planar) NRGBA() *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, p.W, p.H))
	n := p.W * p.H
	for i := range n {
		px := out.Pix[4*i : 4*i+4 : 4*i+4]
		for c := range 3 {
			px[c] = eightBit(p.Pix[c*n+i])
		}
		px[3] = 255
	}
	return out
}

func eightBit(v float32) uint8 {
	switch {
	case !(v > 0): // also NaN
		return 0
	case v >= 1:
		return 255
	}
	return uint8(v*255 + 0.5)
}

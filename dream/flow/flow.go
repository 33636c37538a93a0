// Package flow finds how a picture moves: for every pixel of one frame, where it is in another. It is
// dense inverse search (Kroeger, Timofte, Dai, Van Gool, "Fast optical flow using dense inverse search",
// ECCV 2016) from coarse to fine, each scale followed by a few steps of variational refinement (Brox, Bruhn,
// Papenberg, Weickert, "High accuracy optical flow estimation based on a theory for warping", ECCV 2004).
// The same frames have the same flow on every processor family with the same arithmetic.
package flow

import (
	"math"

	"slugpuppy/picture"
)

// Field says for every pixel (x, y) of a frame that it is at (x+U, y+V) in the other one. U and V have W*H
// values in pixels, row major.
type Field struct {
	W, H int
	U, V []float32
}

// NewField is a field of no motion.
func NewField(w, h int) *Field {
	uv := make([]float32, 2*w*h)
	return &Field{w, h, uv[: w*h : w*h], uv[w*h:]}
}

// Still says whether nothing moves, not by a hundredth of a pixel.
func (f *Field) Still() bool {
	for i := range f.U {
		if math.Abs(float64(f.U[i]))+math.Abs(float64(f.V[i])) > 0.01 {
			return false
		}
	}
	return true
}

// Frame is a picture prepared to be compared with others: its brightness at every scale.
type Frame struct {
	scales []*scale // the finest that is searched first
	w, h   int      // of the picture
}

// finestPixels is how many pixels the finest scale that is searched has at most: a flow at half the size of a
// larger picture is as good, and four times as quick.
const finestPixels = 60_000

// coarsestSide is the short side of the coarsest scale in pixels, not less: two patches.
const coarsestSide = 2 * patch

// Prepare takes a picture's brightness (BT.601).
func Prepare(p *picture.Planar) *Frame {
	grey := make([]float32, p.W*p.H)
	r, g, b := p.Plane(0), p.Plane(1), p.Plane(2)
	for i := range grey {
		grey[i] = 255 * (0.299*r[i] + 0.587*g[i] + 0.114*b[i])
	}
	f := &Frame{w: p.W, h: p.H}
	w, h := p.W, p.H
	for w*h > finestPixels && min(w, h) >= 2*coarsestSide {
		grey, w, h = halved(grey, w, h)
	}
	for {
		f.scales = append(f.scales, newScale(grey, w, h))
		if min(w, h) < 2*coarsestSide {
			return f
		}
		grey, w, h = halved(grey, w, h)
	}
}

// Between finds where the pixels of a are in b, which has the same size. What is smaller than a patch does not
// move.
func Between(a, b *Frame) *Field {
	if min(a.w, a.h) < patch {
		return NewField(a.w, a.h)
	}
	var f *Field
	for i := len(a.scales) - 1; i >= 0; i-- {
		from, to := a.scales[i], b.scales[i]
		if f == nil {
			f = NewField(from.w, from.h)
		} else {
			f = f.enlarged(from.w, from.h)
		}
		f = search(from, to, f)
		refine(from, to, f)
	}
	return f.enlarged(a.w, a.h)
}

// enlarged is the field of a picture of another size, bilinear between the values.
func (f *Field) enlarged(w, h int) *Field {
	if f.W == w && f.H == h {
		return f
	}
	out := NewField(w, h)
	sx, sy := float32(f.W)/float32(w), float32(f.H)/float32(h)
	across := make([]place, w)
	for x := range across {
		across[x] = placeOf((float32(x)+0.5)*sx-0.5, f.W)
	}
	for y := range h {
		p := placeOf((float32(y)+0.5)*sy-0.5, f.H)
		for x, q := range across {
			out.U[y*w+x] = f.mix(f.U, p, q) / sx
			out.V[y*w+x] = f.mix(f.V, p, q) / sy
		}
	}
	return out
}

func (f *Field) mix(v []float32, y, x place) float32 {
	a, b := v[y.lo*f.W:], v[y.hi*f.W:]
	top := a[x.lo] + x.t*(a[x.hi]-a[x.lo])
	low := b[x.lo] + x.t*(b[x.hi]-b[x.lo])
	return top + y.t*(low-top)
}

// place is a point between two samples.
type place struct {
	lo, hi int
	t      float32
}

// placeOf clamps a point to n samples.
func placeOf(p float32, n int) place {
	p = min(float32(n-1), max(0, p))
	lo := int(p)
	return place{lo, min(lo+1, n-1), p - float32(lo)}
}

package dream

import (
	"context"
	"fmt"
	"image"
	"math"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

// mask says how much each part of a picture dreams, 0..1, at a small size that is spread
// over any other. A nil mask is 1 everywhere.
type mask struct {
	w, h int
	data []float32
}

// maskSide is the long side of a mask in pixels.
const maskSide = 256

// feather is the width of a mask's soft edge, as a part of the picture's side.
const feather = 0.08

// mask makes the mask of a recipe for a picture. Transparent parts never dream.
func (m *Maker) mask(ctx context.Context, kind Mask, src *image.NRGBA) (*mask, error) {
	w, h := picture.Fit(src.Rect.Dx(), src.Rect.Dy(), maskSide)
	k := &mask{w: w, h: h, data: make([]float32, w*h)}
	switch kind {
	case MaskNone:
		for i := range k.data {
			k.data[i] = 1
		}
	case KeepSubject, KeepBackground:
		if err := m.subject(ctx, k, src); err != nil {
			return nil, fmt.Errorf("find the subject: %w", err)
		}
		if kind == KeepSubject {
			k.invert()
		}
	default:
		k.fill(func(x, y float64) float64 { return region(kind, x, y) })
	}
	alpha, transparent := opacity(src, w, h)
	if kind == MaskNone && !transparent {
		return nil, nil
	}
	for i, a := range alpha {
		k.data[i] *= a
	}
	return k, nil
}

// region is how much a place dreams, for x and y in 0..1.
func region(kind Mask, x, y float64) float64 {
	switch kind {
	case KeepCentre:
		return edge(math.Hypot((x-0.5)/0.32, (y-0.5)/0.32), 1, 2*feather)
	case KeepEdges:
		return 1 - region(KeepCentre, x, y)
	case KeepTop:
		return edge(y, 0.5, feather)
	case KeepBottom:
		return edge(1-y, 0.5, feather)
	case KeepLeft:
		return edge(x, 0.5, feather)
	default: // KeepRight
		return edge(1-x, 0.5, feather)
	}
}

// edge rises smoothly from 0 to 1 around at.
func edge(v, at, width float64) float64 {
	t := min(1, max(0, (v-at)/(2*width)+0.5))
	return t * t * (3 - 2*t)
}

func (k *mask) fill(f func(x, y float64) float64) {
	for y := range k.h {
		for x := range k.w {
			k.data[y*k.w+x] = float32(f((float64(x)+0.5)/float64(k.w), (float64(y)+0.5)/float64(k.h)))
		}
	}
}

func (k *mask) invert() {
	for i, v := range k.data {
		k.data[i] = 1 - v
	}
}

// opacity is the alpha channel at a mask's size.
func opacity(src *image.NRGBA, w, h int) (alpha []float32, transparent bool) {
	alpha, count := make([]float32, w*h), make([]float32, w*h)
	sw, sh := src.Rect.Dx(), src.Rect.Dy()
	for y := range sh {
		row := src.Pix[y*src.Stride:]
		for x := range sw {
			i := y*h/sh*w + x*w/sw
			a := row[4*x+3]
			alpha[i] += float32(a) / 255
			count[i]++
			transparent = transparent || a != 255
		}
	}
	for i, n := range count {
		if n > 0 {
			alpha[i] /= n
		}
	}
	return alpha, transparent
}

// row writes the mask of row y of h at the width of dst, by bilinear interpolation.
func (k *mask) row(dst []float32, y, h int) {
	if k == nil {
		for x := range dst {
			dst[x] = 1
		}
		return
	}
	y0, y1, fy := between(y, h, k.h)
	a, b := k.data[y0*k.w:][:k.w], k.data[y1*k.w:][:k.w]
	for x := range dst {
		x0, x1, fx := between(x, len(dst), k.w)
		top := a[x0] + fx*(a[x1]-a[x0])
		low := b[x0] + fx*(b[x1]-b[x0])
		dst[x] = top + fy*(low-top)
	}
}

// between maps the centre of pixel i of n to two of m samples and the place between them.
func between(i, n, m int) (lo, hi int, f float32) {
	p := (float64(i)+0.5)*float64(m)/float64(n) - 0.5
	p = min(float64(m-1), max(0, p))
	lo = int(p)
	return lo, min(lo+1, m-1), float32(p - float64(lo))
}

// saliencySide is the short side, in pixels, at which the network looks for the subject.
const saliencySide = 128

// support is where the picture supports what the network sees in it: the
// gradient of the likeliest labels with respect to the pixels (Simonyan, Vedaldi, Zisserman,
// "Deep inside convolutional networks", 2013), blurred.
func (m *Maker) support(ctx context.Context, src *image.NRGBA) (*mask, error) {
	f := float64(saliencySide) / float64(min(src.Rect.Dx(), src.Rect.Dy()))
	side := func(n int) int { return max(saliencySide, min(4*saliencySide, int(math.Round(f*float64(n))))) }
	small := picture.Scaled(picture.Pixels{NRGBA: src}, side(src.Rect.Dx()), side(src.Rect.Dy()))
	saw, err := m.net.See(ctx, small, 3)
	if err != nil {
		return nil, err
	}
	t := classifier.Target{Layer: classifier.Logits, Weight: 1}
	for _, g := range saw {
		t.Channels = append(t.Channels, classifier.ChannelWeight{Channel: g.Index, Weight: float32(g.P)})
	}
	grad := picture.NewPlanar(small.W, small.H)
	if _, err := m.net.Gradient(ctx, small, []classifier.Target{t}, grad); err != nil {
		return nil, err
	}
	heat := make([]float32, small.W*small.H)
	for c := range 3 {
		for i, v := range grad.Plane(c) {
			heat[i] = max(heat[i], v, -v)
		}
	}
	for range 3 { // three box blurs are nearly a Gaussian
		heat = boxBlur(heat, small.W, small.H, max(2, min(small.W, small.H)/14))
	}
	return &mask{w: small.W, h: small.H, data: heat}, nil
}

// boxBlur averages over squares of 2r+1 pixels, clipped at the edges.
func boxBlur(src []float32, w, h, r int) []float32 {
	mid, out := make([]float32, len(src)), make([]float32, len(src))
	for y := range h {
		blurLine(mid[y*w:], src[y*w:], w, 1, r)
	}
	for x := range w {
		blurLine(out[x:], mid[x:], h, w, r)
	}
	return out
}

// blurLine averages n values that lie step apart.
func blurLine(dst, src []float32, n, step, r int) {
	sum, count := float64(0), 0
	for i := range min(r, n) {
		sum, count = sum+float64(src[i*step]), count+1
	}
	for i := range n {
		if in := i + r; in < n {
			sum, count = sum+float64(src[in*step]), count+1
		}
		if out := i - r - 1; out >= 0 {
			sum, count = sum-float64(src[out*step]), count-1
		}
		dst[i*step] = float32(sum / float64(count))
	}
}

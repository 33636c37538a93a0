package dream

import (
	"math"
	"sync"

	"slugpuppy/picture"
)

// levels is how many bands of frequency a gradient is split into.
const levels = 4

// chroma is how much of a band's colour is used, finest first: photographs have little fine colour, and eyes see none, but
// most of the noise in a network's gradient is there.
var chroma = [levels]float32{0.1, 0.35, 0.8, 1}

// bands brings the frequencies of a gradient to equal strength, so that steps make shapes and
// not only grain (Laplacian pyramid gradient normalisation, from the DeepDream notebook of
// the TensorFlow examples, Mordvintsev 2016). Where a picture is dreamed in tiles, what is
// measured on one pass over the tiles is used on the next, so that all tiles of a pass are
// treated alike.
type bands struct {
	last, now [levels]power // mean squares of the bands before normalisation
	out       [2]power      // of the result: last, now
	planes    [3]planeBands
}

// power sums squares.
type power struct {
	sum float64
	n   int
}

func (p power) rms() float64 {
	if p.n == 0 {
		return 0
	}
	return math.Sqrt(p.sum / float64(p.n))
}

// planeBands is the pyramid of one colour plane.
type planeBands struct {
	w, h [levels]int
	data [levels][]float32
	mid  []float32
}

// turn ends a pass.
func (b *bands) turn() {
	b.last, b.now = b.now, [levels]power{}
	b.out[0], b.out[1] = b.out[1], power{}
}

// normalise changes g in place and returns its root mean square; own says that g is the
// whole picture. coarse in 0..1 tilts the balance from fine grain to large shapes.
func (b *bands) normalise(g *picture.Planar, coarse float32, own bool) float32 {
	opponent(g)
	b.each(func(c int) { b.planes[c].split(g.Plane(c), g.W, g.H) })
	use := &b.last
	for k := range levels {
		for c := range b.planes {
			sum, n := squares(b.planes[c].data[k])
			b.now[k].sum, b.now[k].n = b.now[k].sum+sum, b.now[k].n+n
		}
	}
	if own || b.last[0].n == 0 {
		use = &b.now
	}
	var gain [levels]float32
	for k := range gain {
		if r := use[k].rms(); r > 0 {
			gain[k] = float32(math.Pow(4, float64(k)*(float64(coarse)-0.5)) / r)
		}
	}
	tint := gain
	for k := range tint {
		tint[k] *= chroma[k]
	}
	b.each(func(c int) {
		if c == 0 {
			b.planes[c].join(g.Plane(c), gain)
		} else {
			b.planes[c].join(g.Plane(c), tint)
		}
	})
	trichromat(g)
	sum, n := squares(g.Pix)
	b.out[1].sum, b.out[1].n = b.out[1].sum+sum, b.out[1].n+n
	if own || b.out[0].n == 0 {
		return float32(b.out[1].rms())
	}
	return float32(b.out[0].rms())
}

func (b *bands) each(f func(c int)) {
	var wg sync.WaitGroup
	for c := range b.planes {
		wg.Go(func() { f(c) })
	}
	wg.Wait()
}

func squares(x []float32) (float64, int) {
	count := len(x)
	sum := 0.0
	for len(x) > 0 {
		n := min(len(x), 1024)
		var s [4]float32
		for i, v := range x[:n] {
			s[i&3] += v * v
		}
		sum += float64(s[0]) + float64(s[1]) + float64(s[2]) + float64(s[3])
		x = x[n:]
	}
	return sum, count
}

// split fills data with the bands of g, finest first; the last one holds the rest.
func (p *planeBands) split(g []float32, w, h int) {
	if p.w[0] != w || p.h[0] != h {
		p.w[0], p.h[0] = w, h
		for k := range levels {
			if k > 0 {
				p.w[k], p.h[k] = (p.w[k-1]+1)/2, (p.h[k-1]+1)/2
			}
			p.data[k] = sized(p.data[k], p.w[k]*p.h[k])
		}
		p.mid = sized(p.mid, p.w[0]*p.h[0])
	}
	copy(p.data[0], g)
	for k := 1; k < levels; k++ {
		p.halve(k)
		p.spread(k, -1, 1)
	}
}

// sized is n values in the memory of x, if they fit.
func sized(x []float32, n int) []float32 {
	if n > cap(x) {
		return make([]float32, n)
	}
	return x[:n]
}

// join sums the bands, each times its gain, into g.
func (p *planeBands) join(g []float32, gain [levels]float32) {
	top := p.data[levels-1]
	for i := range top {
		top[i] *= gain[levels-1]
	}
	for k := levels - 1; k > 0; k-- {
		p.spread(k, 1, gain[k-1])
	}
	copy(g, p.data[0])
}

// halve blurs level k-1 with the binomial 1 4 6 4 1 and keeps every second sample (Burt and
// Adelson, 1983), as level k.
func (p *planeBands) halve(k int) {
	sw, sh, w, h := p.w[k-1], p.h[k-1], p.w[k], p.h[k]
	src, dst, mid := p.data[k-1], p.data[k], p.mid[:w*sh]
	for y := range sh {
		row, out := src[y*sw:(y+1)*sw], mid[y*w:(y+1)*w]
		for x := range out {
			i := 2 * x
			if i >= 2 && i+2 < sw {
				out[x] = (row[i-2] + row[i+2] + 4*(row[i-1]+row[i+1]) + 6*row[i]) / 16
				continue
			}
			at := func(i int) float32 { return row[min(max(i, 0), sw-1)] }
			out[x] = (at(i-2) + at(i+2) + 4*(at(i-1)+at(i+1)) + 6*at(i)) / 16
		}
	}
	for y := range h {
		line := func(i int) []float32 { i = min(max(i, 0), sh-1); return mid[i*w : (i+1)*w] }
		a, b, c, d, e := line(2*y-2), line(2*y-1), line(2*y), line(2*y+1), line(2*y+2)
		out := dst[y*w : (y+1)*w]
		for x := range out {
			out[x] = (a[x] + e[x] + 4*(b[x]+d[x]) + 6*c[x]) / 16
		}
	}
}

// spread sets level k-1 to own times itself plus sign times level k, scaled up linearly.
func (p *planeBands) spread(k int, sign, own float32) {
	w, h, sw, sh := p.w[k-1], p.h[k-1], p.w[k], p.h[k]
	src, dst, mid := p.data[k], p.data[k-1], p.mid[:w*sh]
	for y := range sh {
		row, out := src[y*sw:(y+1)*sw], mid[y*w:(y+1)*w]
		for x := range out {
			if x&1 == 0 {
				out[x] = row[x/2]
			} else {
				out[x] = (row[x/2] + row[min(x/2+1, sw-1)]) / 2
			}
		}
	}
	for y := range h {
		a := mid[(y/2)*w:][:w]
		b := a
		if y&1 == 1 {
			b = mid[min(y/2+1, sh-1)*w:][:w]
		}
		out := dst[y*w : (y+1)*w]
		for x := range out {
			out[x] = own*out[x] + sign*(a[x]+b[x])/2
		}
	}
}

// opponent turns red, green and blue in place into brightness and two colours that are orthogonal to it and each
// other: red against blue, and green against both.
func opponent(g *picture.Planar) {
	red, green, blue := g.Plane(0), g.Plane(1), g.Plane(2)
	for i, r := range red {
		gr, b := green[i], blue[i]
		red[i], green[i], blue[i] = (r+gr+b)*ofThree, (r-b)*ofTwo, (r-2*gr+b)*ofSix
	}
}

// trichromat is the way back.
func trichromat(g *picture.Planar) {
	light, warm, lilac := g.Plane(0), g.Plane(1), g.Plane(2)
	for i, l := range light {
		l, w, p := l*ofThree, warm[i]*ofTwo, lilac[i]*ofSix
		light[i], warm[i], lilac[i] = l+w+p, l-2*p, l-w+p
	}
}

// The lengths of the axes: one over the roots of three, two and six.
const (
	ofThree = 0.57735026919
	ofTwo   = 0.70710678119
	ofSix   = 0.40824829046
)

package dream

import (
	"math"
	"math/rand/v2"

	"slugpuppy/picture"
)

// warp looks at a square picture through a small random move, turn and zoom. What survives
// them all is a thing and not an accident of the pixel grid (transformation robustness,
// "Feature Visualization", 2017).
type warp struct {
	a, b, x, y float64 // source = (a -b; b a) * (place - centre) + centre + (x, y)
}

// randomWarp draws a warp for pictures of n pixels a side.
func randomWarp(rng *rand.Rand, n int) warp {
	angle := (rng.Float64()*2 - 1) * 12 * math.Pi / 180
	zoom := math.Exp((rng.Float64()*2 - 1) * 0.18)
	move := float64(n) / 12
	return warp{zoom * math.Cos(angle), zoom * math.Sin(angle), (rng.Float64()*2 - 1) * move, (rng.Float64()*2 - 1) * move}
}

// source is where output pixel (x,y) of a view of m pixels lies in a picture of n.
func (w warp) source(x, y, m, n int) (float64, float64) {
	f := float64(n) / float64(m)
	u, v := f*(float64(x)+0.5-float64(m)/2), f*(float64(y)+0.5-float64(m)/2)
	return w.a*u - w.b*v + w.x + float64(n)/2 - 0.5, w.b*u + w.a*v + w.y + float64(n)/2 - 0.5
}

// taps are the four pixels around a place and their weights; outside, the picture goes on
// periodically, as a spectrum does.
func taps(x, y float64, n int) (at [4]int, weight [4]float32) {
	x0, y0 := math.Floor(x), math.Floor(y)
	fx, fy := float32(x-x0), float32(y-y0)
	wrap := func(v float64) int { return ((int(v) % n) + n) % n }
	xa, xb, ya, yb := wrap(x0), wrap(x0+1), wrap(y0)*n, wrap(y0+1)*n
	return [4]int{ya + xa, ya + xb, yb + xa, yb + xb},
		[4]float32{(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy}
}

// view renders p through the warp at m pixels a side.
func (w warp) view(p *picture.Planar, m int) *picture.Planar {
	out := picture.NewPlanar(m, m)
	n := p.W
	for y := range m {
		for x := range m {
			u, v := w.source(x, y, m, n)
			at, weight := taps(u, v, n)
			for c := range 3 {
				src := p.Plane(c)
				out.Pix[(c*m+y)*m+x] = weight[0]*src[at[0]] + weight[1]*src[at[1]] + weight[2]*src[at[2]] + weight[3]*src[at[3]]
			}
		}
	}
	return out
}

// back adds to sum the gradient with respect to the picture, given g with respect to the
// view: the transpose of view.
func (w warp) back(sum, g *picture.Planar) {
	n, m := sum.W, g.W
	for y := range m {
		for x := range m {
			u, v := w.source(x, y, m, n)
			at, weight := taps(u, v, n)
			for c := range 3 {
				dst, d := sum.Plane(c), g.Pix[(c*m+y)*m+x]
				for i := range at {
					dst[at[i]] += weight[i] * d
				}
			}
		}
	}
}

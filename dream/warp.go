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

// at is the warp of a part of a picture of n pixels a side.
func (w warp) at(p place, n int) warp {
	w.a, w.b = w.a*p.size, w.b*p.size
	w.x, w.y = w.x*p.size+(p.x-0.5)*float64(n), w.y*p.size+(p.y-0.5)*float64(n)
	return w
}

// source is where output pixel (x,y) of a view of m pixels lies in a picture of n.
func (w warp) source(x, y, m, n int) (float64, float64) {
	f := float64(n) / float64(m)
	u, v := f*(float64(x)+0.5-float64(m)/2), f*(float64(y)+0.5-float64(m)/2)
	return w.a*u - w.b*v + w.x + float64(n)/2 - 0.5, w.b*u + w.a*v + w.y + float64(n)/2 - 0.5
}

// taps are the four pixels around a place and their weights; inside says that the place lies in the picture.
func taps(x, y float64, n int) (at [4]int, weight [4]float32, inside bool) {
	if x < 0 || y < 0 || x > float64(n-1) || y > float64(n-1) {
		return at, weight, false
	}
	xa, ya := int(x), int(y)
	fx, fy := float32(x-float64(xa)), float32(y-float64(ya))
	xb, yb := min(xa+1, n-1), min(ya+1, n-1)*n
	ya *= n
	return [4]int{ya + xa, ya + xb, yb + xa, yb + xb},
		[4]float32{(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy}, true
}

// view renders p through the warp at m pixels a side; outside it everything is grey.
func (w warp) view(p *picture.Planar, m int) *picture.Planar {
	out := picture.NewPlanar(m, m)
	n := p.W
	for y := range m {
		for x := range m {
			u, v := w.source(x, y, m, n)
			at, weight, inside := taps(u, v, n)
			for c := range 3 {
				if !inside {
					out.Pix[(c*m+y)*m+x] = grey
					continue
				}
				src := p.Plane(c)
				out.Pix[(c*m+y)*m+x] = weight[0]*src[at[0]] + weight[1]*src[at[1]] + weight[2]*src[at[2]] + weight[3]*src[at[3]]
			}
		}
	}
	return out
}

// grey is what lies around a picture that is being imagined.
const grey = 0.5

// back adds to sum the gradient with respect to the picture, given g with respect to the
// view: the transpose of view.
func (w warp) back(sum, g *picture.Planar) {
	n, m := sum.W, g.W
	for y := range m {
		for x := range m {
			u, v := w.source(x, y, m, n)
			at, weight, inside := taps(u, v, n)
			if !inside {
				continue
			}
			for c := range 3 {
				dst, d := sum.Plane(c), g.Pix[(c*m+y)*m+x]
				for i := range at {
					dst[at[i]] += weight[i] * d
				}
			}
		}
	}
}

// boxed is p with squares of k by k pixels averaged into one.
func boxed(p *picture.Planar, k int) *picture.Planar {
	if k == 1 {
		return p
	}
	out := picture.NewPlanar(p.W/k, p.H/k)
	part := 1 / float32(k*k)
	for c := range 3 {
		src, dst := p.Plane(c), out.Plane(c)
		for y := range out.H * k {
			row := dst[y/k*out.W:][:out.W]
			for x, v := range src[y*p.W:][:out.W*k] {
				row[x/k] += v * part
			}
		}
	}
	return out
}

// unboxed is the gradient with respect to a picture of n pixels a side, given that with respect to what boxed made of
// it: its transpose.
func unboxed(g *picture.Planar, k int) *picture.Planar {
	if k == 1 {
		return g
	}
	out := picture.NewPlanar(g.W*k, g.H*k)
	part := 1 / float32(k*k)
	for c := range 3 {
		src, dst := g.Plane(c), out.Plane(c)
		for y := range out.H {
			row := src[y/k*g.W:][:g.W]
			for x := range out.W {
				dst[y*out.W+x] = row[x/k] * part
			}
		}
	}
	return out
}

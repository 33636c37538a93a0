// Package flowtest draws scenes that move, and knows how: for tests that check what is found of it.
package flowtest

import (
	"math"
	"sync"

	"slugpuppy/picture"
)

// Texture is a picture without end and without pixels: a colour in [0,1] for every point.
type Texture func(x, y float64) [3]float32

// side is how large landscapes are painted, and painted has those that are, by their seed.
const side = 760

var painted sync.Map

// Landscape is one like a photograph: a landscape, mirrored at its edges, between whose pixels is interpolated.
func Landscape(seed uint64) Texture {
	paint, _ := painted.LoadOrStore(seed, sync.OnceValue(func() *picture.Planar {
		return picture.FromImage(picture.Landscape(side, side, seed))
	}))
	p := paint.(func() *picture.Planar)()
	fold := func(v float64) float64 {
		v = math.Mod(math.Abs(v), 2*side-2)
		return min(v, 2*side-2-v)
	}
	return func(x, y float64) (c [3]float32) {
		x, y = fold(x+200), fold(y+330)
		x0, y0 := min(int(x), side-2), min(int(y), side-2)
		fx, fy := float32(x-float64(x0)), float32(y-float64(y0))
		for k := range c {
			q := p.Plane(k)[y0*side+x0:]
			c[k] = (1-fy)*((1-fx)*q[0]+fx*q[1]) + fy*((1-fx)*q[side]+fx*q[side+1])
		}
		return c
	}
}

// Grain is grey noise of several sizes: waves in many directions.
func Grain(x, y float64) (c [3]float32) {
	sum := 0.0
	for k := range 24 {
		a, f := float64(k)*2.399963, 0.05*math.Pow(1.13, float64(k))
		sum += math.Sin(f*(x*math.Cos(a)+y*math.Sin(a))+float64(k*k)) / math.Sqrt(float64(k+2))
	}
	v := float32(0.5 + 0.12*sum)
	return [3]float32{v, v, v}
}

// Motion says where a point of one frame is in the next.
type Motion func(x, y float64) (float64, float64)

// About turns, scales and shears around a point by the matrix (m0 m1; m2 m3), and moves.
func About(cx, cy float64, m [4]float64, dx, dy float64) Motion {
	return func(x, y float64) (float64, float64) {
		x, y = x-cx, y-cy
		return cx + m[0]*x + m[1]*y + dx, cy + m[2]*x + m[3]*y + dy
	}
}

// Inverse finds the point that a motion leads to (px, py), by fixed-point iteration: the motion has to be smooth and small.
func (m Motion) Inverse(px, py float64) (float64, float64) {
	x, y := px, py
	for range 14 {
		qx, qy := m(x, y)
		x, y = x+px-qx, y+py-qy
	}
	return x, y
}

// Render samples a texture at pixels, in eight bits as a file would have it.
func Render(w, h int, at Texture) *picture.Planar {
	p := picture.NewPlanar(w, h)
	for y := range h {
		for x := range w {
			for c, v := range at(float64(x), float64(y)) {
				p.Plane(c)[y*w+x] = v
			}
		}
	}
	return picture.FromImage(p.NRGBA())
}

// Scene is a ground that moves, and before it a disc of another texture that moves otherwise.
type Scene struct {
	W, H            int
	Ground, Face    Texture
	GX, GY          float64 // how the ground moves in a frame
	X, Y, R, SX, SY float64 // where the disc is in frame 0, its radius, and how it moves; no radius: there is none
}

// Covers says whether the disc covers a point of a frame.
func (s Scene) Covers(n int, x, y float64) bool {
	t := float64(n)
	return math.Hypot(x-s.X-t*s.SX, y-s.Y-t*s.SY) < s.R
}

// Frame renders frame n.
func (s Scene) Frame(n int) *picture.Planar {
	t := float64(n)
	return Render(s.W, s.H, func(x, y float64) [3]float32 {
		if s.Covers(n, x, y) {
			return s.Face(x-t*s.SX, y-t*s.SY)
		}
		return s.Ground(x-t*s.GX, y-t*s.GY)
	})
}

// Back says how a point of frame n has moved since frame n-1, and whether it could be seen there.
func (s Scene) Back(n int, x, y float64) (dx, dy float64, seen bool) {
	dx, dy = s.GX, s.GY
	disc := s.Covers(n, x, y)
	if disc {
		dx, dy = s.SX, s.SY
	}
	px, py := x-dx, y-dy
	inside := px >= 0 && py >= 0 && px <= float64(s.W-1) && py <= float64(s.H-1)
	return dx, dy, inside && disc == s.Covers(n-1, px, py)
}

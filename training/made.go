package training

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// made is the class of patterns drawn for training: what is mistaken for dreams most often is
// regular, colourful or swirling, and can be had for nothing.
const made = "made"

// patterns are the ways to draw one: each gives a value for a place in a square of side 1, which a
// random palette turns into a colour.
var patterns = []struct {
	name string
	draw func(rng *rand.Rand) func(x, y float64) float64
}{
	{"plasma", plasma}, {"swirl", swirl}, {"weave", weave}, {"tiling", tiling},
	{"heap", heap}, {"mosaic", mosaic}, {"julia", julia}, {"waves", waves},
	{"speckle", speckle}, {"spots", spots}, {"threads", threads}, {"fronts", fronts},
	{"ripples", ripples}, {"moire", moire}, {"cells", foam}, {"strokes", strokes},
}

// pattern draws the nth pattern of a seed, as large as pictures in timelines are.
func pattern(n int, rng *rand.Rand) *image.NRGBA {
	return patternOf(n, 300+rng.IntN(400), 300+rng.IntN(300), rng)
}

// patternOf draws the nth pattern w by h pixels large.
func patternOf(n, w, h int, rng *rand.Rand) *image.NRGBA {
	colour := colouring(patterns[n%len(patterns)].draw, rng)
	grain := rng.Float64() * 0.15 * float64(rng.IntN(2))
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	side := float64(max(w, h))
	for y := range h {
		for x := range w {
			out.SetNRGBA(x, y, colour(float64(x)/side, float64(y)/side, grain*(rng.Float64()-0.5)))
		}
	}
	return out
}

// colouring gives places colours: one pattern's value through a palette, or a pattern of its own
// for each of red, green and blue.
func colouring(draw func(*rand.Rand) func(x, y float64) float64, rng *rand.Rand) func(x, y, grain float64) color.NRGBA {
	value, paint := draw(rng), palette(rng)
	if rng.IntN(6) == 0 {
		return relief(value, 0.004+0.02*rng.Float64())
	}
	if rng.IntN(3) > 0 {
		return func(x, y, grain float64) color.NRGBA { return paint(value(x, y) + grain) }
	}
	green, blue := draw(rng), draw(rng)
	if rng.IntN(2) == 0 {
		blue = func(x, y float64) float64 { return value(x, y) + green(x, y) }
	}
	level := func(v float64) uint8 { return uint8(255 * (0.5 + 0.45*math.Sin(3*v))) }
	return func(x, y, grain float64) color.NRGBA {
		return color.NRGBA{level(value(x, y) + grain), level(green(x, y) + grain), level(blue(x, y) + grain), 255}
	}
}

// relief gives places the colour of a normal map, whose red, green and blue say where a surface of these heights looks.
func relief(height func(x, y float64) float64, steep float64) func(x, y, grain float64) color.NRGBA {
	const e = 0.002
	return func(x, y, grain float64) color.NRGBA {
		h := height(x, y) + grain
		nx, ny, nz := -steep*(height(x+e, y)-h)/e, -steep*(height(x, y+e)-h)/e, 1.0
		norm := math.Sqrt(nx*nx + ny*ny + nz*nz)
		level := func(n float64) uint8 { return uint8(127.5 + 127*n/norm) }
		return color.NRGBA{level(nx), level(ny), level(nz), 255}
	}
}

// palette is a random one of cosines (Quilez, "Simple color palettes").
func palette(rng *rand.Rand) func(v float64) color.NRGBA {
	var turn, phase, span [3]float64
	together := rng.IntN(3) == 0 // shades of one colour
	for c := range 3 {
		turn[c], phase[c], span[c] = 0.5+rng.Float64()*2, rng.Float64(), 0.2+0.3*rng.Float64()
		if together {
			turn[c], phase[c] = turn[0], phase[0]
		}
	}
	return func(v float64) color.NRGBA {
		at := func(c int) uint8 { return uint8(255 * (0.5 + span[c]*math.Cos(2*math.Pi*(turn[c]*v+phase[c])))) }
		return color.NRGBA{at(0), at(1), at(2), 255}
	}
}

// noise is smooth value noise of period 1 in its arguments' units, in [0,1].
func noise(seed uint64) func(x, y float64) float64 {
	corner := func(x, y int) float64 {
		h := seed ^ uint64(uint32(x))*0x9e3779b97f4a7c15 ^ uint64(uint32(y))*0xc2b2ae3d27d4eb4f
		h ^= h >> 29
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 32
		return float64(h&0xffff) / 0xffff
	}
	return func(x, y float64) float64 {
		x0, y0 := math.Floor(x), math.Floor(y)
		fx, fy := x-x0, y-y0
		fx, fy = fx*fx*(3-2*fx), fy*fy*(3-2*fy)
		i, j := int(x0), int(y0)
		a := corner(i, j)*(1-fx) + corner(i+1, j)*fx
		b := corner(i, j+1)*(1-fx) + corner(i+1, j+1)*fx
		return a*(1-fy) + b*fy
	}
}

// plasma is noise of several octaves.
func plasma(rng *rand.Rand) func(x, y float64) float64 {
	n, scale, rough := noise(rng.Uint64()), 2+rng.Float64()*20, 0.4+0.4*rng.Float64()
	return func(x, y float64) float64 {
		sum, a, s := 0.0, 0.5, scale
		for range 6 {
			sum += a * n(x*s, y*s)
			a, s = a*rough, s*2.03
		}
		return sum * 2
	}
}

// swirl is plasma whose places are moved about by plasma.
func swirl(rng *rand.Rand) func(x, y float64) float64 {
	a, b, c, far := plasma(rng), plasma(rng), plasma(rng), 0.1+0.6*rng.Float64()
	return func(x, y float64) float64 { return 2 * c(x+far*a(x, y), y+far*b(x, y)) }
}

// weave is warp and weft.
func weave(rng *rand.Rand) func(x, y float64) float64 {
	n, wobble, threads := noise(rng.Uint64()), rng.Float64()*0.6, 15+rng.Float64()*60
	twill := 1 + rng.IntN(3)
	return func(x, y float64) float64 {
		u, v := x*threads+wobble*n(x*9, y*9), y*threads+wobble*n(y*9+50, x*9)
		i, j := int(math.Floor(u)), int(math.Floor(v))
		if (i+twill*j)%(twill+1) == 0 {
			return 0.6 + 0.4*math.Sin(math.Pi*(u-math.Floor(u))) + 0.1*n(v*3, u*20)
		}
		return 0.1 + 0.4*math.Sin(math.Pi*(v-math.Floor(v))) + 0.1*n(u*3, v*20)
	}
}

// tiling repeats triangles, squares or rings on a turned grid.
func tiling(rng *rand.Rand) func(x, y float64) float64 {
	n, cells, turn, kind, rim := noise(rng.Uint64()), 4+rng.Float64()*30, rng.Float64()*math.Pi, rng.IntN(3), 0.03+0.1*rng.Float64()
	return func(x, y float64) float64 {
		u, v := cells*(x*math.Cos(turn)-y*math.Sin(turn)), cells*(x*math.Sin(turn)+y*math.Cos(turn))
		i, j := math.Floor(u), math.Floor(v)
		fu, fv := u-i, v-j
		tone := n(i+0.5, j+0.5)
		switch {
		case min(fu, fv) < rim:
			return 0
		case kind == 0 && fu < fv:
			return 1 - tone
		case kind == 1:
			return tone + 3*math.Hypot(fu-0.5, fv-0.5)
		}
		return tone
	}
}

// heap is many lit balls lying over each other, as fruit and pebbles do.
func heap(rng *rand.Rand) func(x, y float64) float64 {
	type ball struct{ x, y, r, tone float64 }
	balls := make([]ball, 150+rng.IntN(300))
	size := 0.03 + 0.06*rng.Float64()
	for i := range balls {
		balls[i] = ball{rng.Float64(), rng.Float64(), size * (0.6 + 0.8*rng.Float64()), rng.Float64() * 0.5}
	}
	return func(x, y float64) float64 {
		for _, b := range balls {
			if dx, dy := (x-b.x)/b.r, (y-b.y)/b.r; dx*dx+dy*dy < 1 {
				return b.tone + 0.4*max(0, math.Sqrt(1-dx*dx-dy*dy)-0.5*(dx+dy))
			}
		}
		return 0
	}
}

// mosaic is cells around random places, with dark seams.
func mosaic(rng *rand.Rand) func(x, y float64) float64 {
	type cell struct{ x, y, tone float64 }
	cells := make([]cell, 60+rng.IntN(250))
	for i := range cells {
		cells[i] = cell{rng.Float64(), rng.Float64(), rng.Float64()}
	}
	seam := 0.01 * rng.Float64()
	return func(x, y float64) float64 {
		first, second, tone := 9.0, 9.0, 0.0
		for _, c := range cells {
			switch d := math.Hypot(x-c.x, y-c.y); {
			case d < first:
				first, second, tone = d, first, c.tone
			case d < second:
				second = d
			}
		}
		if second-first < seam {
			return 0
		}
		return tone
	}
}

// julia is the escape time of z*z+c.
func julia(rng *rand.Rand) func(x, y float64) float64 {
	at := rng.Float64() * 2 * math.Pi
	c := complex(0.7885*math.Cos(at), 0.7885*math.Sin(at))
	zoom, ox, oy := 0.3+2.5*rng.Float64(), rng.Float64()-0.5, rng.Float64()-0.5
	return func(x, y float64) float64 {
		z := complex((x-0.5)*zoom+ox, (y-0.5)*zoom+oy)
		for n := range 120 {
			if r := real(z)*real(z) + imag(z)*imag(z); r > 16 {
				return (float64(n) + 1 - math.Log2(math.Log(r)/2)) / 30
			}
			z = z*z + c
		}
		return 0
	}
}

// waves are rings around a few places, that meet.
func waves(rng *rand.Rand) func(x, y float64) float64 {
	type source struct{ x, y, k float64 }
	sources := make([]source, 2+rng.IntN(5))
	for i := range sources {
		sources[i] = source{rng.Float64(), rng.Float64(), 20 + 150*rng.Float64()}
	}
	return func(x, y float64) float64 {
		sum := 0.0
		for _, s := range sources {
			sum += math.Sin(s.k * math.Hypot(x-s.x, y-s.y))
		}
		return sum / 3
	}
}

// speckle is grain of a few sizes.
func speckle(rng *rand.Rand) func(x, y float64) float64 {
	a, b := noise(rng.Uint64()), noise(rng.Uint64())
	fine, coarse, share := 100+rng.Float64()*300, 20+rng.Float64()*80, rng.Float64()
	return func(x, y float64) float64 { return share*a(x*fine, y*fine) + (1-share)*b(x*coarse, y*coarse) }
}

// spots are where bands of noise are high: spots and labyrinths as reaction and diffusion make.
func spots(rng *rand.Rand) func(x, y float64) float64 {
	a, b := noise(rng.Uint64()), noise(rng.Uint64())
	scale, level, soft := 15+rng.Float64()*60, 0.35+0.3*rng.Float64(), 2+rng.Float64()*20
	return func(x, y float64) float64 {
		v := a(x*scale, y*scale)*0.6 + b(x*scale*1.3+9, y*scale*1.3)*0.4
		if scale > 45 { // labyrinths are thin
			v = math.Abs(v-0.5) * 3
		}
		return 0.8 / (1 + math.Exp(-soft*(v-level)*4))
	}
}

// threads are lines drawn across each other by a loose hand.
func threads(rng *rand.Rand) func(x, y float64) float64 {
	n, scale, fine := noise(rng.Uint64()), 20+rng.Float64()*60, 3+rng.Float64()*6
	return func(x, y float64) float64 {
		u, v := n(x*scale/fine, y*scale*fine/4), n(y*scale/fine+70, x*scale*fine/4)
		if u > v {
			return u
		}
		return 1.2 - v
	}
}

// fronts are contour lines of plasma, close together.
func fronts(rng *rand.Rand) func(x, y float64) float64 {
	p, lines := plasma(rng), 3+rng.Float64()*15
	return func(x, y float64) float64 { v := lines * p(x, y); return 0.3*v + 0.5*(v-math.Floor(v)) }
}

// ripples are plane waves bent by waves of other directions.
func ripples(rng *rand.Rand) func(x, y float64) float64 {
	type wave struct{ kx, ky, bend, bx, by, phase float64 }
	waves := make([]wave, 1+rng.IntN(4))
	for i := range waves {
		k, to, across := 10*math.Exp(rng.Float64()*3), rng.Float64()*2*math.Pi, 5*math.Exp(rng.Float64()*2.5)
		waves[i] = wave{k * math.Cos(to), k * math.Sin(to), rng.Float64() * 3, -across * math.Sin(to), across * math.Cos(to), rng.Float64() * 6}
	}
	return func(x, y float64) float64 {
		sum := 0.0
		for _, w := range waves {
			sum += math.Sin(w.kx*x + w.ky*y + w.bend*math.Sin(w.bx*x+w.by*y) + w.phase)
		}
		return sum / math.Sqrt(float64(len(waves)))
	}
}

// moire is two or three fine gratings, straight or round, over each other.
func moire(rng *rand.Rand) func(x, y float64) float64 {
	hard := rng.IntN(2) == 0
	gratings := make([]func(x, y float64) float64, 2+rng.IntN(2))
	for i := range gratings {
		k, to := 60+rng.Float64()*400, rng.Float64()*math.Pi
		ox, oy := rng.Float64()*2-0.5, rng.Float64()*2-0.5
		if rng.IntN(2) == 0 {
			gratings[i] = func(x, y float64) float64 { return math.Sin(k * (x*math.Cos(to) + y*math.Sin(to))) }
		} else {
			gratings[i] = func(x, y float64) float64 { return math.Sin(k * math.Hypot(x-ox, y-oy)) }
		}
	}
	return func(x, y float64) float64 {
		v := 1.0
		for _, g := range gratings {
			v *= g(x, y)
		}
		if hard {
			return math.Copysign(0.5, v)
		}
		return v
	}
}

// foam is how far it is to the nearest of scattered points, or how much nearer than to the next (Worley, "A cellular texture basis
// function", 1996).
func foam(rng *rand.Rand) func(x, y float64) float64 {
	n, cells, kind, gain := noise(rng.Uint64()), 4+rng.Float64()*26, rng.IntN(4), 0.5+rng.Float64()
	return func(x, y float64) float64 {
		x, y = x*cells, y*cells
		first, second := 9.0, 9.0
		for j := math.Floor(y) - 1; j <= math.Floor(y)+1; j++ {
			for i := math.Floor(x) - 1; i <= math.Floor(x)+1; i++ {
				switch d := math.Hypot(x-i-n(i, j), y-j-n(i+500, j)); {
				case d < first:
					first, second = d, first
				case d < second:
					second = d
				}
			}
		}
		switch kind {
		case 0:
			return gain * first
		case 1:
			return gain * (second - first)
		case 2:
			return gain * first * first
		}
		return gain * min(0.3, second-first) * 3 // plates with slanting rims
	}
}

// strokes are short lines in all directions, or about along a wind, on a plain ground.
func strokes(rng *rand.Rand) func(x, y float64) float64 {
	n, wind := noise(rng.Uint64()), plasma(rng)
	cells, thick, free, many := 15+rng.Float64()*35, 0.03+0.1*rng.Float64(), rng.Float64()*math.Pi, 1+rng.IntN(3)
	return func(x, y float64) float64 {
		u, v := x*cells, y*cells
		dark := 0.0
		for j := math.Floor(v) - 1; j <= math.Floor(v)+1; j++ {
			for i := math.Floor(u) - 1; i <= math.Floor(u)+1; i++ {
				for k := range many {
					at := float64(1000 * (k + 1))
					turn := 3*wind(i/cells, j/cells) + free*n(i+3*at, j)
					dx, dy := u-i-n(i+at, j), v-j-n(i+2*at, j)
					along, off := dx*math.Cos(turn)+dy*math.Sin(turn), dy*math.Cos(turn)-dx*math.Sin(turn)
					if over := max(0, math.Abs(along)-0.5); math.Hypot(over, off) < thick {
						dark = max(dark, n(i, j+at))
					}
				}
			}
		}
		return dark
	}
}

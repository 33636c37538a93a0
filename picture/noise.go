package picture

import "math"

// field is gradient noise in the plane (Perlin, "Improving Noise", 2002), with its lattice
// hashed from a seed instead of shuffled.
type field uint64

// at is the noise at a point, about -1..1, smooth, with features of size 1.
func (f field) at(x, y float64) float64 {
	x0, y0 := math.Floor(x), math.Floor(y)
	fx, fy := x-x0, y-y0
	ix, iy := int64(x0), int64(y0)
	u, v := fade(fx), fade(fy)
	top := mix(f.slope(ix, iy, fx, fy), f.slope(ix+1, iy, fx-1, fy), u)
	low := mix(f.slope(ix, iy+1, fx, fy-1), f.slope(ix+1, iy+1, fx-1, fy-1), u)
	return 1.4 * mix(top, low, v)
}

// slope is one lattice point's gradient times the way to it.
func (f field) slope(ix, iy int64, dx, dy float64) float64 {
	g := &slopes[f.bits(ix, iy)>>56]
	return g[0]*dx + g[1]*dy
}

// slopes are unit gradients in 256 directions.
var slopes = func() (t [256][2]float64) {
	for i := range t {
		t[i][1], t[i][0] = math.Sincos(2 * math.Pi * float64(i) / 256)
	}
	return t
}()

// hash is a number in [0,1) for a lattice point.
func (f field) hash(ix, iy int64) float64 { return float64(f.bits(ix, iy)>>11) / (1 << 53) }

// bits are 64 random bits for a lattice point (the finaliser of SplitMix64, Steele et al. 2014).
func (f field) bits(ix, iy int64) uint64 {
	z := uint64(f) + uint64(ix)*0x9e3779b97f4a7c15 + uint64(iy)*0xd1b54a32d192ed03
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fractal adds octaves of noise, each twice as fine and half as strong, about -1..1.
func (f field) fractal(x, y float64, octaves int) float64 {
	sum, amp, total := 0.0, 1.0, 0.0
	for o := range octaves {
		sum += amp * (f+field(o)*7919).at(x, y)
		total += amp
		x, y, amp = x*2.03+17.1, y*2.03-9.2, amp/2
	}
	return sum / total * 1.5
}

// ridged is fractal noise with sharp crests, 0..1 (Musgrave's ridged multifractal).
func (f field) ridged(x, y float64, octaves int) float64 {
	sum, amp, total := 0.0, 1.0, 0.0
	for o := range octaves {
		crest := 1 - math.Abs((f+field(o)*104729).at(x, y))
		sum += amp * crest * crest
		total += amp
		x, y, amp = x*2.1+5.3, y*2.1+3.7, amp*0.45
	}
	return sum / total
}

func fade(t float64) float64 { return t * t * t * (t*(t*6-15) + 10) }

func mix(a, b, t float64) float64 { return a + (b-a)*t }

// step goes smoothly from 0 at lo to 1 at hi.
func step(lo, hi, x float64) float64 {
	t := min(max((x-lo)/(hi-lo), 0), 1)
	return t * t * (3 - 2*t)
}

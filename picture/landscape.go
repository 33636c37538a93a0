package picture

import (
	"image"
	"math"
	"math/rand/v2"
)

// Landscape paints clouds over hazy hills and a lake, for the demo and for tests that need a
// picture with something in it. The same size and seed give the same picture.
func Landscape(w, h int, seed uint64) *image.NRGBA {
	if w <= 0 || h <= 0 {
		return image.NewNRGBA(image.Rectangle{})
	}
	s := newScene(w, h, seed)
	p := NewPlanar(w, h)
	n := w * h
	rows(h, func(y int) {
		for x := range w {
			c := s.colour((float64(x)+0.5)*s.pixel, (float64(y)+0.5)*s.pixel)
			for i := range 3 {
				p.Pix[i*n+y*w+x] = float32(c[i])
			}
		}
	})
	return p.NRGBA()
}

// tone is a colour, channels 0..1.
type tone [3]float64

func (a tone) mix(b tone, t float64) tone {
	return tone{mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)}
}

func (a tone) scale(f float64) tone { return tone{a[0] * f, a[1] * f, a[2] * f} }

func (a tone) add(b tone, f float64) tone {
	return tone{a[0] + b[0]*f, a[1] + b[1]*f, a[2] + b[2]*f}
}

// mood is a time of day.
type mood struct {
	zenith, sky, horizon tone // of the sky, from the top down
	sun, light, shade    tone // the disc, the lit and the dark side of clouds
	far, near            tone // hills in the haze and before us
	sunHigh              float64
}

var moods = []mood{
	{ // afternoon
		zenith: tone{0.16, 0.36, 0.68}, sky: tone{0.42, 0.64, 0.86}, horizon: tone{0.93, 0.90, 0.80},
		sun: tone{1, 0.97, 0.86}, light: tone{1, 0.98, 0.94}, shade: tone{0.60, 0.67, 0.78},
		far: tone{0.62, 0.72, 0.82}, near: tone{0.16, 0.26, 0.12}, sunHigh: 0.16,
	},
	{ // evening
		zenith: tone{0.17, 0.20, 0.45}, sky: tone{0.62, 0.47, 0.62}, horizon: tone{1, 0.76, 0.48},
		sun: tone{1, 0.93, 0.72}, light: tone{1, 0.82, 0.66}, shade: tone{0.47, 0.38, 0.54},
		far: tone{0.70, 0.55, 0.60}, near: tone{0.12, 0.13, 0.15}, sunHigh: 0.34,
	},
	{ // morning
		zenith: tone{0.24, 0.45, 0.70}, sky: tone{0.60, 0.76, 0.86}, horizon: tone{1, 0.87, 0.73},
		sun: tone{1, 0.95, 0.82}, light: tone{1, 0.95, 0.90}, shade: tone{0.66, 0.68, 0.78},
		far: tone{0.72, 0.76, 0.82}, near: tone{0.13, 0.23, 0.17}, sunHigh: 0.28,
	},
}

// Heights in the picture, 0 at the top and 1 at the bottom.
const (
	shore  = 0.74 // where land meets the lake
	ridges = 5
)

// scene is everything that stands before any pixel is painted.
type scene struct {
	mood
	noise      field
	sunX, sunY float64
	aspect     float64
	pixel      float64           // the size of one
	crests     [ridges][]float64 // height of each ridge at every pixel across
}

func newScene(w, h int, seed uint64) *scene {
	r := rand.New(rand.NewPCG(seed, 0x5106b077))
	m := moods[seed%uint64(len(moods))]
	aspect := float64(w) / float64(h)
	s := &scene{
		mood: m, noise: field(r.Uint64()), aspect: aspect, pixel: 1 / float64(h),
		sunX: aspect * (0.2 + 0.6*r.Float64()), sunY: m.sunHigh + 0.06*r.Float64(),
	}
	for i := range s.crests {
		s.crests[i] = make([]float64, w)
		for x := range w {
			s.crests[i][x] = s.ridge(i, (float64(x)+0.5)*s.pixel)
		}
	}
	return s
}

// crest looks a ridge's height up.
func (s *scene) crest(i int, x float64) float64 {
	at := int(x / s.pixel)
	return s.crests[i][min(max(at, 0), len(s.crests[i])-1)]
}

// colour is the picture at a point; a unit is the picture's height.
func (s *scene) colour(x, y float64) tone {
	if y < shore {
		return s.land(x, y)
	}
	return s.lake(x, y)
}

// land is everything above the water.
func (s *scene) land(x, y float64) tone {
	front := ridges - 1 // the nearest ridge that hides all behind it
	for front >= 0 && y < s.crest(front, x)+s.pixel {
		front--
	}
	var c tone
	if front < 0 {
		c = s.air(x, y)
	}
	for i := max(front, 0); i < ridges; i++ {
		top := s.crest(i, x)
		if cover := step(top-s.pixel, top+s.pixel, y); cover > 0 {
			c = c.mix(s.hill(i, x, y, top), cover)
		}
	}
	return c
}

// air is the sky with its sun and clouds.
func (s *scene) air(x, y float64) tone {
	c := s.zenith.mix(s.sky, step(0, 0.38, y)).mix(s.horizon, step(0.22, 0.64, y))
	away := math.Hypot(x-s.sunX, y-s.sunY)
	c = c.add(s.sun, 0.55*math.Exp(-away*5))
	c = c.mix(s.sun.scale(1.05), step(0.047, 0.041, away))

	d := s.cloud(x, y)
	if d <= 0 {
		return c
	}
	towards := 0.03 / max(away, 0.03)
	behind := s.cloud(x+(s.sunX-x)*towards, y+(s.sunY-y)*towards-0.012)
	lit := min(max(0.62+1.5*(d-behind)-0.35*d+0.5*math.Exp(-away*4), 0), 1)
	body := s.shade.mix(s.light, lit)
	haze := step(0.30, 0.62, y) * 0.7
	return c.mix(body.mix(s.horizon, haze), min(d*1.6, 1)*0.94)
}

// cloud is how thick the clouds are at a point, 0 for clear sky. They are flatter and smaller
// towards the horizon, since the layer they float in is seen at a slant there.
func (s *scene) cloud(x, y float64) float64 {
	far := 1.0 - 1.25*min(y, 0.66)
	u, v := (x-s.aspect/2)*1.5/far, 2.6/far
	bend := (s.noise + 11).fractal(u*0.8, v*0.8, 3)
	n := (s.noise + 23).fractal(u*1.3+0.45*bend, v*1.25+0.5*bend, 7)
	return step(0.02, 0.62, n)
}

// ridge is the height of a crest at x. Ridge 0 is the farthest.
func (s *scene) ridge(i int, x float64) float64 {
	near := float64(i) / (ridges - 1)
	f := s.noise + field(100+31*i)
	base := mix(0.50, 0.715, near)
	if i < 2 { // mountains
		return base + 0.03 - mix(0.27, 0.14, float64(i))*(f.ridged(x*1.5, 3, 7)-0.32)
	}
	top := base - mix(0.075, 0.03, near)*f.fractal(x*mix(1.6, 1.1, near), 7, 4)
	return top - s.trees(i, x)
}

// trees stand on a near ridge: pointed firs of different heights in groves.
func (s *scene) trees(i int, x float64) float64 {
	near := float64(i) / (ridges - 1)
	wide := mix(0.004, 0.016, near)
	f := s.noise + field(700+17*i)
	grove := step(-0.15, 0.35, f.fractal(x*2.2, 1, 3))
	tall := 0.0
	at := math.Floor(x / wide)
	for k := -1; k <= 1; k++ {
		slot := int64(at) + int64(k)
		centre := (float64(slot) + 0.5 + 0.6*(f.hash(slot, 1)-0.5)) * wide
		high := wide * (1.6 + 2.2*f.hash(slot, 2))
		off := math.Abs(x-centre) / wide
		jag := 0.10 * math.Abs(math.Mod(off*9, 2)-1)
		tall = max(tall, high*(1-off*1.5-jag))
	}
	return tall * grove
}

// hill is the colour of a ridge at a point below its crest.
func (s *scene) hill(i int, x, y, top float64) tone {
	near := float64(i) / (ridges - 1)
	f := s.noise + field(900+13*i)
	c := s.far.mix(s.near, math.Pow(near, 0.8))
	var relief float64
	if i < 2 {
		relief = f.ridged(x*4+(y-top)*2.2, (y-top)*5, 6)*1.3 - 0.75
		snow := step(0.10, 0.0, y-top-0.055*f.fractal(x*9, y*9, 4)) * step(0.52, 0.36, top)
		c = c.mix(tone{0.97, 0.97, 1}, snow*(0.55+0.6*relief))
	} else {
		relief = f.fractal(x*mix(26, 16, near), y*mix(60, 40, near), 5)
	}
	c = c.scale(1 + mix(0.16, 0.5, near)*relief)
	lit := math.Exp(-2.2 * math.Abs(x-s.sunX))
	c = c.mix(s.light.mix(s.horizon, 0.5), 0.10*lit*(1-0.5*near))
	mist := step(0.0, 0.19, y-top) * mix(0.62, 0.12, near)
	return c.mix(s.horizon.mix(s.far, 0.45), mist)
}

// lake mirrors the land, the more broken the nearer it is, and darkens towards us.
func (s *scene) lake(x, y float64) tone {
	depth := (y - shore) / (1 - shore)
	f := s.noise + 5000
	slant := 1 / (depth + 0.06)
	wave := f.fractal(x*9*slant*0.35, 26*slant*0.35, 4)
	mirror := shore - (y-shore)*1.75 + wave*mix(0.006, 0.075, depth)
	c := s.land(x+wave*0.012*(0.3+depth), min(mirror, shore-s.pixel))
	c = c.mix(s.zenith.scale(0.62), mix(0.16, 0.55, depth))
	c = c.add(s.light, 0.09*wave*mix(0.4, 1, depth))
	path := math.Exp(-math.Pow((x-s.sunX)/(0.05+0.16*depth), 2)) * step(0.12, 0.55, wave+0.1)
	c = c.add(s.sun, 0.55*path)
	bank := step(0.012, 0, y-shore)
	return c.mix(s.near.scale(0.5), 0.55*bank)
}

package detector

import (
	"math"
	"testing"

	"slugpuppy/picture"
)

// paint makes a grey picture of a function.
func paint(w, h int, f func(x, y int) float32) *picture.Planar {
	p := picture.NewPlanar(w, h)
	for c := range 3 {
		for i := range w * h {
			p.Plane(c)[i] = f(i%w, i/w)
		}
	}
	return p
}

func TestTextureIsFiniteForPlainAndForTinyPictures(t *testing.T) {
	for _, p := range []*picture.Planar{
		paint(1, 1, func(x, y int) float32 { return 1 }), paint(300, 9, func(x, y int) float32 { return 0.5 }),
		paint(2, 300, func(x, y int) float32 { return float32(x) }), paint(64, 64, func(x, y int) float32 { return float32((x ^ y) & 1) }),
	} {
		f := appendTexture(nil, p)
		if len(f) != octaves*textures {
			t.Fatalf("%dx%d: %d numbers, want %d", p.W, p.H, len(f), octaves*textures)
		}
		for i, v := range f {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				t.Errorf("%dx%d: number %d is %g", p.W, p.H, i, v)
			}
		}
	}
}

func TestStripesRepeatAtTheirPeriod(t *testing.T) {
	p := paint(128, 128, func(x, y int) float32 { return 0.5 + 0.4*float32(math.Sin(2*math.Pi*float64(x)/6)) })
	level := opponents(p)
	low := smooth(level[0])
	for i := range low.v {
		low.v[i] = level[0].v[i] - low.v[i]
	}
	f := appendRepeats(nil, low)
	at := map[int]float32{} // along; across is always 1 as the stripes stand upright
	for i, lag := range lags {
		at[lag] = 2*f[2*i] - 1
	}
	if at[6] < 0.8 || at[3] > -0.8 {
		t.Errorf("half a period %.2f, one period %.2f", at[3], at[6])
	}
}

package detector

import (
	"math"
	"math/rand/v2"
	"testing"

	"slugpuppy/classifier/kernel"
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
		f := appendTexture(nil, p, new(easel))
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
	level := definedOpponents(p)
	low := definedSmooth(level[0])
	for i := range low.v {
		low.v[i] = level[0].v[i] - low.v[i]
	}
	f := appendRepeats(nil, low, kernel.Dot(low.v, low.v))
	at := map[int]float32{} // along; across is always 1 as the stripes stand upright
	for i, lag := range lags {
		at[lag] = 2*f[2*i] - 1
	}
	if at[6] < 0.8 || at[3] > -0.8 {
		t.Errorf("half a period %.2f, one period %.2f", at[3], at[6])
	}
}

func TestTextureIsItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := func(x, y int) float32 { return 0.5 + 0.3*float32(math.Sin(float64(x+2*y)/9)) + 0.2*(r.Float32()-0.5) }
	e := new(easel) // of the picture before, larger or smaller
	for _, size := range [][2]int{{1, 1}, {5, 3}, {3, 40}, {97, 61}, {256, 352}, {33, 128}} {
		p := picture.FromImage(picture.Landscape(max(8, size[0]), max(8, size[1]), 3))
		if size[0] < 200 {
			p = paint(size[0], size[1], noise)
			copy(p.Plane(1), paint(size[0], size[1], noise).Pix)
		}
		got, want := appendTexture(nil, p, e), definedTexture(nil, p)
		for i, w := range want {
			if off := math.Abs(float64(got[i] - w)); off > 2e-5*max(1, math.Abs(float64(w))) {
				t.Errorf("%dx%d: number %d is %g, want %g", p.W, p.H, i, got[i], w)
			}
		}
	}
}

func BenchmarkTexture(b *testing.B) {
	p, e := picture.FromImage(picture.Landscape(352, 256, 1)), new(easel)
	for name, texture := range map[string]func(){
		"vectors": func() { appendTexture(nil, p, e) }, "definition": func() { definedTexture(nil, p) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				texture()
			}
		})
	}
}

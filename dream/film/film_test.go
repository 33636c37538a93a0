package film_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"slugpuppy/dream/film"
	"slugpuppy/dream/flow/flowtest"
	"slugpuppy/picture"
)

// painter is a Dreamer without a network: its dream is stripes, which it paints where it is asked to.
type painter struct {
	fresh, further int
	need           []float32 // of the last call of Further
}

// stripe is what a pixel's dream adds.
func stripe(x, y int) float32 { return 0.1 * float32((x/3+y/5)%3-1) }

func (p *painter) Fresh(_ context.Context, src *image.NRGBA) (*image.NRGBA, error) {
	p.fresh++
	img := picture.FromImage(src)
	for i := range img.Pix {
		img.Pix[i] += stripe(i%img.W, i/img.W%img.H)
	}
	return img.NRGBA(), nil
}

func (p *painter) Further(_ context.Context, n int, _ *image.NRGBA, img *picture.Planar, need []float32, steps int, b *film.Balance) error {
	p.further++
	p.need = need
	for i := range img.Pix {
		k := float32(1)
		if need != nil {
			k = need[i%len(need)]
		}
		img.Pix[i] += 0.1 * k * stripe(i%img.W, i/img.W%img.H)
	}
	*b = film.Balance{{float64(n), float64(steps)}}
	return nil
}

func next(t *testing.T, f *film.Film, src *image.NRGBA) film.Step {
	t.Helper()
	s, err := f.Next(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pan is a landscape before a camera that moves, and a disc that moves before it.
func pan() flowtest.Scene {
	return flowtest.Scene{W: 200, H: 140, Ground: flowtest.Landscape(3), Face: flowtest.Grain, GX: 3, GY: 1, X: 60, Y: 70, R: 25, SX: -4, SY: 2}
}

func TestAStillCameraGivesAStillDream(t *testing.T) {
	p := &painter{}
	f := film.New(film.Flow, p)
	src := picture.Landscape(160, 120, 1)
	first := next(t, f, src).Dream
	for range 4 {
		if got := next(t, f, picture.ToNRGBA(src)).Dream; !bytes.Equal(got.Pix, first.Pix) {
			t.Fatal("the dream moves")
		}
	}
	if p.fresh != 1 || p.further != 0 {
		t.Errorf("%d fresh dreams and %d others", p.fresh, p.further)
	}
}

// TestNoiseIsNoMotion: a camera that stands still has grain.
func TestNoiseIsNoMotion(t *testing.T) {
	p := &painter{}
	f := film.New(film.Flow, p)
	src := picture.Landscape(160, 120, 1)
	first := next(t, f, src).Dream
	noise := rand.New(rand.NewPCG(1, 2))
	for k := range 3 {
		noisy := image.NewNRGBA(src.Rect)
		for i, v := range src.Pix {
			noisy.Pix[i] = v
			if i%4 != 3 && v > 2 && v < 253 {
				noisy.Pix[i] = v + uint8(noise.IntN(5)) - 2
			}
		}
		got := next(t, f, noisy).Dream
		for i, v := range got.Pix {
			// what the dream adds is the same but for rounding
			added, before := int(v)-int(noisy.Pix[i]), int(first.Pix[i])-int(src.Pix[i])
			if v > 0 && v < 255 && first.Pix[i] > 0 && first.Pix[i] < 255 && (added-before > 4 || before-added > 4) {
				t.Fatalf("frame %d, byte %d: the dream adds %d, at first it added %d", k+1, i, added, before)
			}
		}
	}
	if p.further > 0 {
		t.Error("it was dreamed on")
	}
}

func TestADreamGoesAlongWithWhatItLiesOn(t *testing.T) {
	p, s := &painter{}, pan()
	f := film.New(film.Flow, p)
	var before, now *image.NRGBA
	for n := range 3 {
		before, now = now, next(t, f, s.Frame(n).NRGBA()).Dream
	}
	if p.fresh != 1 || p.further != 2 {
		t.Fatalf("%d fresh dreams and %d others", p.fresh, p.further)
	}
	sum, count := 0, 0
	for y := 20; y < 120; y++ {
		for x := 20; x < 180; x++ {
			dx, dy, seen := s.Back(2, float64(x), float64(y))
			if !seen {
				continue
			}
			a, b := now.NRGBAAt(x, y), before.NRGBAAt(x-int(dx), y-int(dy))
			sum += max(int(a.G)-int(b.G), int(b.G)-int(a.G))
			count++
		}
	}
	if mean := float64(sum) / float64(count); mean > 4 {
		t.Errorf("it differs by %.1f from where it was", mean)
	}
}

func TestWhatComesIntoSightIsDreamed(t *testing.T) {
	p, s := &painter{}, pan()
	f := film.New(film.Flow, p)
	next(t, f, s.Frame(0).NRGBA())
	step := next(t, f, s.Frame(1).NRGBA())
	if p.need[70*s.W] != 1 || p.need[0] != 1 {
		t.Errorf("at the edge that came in %.2f is needed", p.need[70*s.W])
	}
	if n := p.need[30*s.W+120]; n > 0.5 {
		t.Errorf("in the middle, which only moved, %.2f is needed", n)
	}
	if step.Cut || step.New <= 0 || step.New > 0.6 {
		t.Errorf("%+v", step)
	}
}

func TestSceneCutsAreFound(t *testing.T) {
	p := &painter{}
	f := film.New(film.Flow, p)
	one, two := pan(), pan()
	two.Ground, two.R = flowtest.Landscape(1), 0
	var cuts []int
	for n := range 8 {
		s := one
		if n >= 4 {
			s = two
		}
		if next(t, f, s.Frame(n).NRGBA()).Cut {
			cuts = append(cuts, n)
		}
	}
	if len(cuts) != 2 || cuts[0] != 0 || cuts[1] != 4 {
		t.Errorf("scenes begin at %v", cuts)
	}
}

// TestALightThatGoesOnIsNoCut: most of what is there stays.
func TestALightThatGoesOnIsNoCut(t *testing.T) {
	f := film.New(film.Flow, &painter{})
	src := picture.Landscape(200, 140, 3)
	next(t, f, src)
	lit := picture.FromImage(src)
	for i, v := range lit.Pix {
		lit.Pix[i] = 0.8*v + 0.15
	}
	if next(t, f, lit.NRGBA()).Cut {
		t.Error("a cut")
	}
}

// TestAFilmGoesOnWhereItWas: from the state alone.
func TestAFilmGoesOnWhereItWas(t *testing.T) {
	for _, mode := range film.Modes {
		s := pan()
		whole := film.New(mode, &painter{})
		var want []*image.NRGBA
		for n := range 4 {
			want = append(want, next(t, whole, s.Frame(n).NRGBA()).Dream)
		}
		part := film.New(mode, &painter{})
		next(t, part, s.Frame(0).NRGBA())
		next(t, part, s.Frame(1).NRGBA())
		again := film.Resume(mode, &painter{}, part.State())
		for n := 2; n < 4; n++ {
			if got := next(t, again, s.Frame(n).NRGBA()).Dream; !bytes.Equal(got.Pix, want[n].Pix) {
				t.Errorf("%s: frame %d is another", mode, n)
			}
		}
	}
}

func TestAnotherWishWakesAll(t *testing.T) {
	p := &painter{}
	f := film.New(film.Flow, p)
	src := picture.Landscape(100, 80, 2)
	next(t, f, src)
	f.Wake()
	next(t, f, src)
	if p.further != 1 || p.fresh != 1 {
		t.Fatalf("%d fresh dreams and %d others", p.fresh, p.further)
	}
	for i, n := range p.need {
		if n != 1 {
			t.Fatalf("pixel %d needs %.2f", i, n)
		}
	}
}

func TestFramesOfAnotherSizeAreRefused(t *testing.T) {
	f := film.New(film.Flow, &painter{})
	next(t, f, picture.Landscape(60, 50, 1))
	if _, err := f.Next(t.Context(), picture.Landscape(61, 50, 1)); err == nil {
		t.Error("no error")
	}
}

func TestWhatIsTransparentStaysSo(t *testing.T) {
	for _, mode := range film.Modes {
		f := film.New(mode, &painter{})
		s := pan()
		for n := range 2 {
			src := s.Frame(n).NRGBA()
			src.SetNRGBA(3, 4, color.NRGBA{10, 20, 30, 0})
			got := next(t, f, src).Dream
			if mode != film.None && n > 0 && (got.NRGBAAt(3, 4).A != 0 || got.NRGBAAt(5, 4).A != 255) {
				t.Errorf("%s: alpha %d and %d", mode, got.NRGBAAt(3, 4).A, got.NRGBAAt(5, 4).A)
			}
		}
	}
}

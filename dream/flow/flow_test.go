package flow_test

import (
	"image"
	"math"
	"strings"
	"testing"

	"slugpuppy/dream/flow"
	"slugpuppy/dream/flow/flowtest"
	"slugpuppy/picture"
)

const w, h = 480, 270

func render(at flowtest.Texture) *picture.Planar { return flowtest.Render(w, h, at) }

var motions = map[string]flowtest.Motion{
	"nothing":                 func(x, y float64) (float64, float64) { return x, y },
	"a third of a pixel":      func(x, y float64) (float64, float64) { return x + 0.33, y - 0.21 },
	"a translation of 12 px":  func(x, y float64) (float64, float64) { return x + 9.3, y - 7.6 },
	"a translation of 5 px":   func(x, y float64) (float64, float64) { return x - 4.2, y + 2.7 },
	"a rotation to 12 px":     flowtest.About(w/2, h/2, [4]float64{math.Cos(0.043), -math.Sin(0.043), math.Sin(0.043), math.Cos(0.043)}, 0, 0),
	"a zoom to 12 px":         flowtest.About(w/2, h/2, [4]float64{1.043, 0, 0, 1.043}, 0, 0),
	"a zoom out to 10 px":     flowtest.About(w/2, h/2, [4]float64{0.964, 0, 0, 0.964}, 0, 0),
	"a shear to 12 px":        flowtest.About(w/2, h/2, [4]float64{1, 0.085, 0, 1}, 0, 0),
	"a wave of 6 px":          func(x, y float64) (float64, float64) { return x + 6*math.Sin(y/45), y + 5*math.Cos(x/60) },
	"a turn, a zoom, a slide": flowtest.About(w/3, h/2, [4]float64{1.015, -0.02, 0.02, 1.015}, 5, -3),
}

// most is the mean endpoint error of a motion that stays in the picture, in pixels; half a pixel is promised.
const most = 0.35

func TestTheFlowOfKnownMotions(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	worst := 0.0
	for kind, tex := range map[string]flowtest.Texture{"landscape": flowtest.Landscape(3), "grain": flowtest.Grain} {
		a := render(tex)
		for name, m := range motions {
			if kind == "grain" && !strings.HasSuffix(name, "6 px") && !strings.HasSuffix(name, "pixel") {
				continue // of the others one texture is enough
			}
			b := render(func(x, y float64) [3]float32 { return tex(m.Inverse(x, y)) })
			f := flow.Between(flow.Prepare(a), flow.Prepare(b))
			sum, n := 0.0, 0
			for y := range h {
				for x := range w {
					tx, ty := m(float64(x), float64(y))
					if tx < 0 || ty < 0 || tx > w-1 || ty > h-1 {
						continue
					}
					i := y*w + x
					sum += math.Hypot(float64(x)+float64(f.U[i])-tx, float64(y)+float64(f.V[i])-ty)
					n++
				}
			}
			epe := sum / float64(n)
			t.Logf("%s, %s: endpoint error %.3f px", kind, name, epe)
			if worst = max(worst, epe); epe > most {
				t.Errorf("%s, %s: endpoint error %.3f px", kind, name, epe)
			}
		}
	}
	t.Logf("the worst is %.3f px", worst)
}

// scene is a disc of noise that moves before a landscape that moves otherwise.
func scene() flowtest.Scene {
	return flowtest.Scene{W: w, H: h, Ground: flowtest.Landscape(3), Face: flowtest.Grain, GX: 3, GY: 1, X: 200, Y: 130, R: 60, SX: -7, SY: 4}
}

// TestASceneWithSomethingThatMovesBeforeIt checks the flow of a rendered scene, and what of it is found hidden.
func TestASceneWithSomethingThatMovesBeforeIt(t *testing.T) {
	s := scene()
	a, b := flow.Prepare(s.Frame(1)), flow.Prepare(s.Frame(0))
	out, back := flow.Between(a, b), flow.Between(b, a)
	hidden := flow.Hidden(out, back)
	var sum, seen, right, missed, wrong float64
	for y := range h {
		for x := range w {
			i := y*w + x
			dx, dy, there := s.Back(1, float64(x), float64(y))
			switch {
			case !there && hidden[i]:
				right++
			case !there:
				missed++
			case hidden[i]:
				wrong++
			}
			if there {
				sum, seen = sum+math.Hypot(float64(out.U[i])+dx, float64(out.V[i])+dy), seen+1
			}
		}
	}
	t.Logf("endpoint error %.3f px; of what is hidden %.0f %% is found; of what is seen %.2f %% is called hidden",
		sum/seen, 100*right/(right+missed), 100*wrong/seen)
	if sum/seen > 0.5 || right < 0.7*(right+missed) || wrong > 0.08*seen {
		t.Error("that is too much")
	}
}

func TestWhatStandsStillIsStill(t *testing.T) {
	a := render(flowtest.Landscape(5))
	f := flow.Between(flow.Prepare(a), flow.Prepare(a))
	for i := range f.U {
		if f.U[i] != 0 || f.V[i] != 0 {
			t.Fatalf("pixel %d moves by (%g, %g)", i, f.U[i], f.V[i])
		}
	}
	dst := make([]float32, w*h)
	f.Pull(dst, a.Plane(1))
	for i, v := range dst {
		if v != a.Plane(1)[i] {
			t.Fatalf("pixel %d is %g, was %g", i, v, a.Plane(1)[i])
		}
	}
}

func TestLightThatChangesIsNoMotion(t *testing.T) {
	a := render(flowtest.Landscape(4))
	b := a.Clone()
	for i, v := range b.Pix {
		b.Pix[i] = 0.9*v + 0.07
	}
	f := flow.Between(flow.Prepare(a), flow.Prepare(b))
	sum := 0.0
	for i := range f.U {
		sum += math.Hypot(float64(f.U[i]), float64(f.V[i]))
	}
	if mean := sum / float64(len(f.U)); mean > 0.7 {
		t.Errorf("the mean motion is %.3f px", mean)
	}
}

func TestPullUndoesAMotion(t *testing.T) {
	tex := flowtest.Landscape(3)
	a, b := render(tex), render(func(x, y float64) [3]float32 { return tex(x-3.4, y+2.3) })
	f := flow.NewField(w, h)
	for i := range f.U {
		f.U[i], f.V[i] = 3.4, -2.3
	}
	got := make([]float32, w*h)
	f.Pull(got, b.Plane(0))
	sum, n := 0.0, 0
	for y := 8; y < h-8; y++ {
		for x := 8; x < w-8; x++ {
			sum += math.Abs(float64(got[y*w+x] - a.Plane(0)[y*w+x]))
			n++
		}
	}
	if mean := sum / float64(n); mean > 0.01 {
		t.Errorf("the mean difference is %.4f", mean)
	}
}

// TestSizesThatAreOdd: whatever the size, there is a field of it.
func TestSizesThatAreOdd(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {7, 200}, {8, 8}, {9, 31}, {33, 500}, {640, 8}, {1281, 97}} {
		p := picture.FromImage(picture.Landscape(size.X, size.Y, 1))
		q := picture.FromImage(picture.Landscape(size.X, size.Y, 2))
		f := flow.Between(flow.Prepare(p), flow.Prepare(q))
		if f.W != size.X || f.H != size.Y || len(f.U) != size.X*size.Y {
			t.Errorf("%v: a field of %dx%d", size, f.W, f.H)
		}
		flow.Hidden(f, flow.Between(flow.Prepare(q), flow.Prepare(p)))
		f.Pull(make([]float32, len(f.U)), p.Plane(2))
	}
}

// BenchmarkFrame is all that a film needs of a frame at 480x270: to prepare it, the flow there and back, what is
// hidden. Run it with GOMAXPROCS=1 for frames a second on a core.
func BenchmarkFrame(b *testing.B) {
	s := scene()
	one, two := s.Frame(0), s.Frame(1)
	before := flow.Prepare(one)
	for b.Loop() {
		now := flow.Prepare(two)
		flow.Hidden(flow.Between(now, before), flow.Between(before, now))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}

// BenchmarkBetween is one flow alone.
func BenchmarkBetween(b *testing.B) {
	s := scene()
	one, two := flow.Prepare(s.Frame(0)), flow.Prepare(s.Frame(1))
	for b.Loop() {
		flow.Between(one, two)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}

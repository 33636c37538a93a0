package flow_test

import (
	"image"
	"math"
	"testing"

	"slugpuppy/dream/flow"
	"slugpuppy/picture"
)

// texture is a picture without end and without pixels: a colour for every point.
type texture func(x, y float64) [3]float32

// drawn is a photograph-like texture: a landscape, mirrored at its edges, between whose pixels is interpolated.
func drawn(seed uint64) texture {
	const side = 760
	p := picture.FromImage(picture.Landscape(side, side, seed))
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

// grain is noise of several sizes: waves in many directions.
func grain(x, y float64) (c [3]float32) {
	sum := 0.0
	for k := range 24 {
		a, f := float64(k)*2.399963, 0.05*math.Pow(1.13, float64(k))
		sum += math.Sin(f*(x*math.Cos(a)+y*math.Sin(a))+float64(k*k)) / math.Sqrt(float64(k+2))
	}
	v := float32(0.5 + 0.12*sum)
	return [3]float32{v, v, v}
}

// motion says where a point of the first frame is in the second.
type motion func(x, y float64) (float64, float64)

// about turns, scales and shears around a point, and moves.
func about(cx, cy float64, m [4]float64, dx, dy float64) motion {
	return func(x, y float64) (float64, float64) {
		x, y = x-cx, y-cy
		return cx + m[0]*x + m[1]*y + dx, cy + m[2]*x + m[3]*y + dy
	}
}

// inverse finds the point that a motion leads to p, by fixed-point iteration: the motions here are small.
func (m motion) inverse(px, py float64) (float64, float64) {
	x, y := px, py
	for range 60 {
		qx, qy := m(x, y)
		x, y = x+px-qx, y+py-qy
	}
	return x, y
}

const w, h = 480, 270

func render(at func(x, y float64) [3]float32) *picture.Planar {
	p := picture.NewPlanar(w, h)
	for y := range h {
		for x := range w {
			for c, v := range at(float64(x), float64(y)) {
				p.Plane(c)[y*w+x] = v
			}
		}
	}
	return picture.FromImage(p.NRGBA()) // as a file would have it: eight bits
}

var motions = map[string]motion{
	"nothing":                 func(x, y float64) (float64, float64) { return x, y },
	"a third of a pixel":      func(x, y float64) (float64, float64) { return x + 0.33, y - 0.21 },
	"a translation of 12 px":  func(x, y float64) (float64, float64) { return x + 9.3, y - 7.6 },
	"a translation of 5 px":   func(x, y float64) (float64, float64) { return x - 4.2, y + 2.7 },
	"a rotation to 12 px":     about(w/2, h/2, [4]float64{math.Cos(0.043), -math.Sin(0.043), math.Sin(0.043), math.Cos(0.043)}, 0, 0),
	"a zoom to 12 px":         about(w/2, h/2, [4]float64{1.043, 0, 0, 1.043}, 0, 0),
	"a zoom out to 10 px":     about(w/2, h/2, [4]float64{0.964, 0, 0, 0.964}, 0, 0),
	"a shear to 12 px":        about(w/2, h/2, [4]float64{1, 0.085, 0, 1}, 0, 0),
	"a wave of 6 px":          func(x, y float64) (float64, float64) { return x + 6*math.Sin(y/45), y + 5*math.Cos(x/60) },
	"a turn, a zoom, a slide": about(w/3, h/2, [4]float64{1.015, -0.02, 0.02, 1.015}, 5, -3),
}

// TestTheFlowOfKnownMotions: the mean endpoint error of what stays in the picture is half a pixel at most.
func TestTheFlowOfKnownMotions(t *testing.T) {
	worst := 0.0
	for kind, tex := range map[string]texture{"landscape": drawn(3), "grain": grain} {
		a := render(tex)
		for name, m := range motions {
			b := render(func(x, y float64) [3]float32 { return tex(m.inverse(x, y)) })
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
			if worst = max(worst, epe); epe > 0.5 {
				t.Errorf("%s, %s: endpoint error %.3f px", kind, name, epe)
			}
		}
	}
	t.Logf("the worst is %.3f px", worst)
}

// sprite is a disc of another texture that moves before a ground that moves otherwise.
type sprite struct {
	ground, face    texture
	gx, gy          float64 // how the ground moves in a frame
	x, y, r, sx, sy float64 // where the disc is, and how it moves
}

func (s sprite) covers(t, x, y float64) bool { return math.Hypot(x-s.x-t*s.sx, y-s.y-t*s.sy) < s.r }

func (s sprite) frame(t float64) *picture.Planar {
	return render(func(x, y float64) [3]float32 {
		if s.covers(t, x, y) {
			return s.face(x-t*s.sx, y-t*s.sy)
		}
		return s.ground(x-t*s.gx, y-t*s.gy)
	})
}

// TestASceneWithSomethingThatMovesBeforeIt checks the flow of a rendered scene, and what of it is found hidden.
func TestASceneWithSomethingThatMovesBeforeIt(t *testing.T) {
	s := sprite{ground: drawn(3), face: grain, gx: 3, gy: 1, x: 200, y: 130, r: 60, sx: -7, sy: 4}
	a, b := flow.Prepare(s.frame(0)), flow.Prepare(s.frame(1))
	out, back := flow.Between(a, b), flow.Between(b, a)
	hidden := flow.Hidden(out, back)
	var sum, seen, right, missed, wrong float64
	for y := range h {
		for x := range w {
			i, px, py := y*w+x, float64(x), float64(y)
			dx, dy := s.gx, s.gy
			if s.covers(0, px, py) {
				dx, dy = s.sx, s.sy
			}
			gone := px+dx < 0 || py+dy < 0 || px+dx > w-1 || py+dy > h-1 || !s.covers(0, px, py) && s.covers(1, px+dx, py+dy)
			switch {
			case gone && hidden[i]:
				right++
			case gone:
				missed++
			case hidden[i]:
				wrong++
			}
			if !gone {
				sum, seen = sum+math.Hypot(float64(out.U[i])-dx, float64(out.V[i])-dy), seen+1
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
	a := render(drawn(5))
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
	a := render(drawn(4))
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
	tex := drawn(3)
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
	s := sprite{ground: drawn(3), face: grain, gx: 3, gy: 1, x: 200, y: 130, r: 60, sx: -7, sy: 4}
	one, two := s.frame(0), s.frame(1)
	before := flow.Prepare(one)
	for b.Loop() {
		now := flow.Prepare(two)
		flow.Hidden(flow.Between(now, before), flow.Between(before, now))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}

// BenchmarkBetween is one flow alone.
func BenchmarkBetween(b *testing.B) {
	s := sprite{ground: drawn(3), face: grain, gx: 3, gy: 1, x: 200, y: 130, r: 60, sx: -7, sy: 4}
	one, two := flow.Prepare(s.frame(0)), flow.Prepare(s.frame(1))
	for b.Loop() {
		flow.Between(one, two)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}

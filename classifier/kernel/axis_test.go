package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// slopes holds a gradient against central differences of the definition, in double precision:
// grad is that of the sum of dy times f(x) with respect to x.
func slopes(t *testing.T, what string, f func(x []float64) []float64, x, dy, grad []float32) {
	t.Helper()
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	value := func() (sum float64) {
		for i, y := range f(wide) {
			sum += y * float64(dy[i])
		}
		return sum
	}
	want := make([]float64, len(x))
	for i := range wide {
		const step = 1e-5
		wide[i] += step
		up := value()
		wide[i] -= 2 * step
		want[i] = (up - value()) / (2 * step)
		wide[i] += step
	}
	near(t, "gradient of "+what, grad, want, 1e-4)
}

// both holds a value and its gradient against the definition, once written and once added.
func both(t *testing.T, what string, f func(x []float64) []float64, x []float32, r *rand.Rand,
	forward func(y []float32), backward func(dx, dy, y []float32, add bool)) {
	t.Helper()
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	want := f(wide)
	y := random(r, len(want))
	forward(y)
	near(t, what, y, want, 1e-5)
	dy, dx, sum := random(r, len(y)), random(r, len(x)), random(r, len(x))
	backward(dx, dy, y, false)
	slopes(t, what, f, x, dy, dx)
	before := append([]float32(nil), sum...)
	backward(sum, dy, y, true)
	for i := range x {
		if got := sum[i] - before[i]; math.Abs(float64(got-dx[i])) > 1e-4*(1+math.Abs(float64(dx[i]))) {
			t.Fatalf("%s: a gradient of %g adds %g", what, dx[i], got)
		}
	}
}

func randomAxis(r *rand.Rand) Axis {
	a := Axis{1 + r.IntN(3), 1 + r.IntN(6), 1 + r.IntN(5)}
	switch r.IntN(4) {
	case 0:
		a.Inner = 1
	case 1:
		a = Axis{1, 1 + r.IntN(3), strip - 2 + r.IntN(5)}
	}
	return a
}

func TestReductionsMatchTheirDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		a, tm := randomAxis(r), team(t, 1+r.IntN(3))
		x := random(r, a.Outer*a.N*a.Inner)
		for kind, put := range map[Reduction]func(acc, v float64, k int) float64{
			Sum:     func(acc, v float64, _ int) float64 { return acc + v },
			Average: func(acc, v float64, _ int) float64 { return acc + v/float64(a.N) },
			Largest: func(acc, v float64, k int) float64 {
				if k == 0 {
					return v
				}
				return max(acc, v)
			},
		} {
			f := func(x []float64) []float64 {
				y := make([]float64, a.Outer*a.Inner)
				for i, v := range x {
					o, k, in := i/a.Inner/a.N, i/a.Inner%a.N, i%a.Inner
					y[o*a.Inner+in] = put(y[o*a.Inner+in], v, k)
				}
				return y
			}
			both(t, fmt.Sprintf("reduction %d along %+v", kind, a), f, x, r,
				func(y []float32) { a.Reduce(tm, kind, y, x) },
				func(dx, dy, y []float32, add bool) { a.ReduceGrad(tm, kind, dx, dy, x, y, add) })
		}
	}
}

func TestOfEqualValuesTheFirstIsTheLargest(t *testing.T) {
	a, tm := Axis{1, 3, 2}, team(t, 1)
	x, y, dx := []float32{1, 5, 4, 5, 4, 0}, make([]float32, 2), make([]float32, 6)
	a.Reduce(tm, Largest, y, x)
	a.ReduceGrad(tm, Largest, dx, []float32{1, 2}, x, y, false)
	if want := fmt.Sprint([]float32{0, 2, 1, 0, 0, 0}); fmt.Sprint(dx) != want {
		t.Errorf("gradient %v, want %v", dx, want)
	}
}

func TestSoftmaxMatchesItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for range 60 {
		a, tm := randomAxis(r), team(t, 1+r.IntN(3))
		x := random(r, a.Outer*a.N*a.Inner)
		x[0] += 50 // far out nothing overflows
		f := func(x []float64) []float64 {
			y := make([]float64, len(x))
			for i := range x {
				sum := 0.0
				for k := range a.N {
					sum += math.Exp(x[i-i/a.Inner%a.N*a.Inner+k*a.Inner] - x[i])
				}
				y[i] = 1 / sum
			}
			return y
		}
		both(t, fmt.Sprintf("softmax along %+v", a), f, x, r,
			func(y []float32) { a.Softmax(tm, y, x) },
			func(dx, dy, y []float32, add bool) { a.SoftmaxGrad(tm, dx, dy, y, add) })
	}
}

func TestNormMatchesItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for i := range 80 {
		a, tm, plane := randomAxis(r), team(t, 1+r.IntN(3)), 1
		a.N = max(a.N, 2)
		if plane = a.Inner; a.Inner == 1 && i%2 == 0 { // all of a few channels together
			plane = 1 + r.IntN(4)
			a.N *= plane
		}
		size := a.Outer * a.N * a.Inner
		x, channels := random(r, size), size/plane
		m := &Norm{Axis: a, Plane: plane, Epsilon: 0.01, Scale: random(r, channels), Shift: random(r, channels)}
		f := func(x []float64) []float64 {
			y := make([]float64, len(x))
			for i := range x {
				first := i - i/a.Inner%a.N*a.Inner
				mean, variance := 0.0, 0.0
				for k := range a.N {
					mean += x[first+k*a.Inner] / float64(a.N)
				}
				for k := range a.N {
					variance += (x[first+k*a.Inner] - mean) * (x[first+k*a.Inner] - mean) / float64(a.N)
				}
				y[i] = (x[i]-mean)/math.Sqrt(variance+0.01)*float64(m.Scale[i/plane]) + float64(m.Shift[i/plane])
			}
			return y
		}
		both(t, fmt.Sprintf("normalisation along %+v with planes of %d", a, plane), f, x, r,
			func(y []float32) { m.Forward(tm, y, x) },
			func(dx, dy, _ []float32, add bool) { m.Backward(tm, dx, dy, x, add) })
	}
}

func TestPReLUMatchesItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for range 20 {
		c, n, tm := 1+r.IntN(5), 1+r.IntN(40), team(t, 1+r.IntN(3))
		x, slope := random(r, c*n), random(r, c)
		f := func(x []float64) []float64 {
			y := make([]float64, len(x))
			for i, v := range x {
				y[i] = max(v, 0) + float64(slope[i/n])*min(v, 0)
			}
			return y
		}
		both(t, fmt.Sprintf("PReLU of %d channels of %d", c, n), f, x, r,
			func(y []float32) { PReLU(tm, y, x, slope, n) },
			func(dx, dy, _ []float32, add bool) { PReLUGrad(tm, dx, dy, x, slope, n, add) })
	}
}

func TestBlendsMatchTheirDefinitionHoweverTheyAreSpread(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	ops := map[BlendOp]func(a, b float64) float64{
		Plus: func(a, b float64) float64 { return a + b }, Minus: func(a, b float64) float64 { return a - b },
		Times: func(a, b float64) float64 { return a * b }, Over: func(a, b float64) float64 { return a / b },
		Larger: func(a, b float64) float64 { return max(a, b) }, Smaller: func(a, b float64) float64 { return min(a, b) },
	}
	for i := range 48 {
		n := 2 + r.IntN(6)
		if i%8 == 0 {
			n = strip - 2 + r.IntN(5)
		}
		if i/16 == 1 { // with numbers spread in all ways
			n = strip + 1 + r.IntN(3)
		}
		b := Blend{C: 1 + r.IntN(4), A: n, B: n, OneA: i&1 != 0, OneB: i&2 != 0}
		if i&4 != 0 {
			b.A = 1
		} else if i&8 != 0 {
			b.B = 1
		}
		size := func(plane int, one bool) int {
			if one {
				return plane
			}
			return plane * b.C
		}
		tm := team(t, 1+r.IntN(3))
		p, q := random(r, size(b.A, b.OneA)), random(r, size(b.B, b.OneB))
		for k := range q {
			q[k] += 3 // what is divided by
		}
		plane := max(b.A, b.B)
		place := func(i, own int, one bool) int {
			c, k := i/plane, i%plane
			if one {
				c = 0
			}
			if own < plane {
				k = 0
			}
			return c*own + k
		}
		for op, put := range ops {
			b.Op = op
			for which, x := range [][]float32{p, q} {
				f := func(x []float64) []float64 {
					y := make([]float64, b.C*plane)
					for i := range y {
						v, w := float64(p[place(i, b.A, b.OneA)]), float64(q[place(i, b.B, b.OneB)])
						if which == 0 {
							v = x[place(i, b.A, b.OneA)]
						} else {
							w = x[place(i, b.B, b.OneB)]
						}
						y[i] = put(v, w)
					}
					return y
				}
				both(t, fmt.Sprintf("blend %+v by its operand %d", b, which), f, x, r,
					func(y []float32) { b.Forward(tm, y, p, q) },
					func(dx, dy, _ []float32, add bool) { b.Backward(tm, which, dx, dy, p, q, add) })
			}
		}
	}
}

// What is longer than one task handles is what its pieces are.
func TestALongBlendIsThatOfItsPieces(t *testing.T) {
	r, tm, n := rand.New(rand.NewPCG(5, 2)), team(t, 2), 2*longRun+7
	p, q, dy := random(r, n), random(r, n), random(r, n)
	for op := Plus; op <= Smaller; op++ {
		of := func(lo, hi int) (y, dx []float32) {
			b := Blend{Op: op, C: 1, A: hi - lo, B: hi - lo}
			y, dx = make([]float32, hi-lo), make([]float32, hi-lo)
			b.Forward(tm, y, p[lo:hi], q[lo:hi])
			b.Backward(tm, 1, dx, dy[lo:hi], p[lo:hi], q[lo:hi], false)
			return y, dx
		}
		y, dx := of(0, n)
		for lo := 0; lo < n; lo += strip {
			hi := min(n, lo+strip)
			if part, slope := of(lo, hi); !slices.Equal(part, y[lo:hi]) || !slices.Equal(slope, dx[lo:hi]) {
				t.Fatalf("operation %d: other values from %d to %d", op, lo, hi)
			}
		}
	}
}

func TestSamplesMatchTheirDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for range 40 {
		s := Sample{FromY: r.IntN(3), StepY: 1 + r.IntN(3), FromX: r.IntN(3), StepX: 1 + r.IntN(3), Rows: 1 + r.IntN(4), Cols: 1 + r.IntN(4)}
		s.H, s.W = s.FromY+s.StepY*(s.Rows-1)+1+r.IntN(3), s.FromX+s.StepX*(s.Cols-1)+1+r.IntN(3)
		c, tm := 1+r.IntN(4), team(t, 1+r.IntN(3))
		x := random(r, c*s.H*s.W)
		f := func(x []float64) (y []float64) {
			for k := range c {
				for i := range s.Rows {
					for j := range s.Cols {
						y = append(y, x[(k*s.H+s.FromY+i*s.StepY)*s.W+s.FromX+j*s.StepX])
					}
				}
			}
			return y
		}
		both(t, fmt.Sprintf("%+v", s), f, x, r, func(y []float32) { s.Forward(tm, y, x) },
			func(dx, dy, _ []float32, add bool) { s.Backward(tm, dx, dy, add) })
	}
}

package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// definitions are the curves as books have them, in double precision.
var definitions = []struct {
	name  string
	curve Curve
	f     func(x float64) float64
	from  float64 // the first point it is defined at
}{
	{"leaky ReLU", Curve{Leaky, 0.2, 0}, func(x float64) float64 { return max(x, 0.2*x) }, -9},
	{"clamp", Curve{Clamp, -0.5, 1}, func(x float64) float64 { return min(max(x, -0.5), 1) }, -9},
	{"sigmoid", Curve{Kind: Sigmoid}, logistic, -9},
	{"hard sigmoid", Curve{HardSigmoid, 0.2, 0.5}, func(x float64) float64 { return min(max(0.2*x+0.5, 0), 1) }, -9},
	{"hard swish", Curve{Kind: HardSwish}, func(x float64) float64 { return x * min(max(x+3, 0), 6) / 6 }, -9},
	{"ELU", Curve{Elu, 1.5, 1}, func(x float64) float64 { return max(x, 0) + 1.5*(math.Exp(min(x, 0))-1) }, -9},
	{"SELU", Curve{Elu, 1.67326319217681884765625, 1.05070102214813232421875}, func(x float64) float64 {
		return 1.05070102214813232421875 * (max(x, 0) + 1.67326319217681884765625*(math.Exp(min(x, 0))-1))
	}, -9},
	{"CELU", Curve{Celu, 1.5, 0}, func(x float64) float64 { return max(x, 0) + 1.5*(math.Exp(min(x, 0)/1.5)-1) }, -9},
	{"tanh", Curve{Kind: Tanh}, math.Tanh, -9},
	{"GELU", Curve{Gelu, 0, 1}, func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }, -9},
	{"a multiple of GELU", Curve{Gelu, 0, 3}, func(x float64) float64 { return 3 * x / 2 * (1 + math.Erf(x/math.Sqrt2)) }, -9},
	{"GELU by way of tanh", Curve{Kind: GeluTanh}, func(x float64) float64 {
		return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	}, -9},
	{"error function", Curve{Kind: Erf}, math.Erf, -9},
	{"softplus", Curve{Kind: Softplus}, logOnePlusExp, -9},
	{"softsign", Curve{Kind: Softsign}, func(x float64) float64 { return x / (1 + math.Abs(x)) }, -9},
	{"mish", Curve{Kind: Mish}, func(x float64) float64 { return x * math.Tanh(logOnePlusExp(x)) }, -9},
	{"swish", Curve{Swish, 1.7, 0}, func(x float64) float64 { return x * logistic(1.7*x) }, -9},
	{"gate", Curve{Gate, 0.7, 0}, func(x float64) float64 { return map[bool]float64{true: x}[x > 0.7] }, -9},
	{"shrink", Curve{Shrink, 0.7, 0.3}, func(x float64) float64 {
		switch {
		case x > 0.7:
			return x - 0.3
		case x < -0.7:
			return x + 0.3
		}
		return 0
	}, -9},
	{"exponential", Curve{Kind: Exp}, math.Exp, -9},
	{"logarithm", Curve{Kind: Log}, math.Log, 0.01},
	{"root", Curve{Kind: Sqrt}, math.Sqrt, 0.01},
	{"square", Curve{Power, 2, 0}, func(x float64) float64 { return x * x }, -9},
	{"one over", Curve{Power, -1, 0}, func(x float64) float64 { return 1 / x }, 0.1},
	{"cube root", Curve{Power, 1. / 3, 0}, math.Cbrt, 0.01},
	{"square of a root", Curve{Power, 2.5, 0}, func(x float64) float64 { return math.Pow(x, 2.5) }, 0},
	{"absolute value", Curve{Kind: Abs}, math.Abs, -9},
	{"sine", Curve{Kind: Sin}, math.Sin, -9},
	{"cosine", Curve{Kind: Cos}, math.Cos, -9},
}

func logistic(x float64) float64      { return 1 / (1 + math.Exp(-x)) }
func logOnePlusExp(x float64) float64 { return math.Log1p(math.Exp(x)) }

// points are those between a curve's beginning and 9, without the kinks of any of them.
func points(from float64) []float32 {
	var x []float32
	for v := from; v < 9; v += 0.0171 {
		near := false
		for _, kink := range []float64{-3, -2.5, -0.7, -0.5, 0, 0.7, 1, 2.5, 3} {
			near = near || math.Abs(v-kink) < 2e-3
		}
		if !near {
			x = append(x, float32(v))
		}
	}
	return x
}

func TestCurvesAndTheirSlopesMatchTheirDefinitions(t *testing.T) {
	tm := team(t, 2)
	seen := map[CurveKind]bool{}
	for _, d := range definitions {
		seen[d.curve.Kind] = true
		x := points(d.from)
		y, dx, dy := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
		want, slope := make([]float64, len(x)), make([]float64, len(x))
		for i, v := range x {
			const step = 1e-5
			want[i], dy[i] = d.f(float64(v)), 2
			slope[i] = 2 * (d.f(float64(v)+step) - d.f(float64(v)-step)) / (2 * step)
		}
		d.curve.Forward(tm, y, x)
		d.curve.Backward(tm, dx, dy, x, y, false)
		for i, v := range x {
			if off := math.Abs(float64(y[i]) - want[i]); !(off < 1e-6*(1+math.Abs(want[i]))) {
				t.Errorf("%s of %g is %g, want %g", d.name, v, y[i], want[i])
				break
			}
			if off := math.Abs(float64(dx[i]) - slope[i]); !(off < 1e-3*(0.01+math.Abs(slope[i]))) {
				t.Errorf("slope of %s at %g is %g, want %g", d.name, v, dx[i]/2, slope[i]/2)
				break
			}
		}
		before := append([]float32(nil), dx...)
		d.curve.Backward(tm, dx, dy, x, y, true)
		for i := range dx {
			if math.Abs(float64(dx[i]-2*before[i])) > 1e-6*math.Abs(float64(before[i])) {
				t.Errorf("%s: a slope added to %g gives %g", d.name, before[i], dx[i])
				break
			}
		}
	}
	if len(seen) != len(curves) {
		t.Errorf("%d kinds of curves of %d are tested", len(seen), len(curves))
	}
}

func TestCurvesAreFiniteFarOut(t *testing.T) {
	tm := team(t, 1)
	for _, d := range definitions {
		x := []float32{-1e30, -200, -90, float32(math.Copysign(0, -1)), 0, 90, 200, 1e30}
		if d.from >= 0 || d.curve.Kind == Exp || d.curve.Kind == Power || d.curve.Kind == GeluTanh {
			x = []float32{0, 1, 80}
		}
		y, dx := make([]float32, len(x)), make([]float32, len(x))
		d.curve.Forward(tm, y, x)
		d.curve.Backward(tm, dx, y, x, y, false)
		for i := range x {
			if x[i] == 0 && (d.curve.Kind == Log || d.curve.A == -1) {
				continue
			}
			if bad := float64(y[i] + dx[i]); math.IsNaN(float64(y[i])) || math.IsNaN(bad) {
				t.Errorf("%s of %g is %g, and its gradient %g", d.name, x[i], y[i], dx[i])
			}
		}
	}
}

func TestFunctionsAreAsPreciseAsTheirResults(t *testing.T) {
	tests := []struct {
		name string
		got  func(float32) float32
		want func(float64) float64
	}{
		{"exp", exp, math.Exp}, {"expm1", expm1, math.Expm1}, {"tanh", tanh, math.Tanh}, {"erf", erf, math.Erf},
		{"sigmoid", sigmoid, logistic}, {"softplus", softplus, logOnePlusExp},
	}
	r := rand.New(rand.NewPCG(1, 1))
	for _, tt := range tests {
		worst := 0.0
		for range 200000 {
			x := float32(r.NormFloat64() * math.Exp(r.NormFloat64()*3))
			if x > 80 || x < -80 {
				continue
			}
			want := tt.want(float64(x))
			worst = max(worst, math.Abs(float64(tt.got(x))-want)/(math.Abs(want)+1e-30))
		}
		if worst > 2e-6 {
			t.Errorf("%s is off by %.1e", tt.name, worst)
		}
	}
	for x, want := range map[float32]float32{-1000: 0, 1000: float32(math.Inf(1)), 0: 1, 88.7: float32(math.Exp(88.69999694824219))} {
		if got := exp(x); got != want && math.Abs(float64(got/want-1)) > 1e-5 {
			t.Errorf("exp(%g) is %g, want %g", x, got, want)
		}
	}
}

func BenchmarkCurve(b *testing.B) {
	tm := team(b, 1)
	x, y := random(rand.New(rand.NewPCG(1, 1)), 1<<18), make([]float32, 1<<18)
	for _, d := range definitions {
		b.Run(fmt.Sprintf("%s/forward", d.name), func(b *testing.B) {
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				d.curve.Forward(tm, y, x)
			}
		})
		b.Run(fmt.Sprintf("%s/gradient", d.name), func(b *testing.B) {
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				d.curve.Backward(tm, y, x, x, x, false)
			}
		})
	}
}

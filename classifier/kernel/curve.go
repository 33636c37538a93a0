package kernel

import "math"

// Curve is a function applied to every value.
type Curve struct {
	Kind CurveKind
	A, B float32
}

// CurveKind says which function a Curve is.
type CurveKind int

// The kinds of curves.
const (
	Leaky       CurveKind = iota // x, or A*x below zero
	Clamp                        // x kept within A and B
	Sigmoid                      // 1/(1+exp(-x))
	HardSigmoid                  // A*x+B kept within 0 and 1
	HardSwish                    // x times x/6+1/2 kept within 0 and 1
	Elu                          // x, or A*(exp(x)-1) below zero, all times B
	Celu                         // x, or A*(exp(x/A)-1) below zero
	Tanh
	Gelu     // B*x times the normal distribution's share below x
	GeluTanh // the same by way of tanh
	Erf
	Softplus // log(1+exp(x))
	Softsign // x/(1+|x|)
	Mish     // x*tanh(log(1+exp(x)))
	Swish    // x/(1+exp(-A*x))
	Gate     // x, or 0 up to A
	Shrink   // x-B above A, x+B below -A, 0 between
	Exp
	Log
	Sqrt
	Power // x^A
	Abs
	Sin
	Cos
)

// curves is what each kind computes, and its derivative where the value is y. At a kink the
// derivative is that of the side that is flat, as in PyTorch; where it is infinite it is 0.
var curves = [...]struct {
	value func(c Curve, x float32) float32
	slope func(c Curve, x, y float32) float32
}{
	Leaky: {
		func(c Curve, x float32) float32 { return pick(x < 0, x*c.A, x) },
		func(c Curve, x, _ float32) float32 { return pick(x <= 0, c.A, 1) }},
	Clamp: {
		func(c Curve, x float32) float32 { return min(max(x, c.A), c.B) },
		func(c Curve, x, _ float32) float32 { return pick(x <= c.A || x >= c.B, 0, 1) }},
	Sigmoid: {
		func(_ Curve, x float32) float32 { return sigmoid(x) },
		func(_ Curve, _, y float32) float32 { return y * (1 - y) }},
	HardSigmoid: {
		func(c Curve, x float32) float32 { return min(max(c.A*x+c.B, 0), 1) },
		func(c Curve, _, y float32) float32 { return pick(y <= 0 || y >= 1, 0, c.A) }},
	HardSwish: {
		func(_ Curve, x float32) float32 { return x * min(max(x/6+0.5, 0), 1) },
		func(_ Curve, x, _ float32) float32 { return pick(x <= -3, 0, pick(x >= 3, 1, x/3+0.5)) }},
	Elu: {
		func(c Curve, x float32) float32 { return c.B * pick(x < 0, c.A*expm1(min(x, 0)), x) },
		func(c Curve, x, y float32) float32 { return pick(x < 0, y+c.A*c.B, c.B) }},
	Celu: {
		func(c Curve, x float32) float32 { return pick(x < 0, c.A*expm1(min(x, 0)/c.A), x) },
		func(c Curve, x, _ float32) float32 { return pick(x < 0, exp(min(x, 0)/c.A), 1) }},
	Tanh: {
		func(_ Curve, x float32) float32 { return tanh(x) },
		func(_ Curve, _, y float32) float32 { return 1 - y*y }},
	Gelu: {
		func(c Curve, x float32) float32 { return c.B * x * normal(x, exp(-x*x/2)) },
		func(c Curve, x, _ float32) float32 {
			e := exp(-x * x / 2)
			return c.B * (normal(x, e) + x*e/sqrt2Pi)
		}},
	GeluTanh: {
		func(_ Curve, x float32) float32 { return x / 2 * (1 + tanh(bend(x))) },
		func(_ Curve, x, _ float32) float32 {
			t := tanh(bend(x))
			return (1+t)/2 + x/2*(1-t*t)*2/sqrt2Pi*(1+3*0.044715*x*x)
		}},
	Erf: {
		func(_ Curve, x float32) float32 { return erf(x) },
		func(_ Curve, x, _ float32) float32 { return 2 / sqrtPi * exp(-x*x) }},
	Softplus: {
		func(_ Curve, x float32) float32 { return softplus(x) },
		func(_ Curve, x, _ float32) float32 { return sigmoid(x) }},
	Softsign: {
		func(_ Curve, x float32) float32 { return x / (1 + max(x, -x)) },
		func(_ Curve, x, _ float32) float32 { return 1 / ((1 + max(x, -x)) * (1 + max(x, -x))) }},
	Mish: {
		func(_ Curve, x float32) float32 { return x * tanh(softplus(x)) },
		func(_ Curve, x, _ float32) float32 {
			t := tanh(softplus(x))
			return t + x*(1-t*t)*sigmoid(x)
		}},
	Swish: {
		func(c Curve, x float32) float32 { return x * sigmoid(c.A*x) },
		func(c Curve, x, y float32) float32 {
			s := sigmoid(c.A * x)
			return s + c.A*y*(1-s)
		}},
	Gate: {
		func(c Curve, x float32) float32 { return pick(x > c.A, x, 0) },
		func(c Curve, x, _ float32) float32 { return pick(x > c.A, 1, 0) }},
	Shrink: {
		func(c Curve, x float32) float32 { return pick(x > c.A, x-c.B, pick(x < -c.A, x+c.B, 0)) },
		func(c Curve, x, _ float32) float32 { return pick(x > c.A || x < -c.A, 1, 0) }},
	Exp: {
		func(_ Curve, x float32) float32 { return exp(x) },
		func(_ Curve, _, y float32) float32 { return y }},
	Log: {
		func(_ Curve, x float32) float32 { return float32(math.Log(float64(x))) },
		func(_ Curve, x, _ float32) float32 { return pick(x == 0, 0, 1/x) }},
	Sqrt: {
		func(_ Curve, x float32) float32 { return float32(math.Sqrt(float64(x))) },
		func(_ Curve, _, y float32) float32 { return pick(y == 0, 0, 1/(2*y)) }},
	Power: {
		func(c Curve, x float32) float32 { return power(x, c.A) },
		func(c Curve, x, _ float32) float32 { return pick(x == 0 && c.A < 1, 0, c.A*power(x, c.A-1)) }},
	Abs: {
		func(_ Curve, x float32) float32 { return max(x, -x) },
		func(_ Curve, x, _ float32) float32 { return pick(x > 0, 1, pick(x < 0, -1, 0)) }},
	Sin: {
		func(_ Curve, x float32) float32 { return float32(math.Sin(float64(x))) },
		func(_ Curve, x, _ float32) float32 { return float32(math.Cos(float64(x))) }},
	Cos: {
		func(_ Curve, x float32) float32 { return float32(math.Cos(float64(x))) },
		func(_ Curve, x, _ float32) float32 { return -float32(math.Sin(float64(x))) }},
}

// Forward sets y to the curve at x.
func (c Curve) Forward(t *Team, y, x []float32) {
	f := curves[c.Kind].value
	t.blocks(len(y), func(lo, hi int, _ *workspace) {
		d, s := y[lo:hi], x[lo:hi:hi]
		switch c.Kind { // the quick ones, for which a call would cost more than they do
		case Leaky:
			for i, v := range s {
				if v < 0 {
					v *= c.A
				}
				d[i] = v
			}
		case Clamp:
			for i, v := range s {
				d[i] = min(max(v, c.A), c.B)
			}
		case HardSigmoid:
			for i, v := range s {
				d[i] = min(max(c.A*v+c.B, 0), 1)
			}
		case HardSwish:
			for i, v := range s {
				d[i] = v * min(max(v/6+0.5, 0), 1)
			}
		default:
			for i, v := range s {
				d[i] = f(c, v)
			}
		}
	})
}

// Backward sets dx to dy times the slope at x, or adds it; y is the curve at x.
func (c Curve) Backward(t *Team, dx, dy, x, y []float32, add bool) {
	f := curves[c.Kind].slope
	t.blocks(len(dx), func(lo, hi int, _ *workspace) {
		for i := lo; i < hi; i++ {
			v := dy[i] * f(c, x[i], y[i])
			if add {
				v += dx[i]
			}
			dx[i] = v
		}
	})
}

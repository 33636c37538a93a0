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
)

// Forward sets y to the curve at x.
func (c Curve) Forward(t *Team, y, x []float32) {
	t.blocks(len(y), func(lo, hi int, _ *workspace) {
		d, s := y[lo:hi], x[lo:hi:hi]
		switch c.Kind {
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
		case Sigmoid:
			for i, v := range s {
				d[i] = float32(1 / (1 + math.Exp(-float64(v))))
			}
		case HardSigmoid:
			for i, v := range s {
				d[i] = min(max(c.A*v+c.B, 0), 1)
			}
		case HardSwish:
			for i, v := range s {
				d[i] = v * min(max(v/6+0.5, 0), 1)
			}
		}
	})
}

// Backward sets dx to dy times the slope at x, or adds it; y is the curve at x.
func (c Curve) Backward(t *Team, dx, dy, x, y []float32, add bool) {
	t.blocks(len(dx), func(lo, hi int, _ *workspace) {
		for i := lo; i < hi; i++ {
			v := dy[i] * c.slope(x[i], y[i])
			if add {
				v += dx[i]
			}
			dx[i] = v
		}
	})
}

// slope is the derivative at x, where the value is y; at a kink the side that is flat, as in
// PyTorch.
func (c Curve) slope(x, y float32) float32 {
	switch c.Kind {
	case Leaky:
		if x <= 0 {
			return c.A
		}
		return 1
	case Clamp:
		if x <= c.A || x >= c.B {
			return 0
		}
		return 1
	case Sigmoid:
		return y * (1 - y)
	case HardSigmoid:
		if y <= 0 || y >= 1 {
			return 0
		}
		return c.A
	case HardSwish:
		switch {
		case x <= -3:
			return 0
		case x >= 3:
			return 1
		}
		return x/3 + 0.5
	}
	return 0
}

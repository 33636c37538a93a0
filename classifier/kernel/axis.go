package kernel

import "math"

// Axis is one axis of a value [Outer][N][Inner], along which numbers are put together: channels
// with a picture's plane inside, or rows and columns with channels outside.
type Axis struct{ Outer, N, Inner int }

// Reduction is how Axis.Reduce puts numbers together.
type Reduction int

// The kinds of reductions.
const (
	Sum Reduction = iota
	Average
	Largest
)

// strip is how many neighbours along Inner one task handles.
const strip = 256

// strips runs f for every stretch of the axis: one of Outer, and lo to hi of Inner. What is cut
// does not depend on the size of the team.
func (a Axis) strips(t *Team, f func(base, lo, hi int)) {
	each := (a.Inner + strip - 1) / strip
	t.Do(a.Outer*each, func(i int, _ *workspace) {
		lo := i % each * strip
		f(i/each*a.N*a.Inner, lo, min(a.Inner, lo+strip))
	})
}

// Reduce sets y [Outer][Inner] to x [Outer][N][Inner] put together along N.
func (a Axis) Reduce(t *Team, kind Reduction, y, x []float32) {
	a.strips(t, func(base, lo, hi int) {
		out := y[base/a.N:]
		if kind == Largest {
			copy(out[lo:hi], x[base+lo:base+hi])
			for k := 1; k < a.N; k++ {
				for i, v := range x[base+k*a.Inner+lo : base+k*a.Inner+hi] {
					out[lo+i] = max(out[lo+i], v)
				}
			}
			return
		}
		var sum [strip]float64
		a.sum(&sum, x[base:], lo, hi)
		scale := 1.0
		if kind == Average {
			scale = 1 / float64(a.N)
		}
		for i := lo; i < hi; i++ {
			out[i] = float32(sum[i-lo] * scale)
		}
	})
}

// sum adds what lies along the axis to each of a strip's sums.
func (a Axis) sum(sum *[strip]float64, x []float32, lo, hi int) {
	if a.Inner == 1 {
		for _, v := range x[:a.N] {
			sum[0] += float64(v)
		}
		return
	}
	for k := range a.N {
		for i, v := range x[k*a.Inner+lo : k*a.Inner+hi] {
			sum[i] += float64(v)
		}
	}
}

// ReduceGrad sets dx to the gradient of Reduce, or adds it; of the largest value it is that of
// the first one that is as large as y.
func (a Axis) ReduceGrad(t *Team, kind Reduction, dx, dy, x, y []float32, add bool) {
	scale := float32(1)
	if kind == Average {
		scale = 1 / float32(a.N)
	}
	a.strips(t, func(base, lo, hi int) {
		out := base / a.N
		var found [strip]bool
		for k := range a.N {
			row := base + k*a.Inner
			for i := lo; i < hi; i++ {
				g := dy[out+i] * scale
				if kind == Largest {
					if found[i-lo] || x[row+i] != y[out+i] {
						g = 0
					} else {
						found[i-lo] = true
					}
				}
				if add {
					g += dx[row+i]
				}
				dx[row+i] = g
			}
		}
	})
}

// Softmax sets y to exp(x) over the sum of those along N.
func (a Axis) Softmax(t *Team, y, x []float32) {
	a.strips(t, func(base, lo, hi int) {
		for i := base + lo; i < base+hi; i++ {
			top := x[i]
			for k := 1; k < a.N; k++ {
				top = max(top, x[i+k*a.Inner])
			}
			sum := 0.0
			for k := range a.N {
				e := exp(x[i+k*a.Inner] - top)
				y[i+k*a.Inner] = e
				sum += float64(e)
			}
			for k := range a.N {
				y[i+k*a.Inner] *= float32(1 / sum)
			}
		}
	})
}

// SoftmaxGrad sets dx to the gradient of Softmax, or adds it.
func (a Axis) SoftmaxGrad(t *Team, dx, dy, y []float32, add bool) {
	a.strips(t, func(base, lo, hi int) {
		for i := base + lo; i < base+hi; i++ {
			sum := 0.0
			for k := range a.N {
				sum += float64(dy[i+k*a.Inner]) * float64(y[i+k*a.Inner])
			}
			for k := range a.N {
				at := i + k*a.Inner
				g := y[at] * (dy[at] - float32(sum))
				if add {
					g += dx[at]
				}
				dx[at] = g
			}
		}
	})
}

// Norm moves and stretches a value so that its mean along an axis is 0 and its variance 1, and
// then to scale*x+shift by channel. Planes hold Plane values, and Inner is that or 1.
type Norm struct {
	Axis
	Plane        int
	Epsilon      float32 // is added to the variance
	Scale, Shift []float32
}

// moments computes the mean along the axis, and one over the deviation.
func (m *Norm) moments(x []float32, lo, hi int) (mean, over [strip]float64) {
	m.sum(&mean, x, lo, hi)
	for i := range hi - lo {
		mean[i] /= float64(m.N)
	}
	for k := range m.N {
		for i, v := range x[k*m.Inner+lo : k*m.Inner+hi] {
			d := float64(v) - mean[i]
			over[i] += d * d
		}
	}
	for i := range hi - lo {
		over[i] = 1 / math.Sqrt(over[i]/float64(m.N)+float64(m.Epsilon))
	}
	return mean, over
}

// Forward sets y to x normalised.
func (m *Norm) Forward(t *Team, y, x []float32) {
	m.strips(t, func(base, lo, hi int) {
		mean, over := m.moments(x[base:], lo, hi)
		for k := range m.N {
			row := base + k*m.Inner
			scale, shift := m.Scale[row/m.Plane], m.Shift[row/m.Plane]
			for i := lo; i < hi; i++ {
				y[row+i] = float32((float64(x[row+i])-mean[i-lo])*over[i-lo])*scale + shift
			}
		}
	})
}

// Backward sets dx to the gradient, or adds it. With x normalised n, and g the gradient with
// respect to n, it is (g - mean(g) - n*mean(g*n)) over the deviation.
func (m *Norm) Backward(t *Team, dx, dy, x []float32, add bool) {
	m.strips(t, func(base, lo, hi int) {
		mean, over := m.moments(x[base:], lo, hi)
		var sum, product [strip]float64
		for k := range m.N {
			row := base + k*m.Inner
			scale := m.Scale[row/m.Plane]
			for i := lo; i < hi; i++ {
				g := float64(dy[row+i] * scale)
				sum[i-lo] += g
				product[i-lo] += g * (float64(x[row+i]) - mean[i-lo]) * over[i-lo]
			}
		}
		for k := range m.N {
			row := base + k*m.Inner
			scale := m.Scale[row/m.Plane]
			for i := lo; i < hi; i++ {
				g, n := float64(dy[row+i]*scale), (float64(x[row+i])-mean[i-lo])*over[i-lo]
				v := float32((g - (sum[i-lo]+n*product[i-lo])/float64(m.N)) * over[i-lo])
				if add {
					v += dx[row+i]
				}
				dx[row+i] = v
			}
		}
	})
}

package kernel

// Blend combines two values. Either may have one value a channel, which then goes with the
// other's whole plane, or one channel, which then goes with all of the other's.
type Blend struct {
	Op         BlendOp
	C          int // channels of the result
	A, B       int // values a channel: the result's, or 1
	OneA, OneB bool
}

// BlendOp is what Blend does.
type BlendOp int

// The operations of Blend.
const (
	Plus BlendOp = iota
	Minus
	Times
	Over
	Larger
	Smaller
)

// operand is how one of the two lies in memory: how far it is from a channel to the next, and
// from a value of a plane to the next.
type operand struct{ channel, step int }

func (b Blend) operands() (p, q operand) {
	n := max(b.A, b.B)
	of := func(plane int, one bool) operand {
		o := operand{plane, 1}
		if one {
			o.channel = 0
		}
		if plane < n {
			o.step = 0
		}
		return o
	}
	return of(b.A, b.OneA), of(b.B, b.OneB)
}

// Forward sets y to a op x.
func (b Blend) Forward(t *Team, y, a, x []float32) {
	n := max(b.A, b.B)
	one, other := b.operands()
	t.Do(b.C, func(c int, _ *workspace) {
		d, p, q := y[c*n:(c+1)*n], a[c*one.channel:], x[c*other.channel:]
		i, j := 0, 0
		for k := range d {
			switch b.Op {
			case Plus:
				d[k] = p[i] + q[j]
			case Minus:
				d[k] = p[i] - q[j]
			case Times:
				d[k] = p[i] * q[j]
			case Over:
				d[k] = p[i] / q[j]
			case Larger:
				d[k] = max(p[i], q[j])
			case Smaller:
				d[k] = min(p[i], q[j])
			}
			i, j = i+one.step, j+other.step
		}
	})
}

// Backward sets dx to the gradient with respect to a (which 0) or to x (which 1), or adds it.
func (b Blend) Backward(t *Team, which int, dx, dy, a, x []float32, add bool) {
	n := max(b.A, b.B)
	one, other := b.operands()
	own := one
	if which == 1 {
		own = other
	}
	// The gradient of a number that goes with many is the sum of theirs: over a plane, over the
	// channels, or both. Sums over channels are split along the plane.
	channels, positions := b.C, 1
	if own.channel == 0 {
		channels, positions = 1, (n+strip-1)/strip
	}
	if own.step == 0 {
		positions = 1
	}
	t.Do(channels*positions, func(task int, _ *workspace) {
		first, last, lo, hi := task, task+1, 0, n
		if own.channel == 0 {
			first, last = 0, b.C
			if own.step > 0 {
				lo, hi = task*strip, min(n, (task+1)*strip)
			}
		}
		var sum [strip]float64
		for c := first; c < last; c++ {
			p, q := a[c*one.channel:], x[c*other.channel:]
			d := dx[c*own.channel:]
			for k := lo; k < hi; k++ {
				g := dy[c*n+k] * b.slope(which, p[k*one.step], q[k*other.step])
				switch {
				case own.step == 0:
					sum[0] += float64(g)
				case own.channel == 0:
					sum[k-lo] += float64(g)
				case add:
					d[k] += g
				default:
					d[k] = g
				}
			}
		}
		if own.step > 0 && own.channel > 0 {
			return
		}
		d := dx[first*own.channel+lo:]
		for k := range max(1, (hi-lo)*own.step) {
			if v := float32(sum[k]); add {
				d[k] += v
			} else {
				d[k] = v
			}
		}
	})
}

// slope is the derivative of p op q with respect to one of them; where both are as large it is
// half for each.
func (b Blend) slope(which int, p, q float32) float32 {
	switch b.Op {
	case Minus:
		return pick(which == 0, 1, -1)
	case Times:
		return pick(which == 0, q, p)
	case Over:
		if which == 0 {
			return 1 / q
		}
		return -p / (q * q)
	case Larger, Smaller:
		if p == q {
			return 0.5
		}
		return pick((p > q) == (b.Op == Larger) == (which == 0), 1, 0)
	}
	return 1
}

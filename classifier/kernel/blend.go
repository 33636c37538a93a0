package kernel

// Blend combines two values channel by channel. Either may have one value a channel, which
// then goes with the other's whole plane.
type Blend struct {
	Op             BlendOp
	PlaneA, PlaneB int // values a channel: the result's, or 1
}

// BlendOp is what Blend does.
type BlendOp int

// The operations of Blend.
const (
	Plus BlendOp = iota
	Minus
	Times
	Over
)

// plane is the number of values a channel of the result.
func (b Blend) plane() int { return max(b.PlaneA, b.PlaneB) }

// spread returns the index step within a plane: 0 where one value goes with all.
func spread(plane, n int) int {
	if plane == n {
		return 1
	}
	return 0
}

// Forward sets y to a op b.
func (b Blend) Forward(t *Team, y, a, x []float32) {
	n := b.plane()
	stepA, stepB := spread(b.PlaneA, n), spread(b.PlaneB, n)
	t.Do(len(y)/n, func(c int, _ *workspace) {
		d, p, q := y[c*n:(c+1)*n], a[c*b.PlaneA:], x[c*b.PlaneB:]
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
			}
			i, j = i+stepA, j+stepB
		}
	})
}

// Backward sets dx to the gradient with respect to a (which 0) or to x (which 1), or adds it.
func (b Blend) Backward(t *Team, which int, dx, dy, a, x []float32, add bool) {
	n := b.plane()
	stepA, stepB := spread(b.PlaneA, n), spread(b.PlaneB, n)
	own := b.PlaneA
	if which == 1 {
		own = b.PlaneB
	}
	t.Do(len(dy)/n, func(c int, _ *workspace) {
		g, d := dy[c*n:(c+1)*n], dx[c*own:(c+1)*own]
		p, q := a[c*b.PlaneA:], x[c*b.PlaneB:]
		sum := 0.0
		i, j := 0, 0
		for k, v := range g {
			v *= b.slope(which, p[i], q[j])
			i, j = i+stepA, j+stepB
			switch {
			case own < n:
				sum += float64(v)
			case add:
				d[k] += v
			default:
				d[k] = v
			}
		}
		if own < n {
			if add {
				sum += float64(d[0])
			}
			d[0] = float32(sum)
		}
	})
}

// slope is the derivative of p op q with respect to one of them.
func (b Blend) slope(which int, p, q float32) float32 {
	switch {
	case b.Op == Minus && which == 1:
		return -1
	case b.Op == Times && which == 0:
		return q
	case b.Op == Times:
		return p
	case b.Op == Over && which == 0:
		return 1 / q
	case b.Op == Over:
		return -p / (q * q)
	}
	return 1
}

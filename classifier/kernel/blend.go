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

// longRun is how many neighbours one task handles where each stands for itself.
const longRun = 16 * strip

// values are those that go with the positions from lo to hi of a channel. A number that goes with all of them fills room, which holds
// as many.
func (o operand) values(x []float32, channel, lo, hi int, room []float32) []float32 {
	x = x[channel*o.channel:]
	if o.step > 0 {
		return x[lo:hi]
	}
	room = room[:hi-lo]
	for i := range room {
		room[i] = x[0]
	}
	return room
}

// Forward sets y to a op x.
func (b Blend) Forward(t *Team, y, a, x []float32) {
	n := max(b.A, b.B)
	one, other := b.operands()
	runs := (n + longRun - 1) / longRun
	t.Do(b.C*runs, func(task int, _ *workspace) {
		c, first := task/runs, task%runs*longRun
		var p, q [strip]float32
		for lo := first; lo < min(n, first+longRun); lo += strip {
			hi := min(n, lo+strip)
			b.Op.set(y[c*n+lo:c*n+hi], one.values(a, c, lo, hi, p[:]), other.values(x, c, lo, hi, q[:]))
		}
	})
}

// set sets y to p op q, number by number.
func (o BlendOp) set(y, p, q []float32) {
	p, q = p[:len(y)], q[:len(y)]
	switch o {
	case Plus:
		for i := range y {
			y[i] = p[i] + q[i]
		}
	case Minus:
		for i := range y {
			y[i] = p[i] - q[i]
		}
	case Times:
		for i := range y {
			y[i] = p[i] * q[i]
		}
	case Over:
		for i := range y {
			y[i] = p[i] / q[i]
		}
	case Larger:
		for i := range y {
			y[i] = max(p[i], q[i])
		}
	case Smaller:
		for i := range y {
			y[i] = min(p[i], q[i])
		}
	}
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
	// channels, or both. What is not summed over a plane is split along it.
	channels, each := b.C, longRun
	if own.channel == 0 {
		channels, each = 1, strip
	}
	if own.step == 0 {
		each = n
	}
	positions := (n + each - 1) / each
	t.Do(channels*positions, func(task int, _ *workspace) {
		first, last := task/positions, task/positions+1
		if own.channel == 0 {
			first, last = 0, b.C
		}
		lo := task % positions * each
		hi := min(n, lo+each)
		var p, q, g [strip]float32
		var sum [strip]float64
		for c := first; c < last; c++ {
			d := dx[c*own.channel:]
			for at := lo; at < hi; at += strip {
				to := min(hi, at+strip)
				g := g[:to-at]
				b.slope(g, which, one.values(a, c, at, to, p[:]), other.values(x, c, at, to, q[:]))
				for i, v := range dy[c*n+at : c*n+to] {
					g[i] *= v
				}
				switch {
				case own.step == 0:
					for _, v := range g {
						sum[0] += float64(v)
					}
				case own.channel == 0:
					for i, v := range g {
						sum[i] += float64(v)
					}
				case add:
					for i, v := range g {
						d[at+i] += v
					}
				default:
					copy(d[at:to], g)
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

// slope sets s to the derivative of p op q with respect to one of them, number by number; where both are as large it is
// half for each.
func (b Blend) slope(s []float32, which int, p, q []float32) {
	p, q = p[:len(s)], q[:len(s)]
	switch {
	case b.Op == Times && which == 0:
		copy(s, q)
	case b.Op == Times:
		copy(s, p)
	case b.Op == Over && which == 0:
		for i := range s {
			s[i] = 1 / q[i]
		}
	case b.Op == Over:
		for i := range s {
			s[i] = -p[i] / (q[i] * q[i])
		}
	case b.Op == Larger || b.Op == Smaller:
		for i := range s {
			s[i] = pick((p[i] > q[i]) == (b.Op == Larger) == (which == 0), 1, 0)
			if p[i] == q[i] {
				s[i] = 0.5
			}
		}
	default:
		for i := range s {
			s[i] = pick(b.Op == Minus && which == 1, -1, 1)
		}
	}
}

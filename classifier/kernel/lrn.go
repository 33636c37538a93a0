package kernel

import "math"

// LRN is local response normalisation across channels, with the meaning of ONNX's LRN
// (Krizhevsky et al. 2012): y = x / s^Beta with s = Bias + Alpha/Size * sum of x*x over the
// Size channels around.
type LRN struct {
	Size              int
	Alpha, Beta, Bias float32
}

// reach returns how many channels below and above a window has.
func (l LRN) reach() (below, above int) { return (l.Size - 1) / 2, l.Size / 2 }

// Forward sets y to x normalised; planes hold n values. scratch has x's size and receives s.
func (l LRN) Forward(t *Team, y, x, scratch []float32, n int) {
	l.sums(t, scratch, x, n)
	t.blocks(len(x), func(lo, hi int, _ *workspace) {
		for i := lo; i < hi; i++ {
			y[i] = x[i] * l.power(scratch[i])
		}
	})
}

// Backward sets dx to the gradient with respect to x, or adds it; scratch has twice x's size:
//
//	dx = dy s^-Beta - 2 Alpha Beta / Size * x * sum of dy y / s over the windows x is in
func (l LRN) Backward(t *Team, dx, dy, x, y, scratch []float32, n int, add bool) {
	s, ratio := scratch[:len(x)], scratch[len(x):2*len(x)]
	l.sums(t, s, x, n)
	t.blocks(len(x), func(lo, hi int, _ *workspace) {
		for i := lo; i < hi; i++ {
			ratio[i] = dy[i] * y[i] / s[i]
		}
	})
	factor := 2 * l.Alpha * l.Beta / float32(l.Size)
	below, above := l.reach()
	channels := len(x) / n
	t.Do(channels, func(c int, _ *workspace) {
		for i := range n {
			sum := float32(0)
			// x is in the windows of the channels for which it is near: the mirror image.
			for k := max(0, c-above); k <= min(channels-1, c+below); k++ {
				sum += ratio[k*n+i]
			}
			at := c*n + i
			v := dy[at]*l.power(s[at]) - factor*x[at]*sum
			if add {
				v += dx[at]
			}
			dx[at] = v
		}
	})
}

// sums sets s to what x is divided by a power of.
func (l LRN) sums(t *Team, s, x []float32, n int) {
	below, above := l.reach()
	channels := len(x) / n
	t.Do(channels, func(c int, _ *workspace) {
		d := s[c*n : (c+1)*n]
		clear(d)
		for k := max(0, c-below); k <= min(channels-1, c+above); k++ {
			for i, v := range x[k*n : (k+1)*n] {
				d[i] += v * v
			}
		}
		a := l.Alpha / float32(l.Size)
		for i := range d {
			d[i] = l.Bias + a*d[i]
		}
	})
}

// power is s^-Beta; all networks people use have Beta 3/4.
func (l LRN) power(s float32) float32 {
	if l.Beta == 0.75 {
		r := math.Sqrt(float64(s))
		return float32(1 / (r * math.Sqrt(r)))
	}
	return float32(math.Pow(float64(s), -float64(l.Beta)))
}

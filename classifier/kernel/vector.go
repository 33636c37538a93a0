package kernel

// maskTo sets dst to g where y > 0 and to zero elsewhere; dst may be g.
func (s *isa) maskTo(dst, g, y []float32) {
	n := len(dst)
	whole := n / s.lanes
	if whole > 0 {
		s.mask(int64(whole), &dst[0], &g[0], &y[0])
	}
	for i := whole * s.lanes; i < n; i++ {
		if y[i] > 0 {
			dst[i] = g[i]
		} else {
			dst[i] = 0
		}
	}
}

// addTo adds x to dst.
func (s *isa) addTo(dst, x []float32) {
	n := len(dst)
	whole := n / s.lanes
	if whole > 0 {
		s.add(int64(whole), &dst[0], &x[0])
	}
	for i := whole * s.lanes; i < n; i++ {
		dst[i] += x[i]
	}
}

// axpyTo adds a*x to dst.
func (s *isa) axpyTo(dst, x []float32, a float32) {
	n := len(dst)
	whole := n / s.lanes
	if whole > 0 {
		s.axpy(int64(whole), &dst[0], &x[0], &a)
	}
	for i := whole * s.lanes; i < n; i++ {
		dst[i] += a * x[i]
	}
}

// everyTo sets dst to the first of each step values of x.
func (s *isa) everyTo(dst, x []float32, step int) {
	n, done := len(dst), 0
	if whole := n / s.lanes; step == 2 && s.evens != nil && whole > 0 {
		s.evens(int64(whole), &x[0], &dst[0])
		done = whole * s.lanes
	}
	for i := done; i < n; i++ {
		dst[i] = x[i*step]
	}
}

// block is how many values one task of an elementwise loop handles.
const block = 1 << 14

// ReLUGrad sets dst to g where y > 0 and to zero elsewhere, adding to dst if add.
func ReLUGrad(t *Team, dst, g, y []float32, add bool) {
	t.blocks(len(dst), func(lo, hi int, _ *workspace) {
		if !add {
			native.maskTo(dst[lo:hi], g[lo:hi], y[lo:hi])
			return
		}
		for i := lo; i < hi; i++ {
			if y[i] > 0 {
				dst[i] += g[i]
			}
		}
	})
}

// ReLU sets dst to x clipped at zero.
func ReLU(t *Team, dst, x []float32) {
	t.blocks(len(dst), func(lo, hi int, _ *workspace) { native.maskTo(dst[lo:hi], x[lo:hi], x[lo:hi]) })
}

// Add adds x to dst.
func Add(t *Team, dst, x []float32) {
	t.blocks(len(dst), func(lo, hi int, _ *workspace) { native.addTo(dst[lo:hi], x[lo:hi]) })
}

// AddAll sets dst to the sum of all, in their order.
func AddAll(t *Team, dst []float32, all ...[]float32) {
	t.blocks(len(dst), func(lo, hi int, _ *workspace) {
		for ; lo < hi; lo += nearby { // a part at a time is still near when the next is added
			to := min(hi, lo+nearby)
			copy(dst[lo:to], all[0][lo:to])
			for _, x := range all[1:] {
				native.addTo(dst[lo:to], x[lo:to])
			}
		}
	})
}

// nearby is how many values stay in a core's first cache beside others.
const nearby = 2048

// Scale sets dst to a*x, or adds a*x to dst.
func Scale(t *Team, dst, x []float32, a float32, add bool) {
	t.blocks(len(dst), func(lo, hi int, _ *workspace) {
		if add {
			native.axpyTo(dst[lo:hi], x[lo:hi], a)
			return
		}
		d, s := dst[lo:hi], x[lo:hi:hi]
		for i := range d {
			d[i] = a * s[i]
		}
	})
}

// Affine sets plane c of dst to scale[c]*x + shift[c], for planes of n values; with a nil
// shift the constant is zero. With add the result is added to dst.
func Affine(t *Team, dst, x, scale, shift []float32, n int, add bool) {
	t.Do(len(scale), func(c int, _ *workspace) {
		a, b := scale[c], float32(0)
		if shift != nil {
			b = shift[c]
		}
		d, s := dst[c*n:(c+1)*n], x[c*n:(c+1)*n]
		if add {
			native.axpyTo(d, s, a)
			return
		}
		for i := range d {
			d[i] = a*s[i] + b
		}
	})
}

// blocks runs f over [0,n) in pieces that do not depend on the size of the team.
func (t *Team) blocks(n int, f func(lo, hi int, ws *workspace)) {
	t.Do((n+block-1)/block, func(i int, ws *workspace) { f(i*block, min(n, (i+1)*block), ws) })
}

package kernel

// PReLU sets y to x, or to slope[c]*x below zero, for planes of n values.
func PReLU(t *Team, y, x, slope []float32, n int) {
	t.Do(len(slope), func(c int, _ *workspace) {
		a, d, s := slope[c], y[c*n:(c+1)*n], x[c*n:(c+1)*n]
		for i, v := range s {
			if v < 0 {
				v *= a
			}
			d[i] = v
		}
	})
}

// PReLUGrad sets dx to the gradient, or adds it.
func PReLUGrad(t *Team, dx, dy, x, slope []float32, n int, add bool) {
	t.Do(len(slope), func(c int, _ *workspace) {
		a, d, g, s := slope[c], dx[c*n:(c+1)*n], dy[c*n:(c+1)*n], x[c*n:(c+1)*n]
		for i, v := range g {
			if s[i] <= 0 {
				v *= a
			}
			if add {
				v += d[i]
			}
			d[i] = v
		}
	})
}

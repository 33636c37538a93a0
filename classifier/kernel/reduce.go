package kernel

// Sums of many values are taken in blocks of fixed size whose order never changes, so that
// the result does not depend on how many workers there are.

// SumSquares returns the sum of x*x; scratch keeps partial sums between calls.
func SumSquares(t *Team, x []float32, scratch *[]float64) float64 {
	return reduce(t, len(x), scratch, func(lo, hi int) float64 {
		var s [4]float32
		b := x[lo:hi]
		for len(b) >= 4 {
			s[0] += b[0] * b[0]
			s[1] += b[1] * b[1]
			s[2] += b[2] * b[2]
			s[3] += b[3] * b[3]
			b = b[4:]
		}
		for _, v := range b {
			s[0] += v * v
		}
		return float64(s[0]) + float64(s[1]) + float64(s[2]) + float64(s[3])
	})
}

// sumBlock keeps float32 sums short enough to lose nothing that matters.
const sumBlock = 4096

func reduce(t *Team, n int, scratch *[]float64, f func(lo, hi int) float64) float64 {
	blocks := (n + sumBlock - 1) / sumBlock
	if cap(*scratch) < blocks {
		*scratch = make([]float64, blocks)
	}
	parts := (*scratch)[:blocks]
	t.Do(blocks, func(i int, _ *workspace) { parts[i] = f(i*sumBlock, min(n, (i+1)*sumBlock)) })
	sum := 0.0
	for _, p := range parts {
		sum += p
	}
	return sum
}

// Mean sets y[c] to the mean of plane c of x, whose planes hold n values.
func Mean(t *Team, y, x []float32, n int) {
	t.Do(len(y), func(c int, _ *workspace) {
		var s [4]float64
		b := x[c*n : (c+1)*n]
		for len(b) >= 4 {
			s[0] += float64(b[0])
			s[1] += float64(b[1])
			s[2] += float64(b[2])
			s[3] += float64(b[3])
			b = b[4:]
		}
		for _, v := range b {
			s[0] += float64(v)
		}
		y[c] = float32((s[0] + s[1] + s[2] + s[3]) / float64(n))
	})
}

// Fill sets plane c of dst to v[c]*scale, or adds it; planes hold n values.
func Fill(t *Team, dst, v []float32, scale float32, n int, add bool) {
	t.Do(len(v), func(c int, _ *workspace) {
		d, s := dst[c*n:(c+1)*n], v[c]*scale
		if !add {
			for i := range d {
				d[i] = s
			}
			return
		}
		for i := range d {
			d[i] += s
		}
	})
}

// Best looks for each of n columns of x [rows][n] for the largest value, and where it
// exceeds top[i] stores it there and its row plus base in arg[i].
func Best(t *Team, top []float32, arg []int32, x []float32, rows, base int) {
	n := len(top)
	t.blocks(n, func(lo, hi int, _ *workspace) {
		for r := range rows {
			for i, v := range x[r*n+lo : r*n+hi] {
				if v > top[lo+i] {
					top[lo+i], arg[lo+i] = v, int32(base+r)
				}
			}
		}
	})
}

// Dense sets y to the product of a matrix [len(y)][len(x)] and x, plus bias.
func Dense(t *Team, y, x, matrix, bias []float32) {
	n := len(x)
	t.Do(len(y), func(i int, _ *workspace) {
		var s [4]float32
		a, b := matrix[i*n:(i+1)*n], x
		for len(a) >= 4 && len(b) >= 4 {
			s[0] += a[0] * b[0]
			s[1] += a[1] * b[1]
			s[2] += a[2] * b[2]
			s[3] += a[3] * b[3]
			a, b = a[4:], b[4:]
		}
		for j, v := range a {
			s[0] += v * b[j]
		}
		y[i] = bias[i] + (s[0] + s[1]) + (s[2] + s[3])
	})
}

// DenseGrad sets dx to the product of the transposed matrix [len(dy)][len(dx)] and dy, or
// adds it.
func DenseGrad(t *Team, dx, dy, matrix []float32, add bool) {
	n := len(dx)
	const cols = 1024
	t.Do((n+cols-1)/cols, func(i int, _ *workspace) {
		lo, hi := i*cols, min(n, (i+1)*cols)
		if !add {
			clear(dx[lo:hi])
		}
		for j, g := range dy {
			if g != 0 {
				native.axpyTo(dx[lo:hi], matrix[j*n+lo:j*n+hi], g)
			}
		}
	})
}

// Pick sets dst[c][i] to scale times src[c][arg[i]], or adds it, for every channel c; n is
// the length of a row of src.
func Pick(t *Team, dst, src []float32, arg []int32, scale float32, n int, add bool) {
	m := len(arg)
	t.Do(len(dst)/m, func(c int, _ *workspace) {
		d, s := dst[c*m:(c+1)*m], src[c*n:(c+1)*n]
		for i, a := range arg {
			v := scale * s[a]
			if add {
				v += d[i]
			}
			d[i] = v
		}
	})
}

package detector

import (
	"runtime"
	"sync"
)

// logistic is the weighted logistic loss with its gradient; the last parameter is the bias.
type logistic struct {
	x  [][]float32
	y  []float64
	w  []float64 // of samples, summing to 1
	l2 float64
	n  int

	margins []float64
}

func (l *logistic) compute(p []float64) {
	if l.margins == nil {
		l.margins = make([]float64, len(l.x))
	}
	q := make([]float32, l.n)
	for j := range q {
		q[j] = float32(p[j])
	}
	parallel(len(l.x), func(i int) { l.margins[i] = dot(q, l.x[i]) + p[l.n] })
}

func (l *logistic) value(p []float64) float64 {
	l.compute(p)
	loss := 0.0
	for i, m := range l.margins {
		loss += l.w[i] * softplus(m, l.y[i] == 1)
	}
	norm := 0.0
	for _, v := range p[:l.n] {
		norm += v * v
	}
	return loss + l.l2/2*norm
}

func (l *logistic) gradient(grad, p []float64) {
	l.compute(p)
	errs := make([]float32, len(l.x))
	bias := 0.0
	for i, m := range l.margins {
		e := l.w[i] * (sigmoid(m) - l.y[i])
		errs[i] = float32(e)
		bias += e
	}
	workers := min(runtime.GOMAXPROCS(0), l.n)
	parallel(workers, func(k int) { // columns are dealt out, so the order of sums is fixed
		lo, hi := k*l.n/workers, (k+1)*l.n/workers
		sum := make([]float32, hi-lo)
		for i, e := range errs {
			if e != 0 {
				for j, v := range l.x[i][lo:hi] {
					sum[j] += e * v
				}
			}
		}
		for j, v := range sum {
			grad[lo+j] = float64(v) + l.l2*p[lo+j]
		}
	})
	grad[l.n] = bias
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for len(a) >= 512 {
		sum += dotBlock(a[:512], b[:512])
		a, b = a[512:], b[512:]
	}
	return sum + dotBlock(a, b)
}

func dotBlock(a, b []float32) float64 {
	var s [8]float32
	b = b[:len(a)]
	i := 0
	for ; i+8 <= len(a); i += 8 {
		for k := range s {
			s[k] += a[i+k] * b[i+k]
		}
	}
	sum := float64(0)
	for ; i < len(a); i++ {
		sum += float64(a[i]) * float64(b[i])
	}
	for _, v := range s {
		sum += float64(v)
	}
	return sum
}

// parallel runs f for every i below n on all cores.
func parallel(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			for i := k; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

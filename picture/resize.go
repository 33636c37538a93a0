package picture

import (
	"math"
	"runtime"
	"sync"
)

// Fit returns the largest size of w:h's shape whose longer side is at most side; it never
// enlarges.
func Fit(w, h, side int) (int, int) {
	long := max(w, h)
	if side <= 0 || long <= side {
		return w, h
	}
	scale := func(v int) int { return max(1, int(math.Round(float64(v)*float64(side)/float64(long)))) }
	return scale(w), scale(h)
}

// Resize resamples to w by h with a Catmull-Rom filter, widened when shrinking so that
// nothing aliases (Keys, "Cubic convolution interpolation", 1981, a = -1/2).
func (p *Planar) Resize(w, h int) *Planar {
	if w == p.W && h == p.H {
		return p.Clone()
	}
	across := weigh(p.W, w)
	down := weigh(p.H, h)
	out := NewPlanar(w, h)
	mid := make([]float32, 3*w*p.H)
	rows(3*p.H, func(i int) { across.row(mid[i*w:(i+1)*w], p.Pix[i*p.W:(i+1)*p.W]) })
	rows(3*h, func(i int) {
		c, y := i/h, i%h
		down.mix(out.Pix[i*w:(i+1)*w], mid[c*w*p.H:(c+1)*w*p.H], y)
	})
	return out
}

// weights are, for each output sample, the first input sample and the factors from there on.
type weights struct {
	first []int
	taps  [][]float32
}

func weigh(from, to int) weights {
	scale := float64(from) / float64(to)
	wide := max(scale, 1)
	radius := 2 * wide
	w := weights{first: make([]int, to), taps: make([][]float32, to)}
	for i := range to {
		centre := (float64(i)+0.5)*scale - 0.5
		lo := max(0, int(math.Ceil(centre-radius)))
		hi := min(from-1, int(math.Floor(centre+radius)))
		taps := make([]float32, hi-lo+1)
		sum := 0.0
		for j := lo; j <= hi; j++ {
			v := catmullRom((float64(j) - centre) / wide)
			taps[j-lo] = float32(v)
			sum += v
		}
		for j := range taps {
			taps[j] /= float32(sum)
		}
		w.first[i], w.taps[i] = lo, taps
	}
	return w
}

func catmullRom(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return (1.5*x-2.5)*x*x + 1
	case x < 2:
		return ((-0.5*x+2.5)*x-4)*x + 2
	}
	return 0
}

func (w weights) row(dst, src []float32) {
	for i := range dst {
		taps := w.taps[i]
		in := src[w.first[i] : w.first[i]+len(taps)]
		var sum float32
		for j, t := range taps {
			sum += t * in[j]
		}
		dst[i] = sum
	}
}

// mix makes output row y from rows of src, which is len(dst) wide.
func (w weights) mix(dst, src []float32, y int) {
	clear(dst)
	n := len(dst)
	for j, t := range w.taps[y] {
		in := src[(w.first[y]+j)*n:][:n]
		for x, v := range in {
			dst[x] += t * v
		}
	}
}

// rows runs f(0..n-1) on all cores. Each call writes its own row, so the result does not
// depend on the order.
func rows(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			for i := k * n / workers; i < (k+1)*n/workers; i++ {
				f(i)
			}
		})
	}
	wg.Wait()
}

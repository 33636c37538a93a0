package dream

import (
	"math"
	"math/rand/v2"
	"sync"

	"gonum.org/v1/gonum/dsp/fourier"

	"slugpuppy/picture"
)

// spectrum is a square picture described by its frequencies and by colours that vary
// independently in photographs. Ascent in these coordinates makes smooth natural pictures
// where ascent on pixels makes grain (Olah, Mordvintsev, Schubert, "Feature Visualization",
// Distill 2017, and the lucid library).
type spectrum struct {
	n      int
	coef   [3][]complex128 // [n][n/2+1] by decorrelated colour
	scale  []float64       // of each frequency: 1/f, as in photographs
	tint   []float64       // of each frequency, of the two colours: photographs have little fine colour
	moment [3][]complex128 // Adam's running mean of the gradient
	square [3][]float64    // and of its square
	steps  int
}

// colours maps decorrelated colours to RGB: the square root of the colour covariance of
// ImageNet, divided by its largest column (lucid, optvis/param/color.py).
var colours = func() (m [3][3]float64) {
	m = [3][3]float64{{0.26, 0.09, 0.02}, {0.27, 0.00, -0.05}, {0.27, -0.09, 0.03}}
	top := 0.0
	for c := range 3 {
		top = max(top, math.Sqrt(m[0][c]*m[0][c]+m[1][c]*m[1][c]+m[2][c]*m[2][c]))
	}
	for r := range 3 {
		for c := range 3 {
			m[r][c] /= top
		}
	}
	return m
}()

// newSpectrum is nearly grey noise, with large soft shapes that differ from seed to seed.
func newSpectrum(n int, rng *rand.Rand) *spectrum {
	s := emptySpectrum(n)
	for c := range 3 {
		for i := range s.coef[c] {
			size := spread
			if s.wave(i) < slow {
				size = slowSpread
			}
			s.coef[c][i] = complex(rng.NormFloat64(), rng.NormFloat64()) * complex(size, 0)
		}
	}
	return s
}

func emptySpectrum(n int) *spectrum {
	half := n/2 + 1
	s := &spectrum{n: n, scale: make([]float64, n*half), tint: make([]float64, n*half)}
	for i := range s.scale {
		f := s.wave(i)
		s.scale[i] = 1 / max(f, 1) / 4
		s.tint[i] = 1 / (1 + f*f/fineTint/fineTint)
	}
	for c := range 3 {
		s.coef[c], s.moment[c], s.square[c] = make([]complex128, n*half), make([]complex128, n*half), make([]float64, n*half)
	}
	return s
}

// wave is the frequency of coefficient i in waves across the picture.
func (s *spectrum) wave(i int) float64 {
	half := s.n/2 + 1
	y, x := i/half, i%half
	return math.Hypot(float64(min(y, s.n-y)), float64(x))
}

const (
	// fineTint is the frequency, in waves across the picture, at which a colour has half its strength.
	fineTint = 10
	// spread is the deviation of the first coefficients, slowSpread that of those below slow waves across the picture.
	spread     = 0.05
	slow       = 3
	slowSpread = 0.3
)

// grown is the same picture with room for higher frequencies, which are nothing yet.
func (s *spectrum) grown(n int) *spectrum {
	t := emptySpectrum(n)
	half, old := n/2+1, s.n/2+1
	for c := range 3 {
		for i, v := range s.coef[c] {
			y, x := i/old, i%old
			if y == s.n/2 || x == s.n/2 { // the finest wave has no place of its own
				continue
			}
			if y > s.n/2 {
				y += n - s.n
			}
			t.coef[c][y*half+x] = v
		}
	}
	return t
}

// picture renders the spectrum, values in (0,1).
func (s *spectrum) picture() *picture.Planar {
	var planes [3][]float64
	s.each(func(c int) {
		scaled := make([]complex128, len(s.coef[c]))
		for i, v := range s.coef[c] {
			scaled[i] = v * complex(s.factor(c, i), 0)
		}
		planes[c] = inverse(scaled, s.n)
	})
	out := picture.NewPlanar(s.n, s.n)
	for i := range s.n * s.n {
		for r := range 3 {
			v := colours[r][0]*planes[0][i] + colours[r][1]*planes[1][i] + colours[r][2]*planes[2][i]
			out.Pix[r*s.n*s.n+i] = float32(1 / (1 + math.Exp(-v)))
		}
	}
	return out
}

// climb moves the coefficients along the gradient g with respect to the rendered picture p,
// by Adam (Kingma and Ba, 2014) with the given rate.
func (s *spectrum) climb(p, g *picture.Planar, rate float64) {
	const b1, b2, eps = 0.9, 0.999, 1e-8
	s.steps++
	fix1, fix2 := 1-math.Pow(b1, float64(s.steps)), 1-math.Pow(b2, float64(s.steps))
	n := s.n * s.n
	s.each(func(c int) {
		plane := make([]float64, n)
		for i := range plane {
			for r := range 3 {
				v := float64(p.Pix[r*n+i])
				plane[i] += colours[r][c] * float64(g.Pix[r*n+i]) * v * (1 - v)
			}
		}
		for i, d := range transform(plane, s.n) {
			d *= complex(s.factor(c, i), 0)
			s.moment[c][i] = complex(b1, 0)*s.moment[c][i] + complex(1-b1, 0)*d
			s.square[c][i] = b2*s.square[c][i] + (1-b2)*(real(d)*real(d)+imag(d)*imag(d))
			s.coef[c][i] += s.moment[c][i] * complex(rate/fix1/(math.Sqrt(s.square[c][i]/fix2)+eps), 0)
		}
	})
}

// factor is what coefficient i of colour c is worth in the picture.
func (s *spectrum) factor(c, i int) float64 {
	if c == 0 {
		return s.scale[i]
	}
	return s.scale[i] * s.tint[i]
}

func (s *spectrum) each(f func(c int)) {
	var wg sync.WaitGroup
	for c := range 3 {
		wg.Go(func() { f(c) })
	}
	wg.Wait()
}

// transform is the two-dimensional Fourier transform of n by n real values, [n][n/2+1].
func transform(x []float64, n int) []complex128 {
	half := n/2 + 1
	out := make([]complex128, n*half)
	rows, cols := fourier.NewFFT(n), fourier.NewCmplxFFT(n)
	for y := range n {
		rows.Coefficients(out[y*half:(y+1)*half], x[y*n:(y+1)*n])
	}
	columns(out, n, cols.Coefficients)
	return out
}

// inverse is the inverse of transform, times n*n.
func inverse(x []complex128, n int) []float64 {
	half := n/2 + 1
	rows, cols := fourier.NewFFT(n), fourier.NewCmplxFFT(n)
	columns(x, n, cols.Sequence)
	out := make([]float64, n*n)
	for y := range n {
		rows.Sequence(out[y*n:(y+1)*n], x[y*half:(y+1)*half])
	}
	return out
}

func columns(x []complex128, n int, f func(dst, src []complex128) []complex128) {
	half := n/2 + 1
	line := make([]complex128, n)
	for c := range half {
		for y := range n {
			line[y] = x[y*half+c]
		}
		f(line, line)
		for y := range n {
			x[y*half+c] = line[y]
		}
	}
}

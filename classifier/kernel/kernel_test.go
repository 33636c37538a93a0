package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func random(r *rand.Rand, n int) []float32 {
	x := Floats(n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// soiled is room in which somebody left what is no number.
func soiled(n int) []float32 {
	x := Floats(n)
	for i := range x {
		x[i] = float32(math.NaN())
	}
	return x
}

// force runs the rest of a test with one instruction set.
func force(t testing.TB, set *isa) {
	old := native
	native = set
	t.Cleanup(func() { native = old })
}

func team(t testing.TB, n int) *Team {
	tm, err := NewPool(n).Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tm.Leave)
	return tm
}

// near compares with float64 truth, relative to its largest value or to 1, the size of the terms
// that may have cancelled.
func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	var worst, top float64
	at := 0
	for i, w := range want {
		top = math.Max(top, math.Abs(w))
		if d := math.Abs(float64(got[i]) - w); d > worst || math.IsNaN(d) {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance*math.Max(top, 1)) {
		t.Fatalf("%s: value %d is %g, want %g (off by %.1e of %.3g)", what, at, got[at], want[at], worst, top)
	}
}

// convolve is the definition, in float64.
func convolve(s ConvShape, h, w int, x, weight, bias []float32, relu bool) []float64 {
	oh, ow := s.Size(h, w)
	y := make([]float64, s.Out*oh*ow)
	in, out := s.In/s.Groups, s.Out/s.Groups
	for o := range s.Out {
		for r := range oh {
			for c := range ow {
				sum := float64(bias[o])
				for i := range in {
					for ky := range s.KernelH {
						for kx := range s.KernelW {
							yy, xx := r*s.StrideH-s.Top+ky*s.DilationH, c*s.StrideW-s.Left+kx*s.DilationW
							if yy >= 0 && yy < h && xx >= 0 && xx < w {
								sum += float64(x[((o/out*in+i)*h+yy)*w+xx]) * float64(weight[((o*in+i)*s.KernelH+ky)*s.KernelW+kx])
							}
						}
					}
				}
				if relu {
					sum = math.Max(0, sum)
				}
				y[(o*oh+r)*ow+c] = sum
			}
		}
	}
	return y
}

// convolveBack is the transpose of the definition, in float64.
func convolveBack(s ConvShape, h, w int, dy, y, weight []float32) []float64 {
	oh, ow := s.Size(h, w)
	dx := make([]float64, s.In*h*w)
	in, out := s.In/s.Groups, s.Out/s.Groups
	for o := range s.Out {
		for r := range oh {
			for c := range ow {
				j := (o*oh+r)*ow + c
				if y != nil && !(y[j] > 0) {
					continue
				}
				for i := range in {
					for ky := range s.KernelH {
						for kx := range s.KernelW {
							yy, xx := r*s.StrideH-s.Top+ky*s.DilationH, c*s.StrideW-s.Left+kx*s.DilationW
							if yy >= 0 && yy < h && xx >= 0 && xx < w {
								dx[((o/out*in+i)*h+yy)*w+xx] += float64(dy[j]) * float64(weight[((o*in+i)*s.KernelH+ky)*s.KernelW+kx])
							}
						}
					}
				}
			}
		}
	}
	return dx
}

// randomShape draws a convolution and a picture size that it fits.
func randomShape(r *rand.Rand) (s ConvShape, h, w int) {
	for {
		s = ConvShape{
			KernelH: 1 + r.IntN(5), KernelW: 1 + r.IntN(5), StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3),
			DilationH: 1 + r.IntN(2), DilationW: 1 + r.IntN(2),
			Top: r.IntN(4), Left: r.IntN(4), Bottom: r.IntN(4), Right: r.IntN(4), Groups: 1 + r.IntN(3),
		}
		if r.IntN(2) == 0 {
			s.StrideH, s.StrideW, s.DilationH, s.DilationW = 1, 1, 1, 1
		}
		s.In, s.Out = s.Groups*(1+r.IntN(7)), s.Groups*(1+r.IntN(20))
		if r.IntN(3) == 0 { // what Winograd's tiles are for
			s.KernelH, s.KernelW, s.StrideH, s.StrideW, s.DilationH, s.DilationW, s.Groups = 3, 3, 1, 1, 1, 1, 1
			s.In, s.Out = 8+r.IntN(20), 8+r.IntN(20)
		}
		h, w = 1+r.IntN(24), 1+r.IntN(70)
		if s.In >= 8 && r.IntN(4) == 0 { // enough for deep blocks
			s.Groups, s.In, s.Out = 1, s.In+r.IntN(60), s.Out+r.IntN(40)
			h, w = 1+r.IntN(9), 1+r.IntN(30)
		}
		if oh, ow := s.Size(h, w); oh > 0 && ow > 0 {
			return s, h, w
		}
	}
}

func checkConv(t *testing.T, set *isa, r *rand.Rand) {
	s, h, w := randomShape(r)
	checkShape(t, set, r, s, h, w)
}

// checkShape holds a convolution and its gradient against their definitions.
func checkShape(t *testing.T, set *isa, r *rand.Rand, s ConvShape, h, w int) {
	name := fmt.Sprintf("%s %+v on %dx%d", set.name, s, w, h)
	weight, bias, x := random(r, s.weights()), random(r, s.Out), random(r, s.In*h*w)
	c, err := newConv(set, s, weight, bias)
	if err != nil {
		t.Fatal(name, err)
	}
	if r.IntN(2) == 0 { // in tiles, however few
		c.small = nil
		for _, rough := range c.rough {
			rough.small = nil
		}
	}
	p, err := c.At(h, w)
	if err != nil {
		t.Fatal(name, err)
	}
	tolerance := 1e-5
	if c.rough != nil && r.IntN(2) == 0 {
		// Two roundings to 8 digits, of which tiles lose two more; the worst of some thousands of sums.
		way := r.IntN(len(c.rough))
		name, tolerance = fmt.Sprint("rough ", way+1, " ", name), 1./64
		if c.tiles[0] != nil {
			tolerance = 1. / 16
		}
		if p, err = c.rough[way].At(h, w); err != nil {
			t.Fatal(name, err)
		}
	}
	tm := team(t, 1+r.IntN(3))
	oh, ow := s.Size(h, w)
	y := Floats(s.Out * oh * ow)
	relu := r.IntN(2) == 0
	p.Forward(tm, y, x, soiled(p.ForwardScratch()), relu)
	near(t, name, y, convolve(s, h, w, x, weight, bias, relu), tolerance)

	dy, dx := random(r, len(y)), random(r, len(x))
	before := append([]float32(nil), dx...)
	var mask []float32
	if relu {
		mask = y
	}
	want := convolveBack(s, h, w, dy, mask, weight)
	add := r.IntN(2) == 0
	if add {
		for i, v := range before {
			want[i] += float64(v)
		}
	}
	p.Backward(tm, dx, dy, mask, soiled(p.BackwardScratch()), add)
	near(t, name+" gradient", dx, want, tolerance)
}

func TestConvolutionMatchesItsDefinitionOnRandomShapes(t *testing.T) {
	eachSet(t, available(), 150, checkConv)
}

func FuzzConv(f *testing.F) { fuzzEverySet(f, checkConv) }

func BenchmarkPeak(b *testing.B) {
	for _, set := range available() {
		for threads := 1; threads <= 2; threads++ {
			b.Run(fmt.Sprintf("%s/threads=%d", set.name, threads), func(b *testing.B) {
				tm := team(b, threads)
				for b.Loop() {
					tm.Do(threads, func(int, *workspace) { set.peak(1e6) })
				}
				b.ReportMetric(float64(threads)*48e6*float64(set.lanes)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

func TestPeakIsMeasured(t *testing.T) {
	peak, err := NewPool(1).Peak(t.Context())
	if err != nil || peak < 1e6 {
		t.Errorf("%g operations a second, %v", peak, err)
	}
}

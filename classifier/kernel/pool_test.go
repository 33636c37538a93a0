package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// maxima is the definition: the largest value of each window and where it lies in the plane.
func maxima(s Window, h, w int, x []float32) (y []float64, from []int) {
	oh, ow := s.Size(h, w)
	for c := range len(x) / (h * w) {
		for r := range oh {
			for i := range ow {
				best, at := math.Inf(-1), -1
				for ky := range s.KernelH {
					for kx := range s.KernelW {
						yy, xx := r*s.StrideH-s.Top+ky, i*s.StrideW-s.Left+kx
						if yy < 0 || yy >= h || xx < 0 || xx >= w {
							continue
						}
						if v := float64(x[(c*h+yy)*w+xx]); v > best {
							best, at = v, (c*h+yy)*w+xx
						}
					}
				}
				y, from = append(y, best), append(from, at)
			}
		}
	}
	return y, from
}

// randomWindow draws a pooling window and a picture size that it fits.
func randomWindow(r *rand.Rand) (s Window, h, w int) {
	for {
		s = Window{KernelH: 1 + r.IntN(4), KernelW: 1 + r.IntN(4), StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3), Ceil: r.IntN(2) == 0}
		switch r.IntN(4) { // what there are vectors for
		case 0, 1:
			s.KernelH, s.KernelW, s.StrideH = 3, 3, 1+r.IntN(2)
			s.StrideW = s.StrideH
		case 2:
			s.KernelH, s.KernelW, s.StrideW = 2, 2, 2
		}
		s.Top, s.Bottom = r.IntN(s.KernelH), r.IntN(s.KernelH)
		s.Left, s.Right = r.IntN(s.KernelW), r.IntN(s.KernelW)
		h, w = 1+r.IntN(20), 1+r.IntN(70)
		if oh, ow := s.Size(h, w); oh > 0 && ow > 0 && s.Valid() == nil {
			return s, h, w
		}
	}
}

func checkMaxPool(t *testing.T, set *isa, r *rand.Rand) {
	s, h, w := randomWindow(r)
	name := fmt.Sprintf("%s %+v on %dx%d", set.name, s, w, h)
	p, err := NewMaxPool(s, h, w)
	if err != nil {
		t.Fatal(name, err)
	}
	tm := team(t, 1+r.IntN(3))
	channels := 1 + r.IntN(4)
	x := random(r, channels*h*w)
	if r.IntN(2) == 0 { // many equal values: the first must win
		for i := range x {
			x[i] = float32(r.IntN(3))
		}
	}
	want, from := maxima(s, h, w, x)
	y, arg := Floats(len(want)), make([]uint8, len(want))
	p.Forward(tm, y, x, nil)
	for i, v := range want {
		if from[i] >= 0 && float64(y[i]) != v {
			t.Fatalf("%s: value %d is %g without winners, want %g", name, i, y[i], v)
		}
	}
	clear(y)
	p.Forward(tm, y, x, arg)
	dy, dx := random(r, len(y)), random(r, len(x))
	grad := make([]float64, len(x))
	add := r.IntN(2) == 0
	if add {
		for i, v := range dx {
			grad[i] = float64(v)
		}
	}
	for i, v := range want {
		if from[i] < 0 { // a window of nothing but padding
			dy[i] = 0
			continue
		}
		if float64(y[i]) != v {
			t.Fatalf("%s: value %d is %g, want %g", name, i, y[i], v)
		}
		grad[from[i]] += float64(dy[i])
	}
	p.Backward(tm, dx, dy, arg, add)
	near(t, name+" gradient", dx, grad, 1e-6)
}

func TestMaxPoolingMatchesItsDefinitionOnRandomShapes(t *testing.T) { everySet(t, 400, checkMaxPool) }

func FuzzMaxPool(f *testing.F) { fuzzEverySet(f, checkMaxPool) }

// averages calls f for every result of average pooling and every value that it takes, with the
// part that this has in it.
func averages(s Window, h, w int, pads bool, f func(r, c, y, x int, part float64)) {
	oh, ow := s.Size(h, w)
	for r := range oh {
		for c := range ow {
			top, left := r*s.StrideH-s.Top, c*s.StrideW-s.Left
			bottom, right := min(top+s.KernelH, h+s.Bottom), min(left+s.KernelW, w+s.Right)
			y0, x0, y1, x1 := max(0, top), max(0, left), min(h, bottom), min(w, right)
			n := (y1 - y0) * (x1 - x0)
			if pads {
				n = (bottom - top) * (right - left)
			}
			for y := y0; y < y1; y++ {
				for x := x0; x < x1; x++ {
					f(r, c, y, x, 1/float64(n))
				}
			}
		}
	}
}

func checkAvgPool(t *testing.T, set *isa, r *rand.Rand) {
	s, h, w := randomWindow(r)
	checkAverages(t, set, r, s, h, w, r.IntN(2) == 0)
}

func checkAverages(t *testing.T, set *isa, r *rand.Rand, s Window, h, w int, add bool) {
	pads, channels := r.IntN(2) == 0, 1+r.IntN(3)
	name := fmt.Sprintf("%s average %+v pads %v on %dx%d", set.name, s, pads, w, h)
	p, err := NewAvgPool(s, h, w, pads)
	if err != nil {
		t.Fatal(name, err)
	}
	tm := team(t, 1+r.IntN(3))
	oh, ow := s.Size(h, w)
	x, dx := random(r, channels*h*w), random(r, channels*h*w)
	y, dy := random(r, channels*oh*ow), random(r, channels*oh*ow)
	want, grad := make([]float64, len(y)), make([]float64, len(x))
	if add {
		grad = doubles(dx)
	}
	each := func(f func(i, j int, part float64)) {
		for ch := range channels {
			averages(s, h, w, pads, func(r, c, row, col int, part float64) { f((ch*oh+r)*ow+c, (ch*h+row)*w+col, part) })
		}
	}
	each(func(i, j int, part float64) { want[i] += part * float64(x[j]) })
	relu := r.IntN(2) == 0
	p.Forward(tm, y, x, relu)
	var mask []float32
	if relu {
		mask = y
		for i, v := range want {
			want[i] = max(0, v)
		}
	}
	near(t, name, y, want, 1e-6)
	each(func(i, j int, part float64) {
		if !relu || y[i] > 0 {
			grad[j] += part * float64(dy[i])
		}
	})
	p.Backward(tm, dx, dy, mask, add)
	near(t, name+" gradient", dx, grad, 1e-6)
}

func TestAveragePoolingMatchesItsDefinitionOnRandomShapes(t *testing.T) {
	everySet(t, 100, checkAvgPool)
}

// There are kernels for windows of two and three, a step or two apart, and for the way back of some. They
// may lie anyhow over the edges, or end before them.
func TestAveragesOfWindowsThatHaveKernels(t *testing.T) {
	everySet(t, 5, func(t *testing.T, set *isa, r *rand.Rand) {
		for _, side := range []int{2, 3} {
			for i := range 4 * side * side {
				step, h, before, after := 1+i%2, 6+i/2%2, i/4%side, i/4/side
				s := Window{KernelH: side, KernelW: side, StrideH: step, StrideW: step, Top: before, Left: before, Bottom: after, Right: after}
				checkAverages(t, set, r, s, h, 20+r.IntN(30), false)
				checkAverages(t, set, r, s, h, 20+r.IntN(30), true)
			}
		}
	})
}

func FuzzAvgPool(f *testing.F) { fuzzEverySet(f, checkAvgPool) }

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
		if r.IntN(3) > 0 { // what there are vectors for
			s.KernelH, s.KernelW, s.StrideH = 3, 3, 1+r.IntN(2)
			s.StrideW = s.StrideH
		}
		s.Top, s.Bottom = r.IntN(s.KernelH), r.IntN(s.KernelH)
		s.Left, s.Right = r.IntN(s.KernelW), r.IntN(s.KernelW)
		h, w = 1+r.IntN(20), 1+r.IntN(70)
		if oh, ow := s.Size(h, w); oh > 0 && ow > 0 && s.Valid() == nil {
			return s, h, w
		}
	}
}

func checkMaxPool(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 2))
	s, h, w := randomWindow(r)
	name := fmt.Sprintf("%s %+v on %dx%d", native.name, s, w, h)
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

func TestMaxPoolingMatchesItsDefinitionOnRandomShapes(t *testing.T) {
	for _, set := range available() {
		t.Run(set.name, func(t *testing.T) {
			force(t, set)
			for seed := range uint64(400) {
				checkMaxPool(t, seed)
			}
		})
	}
}

func FuzzMaxPool(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		for _, set := range available() {
			force(t, set)
			checkMaxPool(t, seed)
		}
	})
}

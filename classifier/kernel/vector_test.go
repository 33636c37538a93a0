package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// checkVectors holds every elementwise function against its definition, at lengths around a
// vector's and a block's, and sees that nothing past the end is written.
func checkVectors(t *testing.T, set *isa, r *rand.Rand) {
	n := 1 + r.IntN(70)
	if r.IntN(8) == 0 {
		n = block - 20 + r.IntN(40)
	}
	tm := team(t, 1+r.IntN(3))
	x, g, a := random(r, n), random(r, n), float32(r.NormFloat64())
	for i := range x {
		if r.IntN(4) == 0 {
			x[i] = 0
		}
	}
	relu := func(v float32) float32 { return max(v, 0) }
	gate := func(g, y float32) float32 {
		if y > 0 {
			return g
		}
		return 0
	}
	for _, f := range []struct {
		name string
		run  func(dst []float32)
		want func(i int, old float32) float32
	}{
		{"ReLU", func(d []float32) { ReLU(tm, d, x) }, func(i int, _ float32) float32 { return relu(x[i]) }},
		{"gradient of ReLU", func(d []float32) { ReLUGrad(tm, d, g, x, false) }, func(i int, _ float32) float32 { return gate(g[i], x[i]) }},
		{"added gradient of ReLU", func(d []float32) { ReLUGrad(tm, d, g, x, true) }, func(i int, old float32) float32 { return old + gate(g[i], x[i]) }},
		{"Add", func(d []float32) { Add(tm, d, x) }, func(i int, old float32) float32 { return old + x[i] }},
		{"Scale", func(d []float32) { Scale(tm, d, x, a, false) }, func(i int, _ float32) float32 { return a * x[i] }},
		{"added Scale", func(d []float32) { Scale(tm, d, x, a, true) }, func(i int, old float32) float32 { return old + a*x[i] }},
		{"Affine", func(d []float32) { Affine(tm, d, x, []float32{a}, []float32{2}, n, false) }, func(i int, _ float32) float32 { return a*x[i] + 2 }},
	} {
		dst := random(r, n)
		past := dst[n : n+Slack]
		for i := range past {
			past[i] = 7
		}
		want := make([]float64, n)
		for i := range want {
			want[i] = float64(f.want(i, dst[i]))
		}
		f.run(dst)
		near(t, fmt.Sprintf("%s: %s of %d", set.name, f.name, n), dst, want, 1e-6)
		for i, v := range past {
			if v != 7 {
				t.Fatalf("%s: %s of %d values writes %d past the end", set.name, f.name, n, i)
			}
		}
	}
}

func TestVectorsMatchTheirDefinitionAtEveryLength(t *testing.T) { everySet(t, 150, checkVectors) }

func FuzzVectors(f *testing.F) { fuzzEverySet(f, checkVectors) }

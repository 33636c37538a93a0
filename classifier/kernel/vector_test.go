package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// checkVectors holds every elementwise function against its definition, at lengths around a
// vector's and a block's, and sees that nothing past the end is written.
func checkVectors(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 3))
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
		near(t, fmt.Sprintf("%s: %s of %d", native.name, f.name, n), dst, want, 1e-6)
		for i, v := range past {
			if v != 7 {
				t.Fatalf("%s: %s of %d values writes %d past the end", native.name, f.name, n, i)
			}
		}
	}
}

func TestVectorsMatchTheirDefinitionAtEveryLength(t *testing.T) {
	for _, set := range available() {
		t.Run(set.name, func(t *testing.T) {
			force(t, set)
			for seed := range uint64(150) {
				checkVectors(t, seed)
			}
		})
	}
}

func FuzzVectors(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		for _, set := range available() {
			force(t, set)
			checkVectors(t, seed)
		}
	})
}

// Every transformation of tiles gives what the plain one gives.
func TestTilesMatchThePlainOnes(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, set := range available() {
		for vecs := 1; vecs <= vectors; vecs++ {
			wide := vecs * set.lanes
			d, m := random(r, elements*wide), random(r, elements*wide)
			d2, m2 := append([]float32(nil), d...), append([]float32(nil), m...)
			bias := []float32{0.5}
			v, v2 := Floats(elements*wide), Floats(elements*wide)
			y, y2 := Floats(side*side*wide), Floats(side*side*wide)
			row, line := int64(4*wide), int64(4*side*wide)
			set.tiles(int64(vecs), &d[0], row, &v[0], row)
			plain.tiles(int64(wide/plainLanes), &d2[0], row, &v2[0], row)
			near(t, set.name+" tiles", v, doubles(v2), 1e-6)
			for _, flags := range []int64{0, clip} {
				in, in2 := append([]float32(nil), m...), append([]float32(nil), m2...)
				set.untile(int64(vecs), &in[0], row, &y[0], line, &bias[0], flags)
				plain.untile(int64(wide/plainLanes), &in2[0], row, &y2[0], line, &bias[0], flags)
				near(t, set.name+" tiles back", y, doubles(y2), 1e-6)
			}
			set.split(int64(vecs), &y[0], &v[0], row)
			plain.split(int64(wide/plainLanes), &y[0], &v2[0], row)
			near(t, set.name+" split", v[:4*wide], doubles(v2[:4*wide]), 0)
		}
	}
}

func doubles(x []float32) []float64 {
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = float64(v)
	}
	return d
}

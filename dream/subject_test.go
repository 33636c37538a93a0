package dream_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"slugpuppy/classifier"
	"slugpuppy/dream"
)

// A matrix of four groups that hang together nearly alike has eigenvalues that lie close together: the parts are right only
// where one waits for them.
func TestPartsAreThoseOfTheSecondEigenvector(t *testing.T) {
	const n = 60
	rng := rand.New(rand.NewPCG(7, 7))
	w, degree := make([]float32, n*n), make([]float64, n)
	for i := range n {
		for j := range i + 1 {
			v := 0.05
			switch i%4 - j%4 {
			case 0:
				v = 0.95
			case 2, -2:
				v = 0.061
			}
			v += 0.002 * rng.Float64()
			w[i*n+j], w[j*n+i] = float32(v), float32(v)
		}
	}
	normal := mat.NewSymDense(n, nil)
	for i := range n {
		for _, v := range w[i*n : (i+1)*n] {
			degree[i] += float64(v)
		}
	}
	for i := range n {
		for j := range i + 1 {
			normal.SetSym(i, j, float64(w[i*n+j])/math.Sqrt(degree[i]*degree[j]))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(normal, true) {
		t.Fatal("no eigenvectors")
	}
	var all mat.Dense
	eigen.VectorsTo(&all)
	got := dream.SecondVector(w, n)
	ab, aa, bb := 0.0, 0.0, 0.0
	for i, a := range got {
		b := all.At(i, n-2) / math.Sqrt(degree[i]) // values rise
		ab, aa, bb = ab+a*b, aa+a*a, bb+b*b
	}
	if cos := math.Abs(ab) / math.Sqrt(aa*bb); cos < 0.99 {
		t.Errorf("the cosine with the second eigenvector is %.3f, of values %.4f", cos, eigen.Values(nil)[n-4:])
	}
}

// The last layer would part the three places otherwise than the finer one does: both count the same.
func TestPlacesAreAlikeByAllLayersTogether(t *testing.T) {
	fine := &classifier.Features{Layer: "fine", C: 1, W: 6, H: 2, Data: []float32{0, 2, 0, 2, -3, -1, 1, 1, 2, 0, -2, -2}} // 1, 1 and -2 in pairs
	last := &classifier.Features{Layer: "last", C: 1, W: 3, H: 1, Data: []float32{1, -2, 1}}
	for _, tt := range []struct {
		of   []*classifier.Features
		want [3]float64 // between the first and the second place, the first and the third, the first and itself
	}{
		{[]*classifier.Features{last}, [3]float64{0, 1, 1}},
		{[]*classifier.Features{fine, last}, [3]float64{0, 0, 1}},
		{[]*classifier.Features{fine, fine, last}, [3]float64{1. / 3, 0, 1}},
	} {
		got := dream.Likeness(tt.of, 3, 1)
		for i, at := range []int{1, 2, 0} {
			if math.Abs(float64(got[at])-tt.want[i]) > 1e-3 {
				t.Errorf("of %d layers, places 0 and %d are alike by %.3f, want %.3f", len(tt.of), at, got[at], tt.want[i])
			}
		}
	}
}

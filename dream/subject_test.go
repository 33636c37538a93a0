package dream_test

import (
	"math"
	"math/rand/v2"
	"slices"
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

// A dog sits on a lawn before a fence. By what is alike the fence is one part, dog and lawn the other one: the lawn reaches the
// border on both sides and the dog does not.
func TestWhatASubjectStandsOnIsNotPartOfIt(t *testing.T) {
	dog := func(x, y int) int { // fence, lawn, dog
		switch {
		case x >= 4 && x < 8 && y >= 3 && y < 7:
			return 2
		case y >= 5:
			return 1
		}
		return 0
	}
	for p, v := range freed(dog) {
		if want := dog(p%12, p/12) == 2; (v > 0.5) != want {
			t.Fatalf("place %d, %d is %.2f, want kept %v", p%12, p/12, v, want)
		}
	}
}

// A person's body reaches the border below, where a head does not.
func TestAPersonIsKeptDownToTheBorder(t *testing.T) {
	person := func(x, y int) int { // wall, body, head
		switch {
		case x >= 4 && x < 8 && y >= 1 && y < 5:
			return 2
		case x >= 2 && x < 10 && y >= 5:
			return 1
		}
		return 0
	}
	for p, v := range freed(person) {
		if want := person(p%12, p/12) > 0; (v > 0.5) != want {
			t.Fatalf("place %d, %d is %.2f, want kept %v", p%12, p/12, v, want)
		}
	}
}

// freed is what is left of the first and the second of three parts of 12 by 9 places, which are a little alike.
func freed(part func(x, y int) int) []float32 {
	const w, h = 12, 9
	alike := [3][3]float32{{1, 0.02, 0.02}, {0.02, 1, 0.3}, {0.02, 0.3, 1}}
	like, mask := make([]float32, w*h*w*h), make([]float32, w*h)
	for p := range w * h {
		if part(p%w, p/w) > 0 {
			mask[p] = 0.9
		}
		for q := range w * h {
			like[p*w*h+q] = alike[part(p%w, p/w)][part(q%w, q/w)]
		}
	}
	return dream.Freed(w, h, mask, like)
}

// Eyes and a mouth are dark as the background is, and part of a face; what is seen through a handle is none.
func TestSmallHolesInASubjectAreClosed(t *testing.T) {
	const w, h = 40, 40
	mask := make([]float32, w*h)
	for p := range mask {
		x, y := p%w, p/w
		eye := y >= 12 && y < 15 && (x >= 10 && x < 15 || x >= 25 && x < 30)
		handle := y >= 24 && y < 34 && x >= 12 && x < 28
		bay := y >= 16 && y < 19 && x >= 30
		if x >= 5 && x < 35 && y >= 5 && y < 38 && !eye && !handle && !bay {
			mask[p] = 0.9
		}
	}
	for p, v := range dream.Closed(w, h, slices.Clone(mask)) {
		x, y := p%w, p/w
		if eye := y >= 12 && y < 15 && (x >= 10 && x < 15 || x >= 25 && x < 30); eye && v < 0.9 || !eye && v != mask[p] {
			t.Fatalf("place %d, %d is %.2f after %.2f", x, y, v, mask[p])
		}
	}
}

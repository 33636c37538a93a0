package detector_test

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"slugpuppy/classifier/detector"
)

// calibrated is a head whose other pictures, of which a third are photographs, score as given.
func calibrated(scores []float64) *detector.Head {
	h := &detector.Head{Others: len(scores), Photographs: len(scores) / 3}
	last := -1.0
	for i, s := range scores { // rising; every third is a photograph, and dreams are everywhere
		if s != last {
			photographs := 0
			for k := i; k < len(scores); k++ {
				if k%3 == 2 {
					photographs++
				}
			}
			h.ROC = append(h.ROC, detector.Point{
				Score: s, WrongHides: float64(len(scores)-i) / float64(len(scores)),
				WrongPhotographs: float64(photographs) / float64(max(1, h.Photographs)), Found: 1 - s})
		}
		last = s
	}
	h.ROC = append(h.ROC, detector.Point{Score: 1})
	return h
}

func TestPromisesAreKeptByThePicturesTheyCameFrom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 900).Draw(t, "n")
		scores := make([]float64, n)
		for i := range scores {
			scores[i] = float64(i+1) / float64(n+1)
		}
		h := calibrated(scores)
		last := 0.0
		for _, budget := range []float64{0.3, 0.1, 0.02, 0.005, 0.001, 1e-5} {
			p := h.Promise(budget, detector.Everything)
			wrong := 0.0
			for _, s := range scores {
				if s >= p.Score {
					wrong += 1 / float64(n)
				}
			}
			if wrong > budget || p.Score < last || p.Score > 1 {
				t.Fatalf("budget %g of %d pictures: %+v hides %g", budget, n, p, wrong)
			}
			// Clopper and Pearson: with none of n wrong the upper limit is 1-0.1^(1/n), near 2.3/n.
			if p.Measured && float64(n)*budget < 1.1 {
				t.Fatalf("%d pictures cannot measure a budget of %g", n, budget)
			}
			if !p.Measured && wrong > 0 {
				t.Fatalf("a promise beyond what was seen hides %g", wrong)
			}
			last = p.Score
		}
	})
}

func TestTheTailIsExpectedWhereItIs(t *testing.T) {
	// Logits of others fall exponentially: a share of exp(-x) lies above x.
	r := rand.New(rand.NewPCG(1, 2))
	h, samples, scores := &detector.Head{}, []detector.Sample{}, []float64{}
	for range 1500 {
		samples = append(samples, detector.Sample{Class: detector.Photograph})
		scores = append(scores, detector.Sigmoid(r.ExpFloat64()))
	}
	h.Calibrate(samples, scores)
	p := h.Promise(1e-4, detector.Everything)
	want := detector.Sigmoid(9.21) // exp(-9.21) is 1e-4
	if p.Measured || p.Score < want || p.Score > detector.Sigmoid(12.5) {
		t.Errorf("%+v, want a little above %g", p, want)
	}
	if q := h.Promise(1e-4, detector.Photographs); q != p {
		t.Errorf("all are photographs: %+v, %+v", p, q)
	}
}

func TestBandsFollowTheBudget(t *testing.T) {
	h := calibrated([]float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9}) // limits 0.21, 0.34, 0.45 ... 1
	if got := h.Band(0.95, 0.22); got != detector.Certain {
		t.Errorf("above everything: %s", got)
	}
	if got := h.Band(0.5, 0.09); got != detector.Likely {
		t.Errorf("in the middle: %s", got)
	}
	if got := h.Band(0.05, 0.09); got != detector.Unlikely {
		t.Errorf("below everything: %s", got)
	}
}

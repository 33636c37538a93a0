package detector_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"slugpuppy/classifier/detector"
)

// calibrated is a head whose ordinary and hard pictures have these logits; clear dreams lie evenly between 0 and 10.
func calibrated(ordinary, hard []float64) *detector.Head {
	h := &detector.Head{Ordinary: detector.TailOf(ordinary, 0.3), Hard: detector.TailOf(hard, 1)}
	var dreams []float64
	for i := range 101 {
		dreams = append(dreams, float64(i)/10)
	}
	h.Dreams = detector.TailOf(dreams, 1)
	return h
}

// exponential is n logits that fall exponentially: a share of exp(-x) lies above x.
func exponential(r *rand.Rand, n int, scale float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = scale * r.ExpFloat64()
	}
	return all
}

func from(all []float64, score float64) (share float64) {
	for _, v := range all {
		if detector.Sigmoid(v) >= score {
			share += 1 / float64(len(all))
		}
	}
	return share
}

func TestPromisesAreKeptByThePicturesTheyCameFrom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		ordinary := exponential(r, rapid.IntRange(1, 4000).Draw(t, "ordinary"), 1)
		hard := exponential(r, rapid.IntRange(1, 900).Draw(t, "hard"), 2)
		h := calibrated(ordinary, hard)
		last := 0.0
		for _, budget := range []float64{0.2, 0.1, 0.02, 0.005, 0.001, 1e-5} {
			p := h.Promise(budget)
			o, d := from(ordinary, p.Score), from(hard, p.Score)
			if 0.95*o+0.05*d > budget || p.Score < last || p.Score > 1 {
				t.Fatalf("budget %g of %d and %d pictures: %+v hides %g and %g", budget, len(ordinary), len(hard), p, o, d)
			}
			if math.Abs(o-p.Ordinary) > 1e-9 || math.Abs(d-p.Hard) > 1e-9 {
				t.Fatalf("%+v says other than %g and %g", p, o, d)
			}
			// Clopper and Pearson at 95 %: with none of n wrong the upper limit is 1-0.05^(1/n), near 3/n.
			if p.Measured && float64(len(ordinary))*budget < 2 {
				t.Fatalf("%d pictures cannot measure a budget of %g", len(ordinary), budget)
			}
			if !p.Measured && o+d > 0 {
				t.Fatalf("a promise beyond what was seen hides %g and %g", o, d)
			}
			last = p.Score
		}
	})
}

// Far up, logits that differ have scores that do not.
func TestALimitIsAboveThePicturesItSpares(t *testing.T) {
	for _, top := range []float64{5, 19.9, 19.9999999, 20, 22, 23.82, 24, 29.9, 31, 36} {
		h := calibrated(slices.Repeat([]float64{0.5}, 1000), append(slices.Repeat([]float64{1}, 200), top))
		for _, budget := range []float64{0.01, 1e-3, 1e-5} {
			p := h.Promise(budget)
			if o, d := from([]float64{0.5}, p.Score), from([]float64{1, top}, p.Score); p.Hard == 0 && d > 0 || p.Ordinary == 0 && o > 0 {
				t.Errorf("a hard picture of %g: %+v hides %g and %g", top, p, o, d)
			}
		}
	}
}

func TestPromisesHoldForOtherPicturesOfTheSameSort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	broken := 0
	for range 200 {
		p := calibrated(exponential(r, 3000, 1), exponential(r, 500, 1.5)).Promise(0.01)
		// What the score is worth is known: shares fall as exp(-x) and exp(-x/1.5).
		x := detector.Logit(p.Score)
		if 0.95*math.Exp(-x)+0.05*math.Exp(-x/1.5) > 0.01 {
			broken++
		}
	}
	if broken > 30 { // 20 are expected at most
		t.Errorf("%d of 200 promises are broken", broken)
	}
}

func TestTheTailIsExpectedWhereItIs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := calibrated(exponential(r, 20000, 1), exponential(r, 1000, 1)).Promise(1e-5)
	want := detector.Sigmoid(11.5) // exp(-11.5) is 1e-5
	if p.Measured || p.Score < want || p.Score > detector.Sigmoid(15) {
		t.Errorf("%+v, want a little above %g", p, want)
	}
	if p := calibrated([]float64{1}, nil).Promise(1e-5); p.Measured || p.Score != 1 || p.Found > 0 {
		t.Errorf("one picture promises %+v", p)
	}
	if p := (&detector.Head{}).Promise(0.1); p.Measured || p.Score != 1 {
		t.Errorf("no picture promises %+v", p)
	}
}

func TestHardPicturesRaiseTheScoreThatKeepsABudget(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	ordinary := exponential(r, 20000, 1)
	easy, hard := calibrated(ordinary, exponential(r, 2000, 1)), calibrated(ordinary, exponential(r, 2000, 3))
	if a, b := easy.Promise(0.005), hard.Promise(0.005); a.Score >= b.Score || a.Found <= b.Found {
		t.Errorf("%+v where hard pictures score as others, %+v where they score higher", a, b)
	}
}

func TestBandsFollowTheBudget(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	h := calibrated(exponential(r, 20000, 1), exponential(r, 2000, 1))
	likely, certain := h.Likely(0.01), h.Certain(0.01)
	if likely >= certain || certain != h.Likely(0.001) {
		t.Fatalf("likely from %g, certain from %g", likely, certain)
	}
	for score, want := range map[float64]detector.Band{
		certain: detector.Certain, (likely + certain) / 2: detector.Likely, likely: detector.Likely, likely - 0.001: detector.Unlikely} {
		if got := h.Band(score, 0.01); got != want {
			t.Errorf("%g is %s, want %s", score, got, want)
		}
	}
}

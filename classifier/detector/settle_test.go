package detector_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"slugpuppy/classifier/detector"
)

// seen makes scans of ordinary pictures: parts are looked at where their glance is at least worth, and score higher than wholes.
func seen(r *rand.Rand, n int, worth float64) []detector.Scan {
	all := make([]detector.Scan, n)
	for i := range all {
		all[i] = detector.Scan{Whole: r.NormFloat64() - 6, Glance: r.NormFloat64(), Closer: math.Inf(-1)}
		if part := r.NormFloat64() - 3; all[i].Glance >= worth {
			all[i].Closer = part
		}
	}
	return all
}

func TestPartsAreLookedAtAsOftenAsSettledAndHandicapped(t *testing.T) {
	r, h := rand.New(rand.NewPCG(1, 2)), &detector.Head{}
	h.Beginning(seen(r, 4000, math.Inf(1)))
	ordinary := seen(r, 20000, h.Closer.Worth)
	looked := 0
	for _, s := range ordinary {
		if s.Glance >= h.Closer.Worth {
			looked++
		}
	}
	if looked < 4000 || looked > 4800 {
		t.Errorf("%d of 20000 ordinary pictures are looked at more closely, want 22 of 100", looked)
	}
	h.Settle(ordinary, seen(r, 500, h.Closer.Worth), nil)
	// Parts, of which there are fewer, score three higher: their tail lies less than that above that of wholes.
	if c := h.Closer.Handicap; c < 2 || c > 3 {
		t.Errorf("a handicap of %g", c)
	}
	var wholes, parts int
	for _, s := range ordinary {
		if v := h.Closer.Logit(s); v == s.Whole && v > -3.5 {
			wholes++
		} else if v > -3.5 {
			parts++
		}
	}
	if parts < wholes || parts > 4*wholes {
		t.Errorf("%d wholes and %d parts score high, want about twice as many parts", wholes, parts)
	}
	if h.Ordinary.N != 20000 || h.Hard.N != 500 || len(h.Hard.Top) != 500 {
		t.Errorf("%d, %d of %d", h.Ordinary.N, len(h.Hard.Top), h.Hard.N)
	}
}

func TestAPartNeverLowersAScore(t *testing.T) {
	c := detector.Closer{Handicap: 1}
	if got := c.Logit(detector.Scan{Whole: 2, Closer: 2.5}); got != 2 {
		t.Errorf("got %g", got)
	}
	if got := c.Logit(detector.Scan{Whole: -2, Closer: 4}); got != 3 {
		t.Errorf("got %g", got)
	}
}

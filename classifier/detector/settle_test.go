package detector_test

import (
	"cmp"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"slugpuppy/classifier/detector"
)

// seen makes scans of ordinary pictures: parts are looked at where their glance is at least worth, and score higher than wholes.
func seen(r *rand.Rand, n int, worth float64) []detector.Scan {
	all := make([]detector.Scan, n)
	for i := range all {
		all[i] = detector.Scan{Whole: r.NormFloat64() - 6, Part: image.Rect(0, 0, 240, 240), Glance: r.NormFloat64(), Closer: math.Inf(-1)}
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
	if looked < 3800 || looked > 4200 {
		t.Errorf("%d of 20000 ordinary pictures are looked at more closely, want 20 of 100", looked)
	}
	h.Settle(ordinary, seen(r, 500, h.Closer.Worth), nil)
	// Parts, of which there are fewer, score three higher: their tail lies less than that above that of wholes.
	if c := h.Closer.Handicap; c < 2 || c > 3 {
		t.Errorf("a handicap of %g", c)
	}
	// Of the 20 that the usual budget allows, four of five are parts.
	slices.SortFunc(ordinary, func(a, b detector.Scan) int { return cmp.Compare(h.Closer.Logit(b), h.Closer.Logit(a)) })
	parts := 0
	for _, s := range ordinary[:20] {
		if h.Closer.Logit(s) > s.Whole {
			parts++
		}
	}
	if parts < 15 || parts > 17 {
		t.Errorf("%d of the 20 that score highest are parts, want 16 or about", parts)
	}
	if h.Ordinary.N != 20000 || h.Hard.N != 500 || len(h.Hard.Top) != 500 {
		t.Errorf("%d, %d of %d", h.Ordinary.N, len(h.Hard.Top), h.Hard.N)
	}
}

func TestAPartNeverLowersAScore(t *testing.T) {
	c, part := detector.Closer{Handicap: 1}, image.Rect(0, 0, 300, 240)
	if got := c.Logit(detector.Scan{Whole: 2, Part: part, Closer: 2.5}); got != 2 {
		t.Errorf("got %g", got)
	}
	if got := c.Logit(detector.Scan{Whole: -2, Part: part, Closer: 4}); got != 3 {
		t.Errorf("got %g", got)
	}
	if got := c.Logit(detector.Scan{Whole: -2, Closer: math.Inf(-1)}); got != -2 {
		t.Errorf("where no part was looked at: got %g", got)
	}
}

func TestAPartOfFewPixelsCountsLess(t *testing.T) {
	c := detector.Closer{}
	for side, want := range map[int]float64{900: 3, 224: 3, 112: 2, 56: 1} {
		s := detector.Scan{Whole: -6, Part: image.Rect(10, 10, 1000, 10+side), Closer: 3}
		if got := c.Logit(s); got != want {
			t.Errorf("a part %d pixels high: %g, want %g", side, got, want)
		}
	}
	// What settles the handicap sees them so too: these parts score so high for their size only.
	r, h := rand.New(rand.NewPCG(1, 2)), &detector.Head{}
	ordinary := seen(r, 20000, 0)
	for i := range ordinary {
		ordinary[i].Part = image.Rect(0, 0, 14, 14)
		ordinary[i].Closer += 4
	}
	h.Settle(ordinary, ordinary[:500], nil)
	if c := h.Closer.Handicap; c < 2 || c > 3 {
		t.Errorf("a handicap of %g", c)
	}
}

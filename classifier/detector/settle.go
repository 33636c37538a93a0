package detector

import (
	"math"
	"slices"
)

// secondLooks is the share of ordinary pictures of which a part is looked at more closely: what a picture costs rises by as much, and by a
// few hundredths more for what is looked at to confirm it.
const secondLooks = 0.2

// ofParts is the share of the wrong hides that the usual budget allows which parts make: a picture has many of them.
const ofParts = 4.0 / 5

// Beginning settles when a part is worth a closer look, by how some ordinary pictures were seen by a head that looked at parts
// but not more closely; until Settle nothing else is settled.
func (h *Head) Beginning(ordinary []Scan) {
	glances := make([]float64, len(ordinary))
	for i, s := range ordinary {
		glances[i] = s.Glance
	}
	h.Closer = Closer{Enough: math.Inf(1), Worth: math.Inf(1)}
	if len(glances) > 0 {
		h.Closer.Worth = reached(glances, secondLooks)
	}
}

// Settle has the head make of closer looks, and promise, what it kept on pictures that were left out of training. Of what
// the usual budget allows parts get their share and wholes the rest: that is what the parts' handicap makes of them.
func (h *Head) Settle(ordinary, hard, dreams []Scan) {
	wholes := promising(ordinary, hard, nil, func(s Scan) float64 { return s.Whole })
	parts := promising(ordinary, hard, nil, Scan.part)
	h.Closer.Handicap = 0
	if more := parts.reached(ofParts*Usual) - wholes.reached((1-ofParts)*Usual); more > 0 {
		h.Closer.Handicap = more
	}
	all := promising(ordinary, hard, dreams, h.Closer.Logit)
	h.Ordinary, h.Hard, h.Dreams = all.Ordinary, all.Hard, all.Dreams
	h.Closer.Enough = logit(h.Certain(Usual))
}

// promising is a head that can only promise, by one score of what was seen.
func promising(ordinary, hard, dreams []Scan, score func(Scan) float64) *Head {
	tail := func(seen []Scan, share float64) Tail {
		logits := make([]float64, len(seen))
		for i, s := range seen {
			logits[i] = score(s)
		}
		return TailOf(logits, share)
	}
	return &Head{Ordinary: tail(ordinary, kept), Hard: tail(hard, 1), Dreams: tail(dreams, 1)}
}

// kept is the share of ordinary pictures whose scores a head has: the largest budget that can be asked for, and some more.
const kept = 0.3

// reached is the value that a share of all reaches, rounded down to whole ones but one at least.
func reached(all []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)-max(1, int(share*float64(len(sorted))))]
}

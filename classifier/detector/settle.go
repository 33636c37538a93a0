package detector

import (
	"math"
	"slices"
)

// How closer looks are settled.
const (
	// secondLooks is the share of ordinary pictures of which a part is looked at more closely: what a picture costs
	// rises by as much.
	secondLooks = 0.25
	// levelled is the share of ordinary pictures at which parts and wholes are made equally likely to be wrong.
	levelled = 0.002
)

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

// Settle has the head make of closer looks, and promise, what it kept on pictures that were left out of training.
func (h *Head) Settle(ordinary, hard, dreams []Scan) {
	wholes, parts := make([]float64, len(ordinary)), make([]float64, len(ordinary))
	for i, s := range ordinary {
		wholes[i], parts[i] = s.Whole, s.Closer
	}
	if len(ordinary) > 0 {
		h.Closer.Handicap = max(0, reached(parts, levelled)-reached(wholes, levelled))
	}
	logits := func(all []Scan) (out []float64) {
		for _, s := range all {
			out = append(out, h.Closer.Logit(s))
		}
		return out
	}
	h.Ordinary, h.Hard, h.Dreams = TailOf(logits(ordinary), kept), TailOf(logits(hard), 1), TailOf(logits(dreams), 1)
	h.Closer.Enough = logit(h.Certain(Usual))
}

// kept is the share of ordinary pictures whose scores a head has: the largest budget that can be asked for, and some more.
const kept = 0.3

// reached is the value that a share of all reaches, rounded down to whole ones but one at least.
func reached(all []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)-max(1, int(share*float64(len(sorted))))]
}

package detector

import (
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Against says which pictures a budget of wrong hides is counted on.
type Against int

const (
	// Everything is all pictures that are no dreams, most of them chosen to be hard.
	Everything Against = iota
	// Photographs are photographs alone, which is most of what timelines hold.
	Photographs
)

// Promise is the score from which a budget of wrong hides is kept.
type Promise struct {
	Score float64
	// Measured tells that enough pictures were left out of training to say so: the upper limit
	// of the share of wrong hides, at Confidence, is within the budget. Otherwise the score lies
	// beyond all of them, where the tail of their scores is expected to reach the budget.
	Measured bool
	Found    float64 // share of clear dreams, left out of training, that score as much
}

// Confidence is how sure a promise is to hold for pictures like those it was measured on.
const Confidence = 0.9

// Promise finds the lowest score that keeps a budget, such as 0.001. A head is no more certain
// than it was measured to be: of n other pictures none scoring as much shows only that the
// share is below 2.3/n (Clopper and Pearson's upper limit, "The use of confidence or fiducial
// limits", 1934), and a smaller budget asks for a score beyond what was seen.
func (h *Head) Promise(budget float64, against Against) Promise {
	n := h.Others
	if against == Photographs {
		n = h.Photographs
	}
	// Shares fall as scores rise. The last point is score 1, which nothing has.
	seen := h.ROC[:max(0, len(h.ROC)-1)]
	i := sort.Search(len(seen), func(i int) bool {
		return upperLimit(int(math.Round(seen[i].wrong(against)*float64(n))), n) <= budget
	})
	if i < len(seen) {
		return Promise{Score: seen[i].Score, Measured: true, Found: seen[i].Found}
	}
	p := Promise{Measured: upperLimit(0, n) <= budget}
	if p.Score = h.above(against); !p.Measured {
		p.Score = max(p.Score, h.beyond(budget, n, against))
	}
	p.Found = h.found(p.Score)
	return p
}

func (p Point) wrong(a Against) float64 {
	if a == Photographs {
		return p.WrongPhotographs
	}
	return p.WrongHides
}

// upperLimit of the share behind k cases in n.
func upperLimit(k, n int) float64 {
	if k >= n {
		return 1
	}
	return distuv.Beta{Alpha: float64(k) + 1, Beta: float64(n - k)}.Quantile(Confidence)
}

// tail is the share of others, those that score highest, whose scores say how fast shares fall:
// the excess over a high threshold is close to exponential in the logit (Pickands, "Statistical
// inference using extreme order statistics", 1975, for tails that are neither heavy nor bounded).
const tail = 0.05

// beyond extrapolates where the share of others falls to the budget, with the upper limit of the
// tail's slope; it is 1 when there are too few to tell.
func (h *Head) beyond(budget float64, n int, against Against) float64 {
	var logits []float64 // of others, falling, one a picture
	last := 0.0
	for _, p := range slices.Backward(h.ROC) {
		wrong := p.wrong(against)
		for range int(math.Round((wrong - last) * float64(n))) {
			logits = append(logits, logit(p.Score))
		}
		last = wrong
	}
	m := int(tail * float64(n))
	if m < 5 || m >= len(logits) {
		return 1
	}
	border, excess := logits[m], 0.0
	for _, v := range logits[:m] {
		excess += (v - border) / float64(m)
	}
	// The mean of m exponential excesses is off by one part in sqrt(m), give or take.
	excess *= 1 + distuv.UnitNormal.Quantile(Confidence)/math.Sqrt(float64(m))
	return sigmoid(border + excess*math.Log(tail/budget))
}

// above is the lowest score that no other picture has.
func (h *Head) above(against Against) float64 {
	for _, p := range slices.Backward(h.ROC) {
		if p.wrong(against) > 0 {
			return math.Nextafter(p.Score, 2)
		}
	}
	return 0
}

func logit(p float64) float64 {
	p = min(1-1e-12, max(1e-12, p))
	return math.Log(p / (1 - p))
}

// found is the share of clear dreams that score as much.
func (h *Head) found(score float64) float64 {
	for _, p := range h.ROC {
		if p.Score >= score {
			return p.Found
		}
	}
	return 0
}

// Threshold is the score that keeps a budget of wrong hides on all pictures.
func (h *Head) Threshold(budget float64) float64 { return h.Promise(budget, Everything).Score }

// Band puts a score into a band for a budget: certain keeps it, likely keeps ten times as much.
func (h *Head) Band(score, budget float64) Band {
	switch {
	case score >= h.Threshold(budget):
		return Certain
	case score >= h.Threshold(10*budget):
		return Likely
	}
	return Unlikely
}

// usual is the budget of verdicts that nobody stated one for.
const usual = 0.002

// BandOf puts a score into a band for the usual budget of 1 in 500.
func (h *Head) BandOf(score float64) Band { return h.Band(score, usual) }

// Promise is what a budget of wrong hides means on a timeline: it is counted on photographs, which
// are most of what timelines hold.
func (d *Detector) Promise(budget float64) Promise { return d.head.Promise(budget, Photographs) }

// Likely is the score from which hiding keeps a budget of wrong hides among photographs.
func (d *Detector) Likely(budget float64) float64 { return d.Promise(budget).Score }

// Certain is the score from which hiding keeps a budget even among pictures chosen because they look
// like dreams. It is never below Likely.
func (d *Detector) Certain(budget float64) float64 {
	return max(d.Likely(budget), d.head.Promise(budget, Everything).Score)
}

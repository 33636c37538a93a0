package detector

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// A budget of wrong hides counts the pictures that are no dreams as timelines hold them: ordinary ones, and this share of
// hard ones, which were chosen because they look like dreams.
const hardShare = 0.05

// Usual is the budget of those who stated none: of a thousand pictures that are no dreams one.
const Usual = 1.0 / 1000

// surer is how many times smaller the budget is that a score keeps which is called certain.
const surer = 10

// Promise is the score from which a budget of wrong hides is kept.
type Promise struct {
	Score float64
	// Measured tells that enough pictures were left out of training to say so: the upper limit
	// of the share of wrong hides, at Confidence, is within the budget. Otherwise the score lies
	// beyond all of them, where the tail of their scores is expected to reach the budget.
	Measured bool
	// Found is the share of clear dreams, left out of training, that score as much; Ordinary and Hard are those of the
	// pictures that are none.
	Found, Ordinary, Hard float64
}

// Confidence is how sure a promise is to hold for pictures like those it was measured on.
const Confidence = 0.9

// Tail are the scores, as logits, of one sort of pictures that were left out of training.
type Tail struct {
	N   int       // pictures
	Top []float32 // the highest of their scores, rising: all, or what lies above budgets that can be asked for
}

// TailOf keeps the highest scores of pictures, a share of them.
func TailOf(logits []float64, share float64) Tail {
	all := make([]float32, len(logits))
	for i, v := range logits {
		all[i] = float32(v)
	}
	slices.Sort(all)
	keep := min(len(all), int(math.Ceil(share*float64(len(all)))))
	return Tail{N: len(all), Top: slices.Clone(all[len(all)-keep:])}
}

// from is how many score at least so much.
func (t Tail) from(logit float64) int {
	i := sort.Search(len(t.Top), func(i int) bool { return float64(t.Top[i]) >= logit })
	return len(t.Top) - i
}

// share is the part that scores at least so much.
func (t Tail) share(logit float64) float64 { return float64(t.from(logit)) / float64(max(1, t.N)) }

// upper is the limit that this part does not exceed, at a confidence (Clopper and Pearson, "The use of confidence or
// fiducial limits", 1934).
func (t Tail) upper(logit, confidence float64) float64 {
	k := t.from(logit)
	if k >= t.N {
		return 1
	}
	return distuv.Beta{Alpha: float64(k) + 1, Beta: float64(t.N - k)}.Quantile(confidence)
}

// wrong is the share of wrong hides from a score on, at most: ordinary and hard pictures each have their limit, and both hold
// together at Confidence.
func (h *Head) wrong(logit float64) float64 {
	each := 1 - (1-Confidence)/2
	return (1-hardShare)*h.Ordinary.upper(logit, each) + hardShare*h.Hard.upper(logit, each)
}

// Promise finds the lowest score that keeps a budget, such as 0.001.
func (h *Head) Promise(budget float64) Promise {
	seen := slices.Concat(h.Ordinary.Top, h.Hard.Top)
	slices.Sort(seen)
	seen = slices.Compact(seen)
	above := func(i int) float64 { return float64(math.Nextafter32(seen[i], float32(math.Inf(1)))) }
	i := sort.Search(len(seen), func(i int) bool { return h.wrong(above(i)) <= budget })
	p := Promise{Measured: i < len(seen)}
	at := math.Inf(1)
	switch {
	case p.Measured:
		at = above(i)
	case len(seen) > 0:
		at = max(above(len(seen)-1), h.beyond(budget))
	}
	if at >= maxLogit {
		at = math.Inf(1)
	}
	p.Score = sigmoid(at)
	p.Found, p.Ordinary, p.Hard = h.Dreams.share(at), h.Ordinary.share(at), h.Hard.share(at)
	return p
}

// other is the score of a picture that is none, as a logit, and which share it is of such pictures as timelines hold them.
type other struct{ logit, share float64 }

// others are all of them that are known, the highest first.
func (h *Head) others() (all []other) {
	for _, of := range []struct {
		Tail
		share float64
	}{{h.Ordinary, 1 - hardShare}, {h.Hard, hardShare}} {
		for _, v := range of.Top {
			all = append(all, other{float64(v), of.share / float64(of.N)})
		}
	}
	slices.SortFunc(all, func(a, b other) int { return cmp.Compare(b.logit, a.logit) })
	return all
}

// reached is the logit that a share of others reaches.
func (h *Head) reached(share float64) float64 {
	for _, o := range h.others() {
		if share -= o.share; share <= 0 {
			return o.logit
		}
	}
	return math.Inf(-1)
}

// maxLogit is from where on the score is 1. Beyond 23 two logits next to each other have the same score, and a picture that a limit
// is set above would be hidden by it.
const maxLogit = 20

// tail is the share of pictures, those that score highest, whose scores say how fast shares fall: the excess over a high
// threshold is close to exponential in the logit (Pickands, "Statistical inference using extreme order statistics", 1975, for
// tails that are neither heavy nor bounded).
const tail = 0.01

// beyond extrapolates where the share of wrong hides falls to the budget, with the upper limit of the tail's slope; it is
// infinite when there are too few to tell.
func (h *Head) beyond(budget float64) float64 {
	all := h.others()
	held, m := 0.0, 0
	for m < len(all) && held < tail {
		held += all[m].share
		m++
	}
	if m < 5 || m == len(all) {
		return math.Inf(1)
	}
	border, excess := all[m].logit, 0.0
	for _, v := range all[:m] {
		excess += v.share * (v.logit - border) / held
	}
	// The mean of m exponential excesses is off by one part in sqrt(m), give or take.
	excess *= 1 + distuv.UnitNormal.Quantile(Confidence)/math.Sqrt(float64(m))
	return border + excess*math.Log(held/budget)
}

func logit(p float64) float64 {
	p = min(1-1e-12, max(1e-12, p))
	return math.Log(p / (1 - p))
}

// Likely is the score from which hiding keeps a budget of wrong hides, and Certain the one that keeps a tenth of it.
func (h *Head) Likely(budget float64) float64 { return h.Promise(budget).Score }

// Certain is never below Likely.
func (h *Head) Certain(budget float64) float64 { return h.Promise(budget / surer).Score }

// Band puts a score into a band for a budget.
func (h *Head) Band(score, budget float64) Band {
	switch {
	case !(score >= h.Likely(budget)): // most: finding the other limit takes as long again
		return Unlikely
	case score >= h.Certain(budget):
		return Certain
	}
	return Likely
}

// Promise is what a budget of wrong hides means: it is the same for all who ask.
func (d *Detector) Promise(budget float64) Promise { return d.head.Promise(budget) }

// Likely is the score from which hiding keeps a budget of wrong hides.
func (d *Detector) Likely(budget float64) float64 { return d.head.Likely(budget) }

// Certain is the score from which hiding keeps a tenth of it.
func (d *Detector) Certain(budget float64) float64 { return d.head.Certain(budget) }

package detector

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Sample is one fingerprint with what it is known to be.
type Sample struct {
	Print  Fingerprint
	Dream  bool
	Clear  bool    // of dreams: nobody would doubt it
	Weight float64 // how much it counts
	Group  string  // pictures of one source; never split between training and testing
	Class  string  // of the corpus
	Kind   string  // what sort of its class, such as "fractal"; may be empty
	File   string
	Copy   int // 0 for the picture itself, above for a changed copy of it
}

// Photograph is the class of plain photographs.
const Photograph = "natural"

// TrainOptions of a head. The zero value of a field means the default in brackets.
type TrainOptions struct {
	Channels int     // numbers of a fingerprint that are about channels; what follows is texture [all]
	L2       float64 // penalty on the weights of channels [0.03]
	L2Tex    float64 // and of the texture [0.003]
	Centres  int     // of the texture's expert [800]
	Folds    int     // of the cross-validation that calibrates [5]
	Seed     uint64
	Log      func(format string, args ...any) // may be nil
	Progress func(what string, done, of int)  // may be nil
}

func (o TrainOptions) withDefaults() TrainOptions {
	o.L2 = cmp.Or(o.L2, 0.03)
	o.L2Tex = cmp.Or(o.L2Tex, 0.003)
	o.Centres = cmp.Or(o.Centres, 800)
	o.Folds = cmp.Or(o.Folds, 5)
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	return o
}

// plans of the experts for fingerprints of a length.
func (o TrainOptions) plans(length int) []plan {
	channels := cmp.Or(o.Channels, length)
	all := []plan{{name: "channels", to: channels, l2: o.L2, seed: o.Seed}}
	if channels < length {
		all = append(all, plan{name: "texture", from: channels, to: length, l2: o.L2Tex, centres: o.Centres, seed: o.Seed})
	}
	return all
}

// Train fits a head to samples, and calibrates it and its ROC by cross-validation grouped by
// source. The same samples and seed give the same head. It also returns the score that each
// sample got when it was left out.
func Train(model string, samples []Sample, o TrainOptions) (*Head, []float64, error) {
	o = o.withDefaults()
	if len(samples) == 0 {
		return nil, nil, errors.New("no samples to learn from")
	}
	margins, err := leftOut(samples, o)
	if err != nil {
		return nil, nil, err
	}
	h := &Head{Version: Version, Model: model, Size: len(samples[0].Print)}
	if h.Experts, err = fit(samples, o); err != nil {
		return nil, nil, err
	}
	if h.Mix, h.Offset, err = mix(samples, margins); err != nil {
		return nil, nil, fmt.Errorf("calibrate: %w", err)
	}
	scores := make([]float64, len(samples))
	for i := range samples {
		scores[i] = sigmoid(h.mixed(margins[i]))
	}
	h.roc(samples, scores)
	return h, scores, nil
}

// fit trains all experts.
func fit(samples []Sample, o TrainOptions) ([]*Expert, error) {
	var all []*Expert
	for _, p := range o.plans(len(samples[0].Print)) {
		e, err := p.fit(samples)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// leftOut gives every sample the margins of experts that never saw its group.
func leftOut(samples []Sample, o TrainOptions) ([][]float64, error) {
	fold := folds(samples, o.Folds, o.Seed)
	margins := make([][]float64, len(samples))
	for k := range o.Folds {
		var train []Sample
		for i, s := range samples {
			if fold[i] != k {
				train = append(train, s)
			}
		}
		if len(train) == 0 {
			return nil, fmt.Errorf("fold %d: all pictures are of one group", k+1)
		}
		experts, err := fit(train, o)
		if err != nil {
			return nil, fmt.Errorf("fold %d: %w", k+1, err)
		}
		parallel(len(samples), func(i int) {
			if fold[i] == k {
				margins[i] = judge(experts, samples[i].Print)
			}
		})
		o.Log("fold %d of %d done", k+1, o.Folds)
		o.Progress("fitting", k+1, o.Folds)
	}
	return margins, nil
}

func judge(experts []*Expert, f Fingerprint) []float64 {
	m := make([]float64, len(experts))
	for k, e := range experts {
		m[k] = e.margin(f)
	}
	return m
}

// folds deals groups out, largest first to the emptiest fold of their class, so that every
// fold has some of each.
func folds(samples []Sample, n int, seed uint64) []int {
	type group struct {
		name, class string
		size        int
	}
	at := map[string]int{}
	var groups []group
	for _, s := range samples {
		i, ok := at[s.Group]
		if !ok {
			i = len(groups)
			at[s.Group] = i
			groups = append(groups, group{name: s.Group, class: s.Class})
		}
		groups[i].size++
	}
	rng := rand.New(rand.NewPCG(seed, 5))
	rng.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	slices.SortStableFunc(groups, func(a, b group) int { return b.size - a.size })
	filled := map[string][]int{}
	of := map[string]int{}
	for _, g := range groups {
		if filled[g.class] == nil {
			filled[g.class] = make([]int, n)
		}
		f := filled[g.class]
		k := slices.Index(f, slices.Min(f))
		f[k] += g.size
		of[g.name] = k
	}
	fold := make([]int, len(samples))
	for i, s := range samples {
		fold[i] = of[s.Group]
	}
	return fold
}

// softplus is the logistic loss of a margin.
func softplus(m float64, dream bool) float64 {
	if dream {
		m = -m
	}
	if m > 30 {
		return m
	}
	return math.Log1p(math.Exp(m))
}

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
	Copy   int  // 0 for the picture itself, above for a changed copy of it
	Extra  bool // it is learned from, and nothing is judged by it
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

// Trained is a head with what it takes to judge it fairly.
type Trained struct {
	Head   *Head
	Folds  []*Head   // trained without the groups of one fold each
	Fold   []int     // of every sample
	Logits []float64 // the score, as a logit, that each sample got when it was left out
}

// LeftOut is the head that never saw a sample's group.
func (t Trained) LeftOut(sample int) *Head { return t.Folds[t.Fold[sample]] }

// Train fits a head to samples, and calibrates it by cross-validation grouped by source. The same samples and
// seed give the same head, which promises nothing yet: see Settle.
func Train(model string, samples []Sample, o TrainOptions) (Trained, error) {
	o = o.withDefaults()
	if len(samples) == 0 {
		return Trained{}, errors.New("no samples to learn from")
	}
	t := Trained{Fold: folds(samples, o.Folds, o.Seed), Head: &Head{Version: Version, Model: model, Size: len(samples[0].Print)}}
	margins, err := t.leaveOut(samples, o)
	if err != nil {
		return Trained{}, err
	}
	if t.Head.Experts, err = fit(samples, o); err != nil {
		return Trained{}, err
	}
	if t.Head.Mix, t.Head.Offset, err = mix(samples, margins); err != nil {
		return Trained{}, fmt.Errorf("calibrate: %w", err)
	}
	for _, h := range t.Folds {
		h.Mix, h.Offset = t.Head.Mix, t.Head.Offset
	}
	t.Logits = make([]float64, len(samples))
	for i := range samples {
		t.Logits[i] = t.Head.mixed(margins[i])
	}
	return t, nil
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

// leaveOut trains a head for every fold, and gives every sample the margins of experts that never saw its group.
func (t *Trained) leaveOut(samples []Sample, o TrainOptions) ([][]float64, error) {
	margins := make([][]float64, len(samples))
	for k := range o.Folds {
		var train []Sample
		for i, s := range samples {
			if t.Fold[i] != k {
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
			if t.Fold[i] == k {
				margins[i] = judge(experts, samples[i].Print)
			}
		})
		t.Folds = append(t.Folds, &Head{Version: t.Head.Version, Model: t.Head.Model, Size: t.Head.Size, Experts: experts})
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

package detector

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/optimize"
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
	L2    float64 // penalty on the weights [0.01]
	Folds int     // of the cross-validation that calibrates [5]
	Seed  uint64
	Log   func(format string, args ...any) // may be nil
}

func (o TrainOptions) withDefaults() TrainOptions {
	if o.L2 == 0 {
		o.L2 = 0.01
	}
	if o.Folds == 0 {
		o.Folds = 5
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	return o
}

// Train fits a head to samples, and calibrates it and its ROC by cross-validation grouped by
// source. The same samples and seed give the same head. It also returns the score that each
// sample got when it was left out.
func Train(model string, samples []Sample, o TrainOptions) (*Head, []float64, error) {
	o = o.withDefaults()
	margins, err := leftOut(samples, o)
	if err != nil {
		return nil, nil, err
	}
	h, err := fit(samples, o.L2)
	if err != nil {
		return nil, nil, err
	}
	h.Version, h.Model = Version, model
	if h.Slope, h.Offset, err = platt(samples, margins); err != nil {
		return nil, nil, fmt.Errorf("calibrate: %w", err)
	}
	scores := make([]float64, len(margins))
	for i, m := range margins {
		scores[i] = sigmoid(h.Slope*m + h.Offset)
	}
	h.roc(samples, scores)
	return h, scores, nil
}

// leftOut gives every sample the margin of a head that never saw its group.
func leftOut(samples []Sample, o TrainOptions) ([]float64, error) {
	fold := folds(samples, o.Folds, o.Seed)
	margins := make([]float64, len(samples))
	for k := range o.Folds {
		var train []Sample
		for i, s := range samples {
			if fold[i] != k {
				train = append(train, s)
			}
		}
		h, err := fit(train, o.L2)
		if err != nil {
			return nil, fmt.Errorf("fold %d: %w", k+1, err)
		}
		for i, s := range samples {
			if fold[i] == k {
				if margins[i], err = h.Margin(s.Print); err != nil {
					return nil, err
				}
			}
		}
		o.Log("fold %d of %d done", k+1, o.Folds)
	}
	return margins, nil
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

// fit minimises the weighted logistic loss plus L2/2 times the squared weights, by L-BFGS.
func fit(samples []Sample, l2 float64) (*Head, error) {
	if len(samples) == 0 {
		return nil, errors.New("no samples to learn from")
	}
	n := len(samples[0].Print)
	h := &Head{Mean: make([]float32, n), Scale: make([]float32, n), Weight: make([]float32, n), Slope: 1}
	standardise(h, samples)
	x := make([][]float32, len(samples))
	parallel(len(samples), func(i int) {
		x[i] = make([]float32, n)
		for j, v := range samples[i].Print {
			x[i][j] = standard(v, h.Mean[j], h.Scale[j])
		}
	})
	loss := &logistic{x: x, y: make([]float64, len(samples)), w: balance(samples), l2: l2, n: n}
	for i, s := range samples {
		if s.Dream {
			loss.y[i] = 1
		}
	}
	p := optimize.Problem{Func: loss.value, Grad: loss.gradient}
	res, err := optimize.Minimize(p, make([]float64, n+1), &optimize.Settings{
		MajorIterations: 120, GradientThreshold: 1e-5,
		Converger: &optimize.FunctionConverge{Relative: 1e-5, Iterations: 8},
	}, &optimize.LBFGS{Store: 12})
	if res == nil {
		return nil, fmt.Errorf("fit: %w", err)
	}
	for j := range n {
		h.Weight[j] = float32(res.X[j])
	}
	h.Bias = res.X[n]
	return h, nil
}

// standardise measures mean and deviation of every feature, by weight.
func standardise(h *Head, samples []Sample) {
	n := len(h.Mean)
	parallel(n, func(j int) {
		sum, sq := 0.0, 0.0
		for _, s := range samples {
			v := float64(s.Print[j])
			sum, sq = sum+v, sq+v*v
		}
		mean := sum / float64(len(samples))
		h.Mean[j] = float32(mean)
		h.Scale[j] = float32(math.Sqrt(max(1e-12, sq/float64(len(samples))-mean*mean)) + 1e-6)
	})
}

// balance makes dreams and others count the same in all.
func balance(samples []Sample) []float64 {
	var sum [2]float64
	side := func(s Sample) int {
		if s.Dream {
			return 1
		}
		return 0
	}
	for _, s := range samples {
		sum[side(s)] += s.Weight
	}
	w := make([]float64, len(samples))
	for i, s := range samples {
		w[i] = 0.5 * s.Weight / sum[side(s)]
	}
	return w
}

// platt fits slope and offset to left-out margins of originals.
func platt(samples []Sample, margins []float64) (slope, offset float64, err error) {
	value := func(p []float64) float64 {
		loss := 0.0
		for i, s := range samples {
			if s.Copy == 0 {
				loss += s.Weight * softplus(p[0]*margins[i]+p[1], s.Dream)
			}
		}
		return loss
	}
	res, err := optimize.Minimize(optimize.Problem{Func: value}, []float64{1, 0}, nil, &optimize.NelderMead{})
	if err != nil {
		return 0, 0, err
	}
	if res.X[0] <= 0 {
		return 0, 0, errors.New("the head is no better than chance")
	}
	return res.X[0], res.X[1], nil
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

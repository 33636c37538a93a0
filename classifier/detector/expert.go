package detector

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/optimize"
)

// Expert judges one part of fingerprints: logistic regression on its standardised numbers and, if
// it has centres, on how close they are to each of these (a radial basis network; Broomhead and
// Lowe, "Multivariable functional interpolation and adaptive networks", 1988).
type Expert struct {
	Name     string
	From, To int       // its part of the fingerprint
	Mean     []float32 // of each number in training
	Scale    []float32 // its standard deviation
	Centres  [][]float32
	Middle   []float32 // mean closeness to each centre in training
	Weight   []float32 // of the numbers, then of the centres
	Bias     float64
}

// clip bounds a standardised number: one channel gone wild does not decide.
const clip = 3

func standard(v, mean, scale float32) float32 {
	return min(clip, max(-clip, (v-mean)/scale))
}

// reach is how fast closeness falls with the mean squared difference of standardised numbers.
const reach = 1

// louder brings closeness, of which there is one number a centre and most are small, to the
// strength of the other numbers.
const louder = 4

// shortened rounds numbers to the seven bits of bfloat16's fraction, which is far below what tells pictures
// apart and halves a stored head.
func shortened(x []float32) []float32 {
	for i, v := range x {
		bits := math.Float32bits(v)
		x[i] = math.Float32frombits((bits + 0x7fff + bits>>16&1) &^ 0xffff)
	}
	return x
}

// inputs are what the weights multiply.
func (e *Expert) inputs(f Fingerprint) []float32 {
	n := e.To - e.From
	x := make([]float32, n+len(e.Centres))
	for j, v := range f[e.From:e.To] {
		x[j] = standard(v, e.Mean[j], e.Scale[j])
	}
	for k, c := range e.Centres {
		x[n+k] = louder * (closeness(x[:n], c) - e.Middle[k])
	}
	return x
}

func closeness(a, b []float32) float32 {
	sum := 0.0
	for j, v := range a {
		d := float64(v - b[j])
		sum += d * d
	}
	return float32(math.Exp(-reach * sum / float64(len(a))))
}

// surest is what the margin of an expert, however sure it is, does not exceed: on pictures unlike
// all in training one expert alone should not decide.
const surest = 10

// margin is the expert's raw judgement, in logits of nothing in particular.
func (e *Expert) margin(f Fingerprint) float64 {
	return surest * math.Tanh((dot(e.Weight, e.inputs(f))+e.Bias)/surest)
}

// valid tells whether a stored expert can be used on fingerprints of some length.
func (e *Expert) valid(length int) error {
	n := e.To - e.From
	if e.From < 0 || n <= 0 || e.To > length || len(e.Mean) != n || len(e.Scale) != n || len(e.Weight) != n+len(e.Centres) || len(e.Middle) != len(e.Centres) {
		return fmt.Errorf("expert %q judges %d to %d of %d with %d means, %d scales, %d weights, %d centres", e.Name, e.From, e.To, length, len(e.Mean), len(e.Scale), len(e.Weight), len(e.Centres))
	}
	for _, c := range e.Centres {
		if len(c) != n {
			return fmt.Errorf("expert %q has a centre of %d numbers, want %d", e.Name, len(c), n)
		}
	}
	return nil
}

// plan is how an expert is trained.
type plan struct {
	name     string
	from, to int
	l2       float64
	centres  int
	seed     uint64
}

// fit minimises the weighted logistic loss plus L2/2 times the squared weights, by L-BFGS.
func (p plan) fit(samples []Sample) (*Expert, error) {
	n := p.to - p.from
	e := &Expert{Name: p.name, From: p.from, To: p.to, Mean: make([]float32, n), Scale: make([]float32, n)}
	e.standardise(samples)
	e.choose(samples, p.centres, rand.New(rand.NewPCG(p.seed, 7)))
	x := make([][]float32, len(samples))
	parallel(len(samples), func(i int) { x[i] = e.inputs(samples[i].Print) })
	e.centre(x)
	loss := &logistic{x: x, y: make([]float64, len(samples)), w: balance(samples), l2: p.l2, n: n + len(e.Centres)}
	for i, s := range samples {
		if s.Dream {
			loss.y[i] = 1
		}
	}
	problem := optimize.Problem{Func: loss.value, Grad: loss.gradient}
	res, err := optimize.Minimize(problem, make([]float64, loss.n+1), &optimize.Settings{
		MajorIterations: 120, GradientThreshold: 1e-5,
		Converger: &optimize.FunctionConverge{Relative: 1e-5, Iterations: 8},
	}, &optimize.LBFGS{Store: 12})
	if res == nil {
		return nil, fmt.Errorf("fit %s: %w", p.name, err)
	}
	e.Weight = make([]float32, loss.n)
	for j := range e.Weight {
		e.Weight[j] = float32(res.X[j])
	}
	e.Bias = res.X[loss.n]
	return e, nil
}

// standardise measures mean and deviation of every number.
func (e *Expert) standardise(samples []Sample) {
	parallel(len(e.Mean), func(j int) {
		sum, sq := 0.0, 0.0
		for _, s := range samples {
			v := float64(s.Print[e.From+j])
			sum, sq = sum+v, sq+v*v
		}
		n := float64(len(samples))
		mean := sum / n
		e.Mean[j] = float32(mean)
		e.Scale[j] = float32(math.Sqrt(max(1e-12, sq/n-mean*mean)) + 1e-6)
	})
}

// choose takes random samples as centres, as many dreams as others.
func (e *Expert) choose(samples []Sample, n int, rng *rand.Rand) {
	for _, dream := range []bool{true, false} {
		var ids []int
		for i, s := range samples {
			if s.Dream == dream {
				ids = append(ids, i)
			}
		}
		rng.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		for _, i := range ids[:min(len(ids), n/2)] {
			bare := Expert{From: e.From, To: e.To, Mean: e.Mean, Scale: e.Scale}
			e.Centres = append(e.Centres, shortened(bare.inputs(samples[i].Print)))
		}
	}
	if n > 0 {
		e.Middle = make([]float32, len(e.Centres))
	}
}

// centre sets the mean closeness and takes it off the inputs.
func (e *Expert) centre(x [][]float32) {
	n := e.To - e.From
	for k := range e.Centres {
		sum := 0.0
		for _, row := range x {
			sum += float64(row[n+k])
		}
		mean := float32(sum / float64(len(x)))
		e.Middle[k] = mean / louder
		for _, row := range x {
			row[n+k] -= mean
		}
	}
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

// mix finds how much each expert's margin counts, and an offset, so that the logistic function of
// the sum is a probability (Platt, "Probabilistic outputs for support vector machines", 1999,
// with several inputs): on originals that were left out of training. None counts against.
func mix(samples []Sample, margins [][]float64) (weights []float64, offset float64, err error) {
	experts := len(margins[0])
	value := func(p []float64) float64 {
		loss := 0.0
		for i, s := range samples {
			if s.Copy > 0 {
				continue
			}
			m := p[experts]
			for k, v := range margins[i] {
				m += math.Exp(p[k]) * v
			}
			loss += s.Weight * softplus(m, s.Dream)
		}
		return loss
	}
	start := make([]float64, experts+1)
	for k := range experts {
		start[k] = -math.Log(float64(experts))
	}
	res, err := optimize.Minimize(optimize.Problem{Func: value}, start, nil, &optimize.NelderMead{})
	if err != nil {
		return nil, 0, err
	}
	weights = slices.Clone(res.X[:experts])
	for k := range weights {
		weights[k] = math.Exp(weights[k])
	}
	return weights, res.X[experts], nil
}

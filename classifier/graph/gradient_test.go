package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"slugpuppy/classifier/kernel"
)

// bench is a small network around one operation, so that a wrong gradient has nowhere to hide.
type bench struct {
	name   string
	layers []layer // after the picture; "y" is read
}

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func randomConv(t *testing.T, r *rand.Rand, s kernel.ConvShape, relu bool) *conv {
	t.Helper()
	c, err := kernel.NewConv(s, random(r, s.Out*s.In/s.Groups*s.KernelH*s.KernelW), random(r, s.Out))
	if err != nil {
		t.Fatal(err)
	}
	return &conv{Conv: c, relu: relu}
}

func square(in, out, k, stride, pad int) kernel.ConvShape {
	return kernel.ConvShape{In: in, Out: out, KernelH: k, KernelW: k, StrideH: stride, StrideW: stride,
		DilationH: 1, DilationW: 1, Top: pad, Left: pad, Bottom: pad, Right: pad, Groups: 1}
}

// benches has every operation alone, and those whose gradients meet in one value.
func benches(t *testing.T, r *rand.Rand) []bench {
	widen := layer{name: "wide", op: randomConv(t, r, square(3, 8, 1, 1, 0), false), in: []int{0}}
	other := layer{name: "other", op: randomConv(t, r, square(3, 8, 3, 1, 1), true), in: []int{0}}
	grouped := square(8, 4, 3, 1, 1)
	grouped.Groups = 2
	all := []bench{
		{"convolution", []layer{{"y", randomConv(t, r, square(3, 5, 3, 1, 1), false), []int{0}}}},
		{"convolution with ReLU", []layer{{"y", randomConv(t, r, square(3, 5, 3, 1, 1), true), []int{0}}}},
		{"strided convolution", []layer{{"y", randomConv(t, r, square(3, 5, 5, 2, 2), true), []int{0}}}},
		{"grouped convolution", []layer{widen, {"y", randomConv(t, r, grouped, true), []int{1}}}},
		{"ReLU", []layer{widen, {"y", relu{}, []int{1}}}},
		{"max pool 3x3/2", []layer{widen, {"y", maxPool{kernel.Window{KernelH: 3, KernelW: 3, StrideH: 2, StrideW: 2, Top: 1, Left: 1, Bottom: 1, Right: 1}}, []int{1}}}},
		{"max pool 3x3/1", []layer{widen, {"y", maxPool{kernel.Window{KernelH: 3, KernelW: 3, StrideH: 1, StrideW: 1, Top: 1, Left: 1, Bottom: 1, Right: 1}}, []int{1}}}},
		{"max pool 2x2/2 ceil", []layer{widen, {"y", maxPool{kernel.Window{KernelH: 2, KernelW: 2, StrideH: 2, StrideW: 2, Ceil: true}}, []int{1}}}},
		{"normalisation", []layer{{"y", &affine{scale: []float32{2, -1, 0.5}, shift: []float32{1, 2, 3}}, []int{0}}}},
		{"mean", []layer{widen, {"y", mean{}, []int{1}}}},
		{"fully connected", []layer{widen, {"m", mean{}, []int{1}}, {"y", &dense{weight: random(r, 8*6), bias: random(r, 6)}, []int{2}}}},
		{"flatten", []layer{widen, {"m", mean{}, []int{1}}, {"y", flat{}, []int{2}}}},
		{"sum", []layer{widen, other, {"y", sum{}, []int{1, 2}}}},
		{"sum of a value with itself", []layer{widen, {"y", sum{}, []int{1, 1}}}},
		{"concatenation", []layer{widen, other, {"y", concat{}, []int{1, 2}}}},
		{"inception", []layer{widen,
			{"a", randomConv(t, r, square(8, 4, 1, 1, 0), true), []int{1}},
			{"b", randomConv(t, r, square(8, 4, 3, 1, 1), true), []int{1}},
			{"p", maxPool{kernel.Window{KernelH: 3, KernelW: 3, StrideH: 1, StrideW: 1, Top: 1, Left: 1, Bottom: 1, Right: 1}}, []int{1}},
			{"c", randomConv(t, r, square(8, 3, 1, 1, 0), true), []int{4}},
			{"y", concat{}, []int{2, 3, 5}}}},
		{"branches that begin with one pixel", branches(t, r, widen, true)},
		{"one value in two concatenations", []layer{widen, other,
			{"a", concat{}, []int{1, 2}}, {"b", concat{}, []int{2, 1}}, {"y", concat{}, []int{3, 4}}}},
		{"residual", []layer{widen, {"a", randomConv(t, r, square(8, 8, 3, 1, 1), true), []int{1}}, {"y", sum{}, []int{1, 2}}}},
	}
	return append(all, otherBenches(t, r, widen, other)...)
}

// otherBenches has the operations that only other networks than ours use.
func otherBenches(t *testing.T, r *rand.Rand, widen, other layer) []bench {
	dilated, depthwise := square(8, 4, 3, 1, 2), square(8, 8, 3, 2, 1)
	dilated.DilationH, dilated.DilationW, depthwise.Groups = 2, 2, 8
	pool := func(k, stride, pad int, ceil bool) kernel.Window {
		return kernel.Window{KernelH: k, KernelW: k, StrideH: stride, StrideW: stride, Top: pad, Left: pad, Bottom: pad, Right: pad, Ceil: ceil}
	}
	uneven := kernel.Window{KernelH: 2, KernelW: 3, StrideH: 2, StrideW: 1, Top: 1, Left: 2, Bottom: 0, Right: 1}
	lopsided := square(8, 8, 3, 2, 1)
	lopsided.Groups, lopsided.Top, lopsided.Right, lopsided.StrideW = 8, 0, 2, 1
	on := func(op operation) []layer { return []layer{widen, {"y", op, []int{1}}} }
	two := func(op operation) []layer { return []layer{widen, other, {"y", op, []int{1, 2}}} }
	positive := layer{"positive", &affine{scale: slices.Repeat([]float32{1}, 8), shift: slices.Repeat([]float32{2}, 8)}, []int{2}}
	squeeze := layer{"squeezed", mean{}, []int{1}}
	border := kernel.Frame{Top: 2, Left: 1, Bottom: 0, Right: 3}
	edge, mirror, crop := border, border, kernel.Frame{Top: -1, Left: 1, Bottom: -2, Right: -1}
	edge.Mode, mirror.Mode = kernel.Edge, kernel.Reflect
	return []bench{
		{"dilated convolution", on(randomConv(t, r, dilated, true))},
		{"depthwise convolution", on(randomConv(t, r, depthwise, false))},
		{"leaky ReLU", on(curve{kernel.Curve{Kind: kernel.Leaky, A: 0.2}})},
		{"clamp", on(curve{kernel.Curve{Kind: kernel.Clamp, A: -0.5, B: 1}})},
		{"sigmoid", on(curve{kernel.Curve{Kind: kernel.Sigmoid}})},
		{"hard sigmoid", on(curve{kernel.Curve{Kind: kernel.HardSigmoid, A: 1. / 6, B: 0.5}})},
		{"hard swish", on(curve{kernel.Curve{Kind: kernel.HardSwish}})},
		{"swish", []layer{widen, {"s", curve{kernel.Curve{Kind: kernel.Sigmoid}}, []int{1}}, {"y", blend{kernel.Times}, []int{1, 2}}}},
		{"product", two(blend{kernel.Times})},
		{"product of a value with itself", []layer{widen, {"y", blend{kernel.Times}, []int{1, 1}}}},
		{"difference", two(blend{kernel.Minus})},
		{"quotient", []layer{widen, other, positive, {"y", blend{kernel.Over}, []int{1, 3}}}},
		{"squeeze and excite", []layer{widen, squeeze, {"gate", curve{kernel.Curve{Kind: kernel.Sigmoid}}, []int{2}}, {"y", blend{kernel.Times}, []int{3, 1}}}},
		{"planes plus a vector", []layer{widen, squeeze, {"y", blend{kernel.Plus}, []int{1, 2}}}},
		{"planes minus a vector", []layer{widen, other, {"m", mean{}, []int{2}}, {"y", blend{kernel.Minus}, []int{1, 3}}}},
		{"planes over a vector", []layer{widen, other, {"m", mean{}, []int{2}},
			{"p", &affine{scale: slices.Repeat([]float32{1}, 8), shift: slices.Repeat([]float32{2}, 8)}, []int{3}}, {"y", blend{kernel.Over}, []int{1, 4}}}},
		{"average pool 3x3/1", on(averagePool{Window: pool(3, 1, 1, false)})},
		{"average pool 3x3/1 with ReLU", on(averagePool{Window: pool(3, 1, 1, false), relu: true})},
		{"average pool 3x3/1 that counts padding", on(averagePool{Window: pool(3, 1, 1, false), pads: true})},
		{"average pool 3x3/2 ceil", on(averagePool{Window: pool(3, 2, 1, true), pads: true})},
		{"average pool 2x3 by 2x1, uneven padding", on(averagePool{Window: uneven})},
		{"average pool 2x3 by 2x1, uneven padding that counts", on(averagePool{Window: uneven, pads: true})},
		{"average pool 2x2/2", on(averagePool{Window: pool(2, 2, 0, false)})},
		{"max pool 2x3 by 2x1, uneven padding", on(maxPool{uneven})},
		{"max pool 3x3/3", on(maxPool{pool(3, 3, 0, true)})},
		{"strided depthwise convolution, uneven padding", on(randomConv(t, r, lopsided, true))},
		{"global pool of one plane", []layer{{"m", mean{}, []int{0}}, {"y", mean{}, []int{1}}}},
		{"fit to fewer", on(fit{3, 4})},
		{"fit to more", on(fit{11, 13})},
		{"local response normalisation", on(lrn{kernel.LRN{Size: 5, Alpha: 2, Beta: 0.75, Bias: 1}})},
		{"normalisation across an even number", on(lrn{kernel.LRN{Size: 4, Alpha: 1, Beta: 0.5, Bias: 2}})},
		{"channels shuffled", on(newPick([]int32{0, 4, 1, 5, 2, 6, 3, 7}, 8))},
		{"channels picked", on(newPick([]int32{5, 1, 5}, 8))},
		{"border", on(frame{border})},
		{"border of edges", on(frame{edge})},
		{"border of mirrors", on(frame{mirror})},
		{"crop", on(frame{crop})},
		{"split and joined", []layer{widen, {"a", newPick([]int32{0, 1, 2, 3}, 8), []int{1}}, {"b", newPick([]int32{4, 5, 6, 7}, 8), []int{1}},
			{"c", randomConv(t, r, square(4, 4, 3, 1, 1), true), []int{3}}, {"y", concat{}, []int{2, 4}}}},
	}
}

func (b bench) network(t *testing.T) *Network {
	t.Helper()
	n := &Network{layers: append([]layer{{name: "picture"}}, b.layers...)}
	if err := n.finish([]string{"y"}, []int{len(b.layers)}); err != nil {
		t.Fatal(err)
	}
	return n
}

// objectivesAt gives one objective of each kind for a layer of c channels.
func objectivesAt(t *testing.T, r *rand.Rand, c int) []Objective {
	g, err := NewGuide(c, 7, random(r, 7*c))
	if err != nil {
		t.Fatal(err)
	}
	return []Objective{
		Whole:    {Layer: "y", Kind: Whole, Weight: 1.5},
		Channels: {Layer: "y", Kind: Channels, Weight: 1, Channels: []ChannelWeight{{0, 1}, {c - 1, -2}}},
		Guided:   {Layer: "y", Kind: Guided, Weight: -0.5, Guide: g},
	}
}

func TestGradientOfEveryOperationMatchesFiniteDifferences(t *testing.T) {
	const w, h = 9, 7
	r := rand.New(rand.NewPCG(1, 2))
	for _, b := range benches(t, r) {
		n := b.network(t)
		for kind, o := range objectivesAt(t, r, n.named[0].Channels) {
			t.Run(b.name+"/"+[]string{"whole", "channels", "guided"}[kind], func(t *testing.T) {
				checkGradient(t, n, w, h, random(r, 3*w*h), []Objective{o})
			})
		}
	}
}

func TestGradientsOfSeveralObjectivesAdd(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	n := &Network{layers: []layer{{name: "picture"},
		{"a", randomConv(t, r, square(3, 6, 3, 1, 1), true), []int{0}},
		{"b", randomConv(t, r, square(6, 5, 3, 2, 1), true), []int{1}}}}
	if err := n.finish([]string{"a", "b"}, []int{1, 2}); err != nil {
		t.Fatal(err)
	}
	checkGradient(t, n, 10, 8, random(r, 3*80), []Objective{
		{Layer: "a", Weight: 1}, {Layer: "b", Weight: 2}, {Layer: "b", Kind: Channels, Weight: -1, Channels: []ChannelWeight{{2, 1}}}})
}

// checkGradient compares partial derivatives. A step may cross a kink of ReLU or of a
// maximum, so the nearest of a few step sizes, to either side and to both, counts.
func checkGradient(t *testing.T, n *Network, w, h int, x []float32, o []Objective) {
	t.Helper()
	p, err := n.NewPlan(w, h, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	team, err := kernel.Processor().Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer team.Leave()
	value := func(x []float32) float64 {
		if err := p.Run(t.Context(), team, x, o); err != nil {
			t.Fatal(err)
		}
		return float64(p.Value())
	}
	here := value(x)
	grad := append([]float32(nil), p.Gradient()...)
	size := 0.0
	for _, g := range grad {
		size += float64(g) * float64(g)
	}
	if size == 0 {
		t.Fatal("the gradient is zero everywhere: the test shows nothing")
	}
	off, worst, at := 0.0, 0.0, 0
	for i, g := range grad {
		best := math.Inf(1)
		for _, step := range []float32{1e-2, 2e-3, 3e-2} {
			moved := append([]float32(nil), x...)
			moved[i] = x[i] + step
			up, hi := value(moved), moved[i]
			moved[i] = x[i] - step
			down, lo := value(moved), moved[i]
			for _, slope := range []float64{(up - down) / float64(hi-lo), (up - here) / float64(hi-x[i]), (here - down) / float64(x[i]-lo)} {
				best = min(best, math.Abs(slope-float64(g)))
			}
		}
		off += best * best
		if best > worst {
			worst, at = best, i
		}
	}
	if relative := math.Sqrt(off / size); !(relative < closeEnough) {
		t.Fatalf("the gradient is off by %.2g of its length, at value %d it is %g and off by %g", relative, at, grad[at], worst)
	}
}

// closeEnough is how far a gradient may be from finite differences, of its length. Those are off by
// up to 0.0008 themselves, because values are of 32 bits; an operation that forgets a factor of 1.01
// is off by 0.01.
const closeEnough = 0.002

func TestPlanWithReusedMemoryGivesTheSameAnswerEveryTime(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, b := range benches(t, r) {
		t.Run(b.name, func(t *testing.T) {
			n := b.network(t)
			o := []Objective{{Layer: "y", Weight: 1}}
			x := random(r, 3*12*11)
			p, err := n.NewPlan(12, 11, []string{"y"}, o)
			if err != nil {
				t.Fatal(err)
			}
			team, err := kernel.Processor().Join(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer team.Leave()
			var first string
			for i := range 3 {
				if err := p.Run(t.Context(), team, x, o); err != nil {
					t.Fatal(err)
				}
				y, _, err := p.Read("y")
				if err != nil {
					t.Fatal(err)
				}
				now := fmt.Sprint(p.Value(), p.Gradient(), y)
				if i == 0 {
					first = now
				} else if now != first {
					t.Fatal("a second run of the same plan gives another answer")
				}
			}
		})
	}
}

func TestReadingALayerDoesNotChangeIt(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	b := benches(t, r)[15]
	if b.name != "inception" {
		t.Fatal("the list of benches has changed")
	}
	n := b.network(t)
	x := random(r, 3*16*16)
	team, err := kernel.Processor().Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer team.Leave()
	var answers [2][]float32
	for i, o := range [][]Objective{nil, {{Layer: "y", Weight: 1}}} {
		p, err := n.NewPlan(16, 16, []string{"y"}, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context(), team, x, o); err != nil {
			t.Fatal(err)
		}
		y, _, _ := p.Read("y")
		answers[i] = append([]float32(nil), y...)
	}
	for i := range answers[0] {
		if answers[0][i] != answers[1][i] {
			t.Fatalf("activation %d is %g alone and %g beside a gradient", i, answers[0][i], answers[1][i])
		}
	}
}

func TestReplayingComputesWhatTheTapeMachineComputes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for _, b := range benches(t, r) {
		t.Run(b.name, func(t *testing.T) {
			objectives := []Objective{{Layer: "y", Kind: Whole, Weight: 2}}
			p, err := b.network(t).NewPlan(13, 9, nil, objectives)
			if err != nil {
				t.Fatal(err)
			}
			team, err := kernel.NewPool(2).Join(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer team.Leave()
			x := random(r, 3*13*9)
			if err := p.RunTape(t.Context(), team, x, objectives); err != nil {
				t.Fatal(err)
			}
			value, grad := p.Value(), slices.Clone(p.Gradient())
			clear(p.Gradient())
			if err := p.Run(t.Context(), team, x, objectives); err != nil {
				t.Fatal(err)
			}
			if p.Value() != value || !slices.Equal(p.Gradient(), grad) {
				t.Errorf("%g on the tape machine, %g replayed, or another gradient", value, p.Value())
			}
		})
	}
}

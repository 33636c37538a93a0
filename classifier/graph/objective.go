package graph

import (
	"fmt"
	"math"

	"slugpuppy/classifier/kernel"
)

// Kind is a way to score a layer.
type Kind int

// The kinds of objectives.
const (
	Whole    Kind = iota // mean(a^2) over the layer
	Channels             // weighted sum of the channels' mean activations
	Guided               // mean over positions of the largest dot product with a guide's features
)

// Objective says what is scored at which layer, and how. A plan is compiled for the layers
// and kinds; everything else may change from run to run.
type Objective struct {
	Layer    string
	Kind     Kind
	Weight   float32
	Channels []ChannelWeight
	Guide    *Guide
}

// ChannelWeight picks a channel.
type ChannelWeight struct {
	Channel int
	Weight  float32
}

// Guide is a set of feature vectors, packed for comparison.
type Guide struct {
	c, n   int
	data   []float32 // [c][n]
	blocks []*kernel.Linear
}

// guideRows is how many features are compared at a time, which bounds the scratch memory.
const guideRows = 64

// NewGuide packs features [c][n]: n vectors of c channels.
func NewGuide(c, n int, data []float32) (*Guide, error) {
	if c < 1 || n < 1 || len(data) != c*n {
		return nil, fmt.Errorf("guide of %d values for %d features of %d channels", len(data), n, c)
	}
	g := &Guide{c: c, n: n, data: append([]float32(nil), data...)}
	for from := 0; from < n; from += guideRows {
		g.blocks = append(g.blocks, kernel.NewLinear(min(guideRows, n-from), c,
			func(row, k int) float32 { return data[k*n+from+row] }, nil))
	}
	return g, nil
}

// score computes one objective and its gradient; it belongs to a plan.
type score struct {
	kind  Kind
	shape Shape
	set   Objective // of this run
	parts []float64 // partial sums
	means []float32
	top   []float32 // Guided: best dot product by position
	arg   []int32   // Guided: which feature it was
}

func newScore(kind Kind, s Shape) *score {
	o := &score{kind: kind, shape: s, means: make([]float32, s.C)}
	if kind == Guided {
		o.top, o.arg = kernel.Floats(s.plane()), make([]int32, s.plane())
	}
	return o
}

// bytes is the memory it holds beside the plan's arena.
func (o *score) bytes() int64 {
	return 4*int64(len(o.means)+len(o.top)+len(o.arg)) + 8*int64(cap(o.parts))
}

// accept checks the parameters of a run.
func (o *score) accept(set Objective) error {
	if set.Kind != o.kind {
		return fmt.Errorf("objective of kind %d in a plan for kind %d", set.Kind, o.kind)
	}
	for _, c := range set.Channels {
		if c.Channel < 0 || c.Channel >= o.shape.C {
			return fmt.Errorf("layer %s has channels 0 to %d, not %d", set.Layer, o.shape.C-1, c.Channel)
		}
	}
	if o.kind == Guided && (set.Guide == nil || set.Guide.c != o.shape.C) {
		return fmt.Errorf("the guide does not come from layer %s", set.Layer)
	}
	o.set = set
	return nil
}

func (o *score) scratch() int {
	if o.kind != Guided {
		return 0
	}
	return guideRows * o.shape.plane()
}

// value computes the objective of activations x.
func (o *score) value(t *kernel.Team, x, scratch []float32) float32 {
	n := o.shape.plane()
	v := 0.0
	switch o.kind {
	case Whole:
		v = kernel.SumSquares(t, x, &o.parts) / float64(len(x))
	case Channels:
		for _, c := range o.set.Channels {
			var m [1]float32
			kernel.Mean(t, m[:], x[c.Channel*n:(c.Channel+1)*n], n)
			v += float64(c.Weight) * float64(m[0])
		}
	case Guided:
		v = o.match(t, x, scratch)
	}
	return o.set.Weight * float32(v)
}

// match finds the guide's feature that fits each position best.
func (o *score) match(t *kernel.Team, x, scratch []float32) float64 {
	n := o.shape.plane()
	for i := range o.top {
		o.top[i], o.arg[i] = float32(math.Inf(-1)), 0
	}
	row := 0
	for _, b := range o.set.Guide.blocks {
		dots := scratch[:b.Rows()*n]
		b.Multiply(t, dots, x, n)
		kernel.Best(t, o.top, o.arg, dots, b.Rows(), row)
		row += b.Rows()
	}
	v := 0.0
	for _, m := range o.top {
		v += float64(m)
	}
	return v / float64(n)
}

// gradient sets dx to upstream times the gradient at x, or adds it.
func (o *score) gradient(t *kernel.Team, dx, x []float32, upstream float32, add bool) {
	n := o.shape.plane()
	w := upstream * o.set.Weight
	switch o.kind {
	case Whole:
		kernel.Scale(t, dx, x, 2*w/float32(len(x)), add)
	case Channels:
		clear(o.means)
		for _, c := range o.set.Channels {
			o.means[c.Channel] += c.Weight
		}
		kernel.Fill(t, dx, o.means, w/float32(n), n, add)
	case Guided:
		g := o.set.Guide
		kernel.Pick(t, dx, g.data, o.arg, w/float32(n), g.n, add)
	}
}

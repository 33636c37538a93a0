package graph

import (
	"fmt"

	"slugpuppy/classifier/kernel"
)

// extent says along what numbers of a value are put together.
type extent struct {
	over             over
	before, n, after int // channels [before][n][after]: along n; over the picture only before is of use
}

// over is the part of a value that an extent means.
type over int

const (
	overChannels over = iota // at every position
	overPlane
	overRows
	overColumns
)

// axis returns the axis for a value of a shape, and the shape that is left of it.
func (e extent) axis(s Shape) (kernel.Axis, Shape, error) {
	switch e.over {
	case overPlane:
		return kernel.Axis{Outer: s.C, N: s.plane(), Inner: 1}, Shape{s.C, 1, 1}, nil
	case overRows:
		return kernel.Axis{Outer: s.C, N: s.H, Inner: s.W}, Shape{s.C, 1, s.W}, nil
	case overColumns:
		return kernel.Axis{Outer: s.C * s.H, N: s.W, Inner: 1}, Shape{s.C, s.H, 1}, nil
	}
	if s.C != e.before*e.n*e.after {
		return kernel.Axis{}, Shape{}, fmt.Errorf("%d channels in %d, want %d", e.n, s.C, e.before*e.n*e.after)
	}
	return kernel.Axis{Outer: e.before, N: e.n, Inner: e.after * s.plane()}, Shape{e.before * e.after, s.H, s.W}, nil
}

// reduction is a sum, a mean or the largest along an extent.
type reduction struct {
	extent
	kind kernel.Reduction
}

func (o reduction) at(in []Shape) (step, Shape, error) {
	a, out, err := o.axis(in[0])
	return &reductionStep{axis: a, kind: o.kind}, out, err
}

type reductionStep struct {
	stateless
	axis kernel.Axis
	kind kernel.Reduction
}

func (s *reductionStep) needs() (in, out bool) {
	largest := s.kind == kernel.Largest
	return largest, largest
}

func (s *reductionStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	s.axis.Reduce(t, s.kind, out, in[0])
}

func (s *reductionStep) backward(t *kernel.Team, _ int, dx, dy []float32, in [][]float32, out, _ []float32, add bool) {
	s.axis.ReduceGrad(t, s.kind, dx, dy, in[0], out, add)
}

// softmax weighs channels against each other at every position.
type softmax struct{ extent }

func (o softmax) at(in []Shape) (step, Shape, error) {
	a, _, err := o.axis(in[0])
	return &softmaxStep{axis: a}, in[0], err
}

type softmaxStep struct {
	stateless
	axis kernel.Axis
}

func (s *softmaxStep) needs() (in, out bool) { return false, true }

func (s *softmaxStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	s.axis.Softmax(t, out, in[0])
}

func (s *softmaxStep) backward(t *kernel.Team, _ int, dx, dy []float32, _ [][]float32, out, _ []float32, add bool) {
	s.axis.SoftmaxGrad(t, dx, dy, out, add)
}

// norm is normalisation by the value's own mean and variance, over channels or, in groups of
// them, over the picture.
type norm struct {
	extent
	epsilon      float32
	scale, shift []float32 // by channel
}

func (o *norm) at(in []Shape) (step, Shape, error) {
	s := in[0]
	a, _, err := o.axis(s)
	if o.over == overPlane {
		a = kernel.Axis{Outer: o.before, N: s.size() / o.before, Inner: 1}
	}
	if err == nil && (s.C != len(o.scale) || s.C%o.before != 0) {
		err = fmt.Errorf("normalisation of %d channels, has %d", len(o.scale), s.C)
	}
	return &normStep{Norm: kernel.Norm{Axis: a, Plane: s.plane(), Epsilon: o.epsilon, Scale: o.scale, Shift: o.shift}}, s, err
}

type normStep struct {
	stateless
	kernel.Norm
}

func (s *normStep) needs() (in, out bool) { return true, false }

func (s *normStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	s.Forward(t, out, in[0])
}

func (s *normStep) backward(t *kernel.Team, _ int, dx, dy []float32, in [][]float32, _, _ []float32, add bool) {
	s.Backward(t, dx, dy, in[0], add)
}

// prelu is a leaky ReLU with a slope for each channel.
type prelu struct{ slope []float32 }

func (o *prelu) at(in []Shape) (step, Shape, error) {
	if len(o.slope) != in[0].C {
		return nil, Shape{}, fmt.Errorf("slopes of %d channels, has %d", len(o.slope), in[0].C)
	}
	return &preluStep{prelu: o, plane: in[0].plane()}, in[0], nil
}

type preluStep struct {
	stateless
	*prelu
	plane int
}

func (s *preluStep) needs() (in, out bool) { return true, false }

func (s *preluStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	kernel.PReLU(t, out, in[0], s.slope, s.plane)
}

func (s *preluStep) backward(t *kernel.Team, _ int, dx, dy []float32, in [][]float32, _, _ []float32, add bool) {
	kernel.PReLUGrad(t, dx, dy, in[0], s.slope, s.plane, add)
}

package graph

import (
	"fmt"

	"slugpuppy/classifier/kernel"
)

// curve is a function of every value.
type curve struct{ kernel.Curve }

func (o curve) at(in []Shape) (step, Shape, error) { return curveStep{Curve: o.Curve}, in[0], nil }

type curveStep struct {
	stateless
	kernel.Curve
}

func (curveStep) needs() (in, out bool) { return true, true }

func (s curveStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	s.Forward(t, out, in[0])
}

func (s curveStep) backward(t *kernel.Team, _ int, dx, dy []float32, in [][]float32, out, _ []float32, add bool) {
	s.Backward(t, dx, dy, in[0], out, add)
}

// blend combines two values; one may have a single number for each channel, or a single channel
// for all.
type blend struct{ op kernel.BlendOp }

func (o blend) at(in []Shape) (step, Shape, error) {
	a, b := in[0], in[1]
	plane := a.plane() == 1 || b.plane() == 1 || a.H == b.H && a.W == b.W
	if !plane || a.C != b.C && a.C != 1 && b.C != 1 {
		return nil, Shape{}, fmt.Errorf("values of %v and %v do not go together", a, b)
	}
	out := a
	if b.plane() > a.plane() {
		out = b
	}
	out.C = max(a.C, b.C)
	k := kernel.Blend{Op: o.op, C: out.C, A: a.plane(), B: b.plane(), OneA: a.C < out.C, OneB: b.C < out.C}
	return blendStep{Blend: k}, out, nil
}

type blendStep struct {
	stateless
	kernel.Blend
}

func (blendStep) needs() (in, out bool) { return true, false }

func (s blendStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	s.Forward(t, out, in[0], in[1])
}

func (s blendStep) backward(t *kernel.Team, i int, dx, dy []float32, in [][]float32, _, _ []float32, add bool) {
	s.Backward(t, i, dx, dy, in[0], in[1], add)
}

// lrn is local response normalisation.
type lrn struct{ kernel.LRN }

func (o lrn) at(in []Shape) (step, Shape, error) {
	return &lrnStep{LRN: o.LRN, shape: in[0]}, in[0], nil
}

type lrnStep struct {
	stateless
	kernel.LRN
	shape Shape
}

func (s *lrnStep) scratch() int          { return s.shape.size() }
func (s *lrnStep) backwardScratch() int  { return 2 * s.shape.size() }
func (s *lrnStep) needs() (in, out bool) { return true, true }

func (s *lrnStep) forward(t *kernel.Team, out []float32, in [][]float32, scratch []float32) {
	s.Forward(t, out, in[0], scratch, s.shape.plane())
}

func (s *lrnStep) backward(t *kernel.Team, _ int, dx, dy []float32, in [][]float32, out, scratch []float32, add bool) {
	s.Backward(t, dx, dy, in[0], out, scratch, s.shape.plane(), add)
}

// pick puts channels in another order, and may leave some out or repeat some.
type pick struct {
	stateless
	index []int32   // which channel of the input each one of the output is
	users [][]int32 // by channel of the input: the channels of the output that are it
}

func newPick(index []int32, channels int) *pick {
	o := &pick{index: index, users: make([][]int32, channels)}
	for i, c := range index {
		o.users[c] = append(o.users[c], int32(i))
	}
	return o
}

func (o *pick) at(in []Shape) (step, Shape, error) {
	if in[0].C != len(o.users) {
		return nil, Shape{}, fmt.Errorf("order of %d channels, has %d", len(o.users), in[0].C)
	}
	return o, Shape{len(o.index), in[0].H, in[0].W}, nil
}

func (o *pick) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	kernel.Shuffle(t, out, in[0], o.index, len(out)/len(o.index))
}

func (o *pick) backward(t *kernel.Team, _ int, dx, dy []float32, _ [][]float32, _, _ []float32, add bool) {
	kernel.ShuffleGrad(t, dx, dy, o.users, len(dx)/len(o.users), add)
}

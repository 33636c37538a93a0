package graph

import (
	"fmt"

	"slugpuppy/classifier/kernel"
)

// averagePool averages windows, and clips at zero if a ReLU follows.
type averagePool struct {
	kernel.Window
	pads bool // zeros around the picture count
	relu bool
}

func (o averagePool) at(in []Shape) (step, Shape, error) {
	p, err := kernel.NewAvgPool(o.Window, in[0].H, in[0].W, o.pads)
	if err != nil {
		return nil, Shape{}, err
	}
	h, w := o.Size(in[0].H, in[0].W)
	return averageStep{AvgPool: p, relu: o.relu}, Shape{in[0].C, h, w}, nil
}

// fit averages planes to one size.
type fit struct{ h, w int }

func (o fit) at(in []Shape) (step, Shape, error) {
	p, err := kernel.NewFit(o.h, o.w, in[0].H, in[0].W)
	if err != nil {
		return nil, Shape{}, err
	}
	return averageStep{AvgPool: p}, Shape{in[0].C, o.h, o.w}, nil
}

type averageStep struct {
	stateless
	*kernel.AvgPool
	relu bool
}

func (s averageStep) needs() (in, out bool) { return false, s.relu }

func (s averageStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	s.Forward(t, out, in[0], s.relu)
}

func (s averageStep) backward(t *kernel.Team, _ int, dx, dy []float32, _ [][]float32, out, _ []float32, add bool) {
	s.Backward(t, dx, dy, out, add)
}

// frame puts a border around the picture.
type frame struct{ kernel.Frame }

func (o frame) at(in []Shape) (step, Shape, error) {
	f := o.Frame
	f.H, f.W = in[0].H, in[0].W
	h, w := f.Size()
	if h < 1 || w < 1 || (f.Mode == kernel.Reflect && max(f.Top, f.Bottom) >= f.H || f.Mode == kernel.Reflect && max(f.Left, f.Right) >= f.W) {
		return nil, Shape{}, fmt.Errorf("picture of %dx%d is too small for its border", f.W, f.H)
	}
	return frameStep{Frame: f}, Shape{in[0].C, h, w}, nil
}

type frameStep struct {
	stateless
	kernel.Frame
}

func (s frameStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	s.Forward(t, out, in[0])
}

func (s frameStep) backward(t *kernel.Team, _ int, dx, dy []float32, _ [][]float32, _, _ []float32, add bool) {
	s.Backward(t, dx, dy, add)
}

// sample takes every so many rows, and columns, of planes.
type sample [2]taking

// taking is from one element of an axis on, in steps; left are those that do not fill a step of
// their own, fewer than none where the last step ends beyond the axis.
type taking struct{ from, step, left int }

// of is how many elements are taken of n.
func (k taking) of(n int) int { return (n - k.left) / k.step }

func (o sample) at(in []Shape) (step, Shape, error) {
	y, x := o[0], o[1]
	s := sampleStep{Sample: kernel.Sample{H: in[0].H, W: in[0].W, FromY: y.from, StepY: y.step, FromX: x.from, StepX: x.step,
		Rows: y.of(in[0].H), Cols: x.of(in[0].W)}}
	if s.Rows < 1 || s.Cols < 1 {
		return nil, Shape{}, fmt.Errorf("picture of %dx%d is too small to take a part of it", in[0].W, in[0].H)
	}
	return s, Shape{in[0].C, s.Rows, s.Cols}, nil
}

type sampleStep struct {
	stateless
	kernel.Sample
}

func (s sampleStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	s.Forward(t, out, in[0])
}

func (s sampleStep) backward(t *kernel.Team, _ int, dx, dy []float32, _ [][]float32, _, _ []float32, add bool) {
	s.Backward(t, dx, dy, add)
}

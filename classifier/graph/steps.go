package graph

import (
	"fmt"

	"slugpuppy/classifier/kernel"
)

// conv is a convolution with bias, clipped at zero if a ReLU follows.
type conv struct {
	*kernel.Conv
	relu  bool
	draft *draft // while the network is imported, instead of Conv
}

func (o *conv) bytes() int64 { return o.Bytes() }

func (o *conv) size(in []Shape) (Shape, error) {
	var c kernel.ConvShape
	if o.draft != nil {
		c = o.draft.shape
	} else {
		c = o.ConvShape
	}
	if in[0].C != c.In {
		return Shape{}, fmt.Errorf("convolution of %d channels, has %d", c.In, in[0].C)
	}
	h, w := c.Size(in[0].H, in[0].W)
	if h < 1 || w < 1 {
		return Shape{}, fmt.Errorf("picture of %dx%d is smaller than the convolution's kernel", in[0].W, in[0].H)
	}
	return Shape{c.Out, h, w}, nil
}

func (o *conv) at(in []Shape) (step, Shape, error) {
	s, err := o.size(in)
	if err != nil {
		return nil, Shape{}, err
	}
	p, err := o.At(in[0].H, in[0].W)
	return &convStep{plan: p, relu: o.relu}, s, err
}

type convStep struct {
	stateless
	plan *kernel.ConvPlan
	relu bool
}

func (s *convStep) scratch() int          { return s.plan.ForwardScratch() }
func (s *convStep) backwardScratch() int  { return s.plan.BackwardScratch() }
func (s *convStep) needs() (in, out bool) { return false, s.relu }

func (s *convStep) forward(t *kernel.Team, out []float32, in [][]float32, scratch []float32) {
	s.plan.Forward(t, out, in[0], scratch, s.relu)
}

func (s *convStep) backward(t *kernel.Team, _ int, dx, dy []float32, _ [][]float32, out, scratch []float32, add bool) {
	s.plan.Backward(t, dx, dy, out, scratch, add)
}

// maxPool takes the largest value of each window.
type maxPool struct{ kernel.Window }

func (o maxPool) size(in []Shape) (Shape, error) {
	h, w := o.Size(in[0].H, in[0].W)
	if h < 1 || w < 1 {
		return Shape{}, fmt.Errorf("picture of %dx%d is smaller than the pooling window", in[0].W, in[0].H)
	}
	return Shape{in[0].C, h, w}, nil
}

func (o maxPool) at(in []Shape) (step, Shape, error) {
	p, err := kernel.NewMaxPool(o.Window, in[0].H, in[0].W)
	if err != nil {
		return nil, Shape{}, err
	}
	h, w := o.Size(in[0].H, in[0].W)
	out := Shape{in[0].C, h, w}
	return &maxPoolStep{pool: p, size: out.size()}, out, nil
}

type maxPoolStep struct {
	stateless
	pool *kernel.MaxPool
	size int
	arg  []uint8
}

func (s *maxPoolStep) state() int    { return s.size }
func (s *maxPoolStep) keep(b []byte) { s.arg = b }

func (s *maxPoolStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	s.pool.Forward(t, out, in[0], s.arg)
}

func (s *maxPoolStep) backward(t *kernel.Team, _ int, dx, dy []float32, _ [][]float32, _, _ []float32, add bool) {
	s.pool.Backward(t, dx, dy, s.arg, add)
}

// relu clips at zero.
type relu struct{ stateless }

func (o relu) at(in []Shape) (step, Shape, error) { return o, in[0], nil }
func (relu) needs() (in, out bool)                { return false, true }

func (relu) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	kernel.ReLU(t, out, in[0])
}

func (relu) backward(t *kernel.Team, _ int, dx, dy []float32, _ [][]float32, out, _ []float32, add bool) {
	kernel.ReLUGrad(t, dx, dy, out, add)
}

// affine multiplies every channel by a number and adds another: normalisation.
type affine struct{ scale, shift []float32 }

func (o *affine) at(in []Shape) (step, Shape, error) {
	if len(o.scale) != in[0].C {
		return nil, Shape{}, fmt.Errorf("constants for %d channels, has %d", len(o.scale), in[0].C)
	}
	return &affineStep{affine: o, plane: in[0].plane()}, in[0], nil
}

type affineStep struct {
	stateless
	*affine
	plane int
}

func (s *affineStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	kernel.Affine(t, out, in[0], s.scale, s.shift, s.plane, false)
}

func (s *affineStep) backward(t *kernel.Team, _ int, dx, dy []float32, _ [][]float32, _, _ []float32, add bool) {
	kernel.Affine(t, dx, dy, s.scale, nil, s.plane, add)
}

// mean averages each channel over the whole picture.
type mean struct{}

func (mean) at(in []Shape) (step, Shape, error) {
	return &meanStep{plane: in[0].plane()}, Shape{in[0].C, 1, 1}, nil
}

type meanStep struct {
	stateless
	plane int
}

func (s *meanStep) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	kernel.Mean(t, out, in[0], s.plane)
}

func (s *meanStep) backward(t *kernel.Team, _ int, dx, dy []float32, _ [][]float32, _, _ []float32, add bool) {
	kernel.Fill(t, dx, dy, 1/float32(s.plane), s.plane, add)
}

// dense is a fully connected layer over all values of its input.
type dense struct {
	stateless
	weight []float32 // [out][in]
	bias   []float32
}

func (o *dense) bytes() int64 { return 4 * int64(len(o.weight)+len(o.bias)) }

func (o *dense) at(in []Shape) (step, Shape, error) {
	if in[0].size()*len(o.bias) != len(o.weight) {
		return nil, Shape{}, fmt.Errorf("fully connected layer of %d inputs, has %d", len(o.weight)/len(o.bias), in[0].size())
	}
	return o, Shape{len(o.bias), 1, 1}, nil
}

func (o *dense) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	kernel.Dense(t, out, in[0], o.weight, o.bias)
}

func (o *dense) backward(t *kernel.Team, _ int, dx, dy []float32, _ [][]float32, _, _ []float32, add bool) {
	kernel.DenseGrad(t, dx, dy, o.weight, add)
}

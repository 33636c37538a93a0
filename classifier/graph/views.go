package graph

import (
	"fmt"

	"slugpuppy/classifier/kernel"
)

// concat puts the channels of its inputs one after the other. With one picture a time that
// is memory side by side, so inputs are computed in place where possible.
type concat struct{}

func (concat) at(in []Shape) (step, Shape, error) {
	out := Shape{0, in[0].H, in[0].W}
	s := &concatStep{}
	for _, x := range in {
		if x.H != out.H || x.W != out.W {
			return nil, Shape{}, fmt.Errorf("concatenation of %dx%d and %dx%d", out.W, out.H, x.W, x.H)
		}
		s.offsets = append(s.offsets, out.size())
		out.C += x.C
	}
	return s, out, nil
}

type concatStep struct {
	stateless
	offsets []int
}

// forward copies the inputs that are not in place already.
func (s *concatStep) forward(_ *kernel.Team, out []float32, in [][]float32, _ []float32) {
	for i, x := range in {
		if d := out[s.offsets[i]:]; len(x) > 0 && &d[0] != &x[0] {
			copy(d, x)
		}
	}
}

// backward is never called: the gradient is a view, see viewer.
func (s *concatStep) backward(*kernel.Team, int, []float32, []float32, [][]float32, []float32, []float32, bool) {
	panic("the gradient of a concatenation is a view")
}

func (s *concatStep) view(i int) int { return s.offsets[i] }

// viewer is a step whose gradient with respect to an input is part of the gradient with
// respect to its output, from the returned offset on.
type viewer interface{ view(i int) int }

// sum adds values of one shape.
type sum struct{ stateless }

func (o sum) at(in []Shape) (step, Shape, error) {
	for _, x := range in[1:] {
		if x != in[0] {
			return nil, Shape{}, fmt.Errorf("sum of %v and %v", in[0], x)
		}
	}
	return o, in[0], nil
}

func (sum) forward(t *kernel.Team, out []float32, in [][]float32, _ []float32) {
	kernel.AddAll(t, out, in...)
}

func (sum) backward(*kernel.Team, int, []float32, []float32, [][]float32, []float32, []float32, bool) {
	panic("the gradient of a sum is a view")
}

func (sum) view(int) int { return 0 }

// flat turns planes into a vector.
type flat struct{ stateless }

func (o flat) at(in []Shape) (step, Shape, error) { return o, Shape{in[0].size(), 1, 1}, nil }

func (flat) forward(_ *kernel.Team, out []float32, in [][]float32, _ []float32) { copy(out, in[0]) }

func (flat) backward(*kernel.Team, int, []float32, []float32, [][]float32, []float32, []float32, bool) {
	panic("the gradient of a reshape is a view")
}

func (flat) view(int) int { return 0 }

package graph

import "slugpuppy/classifier/kernel"

// Cost is the least that one run of an operator costs by the way its kernels take.
type Cost struct {
	Kind       string  // of arithmetic, for example "3x3 in tiles"
	Operations float64 // of the multiply-add units, two for each use of a lane
	Bytes      float64 // inputs and weights read and results written, once each
}

// costly is a step that computes enough for its arithmetic to count, beside moving values.
type costly interface {
	cost(backward bool) kernel.Cost
}

func (s *convStep) cost(backward bool) kernel.Cost {
	if backward {
		return s.plan.BackwardCost()
	}
	return s.plan.ForwardCost()
}

func (o *dense) cost(bool) kernel.Cost {
	return kernel.Cost{Kind: "dense", Operations: o.work(), Bytes: float64(o.bytes())}
}

// cost is what one run of a step costs that moves so many values in and out.
func cost(s step, backward bool, values int) Cost {
	c := Cost{Bytes: 4 * float64(values)}
	if k, ok := s.(costly); ok {
		own := k.cost(backward)
		c.Kind, c.Operations = own.Kind, own.Operations
		c.Bytes += own.Bytes
	}
	return c
}

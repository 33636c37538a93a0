package graph

import "fmt"

// worker is a step whose arithmetic counts: multiplications and additions of one forward run.
type worker interface{ work() float64 }

func (s *convStep) work() float64 { return s.plan.Work() }
func (o *dense) work() float64    { return 2 * float64(len(o.weight)) }

// Work returns the floating-point operations of the convolutions and fully connected layers
// that one run of a plan takes, a multiplication and an addition counted as two: those of the
// layers that are read or scored and all below them, and as many again for the gradient.
func (n *Network) Work(w, h int, reads []string, objectives []Objective) (float64, error) {
	targets, err := n.resolve(reads, objectives)
	if err != nil {
		return 0, err
	}
	steps, _, err := n.shapes(h, w, n.needed(targets))
	if err != nil {
		return 0, fmt.Errorf("work on %dx%d: %w", w, h, err)
	}
	scored, err := n.resolve(nil, objectives)
	if len(objectives) == 0 {
		scored, err = nil, nil
	}
	if err != nil {
		return 0, err
	}
	differentiated := n.needed(scored)
	sum := 0.0
	for i, s := range steps {
		if k, ok := s.(worker); ok {
			sum += k.work()
			if differentiated[i] {
				sum += k.work()
			}
		}
	}
	return sum, nil
}

package graph

import (
	"context"
	"time"

	G "gorgonia.org/gorgonia"

	"slugpuppy/classifier/kernel"
)

// Spent is what one operator of a plan took.
type Spent struct {
	Operator string
	Gradient bool // with respect to what the operator of that name works on
	Cost     Cost
	Time     time.Duration
}

// Profile does what Run does and reports what each operator's kernels took, in the order in
// which they ran, and the whole run: what the kernels do not account for is the overhead of
// driving them.
func (p *Plan) Profile(ctx context.Context, team *kernel.Team, image []float32, objectives []Objective) ([]Spent, time.Duration, error) {
	spent := make([]Spent, len(p.order))
	begin := time.Now()
	err := p.with(ctx, team, image, objectives, func() error {
		for i, o := range p.order {
			run := o.run
			o.run = func(t *kernel.Team, o *operator, in []G.Value) error {
				start := time.Now()
				err := run(t, o, in)
				spent[i] = Spent{Operator: o.id, Gradient: o.gradient, Cost: o.cost, Time: time.Since(start)}
				return err
			}
			err := o.step(o.args)
			o.run = run
			if err != nil {
				return err
			}
		}
		return nil
	})
	return spent, time.Since(begin), err
}

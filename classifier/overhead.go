package classifier

import (
	"context"
	"fmt"
	"time"

	"slugpuppy/classifier/kernel"
	"slugpuppy/picture"
)

// Overhead measures what running a gradient on gorgonia's tape machine takes, and what replaying
// the machine's program takes, which is what Gradient does: the shortest of as many runs each,
// taken in turns.
func (n *Network) Overhead(ctx context.Context, in *picture.Planar, targets []Target, runs int) (tape, replay time.Duration, err error) {
	objectives, err := n.objectives(targets)
	if err != nil {
		return 0, 0, err
	}
	plan, err := n.plans.take(in.W, in.H, question{objectives: objectives})
	if err != nil {
		return 0, 0, err
	}
	defer n.plans.give(plan)
	team, err := kernel.Processor().Join(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer team.Leave()
	best := func(d *time.Duration, run func() error) error {
		start := time.Now()
		if err := run(); err != nil {
			return fmt.Errorf("measure overhead: %w", err)
		}
		if took := time.Since(start); *d == 0 || took < *d {
			*d = took
		}
		return nil
	}
	for range runs {
		err := best(&tape, func() error { return plan.RunTape(ctx, team, in.Pix, objectives) })
		if err == nil {
			err = best(&replay, func() error { return plan.Run(ctx, team, in.Pix, objectives) })
		}
		if err != nil {
			return 0, 0, err
		}
	}
	return tape, replay, nil
}

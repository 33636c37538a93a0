package classifier

import (
	"context"
	"fmt"
	"time"

	"slugpuppy/classifier/graph"
	"slugpuppy/classifier/kernel"
	"slugpuppy/picture"
)

// Overhead is what driving the kernels costs: the shortest of several runs of one gradient.
type Overhead struct {
	Tape    time.Duration // on gorgonia's tape machine
	Replay  time.Duration // replaying the machine's program, which is what Gradient does
	Kernels time.Duration // the kernels of that program alone, in the shortest replay
}

// Over is the share of the kernels' time that comes on top of it.
func (o Overhead) Over(d time.Duration) float64 { return float64(d)/float64(o.Kernels) - 1 }

// Overhead measures it with as many runs of each kind, taken in turns.
func (n *Network) Overhead(ctx context.Context, in *picture.Planar, targets []Target, runs int) (Overhead, error) {
	var best Overhead
	objectives, err := n.objectives(targets)
	if err != nil {
		return best, err
	}
	err = n.lend(ctx, in, question{objectives: objectives, rough: n.rough}, func(plan compiled, team *kernel.Team) error {
		for i := range runs {
			start := time.Now()
			if err := plan.RunTape(ctx, team, in.Pix, objectives); err != nil {
				return fmt.Errorf("measure the tape machine: %w", err)
			}
			if took := time.Since(start); i == 0 || took < best.Tape {
				best.Tape = took
			}
			spent, took, err := plan.Profile(ctx, team, in.Pix, objectives)
			if err != nil {
				return fmt.Errorf("measure the kernels: %w", err)
			}
			if i == 0 || took < best.Replay {
				best.Replay, best.Kernels = took, 0
				for _, s := range spent {
					best.Kernels += s.Time
				}
			}
		}
		return nil
	})
	return best, err
}

// Profile says what each operator of a gradient takes, in the order in which they run: the shortest of
// several runs, for each operator.
func (n *Network) Profile(ctx context.Context, in *picture.Planar, targets []Target, runs int) ([]graph.Spent, error) {
	var best []graph.Spent
	objectives, err := n.objectives(targets)
	if err != nil {
		return nil, err
	}
	err = n.lend(ctx, in, question{objectives: objectives, rough: n.rough}, func(plan compiled, team *kernel.Team) error {
		for i := range runs {
			spent, _, err := plan.Profile(ctx, team, in.Pix, objectives)
			if err != nil {
				return fmt.Errorf("profile: %w", err)
			}
			if i == 0 {
				best = spent
				continue
			}
			for k, s := range spent {
				best[k].Time = min(best[k].Time, s.Time)
			}
		}
		return nil
	})
	return best, err
}

package kernel

import (
	"context"
	"time"
)

// Work returns the floating-point operations of one Forward; Backward takes as many.
func (p *ConvPlan) Work() float64 {
	return 2 * float64(p.conv.weights()) * float64(p.outH) * float64(p.outW)
}

// Peak measures how many floating-point operations a second the processor's multiply-add units
// deliver in float32 with all workers of the pool: the best of several bursts.
func (p *Pool) Peak(ctx context.Context) (float64, error) {
	t, err := p.Join(ctx)
	if err != nil {
		return 0, err
	}
	defer t.Leave()
	const rounds, bursts = 200_000, 30
	// 24 independent vectors, a multiplication and an addition each.
	perRound := float64(48 * native.lanes)
	best := 0.0
	for range bursts {
		start := time.Now()
		t.Do(t.Size(), func(int, *workspace) { native.peak(rounds) })
		best = max(best, float64(t.Size())*rounds*perRound/time.Since(start).Seconds())
	}
	return best, ctx.Err()
}

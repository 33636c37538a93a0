package kernel

import (
	"context"
	"fmt"
	"time"
)

// Cost is the least that one product costs by the way it is computed.
type Cost struct {
	Kind       string
	Operations float64 // of the multiply-add units, two for each use of a lane
	Bytes      float64 // of weights
}

// ForwardCost is that of Forward.
func (p *ConvPlan) ForwardCost() Cost {
	if p.tiles[0] != nil {
		return p.tiles[0].cost()
	}
	return p.cost(p.forward.products)
}

// BackwardCost is that of Backward.
func (p *ConvPlan) BackwardCost() Cost {
	if p.tiles[1] != nil {
		return p.tiles[1].cost()
	}
	return p.cost(p.backward.products)
}

func (p *ConvPlan) cost(products []*product) Cost {
	c := Cost{Kind: fmt.Sprintf("%dx%d", p.conv.KernelH, p.conv.KernelW)}
	if p.conv.StrideH > 1 || p.conv.StrideW > 1 {
		c.Kind += fmt.Sprintf(" by %d", p.conv.StrideH)
	}
	for _, m := range products {
		c.Operations += 2 * float64(m.m.rows) * float64(m.m.steps()) * float64(m.rows*m.cols)
		c.Bytes += float64(m.m.bytes())
	}
	return c
}

// Instructions of the multiply-add units that transform a tile there and back, see gen/tiles.go.
const (
	tileSlots   = 12 * 12
	untileSlots = 10*13 + 16*2
)

func (t *tiling) cost() Cost {
	n := 2 * float64(t.grid.rows*t.grid.cols)
	in, out := float64(t.in), float64(t.out)
	return Cost{Kind: "3x3 in tiles", Operations: n * (elements*float64(t.freq[0].steps())*out + tileSlots*in + untileSlots*out), Bytes: float64(t.bytes())}
}

// Bandwidth measures how many bytes a second all workers of the pool read and write when they copy
// within so many bytes of memory, again and again: the best of several bursts.
func (p *Pool) Bandwidth(ctx context.Context, bytes int) (float64, error) {
	t, err := p.Join(ctx)
	if err != nil {
		return 0, err
	}
	defer t.Leave()
	size := t.Size()
	part := max(1, bytes/8/size) // values that one worker copies
	from, to := Floats(part*size), Floats(part*size)
	const bursts, least = 12, 1 << 26
	rounds := max(1, least/bytes)
	best := 0.0
	for range bursts {
		start := time.Now()
		t.Do(size, func(i int, _ *workspace) {
			for range rounds {
				copy(to[i*part:(i+1)*part], from[i*part:])
			}
		})
		best = max(best, 8*float64(part*size*rounds)/time.Since(start).Seconds())
	}
	return best, ctx.Err()
}

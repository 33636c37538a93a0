package classifier

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"slugpuppy/classifier/kernel"
	"slugpuppy/picture"
)

// IdleBytes is how much memory a network keeps for its next questions while nobody asks any. The piece
// used last is kept whatever its size, until it is of no use: the next question may be the same.
const IdleBytes = 64 << 20

// memory is what plans compute in, of any size and question: pieces that nobody uses are kept for the
// next, within a limit.
type memory struct {
	mu    sync.Mutex
	limit int64
	least int         // values of a new piece: what the largest question of a job takes
	idle  [][]float32 // longest unused first
}

// take returns a piece of at least n values for the caller alone.
func (m *memory) take(n int) []float32 {
	m.mu.Lock()
	best := -1
	for i, piece := range m.idle {
		if len(piece) >= n && (best < 0 || len(piece) <= len(m.idle[best])) {
			best = i
		}
	}
	if best >= 0 {
		piece := m.idle[best]
		m.idle = slices.Delete(m.idle, best, best+1)
		m.mu.Unlock()
		return piece
	}
	if last := len(m.idle) - 1; last >= 0 { // too small; the new one will be in its place
		m.idle = slices.Delete(m.idle, last, last+1)
	}
	m.mu.Unlock()
	return kernel.Floats(max(n, m.least))
}

// give takes a piece back.
func (m *memory) give(piece []float32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.idle = append(m.idle, piece)
	held := int64(0)
	for _, p := range m.idle {
		held += 4 * int64(len(p))
	}
	for held > m.limit && len(m.idle) > 1 {
		held -= 4 * int64(len(m.idle[0]))
		m.idle = slices.Delete(m.idle, 0, 1)
	}
}

// lend lends the plan of one question, with memory, and the team that runs it.
func (n *Network) lend(ctx context.Context, in *picture.Planar, q question, use func(compiled, *kernel.Team) error) error {
	if side := min(in.W, in.H); side < n.MinSide() {
		return fmt.Errorf("picture of %dx%d: the network needs at least %d pixels a side", in.W, in.H, n.MinSide())
	}
	plan, err := n.plans.take(in.W, in.H, q)
	if err != nil {
		return err
	}
	defer n.plans.give(plan)
	piece := n.memory.take(plan.Size())
	defer n.memory.give(piece)
	plan.Lend(piece)
	defer plan.TakeBack()
	team, err := kernel.Processor().Join(ctx)
	if err != nil {
		return err
	}
	defer team.Leave()
	return use(plan, team)
}

// Apart returns the same network with memory of its own, of so many bytes once it is first needed, or as
// many as a question takes. Whoever asks one question after the other holds no more than that for all of
// them, and nothing of it is left when the result is no longer used.
func (n *Network) Apart(bytes int64) *Network {
	own := *n
	own.memory = &memory{least: int(bytes / 4)}
	return &own
}

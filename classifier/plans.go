package classifier

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"slugpuppy/classifier/graph"
)

// DefaultCache is how many bytes of idle plans a network keeps for their next use. The one used
// last is kept whatever its size: the next step of a dream needs it.
const DefaultCache = 96 << 20

// question is what a plan computes: layers to read, or objectives to differentiate.
type question struct {
	reads      []string
	objectives []graph.Objective
}

// key tells plans apart; of objectives only layer and kind matter.
func (q question) key(w, h int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%dx%d %q", w, h, q.reads)
	for _, o := range q.objectives {
		fmt.Fprintf(&b, " %q:%d", o.Layer, o.Kind)
	}
	return b.String()
}

// leased is a plan with the key to file it under.
type leased struct {
	*graph.Plan
	key  string
	work float64 // operations of one run
}

// plans keeps compiled plans that nobody uses, within a limit of memory, longest unused
// dropped first. A plan in use belongs to one caller and is not in here.
type plans struct {
	network *graph.Network
	mu      sync.Mutex
	limit   int64
	held    int64
	idle    []leased // longest unused first
}

func newPlans(n *graph.Network, limit int64) *plans { return &plans{network: n, limit: limit} }

// take returns a plan for the caller alone.
func (p *plans) take(w, h int, q question) (leased, error) {
	key := q.key(w, h)
	p.mu.Lock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if l := p.idle[i]; l.key == key {
			p.remove(i)
			p.mu.Unlock()
			return l, nil
		}
	}
	p.trim(0) // the last one is of no use to this caller, and there may be no room for both
	p.mu.Unlock()
	plan, err := p.network.NewPlan(w, h, q.reads, q.objectives)
	if err != nil {
		return leased{}, err
	}
	work, err := p.network.Work(w, h, q.reads, q.objectives)
	return leased{plan, key, work}, err
}

// give files a plan for its next use.
func (p *plans) give(l leased) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, l)
	p.held += l.Bytes()
	p.trim(1)
}

// trim drops what is over the limit, but not the last few.
func (p *plans) trim(keep int) {
	for p.held > p.limit && len(p.idle) > keep {
		p.remove(0)
	}
}

func (p *plans) remove(i int) {
	p.held -= p.idle[i].Bytes()
	p.idle = slices.Delete(p.idle, i, i+1)
}

// SetCache changes how many bytes of idle plans are kept.
func (n *Network) SetCache(bytes int64) {
	n.plans.mu.Lock()
	defer n.plans.mu.Unlock()
	n.plans.limit = bytes
	n.plans.trim(0)
}

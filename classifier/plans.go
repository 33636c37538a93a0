package classifier

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"slugpuppy/classifier/graph"
)

// question is what a plan computes: layers to read, or objectives to differentiate.
type question struct {
	reads      []string
	objectives []graph.Objective
	rough      int // which rough arithmetic; 0: exact
}

// key tells plans apart; of objectives only layer and kind matter.
func (q question) key(w, h int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%dx%d %v %q", w, h, q.rough, q.reads)
	for _, o := range q.objectives {
		fmt.Fprintf(&b, " %q:%d", o.Layer, o.Kind)
	}
	return b.String()
}

// compile makes the plan: layers are shown as they are computed.
func (q question) compile(n *graph.Network, w, h int) (*graph.Plan, error) {
	if len(q.objectives) == 0 {
		return n.NewShow(w, h, q.reads)
	}
	return n.NewPlan(w, h, q.reads, q.objectives)
}

// mostPlans is how many compiled plans are kept for their next use: each takes half a megabyte or
// so, and is compiled in a few milliseconds.
const mostPlans = 24

// compiled is a plan with the key to file it under.
type compiled struct {
	*graph.Plan
	key  string
	work float64 // operations of one run
}

// plans keeps compiled plans that nobody uses, without memory, longest unused dropped first. A plan in
// use belongs to one caller and is not in here.
type plans struct {
	network *graph.Network
	mu      sync.Mutex
	idle    []compiled // longest unused first
}

// take returns a plan for the caller alone.
func (p *plans) take(w, h int, q question) (compiled, error) {
	key := q.key(w, h)
	p.mu.Lock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if c := p.idle[i]; c.key == key {
			p.idle = slices.Delete(p.idle, i, i+1)
			p.mu.Unlock()
			return c, nil
		}
	}
	p.mu.Unlock()
	plan, err := q.compile(p.network.Rough(q.rough), w, h)
	if err != nil {
		return compiled{}, err
	}
	work, err := p.network.Work(w, h, q.reads, q.objectives)
	return compiled{plan, key, work}, err
}

// give files a plan for its next use.
func (p *plans) give(c compiled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, c)
	if len(p.idle) > mostPlans {
		p.idle = slices.Delete(p.idle, 0, 1)
	}
}

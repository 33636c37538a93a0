package app

import (
	"context"
	"time"

	"slugpuppy/bot/operator"
	"slugpuppy/bot/operator/metrics"
)

// statusTime is how long the broker may take to say how things are.
const statusTime = 3 * time.Second

// machines is how the cluster looks from here; nil without one.
func (d *daemon) machines(ctx context.Context) *operator.Cluster {
	if !d.app.cfg.Cluster.On() {
		return nil
	}
	c, err := d.app.cluster()
	if err != nil {
		return &operator.Cluster{Node: d.app.node(), Trouble: err.Error()}
	}
	within, cancel := context.WithTimeout(ctx, statusTime)
	defer cancel()
	s := c.link.Status(within)
	out := &operator.Cluster{Node: d.app.node(), Broker: s.Broker, Connected: s.Connected, Gone: s.Gone, Waiting: s.Waiting, Most: s.Most,
		Oldest: s.Oldest, Again: s.Again, Verdicts: s.Verdicts, Trouble: s.Why}
	out.Busy, out.Slots = s.Slots()
	for _, n := range s.Nodes {
		out.Nodes = append(out.Nodes, operator.Node{Name: n.Name, Kind: string(n.Kind), Version: n.Version, Cores: n.Cores, Slots: n.Slots,
			Busy: n.Busy, Done: n.Done, Again: n.Again, Looks: n.Looks, Draining: n.Draining, Since: n.Since})
	}
	if v, err := d.app.viewer(); err == nil {
		seen := v.Views()
		out.Asked, out.Known = seen.Asked, seen.Known
	}
	if d.homes != nil {
		out.Shared, out.Lease = true, d.homes.Leased()
	}
	return out
}

// measured is the same for metrics; nil without a cluster.
func (d *daemon) measured() func() metrics.Cluster {
	if !d.app.cfg.Cluster.On() {
		return nil
	}
	return func() metrics.Cluster {
		s := d.machines(context.Background())
		c := metrics.Cluster{Connected: s.Connected, Nodes: map[string]int{}, Slots: s.Slots, Busy: s.Busy, Waiting: s.Waiting,
			Again: s.Again, Verdicts: s.Verdicts, Asked: s.Asked, Known: s.Known, Shared: s.Shared}
		for _, n := range s.Nodes {
			c.Nodes[n.Kind]++
		}
		if !s.Oldest.IsZero() {
			c.Age = time.Since(s.Oldest)
		}
		if s.Shared {
			c.Lease = max(0, time.Until(s.Lease))
		}
		return c
	}
}

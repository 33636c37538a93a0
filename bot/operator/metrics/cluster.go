package metrics

import (
	"io"
	"time"

	vm "github.com/VictoriaMetrics/metrics"
)

// Cluster is how the machines are that work together with this daemon.
type Cluster struct {
	Connected      bool           // with the broker
	Nodes          map[string]int // by kind: worker, daemon
	Slots, Busy    int            // orders that workers take at the same time
	Waiting, Again int            // orders in the queue; those that went to a second worker
	Age            time.Duration  // of the oldest one
	Verdicts       int            // that are kept
	Asked, Known   int            // files this daemon asked about, and those that were known
	Shared         bool           // readers are shared with other daemons, and
	Lease          time.Duration  // for how much longer those of this one are its own
}

// cluster writes how the machines are at this scrape.
func (c Cluster) write(w io.Writer) {
	show := func(metric, kind, help string, v float64) {
		describe(w, metric, kind, help)
		vm.WriteGaugeFloat64(w, metric, v)
	}
	show("slugpuppy_cluster_connected", gauge, "1 while the broker can be reached.", truth(c.Connected))
	describe(w, "slugpuppy_cluster_nodes", gauge, "Processes of the cluster that said something lately, by what they do.")
	for _, kind := range []string{"worker", "daemon"} {
		vm.WriteGaugeFloat64(w, name("slugpuppy_cluster_nodes", "kind", kind), float64(c.Nodes[kind]))
	}
	show("slugpuppy_cluster_slots", gauge, "Orders that all workers together take at the same time.", float64(c.Slots))
	show("slugpuppy_cluster_slots_busy", gauge, "Orders that workers are at.", float64(c.Busy))
	show("slugpuppy_cluster_orders", gauge, "Orders in the queue, those being worked at included.", float64(c.Waiting))
	show("slugpuppy_cluster_order_age_seconds", gauge, "Age of the oldest order in the queue.", c.Age.Seconds())
	show("slugpuppy_cluster_redelivered_orders", gauge, "Orders that went to a worker after another one had them, as the workers there now say.",
		float64(c.Again))
	show("slugpuppy_cluster_verdicts", gauge, "Verdicts about files that the cluster keeps.", float64(c.Verdicts))
	show("slugpuppy_cluster_verdict_questions_total", counter, "Files that this daemon asked the cluster about.", float64(c.Asked))
	show("slugpuppy_cluster_verdict_hits_total", counter, "Of them those that somebody had seen before.", float64(c.Known))
	if c.Shared {
		show("slugpuppy_cluster_lease_seconds", gauge, "For how much longer this daemon may look after its readers without the broker; 0 while it rests.",
			c.Lease.Seconds())
	}
}

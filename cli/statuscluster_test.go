package cli

import (
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/operator"
)

func TestStatusSaysHowTheOtherMachinesAre(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	c := &operator.Cluster{Node: "left", Broker: "nats://a.example", Connected: true, Slots: 8, Busy: 3, Waiting: 5, Most: 1000,
		Oldest: now.Add(-12 * time.Second), Again: 1, Verdicts: 70, Asked: 40, Known: 30, Shared: true, Lease: now.Add(time.Minute),
		Nodes: []operator.Node{{Name: "anna\x1b[31m", Kind: "worker", Version: "v1", Slots: 4, Busy: 3, Done: 9, Looks: 5, Cores: 8, Draining: true}}}
	said := clusterText(c, now)
	for _, want := range []string{"as left", "nats://a.example", "3 of 8 places busy, 5 of 1000 orders wait, the oldest for 12s; 1 went",
		"70 kept; of 40 files asked about 30 were known", "ours for 1m0s", "worker anna", "3 of 4 places busy, 9 done, 5 looks, 8 cores, ends"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
	if strings.Contains(said, "\x1b") {
		t.Errorf("a worker's name turns the terminal red: %q", said)
	}
	c.Lease = now
	if said := clusterText(c, now); !strings.Contains(said, "they rest") {
		t.Errorf("no word of the lease: %s", said)
	}
	c.Connected, c.Trouble = false, "refused"
	if said := clusterText(c, now); !strings.Contains(said, "refused") || strings.Contains(said, "places") {
		t.Errorf("%s", said)
	}
	if said := clusterText(nil, now); said != "" {
		t.Errorf("without a cluster: %q", said)
	}
}

package scale_test

import (
	"os"
	"testing"
	"time"

	"slugpuppy/test/scale"
)

// measured are costs as docs/scale.md has them, with the command for each.
var measured = scale.Costs{
	Stream: time.Second, Call: 80 * time.Millisecond, Fetch: 150 * time.Millisecond, // assumed
	Verdict: 5 * time.Millisecond, Look: 136 * time.Millisecond, Write: 4 * time.Millisecond, Pass: 2 * time.Millisecond,
	Reader: 53_000, ReadRest: 15 * time.Minute / 80,
}

// usual is a large instance at its busiest hour.
var usual = scale.Load{Readers: 100_000, Nodes: 8, Cores: 4, Fetches: 64, Span: 15 * time.Minute, Warm: 5 * time.Minute, Seed: 7,
	Pictures: 150, Posts: 4, Audience: 3, Peak: 2, Dreams: 0.01, Costs: measured}

func TestAHundredThousandReadersAreKeptByEightNodes(t *testing.T) {
	l := usual
	if os.Getenv("SLUGPUPPY_LONG") == "" { // as busy a node, and fewer of them
		l.Readers, l.Nodes, l.Span, l.Warm = l.Readers/8, 1, 6*time.Minute, time.Minute
	}
	r := scale.Simulate(l)
	t.Logf("%d readers, %d nodes: %+v", l.Readers, l.Nodes, r)
	if r.P95 > 30*time.Second || r.Filed == 0 {
		t.Errorf("from a post to its being filed takes %s for 19 of 20 of %d", r.P95, r.Filed)
	}
	if r.StoreBusy > 0.9 || r.CoresBusy > 0.9 {
		t.Errorf("a node is too busy: store %.2f, cores %.2f", r.StoreBusy, r.CoresBusy)
	}
	known := r.Local + r.Shared + r.Joined
	if looks := float64(r.Looks) / float64(r.Sightings); known+looks < 0.999 || known+looks > 1.001 {
		t.Errorf("of all sightings %.3f were known and %.3f looked at", known, looks)
	}
}

// What a simulation says of a queue whose answer is known: one core, looks that arrive at random and take as long each
// time (M/D/1), wait on average u/(2(1-u)) of that time (Pollaczek and Khinchine).
func TestTheSimulationWaitsAsLongAsTheoryHasIt(t *testing.T) {
	for _, u := range []float64{0.3, 0.6, 0.8} {
		got := scale.MeanWait(u, time.Second, 200_000, 3)
		if want := u / (2 * (1 - u)); got < want*0.93 || got > want*1.07 {
			t.Errorf("at %.0f %% it waits %.3f s, theory says %.3f s", 100*u, got, want)
		}
	}
}

func TestTooLittleIsSeen(t *testing.T) {
	for what, take := range map[string]func(*scale.Load){
		"one core for two":  func(l *scale.Load) { l.Cores, l.Look = 1, 2*l.Look },
		"a slow disk":       func(l *scale.Load) { l.Write *= 2 },
		"too few downloads": func(l *scale.Load) { l.Fetches = 4 },
	} {
		l := usual
		l.Readers, l.Nodes, l.Span, l.Warm = l.Readers/8, 1, 5*time.Minute, time.Minute
		take(&l)
		if r := scale.Simulate(l); r.P95 < 10*time.Second {
			t.Errorf("%s is enough: %+v", what, r)
		}
	}
}

func BenchmarkSimulate(b *testing.B) {
	for b.Loop() {
		r := scale.Simulate(usual)
		b.ReportMetric(r.P95.Seconds(), "p95-s")
	}
}

package reliability

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/picture"
)

// traffic is something that goes on while a soak lasts.
type traffic struct {
	name string
	run  func(ctx context.Context, w *town)
}

// honestTraffic is what people ask a bot for: a word a second, a small picture now and then.
var honestTraffic = traffic{"people ask for words and pictures", func(ctx context.Context, w *town) {
	png, err := picture.EncodePNG(picture.Landscape(64, 48, 1), "")
	if err != nil {
		w.t.Error(err)
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n%10 == 0 {
			w.ask("dream octaves=1 steps=1", mastodontest.Picture{Data: png})
			continue
		}
		w.ask("help")
	}
}}

// sample is how a process is at a moment.
type sample struct {
	at                  time.Time
	routines, files, mb float64
}

// measure reads what a process tells Prometheus.
func (p *process) measure() (s sample, err error) {
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + p.town.health + "/metrics")
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	s.at = time.Now()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		switch name {
		case "go_goroutines":
			s.routines = v
		case "process_open_fds":
			s.files = v
		case "process_resident_memory_bytes":
			s.mb = v / (1 << 20)
		}
	}
	return s, nil
}

// mean of a measure over samples.
func mean(of []sample, what func(sample) float64) (sum float64) {
	for _, s := range of {
		sum += what(s)
	}
	return sum / float64(len(of))
}

// slope is the least squares line's, an hour.
func slope(of []sample, what func(sample) float64) float64 {
	begin := of[0].at
	hours := func(s sample) float64 { return s.at.Sub(begin).Hours() }
	mx, my, up, down := mean(of, hours), mean(of, what), 0.0, 0.0
	for _, s := range of {
		up += (hours(s) - mx) * (what(s) - my)
		down += (hours(s) - mx) * (hours(s) - mx)
	}
	return up / down
}

// drift is how far a measure's mean in the last quarter is from that in the quarter before the middle.
func drift(of []sample, what func(sample) float64) float64 {
	n := len(of)
	return mean(of[n*3/4:], what) - mean(of[n/4:n/2], what)
}

// soakTime is half an hour, or what SLUGPUPPY_SOAK says.
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(os.Getenv("SLUGPUPPY_SOAK"))
	if err != nil && os.Getenv("SLUGPUPPY_SOAK") != "" {
		t.Fatal(err)
	}
	if d == 0 {
		d = 30 * time.Minute
	}
	return d
}

// A daemon that works for long holds no more than one that began a while ago.
//
//	SLUGPUPPY_LONG=1 go test -timeout 1h -run TestASoak -v ./test/reliability
func TestASoakLeavesNothingBehind(t *testing.T) {
	if !long() {
		t.Skip("SLUGPUPPY_LONG is not set")
	}
	soak(t, soakTime(t), honestTraffic)
}

// soak runs a daemon under traffic and wants goroutines, descriptors and memory to stay.
func soak(t *testing.T, lasts time.Duration, all ...traffic) {
	t.Helper()
	soakWith(t, lasts, nil, nil, all...)
}

// soakWith has settings and an environment.
func soakWith(t *testing.T, lasts time.Duration, settings, env []string, all ...traffic) {
	t.Helper()
	w := newTown(t, filepath.Join(t.TempDir(), "state"), mastodontest.Options{Processing: 10 * time.Millisecond}, settings...)
	p := w.serve(env...)
	p.untilListening()
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	var group sync.WaitGroup
	for _, tr := range all {
		t.Log(tr.name)
		group.Go(func() { tr.run(ctx, w) })
	}
	var samples []sample
	for tick := time.NewTicker(max(lasts/200, time.Second)); ctx.Err() == nil; {
		select {
		case <-ctx.Done():
		case <-p.ended:
			t.Fatalf("it ended: %s", p.log())
		case <-tick.C:
			s, err := p.measure()
			if err != nil {
				t.Errorf("it does not answer: %v", err)
				continue
			}
			samples = append(samples, s)
		}
	}
	group.Wait()
	report(t, samples, len(w.asked), lasts)
	p.untilAnswered(5 * time.Minute)
	p.stop()
	w.sound()
}

func report(t *testing.T, samples []sample, asked int, lasts time.Duration) {
	t.Helper()
	if len(samples) < 20 {
		t.Fatalf("only %d samples", len(samples))
	}
	settled := samples[len(samples)/4:]
	var lines []string
	for _, m := range []struct {
		name string
		of   func(sample) float64
		most float64 // it may drift
	}{
		{"goroutines", func(s sample) float64 { return s.routines }, 5},
		{"descriptors", func(s sample) float64 { return s.files }, 5},
		{"MB of memory", func(s sample) float64 { return s.mb }, 16},
	} {
		by := drift(samples, m.of)
		if m.name == "MB of memory" && lasts < 20*time.Minute || lasts < 10*time.Minute {
			m.most = math.Inf(1) // caches and the heap still grow to their sizes, and somebody is always in the middle of it
		}
		lines = append(lines, fmt.Sprintf("%.0f %s on average, %+.1f at the end, %+.1f an hour", mean(settled, m.of), m.name, by, slope(settled, m.of)))
		if by > m.most {
			t.Errorf("%s drift by %.1f within %v", m.name, by, lasts)
		}
	}
	t.Logf("%d requests in %v: %s", asked, lasts, strings.Join(lines, "; "))
}

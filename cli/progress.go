package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"slugpuppy/dream"
)

// bar shows on one line of a terminal how far something is. A bar that cannot be drawn is no failure.
type bar struct {
	to    io.Writer
	now   func() time.Time
	begun time.Time
	drawn time.Time
}

func newBar(to io.Writer, now func() time.Time) *bar { return &bar{to: to, now: now, begun: now()} }

const (
	barCells = 24
	barPause = 100 * time.Millisecond // between two drawings
	barGuess = 2 * time.Second        // before it says how long it will take
)

// show draws what is being done, the share of it that is done, from 0 to 1, and how long the rest will take: 0 for as it went until now.
func (b *bar) show(what string, share float64, left time.Duration) {
	at := b.now()
	if at.Sub(b.drawn) < barPause {
		return
	}
	b.drawn = at
	if share == noShare {
		fmt.Fprintf(b.to, "\r%s, %s\x1b[K", what, at.Sub(b.begun).Round(time.Second))
		return
	}
	share = min(1, max(0, share))
	full := int(share * barCells)
	line := fmt.Sprintf("%s [%s%s] %3.0f %%", what, strings.Repeat("#", full), strings.Repeat(".", barCells-full),
		100*share)
	if left = rest(at.Sub(b.begun), share, left); left >= 0 {
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	fmt.Fprintf(b.to, "\r%s\x1b[K", line)
}

// rest is how long the rest will take of what took so long until now, -1 where it is too early to say.
func rest(took time.Duration, share float64, left time.Duration) time.Duration {
	switch {
	case took < barGuess || share <= 0:
		return -1
	case left > 0 && share < 1:
		return left
	}
	return time.Duration(float64(took) * (1 - share) / share)
}

// clear takes the line away.
func (b *bar) clear() { fmt.Fprint(b.to, "\r\x1b[K") }

// gauge shows how far something is.
type gauge interface {
	// show says what is being done, the share of it that is done, from 0 to 1, or noShare, and how long the rest will take: 0 for as
	// it went until now.
	show(what string, share float64, left time.Duration)
	// clear takes away what is shown: before something else is printed, and when it is over.
	clear()
}

// noShare is the share of work of which nobody can tell how much there is.
const noShare = -1

// noGauge shows nothing.
type noGauge struct{}

func (noGauge) show(string, float64, time.Duration) {}
func (noGauge) clear()                              {}

// events writes a line of JSON to standard error now and then, for programs that run this one.
type events struct {
	to           io.Writer
	now          func() time.Time
	begun, shown time.Time
}

// event is one of them.
type event struct {
	Doing string   `json:"doing"`
	Share *float64 `json:"share,omitempty"`  // that is done, 0 to 1; none where nobody can tell
	Left  float64  `json:"left_s,omitempty"` // seconds, by what such work takes here, or as it went until now
	Took  float64  `json:"took_s,omitempty"` // seconds, where nobody can tell what is left
}

func (e *events) show(what string, share float64, left time.Duration) {
	at := e.now()
	if at.Sub(e.shown) < barPause {
		return
	}
	e.shown = at
	said, took := event{Doing: what}, at.Sub(e.begun)
	if share == noShare {
		said.Took = math.Round(took.Seconds())
	} else {
		share = min(1, max(0, share))
		said.Share = &share
	}
	if left = rest(took, share, left); left >= 0 {
		said.Left = math.Round(left.Seconds())
	}
	_ = json.NewEncoder(e.to).Encode(said) // progress that cannot be written is no failure
}

func (e *events) clear() {}

// The ways of showing progress.
const (
	progressAuto = "auto" // a bar on a terminal, nothing elsewhere
	progressJSON = "json"
	progressNone = "none"
)

// gauge shows progress as --progress says. Several may report to it at a time.
func (c *console) gauge() gauge {
	switch {
	case c.progress == progressJSON:
		return &shared{c.screen, &events{to: c.err, now: c.now, begun: c.now()}}
	case c.progress == progressAuto && onTerminal(c.terminal):
		return &shared{c.screen, newBar(c.terminal, c.now)}
	}
	return noGauge{}
}

// shared is a gauge for several at a time, none of whom draws into what another prints.
type shared struct {
	screen *sync.Mutex
	gauge
}

func (s *shared) show(what string, share float64, left time.Duration) {
	s.screen.Lock()
	defer s.screen.Unlock()
	s.gauge.show(what, share, left)
}

func (s *shared) clear() {
	s.screen.Lock()
	defer s.screen.Unlock()
	s.gauge.clear()
}

// watching shows how far something is that does not tell by itself: it is looked at now and then until done is called.
func (c *console) watching(what string, share func() float64) (done func()) {
	g := c.gauge()
	if _, nobody := g.(noGauge); nobody {
		return func() {}
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		look := time.NewTicker(lookPause)
		defer look.Stop()
		for {
			select {
			case <-stop:
				return
			case <-look.C:
				g.show(what, share(), 0)
			}
		}
	}()
	return sync.OnceFunc(func() { close(stop); <-ended; g.clear() })
}

// lookPause is the time between two looks of watching.
const lookPause = 500 * time.Millisecond

// working shows that something goes on of which nobody can tell how far it is.
func (c *console) working(what string) (done func()) {
	return c.watching(what, func() float64 { return noShare })
}

// count shows how many of several things are done.
type count struct {
	gauge
	what string
	n    int
	mu   sync.Mutex
	part []float64 // of each, the share that is done
}

// counting is a count of n things.
func (c *console) counting(what string, n int) *count {
	return &count{gauge: c.gauge(), what: what, n: n, part: make([]float64, n)}
}

// at says which share of the thing i is done, from 0 to 1.
func (k *count) at(i int, share float64) {
	k.mu.Lock()
	k.part[i] = share
	done, sum := 0, 0.0
	for _, p := range k.part {
		sum += p
		if p >= 1 {
			done++
		}
	}
	k.mu.Unlock()
	k.show(fmt.Sprintf("%s, %d of %d done", k.what, done, k.n), sum/float64(max(1, k.n)), 0)
}

// reporting returns a callback that shows how far a dream is, and a function to call when the work is over.
func (c *console) reporting(what string) (report func(dream.Progress), done func()) {
	g := c.gauge()
	report = func(p dream.Progress) {
		doing := what
		if p.Octaves > 0 {
			doing = fmt.Sprintf("%s, octave %d of %d", what, p.Octave, p.Octaves)
		}
		g.show(doing, p.Fraction, p.Left)
	}
	return report, g.clear
}

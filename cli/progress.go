package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
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

// show draws what is being done and the share of it that is done, from 0 to 1.
func (b *bar) show(what string, share float64) {
	at := b.now()
	if at.Sub(b.drawn) < barPause {
		return
	}
	b.drawn = at
	share = min(1, max(0, share))
	full := int(share * barCells)
	line := fmt.Sprintf("%s [%s%s] %3.0f %%", what, strings.Repeat("#", full), strings.Repeat(".", barCells-full),
		100*share)
	if took := at.Sub(b.begun); took >= barGuess && share > 0 {
		left := time.Duration(float64(took) * (1 - share) / share)
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	fmt.Fprintf(b.to, "\r%s\x1b[K", line)
}

// clear takes the line away.
func (b *bar) clear() { fmt.Fprint(b.to, "\r\x1b[K") }

// gauge shows how far something is.
type gauge interface {
	// show says what is being done and the share of it that is done, from 0 to 1.
	show(what string, share float64)
	// clear is called when it is over.
	clear()
}

// noGauge shows nothing.
type noGauge struct{}

func (noGauge) show(string, float64) {}
func (noGauge) clear()               {}

// events writes a line of JSON to standard error now and then, for programs that run this one.
type events struct {
	to           io.Writer
	now          func() time.Time
	begun, shown time.Time
}

// event is one of them.
type event struct {
	Doing string  `json:"doing"`
	Share float64 `json:"share"`            // that is done, 0 to 1
	Left  float64 `json:"left_s,omitempty"` // seconds, as it went until now
}

func (e *events) show(what string, share float64) {
	at := e.now()
	if at.Sub(e.shown) < barPause {
		return
	}
	e.shown = at
	said := event{Doing: what, Share: min(1, max(0, share))}
	if took := at.Sub(e.begun); took >= barGuess && share > 0 {
		said.Left = math.Round((took.Seconds() * (1 - said.Share) / said.Share))
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

// gauge shows progress as --progress says.
func (c *console) gauge() gauge {
	switch {
	case c.progress == progressJSON:
		return &events{to: c.err, now: c.now, begun: c.now()}
	case c.progress == progressAuto && onTerminal(c.terminal):
		return newBar(c.terminal, c.now)
	}
	return noGauge{}
}

// reporting returns a callback that shows how far a dream is, and a function to call when the work is over.
func (c *console) reporting(what string) (report func(dream.Progress), done func()) {
	g := c.gauge()
	report = func(p dream.Progress) {
		doing := what
		if p.Octaves > 0 {
			doing = fmt.Sprintf("%s, octave %d of %d", what, p.Octave, p.Octaves)
		}
		g.show(doing, p.Fraction)
	}
	return report, g.clear
}

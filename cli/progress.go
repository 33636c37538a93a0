package cli

import (
	"fmt"
	"io"
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

// progress returns a callback that draws a bar on a terminal and is silent elsewhere, and a
// function to call when the work is over.
func progress(w io.Writer, what string) (report func(dream.Progress), done func()) {
	if !onTerminal(w) {
		return func(dream.Progress) {}, func() {}
	}
	b := newBar(w, time.Now)
	report = func(p dream.Progress) {
		doing := what
		if p.Octaves > 0 {
			doing = fmt.Sprintf("%s, octave %d of %d", what, p.Octave, p.Octaves)
		}
		b.show(doing, p.Fraction)
	}
	return report, b.clear
}

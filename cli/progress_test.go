package cli

import (
	"bytes"
	"slugpuppy/dream"
	"strings"
	"testing"
	"time"
)

func TestABarSaysHowFarAndHowLong(t *testing.T) {
	var out strings.Builder
	at := time.Unix(0, 0)
	b := newBar(&out, func() time.Time { return at })
	step := func(d time.Duration, share float64) string {
		out.Reset()
		at = at.Add(d)
		b.show("dreaming", share)
		return out.String()
	}
	for _, s := range []struct {
		after time.Duration
		share float64
		want  string
	}{
		{0, 0, "\rdreaming [........................]   0 %\x1b[K"},
		{time.Second, 0.25, "\rdreaming [######..................]  25 %\x1b[K"},
		{time.Millisecond, 0.26, ""}, // too soon
		{3 * time.Second, 0.5, "\rdreaming [############............]  50 %, 4s left\x1b[K"},
		{time.Second, 1.5, "\rdreaming [########################] 100 %, 0s left\x1b[K"},
	} {
		if got := step(s.after, s.share); got != s.want {
			t.Errorf("at %v: %q, want %q", s.share, got, s.want)
		}
	}
	out.Reset()
	if b.clear(); out.String() != "\r\x1b[K" {
		t.Errorf("left behind: %q", out.String())
	}
}

func TestProgressForPrograms(t *testing.T) {
	var out bytes.Buffer
	at := time.Unix(0, 0)
	c := newConsole(nil, nil, &out, nil)
	c.progress, c.now = progressJSON, func() time.Time { return at }
	report, done := c.reporting("dreaming")
	report(dream.Progress{Octave: 1, Octaves: 4, Fraction: 0.1})
	report(dream.Progress{Octave: 1, Octaves: 4, Fraction: 0.11}) // too soon
	at = at.Add(10 * time.Second)
	report(dream.Progress{Octave: 2, Octaves: 4, Fraction: 0.5})
	done()
	want := `{"doing":"dreaming, octave 1 of 4","share":0.1}
{"doing":"dreaming, octave 2 of 4","share":0.5,"left_s":10}
`
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
	out.Reset()
	c.progress = progressNone
	report, done = c.reporting("dreaming")
	report(dream.Progress{Fraction: 0.1})
	done()
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}

package cli

import (
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

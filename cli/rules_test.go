package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

// The log goes on where it was whatever the clock says, and leaves the database to others between two looks.
func TestTheLogIsFollowedWithoutADaemon(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ok(t, "deny", "before.example")
	said := new(paper)
	c := h.app(new(bytes.Buffer), new(bytes.Buffer))
	c.out, c.now = said, func() time.Time { return time.Now().Add(time.Hour) }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int)
	go func() { ended <- c.run(ctx, []string{"--config", h.file, "log", "-f"}) }()
	for i := 0; !strings.Contains(said.String(), "Denied domain"); i++ {
		h.ok(t, "deny", strings.Repeat("a", i+1)+".example")
		time.Sleep(time.Second) // between two looks
	}
	cancel()
	<-ended
	if strings.Contains(said.String(), "before.example") {
		t.Errorf("what was changed before is followed: %s", said)
	}
	if code, out := h.run("log", "-f", "--limit", "3"); code != exitUsage {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestARuleRunsOutAfterASpanOrOnADay(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.Local)
	for text, want := range map[string]time.Time{
		"":           {},
		"7d":         now.Add(7 * 24 * time.Hour),
		"12h":        now.Add(12 * time.Hour),
		"2027-01-31": time.Date(2027, 1, 31, 0, 0, 0, 0, time.Local),
	} {
		if got, err := runsOut(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"soon", "0d", "-3h", "d", "2027-13-01"} {
		if got, err := runsOut(text, now); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

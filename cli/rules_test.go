package cli

import (
	"testing"
	"time"
)

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

package app

import (
	"testing"
	"time"

	"slugpuppy/config"
	"slugpuppy/store"
)

func TestMonthsAndFirstWeeksGoByTheClockThatIsPassedIn(t *testing.T) {
	east := time.FixedZone("east", 3*60*60)
	at := time.Date(2026, 12, 1, 1, 30, 0, 0, east) // still November by UTC
	a := New(config.Default(), Options{Now: func() time.Time { return at }})
	if got := a.month(); got != "2026-11" {
		t.Errorf("the month of the caps is %s", got)
	}
	var soon, now store.Subscriber
	a.begin(&soon, false)
	a.begin(&now, true)
	if want := at.Add(7 * 24 * time.Hour); soon.Mode != store.FilterOn || !soon.ShadowUntil.Equal(want) {
		t.Errorf("%s, nothing is hidden before %s, want %s", soon.Mode, soon.ShadowUntil, want)
	}
	if now.Mode != store.FilterOn || !now.ShadowUntil.IsZero() {
		t.Errorf("%s, nothing is hidden before %s, want at once", now.Mode, now.ShadowUntil)
	}
}

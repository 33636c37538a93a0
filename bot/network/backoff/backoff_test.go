package backoff_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/backoff"
)

// most draws the largest value, least the smallest.
func most(n time.Duration) time.Duration { return n - 1 }
func least(time.Duration) time.Duration  { return 0 }

func TestTheLongestWaitDoublesUpToACap(t *testing.T) {
	law := backoff.Law{First: time.Second, Longest: time.Minute, Rand: most}
	err := errors.New("away")
	for failures, want := range map[int]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 63: time.Minute, 64: time.Minute, 1000: time.Minute,
	} {
		if got := law.Wait(failures, err); got != want {
			t.Errorf("after %d failures at most %v, want %v", failures, got, want)
		}
	}
	law.Rand = least
	if got := law.Wait(5, err); got <= 0 || got > time.Millisecond {
		t.Errorf("the shortest wait is %v", got)
	}
}

func TestWhoReturnsIsSpreadOverTheWholeWait(t *testing.T) {
	law := backoff.Law{First: time.Second, Longest: time.Minute}
	var parts [4]int
	for range 400 {
		parts[min(3, law.Wait(3, errors.New("away"))/time.Second)]++
	}
	for i, n := range parts {
		if n < 50 {
			t.Errorf("%d of 400 return in second %d", n, i)
		}
	}
}

func TestAServersOwnTimeCounts(t *testing.T) {
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	law := backoff.Law{First: time.Second, Longest: time.Minute, Rand: most, Now: func() time.Time { return now }}
	limited := func(at time.Time) error {
		return &network.Error{Op: "read", Kind: network.RateLimited, RetryAt: at, Err: errors.New("too much")}
	}
	if got := law.Wait(1, limited(now.Add(time.Hour))); got != time.Hour+time.Second-1 {
		t.Errorf("an hour from now: %v", got)
	}
	if got := law.Wait(9, limited(now.Add(-time.Hour))); got != time.Second-1 {
		t.Errorf("over already: %v", got)
	}
	refused := &network.Error{Op: "read", Kind: network.Unauthorized, Err: errors.New("no")}
	if got := law.Wait(1, refused); got != time.Minute {
		t.Errorf("a refused token: %v", got)
	}
}

func TestAnIntervalIsSpread(t *testing.T) {
	for _, rand := range []func(time.Duration) time.Duration{least, most, nil} {
		if got := (backoff.Law{Rand: rand}).Around(10 * time.Second); got < 8*time.Second || got > 12*time.Second {
			t.Errorf("%v", got)
		}
	}
}

func TestASleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if backoff.Sleep(ctx, time.Minute) || time.Since(start) != time.Second {
			t.Errorf("slept %v", time.Since(start))
		}
		if !backoff.Sleep(t.Context(), time.Minute) || time.Since(start) != time.Minute+time.Second {
			t.Errorf("slept %v", time.Since(start))
		}
	})
}

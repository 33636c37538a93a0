// Package backoff says how long to leave a server alone that did not answer well, and waits. There is
// one law for all who ask servers: the bot, the timelines and the streams.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"

	"slugpuppy/bot/network"
)

// Law is exponential backoff with full jitter: the n-th wait is uniform in (0, First*2^n], so that many
// who ask do not come back in the same second (Brooker, "Exponential Backoff And Jitter", 2015).
type Law struct {
	First   time.Duration // the longest wait after one failure; must be positive
	Longest time.Duration // and after many
	// Now is the clock, time.Now when nil.
	Now func() time.Time
	// Rand draws from [0, n), uniformly; the runtime's source when nil.
	Rand func(n time.Duration) time.Duration
}

// Wait is how long to wait after so many failures in a row, one or more, of which err is the last: the
// Longest for a token that is refused, until the server's own time where it named one.
func (l Law) Wait(failures int, err error) time.Duration {
	if network.Is(err, network.Unauthorized) {
		return l.Longest
	}
	if at, ok := network.RetryAt(err); ok {
		return max(at.Sub(l.now()), 0) + l.draw(l.First)
	}
	limit := l.Longest
	if doublings := max(failures, 1) - 1; doublings < 62 && l.First <= l.Longest>>doublings {
		limit = l.First << doublings
	}
	return 1 + l.draw(limit)
}

func (l Law) now() time.Time {
	if l.Now != nil {
		return l.Now()
	}
	return time.Now()
}

func (l Law) draw(n time.Duration) time.Duration {
	if l.Rand != nil {
		return l.Rand(n)
	}
	return rand.N(n)
}

// Around spreads a regular interval over +-20 %.
func (l Law) Around(d time.Duration) time.Duration {
	return d - d/5 + l.draw(2*d/5+1)
}

// Sleep waits, and says whether the whole wait passed before ctx ended.
func Sleep(ctx context.Context, d time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

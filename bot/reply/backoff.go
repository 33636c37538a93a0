package reply

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"slugpuppy/bot/network"
)

// The waits between attempts at a server that does not answer well.
const (
	backoffBase = time.Second
	backoffCap  = 15 * time.Minute
)

// backoff is exponential with full jitter: the n-th wait is uniform in (0, base*2^n], so that
// many bots do not return to a server in the same second (Brooker, "Exponential Backoff And
// Jitter", 2015). The zero value is ready.
type backoff struct{ failures int }

// next is the wait after one more failure.
func (b *backoff) next() time.Duration {
	limit := backoffCap
	if b.failures < 20 {
		limit = min(backoffCap, backoffBase<<b.failures)
	}
	b.failures++
	return 1 + rand.N(limit)
}

// reset starts again after a success.
func (b *backoff) reset() { b.failures = 0 }

// after is the wait that suits an error: until the server's own time when it named one.
func (b *backoff) after(err error) time.Duration {
	wait := b.next()
	if api := apiError(err); api != nil && api.Kind == network.RateLimited && !api.RetryAt.IsZero() {
		return max(time.Until(api.RetryAt), 0) + rand.N(backoffBase)
	}
	return wait
}

// around spreads a regular interval over +-20 %.
func around(d time.Duration) time.Duration {
	return d - d/5 + rand.N(2*d/5+1)
}

// sleep waits, and says whether the whole wait passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
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

// apiError finds the platform's error in err, nil when there is none.
func apiError(err error) *network.APIError {
	var api *network.APIError
	if errors.As(err, &api) {
		return api
	}
	return nil
}

// kindOf says what may be done about a failed call; an error of another type is transient.
func kindOf(err error) network.ErrorKind {
	if api := apiError(err); api != nil {
		return api.Kind
	}
	return network.Transient
}

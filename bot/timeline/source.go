package timeline

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
)

// desks are what all subscribers share of the machine: turns to download pictures, and turns to look at
// them. Whoever looks still has their turn to download, so that no more than that many files are held.
type desks struct {
	fetches, looks *turns
	limit          time.Duration // of one download, and of one look
	slow           *slowness
}

// newDesks shares so many looks and downloads at a time.
func newDesks(looks, fetches int, limit time.Duration) *desks {
	fetches = max(fetches, 3*looks) // downloads wait, looks compute
	return &desks{fetches: newTurns(fetches, max(2, fetches/2)), looks: newTurns(looks, looks), limit: limit, slow: newSlowness()}
}

// source is one subscriber's share of the desks.
type source struct {
	*desks
	of     identity.Identity
	reader network.Fetcher
}

var errSlow error = &network.Error{Op: "fetch a picture", Kind: network.Transient,
	Err: errors.New("its server was too slow several times")}

// Turn implements Source. A host that was too slow for the subscriber several times is left alone for a
// while.
func (s source) Turn(ctx context.Context, address string) (done func(), err error) {
	host := hostOf(address)
	if s.slow.resting(s.of, host) {
		return nil, &unseen{err: errSlow}
	}
	done, err = s.fetches.take(ctx, s.of, host)
	if err == nil && s.slow.resting(s.of, host) { // the turns before this one found out
		done()
		return nil, &unseen{err: errSlow}
	}
	return done, err
}

// Fetch downloads within a time.
func (s source) Fetch(ctx context.Context, m network.Media, limit int64) ([]byte, error) {
	within, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	data, err := s.reader.Fetch(within, m, limit)
	s.slow.note(s.of, hostOf(m.URL), within.Err() != nil && ctx.Err() == nil)
	return data, err
}

// Work implements Source.
func (s source) Work(ctx context.Context, do func(context.Context) error) error {
	give, err := s.looks.take(ctx, s.of, "")
	if err != nil {
		return err
	}
	defer give()
	within, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	return do(within)
}

// hostOf is the host of an address, as far as it can be told.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

package timeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// late is a post whose pictures could not be had when it came.
type late struct {
	Tries   int       `json:"tries"` // givenUp: there are no more
	At      time.Time `json:"at"`    // of the next one, or when the post is forgotten
	Booster string    `json:"booster,omitempty"`
}

// latePart is where posts for later are noted.
const latePart = "later"

// again is how long after each try the next one is. Then a post is left alone.
var again = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 3 * time.Hour}

const (
	mostLate   = 1000 // posts for later of one subscriber; further ones are left alone
	mostAtOnce = 20   // of them looked at in one pass
)

// A post that is given up is remembered for as long as it may be among the latest: else it would be met
// there as a new one.
const (
	givenUp     = -1
	rememberFor = 7 * 24 * time.Hour
)

// postpone notes a post for later: it does not hold up those after it.
func (w *watcher) postpone(s *seen, l late) error {
	notes := w.own.Notes(latePart)
	if l.Tries == 0 {
		l.Booster = s.booster
		if all, err := notes.All(); err != nil || len(all) >= mostLate {
			w.Observer.Unreadable()
			return err
		}
	}
	if l.Tries >= len(again) {
		w.Log.Info("a picture cannot be had; its post is left alone", "account", w.own.Identity(), "post", s.post.ID, "error", s.missed)
		w.Observer.Unreadable()
		l.Tries, l.At = givenUp, time.Now().Add(rememberFor)
	} else {
		l.At = time.Now().Add(again[l.Tries])
		l.Tries++
	}
	return w.put(s.post.ID, l)
}

// put notes a post for later.
func (w *watcher) put(post string, l late) error {
	record, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("note a post for later: %w", err)
	}
	return w.own.Notes(latePart).Put(post, record)
}

// catchUp looks at the posts for later whose time has come.
func (w *watcher) catchUp(ctx context.Context, sub store.Subscriber) error {
	if sub.Acting(time.Now()) == store.FilterOff {
		return nil
	}
	if err := w.hear(); err != nil {
		return err
	}
	all, err := w.own.Notes(latePart).All()
	if err != nil {
		return err
	}
	done := 0
	for _, post := range slices.Sorted(maps.Keys(all)) {
		var l late
		if err := json.Unmarshal(all[post], &l); err != nil {
			return fmt.Errorf("read a post for later: %w", err)
		}
		if time.Now().Before(l.At) {
			continue
		}
		if l.Tries == givenUp {
			if err := w.own.Notes(latePart).Drop(post); err != nil {
				return err
			}
			continue
		}
		if done++; done > mostAtOnce {
			return nil
		}
		if err := w.retry(ctx, sub, post, l); err != nil {
			return err
		}
	}
	return nil
}

// retry looks at one post for later.
func (w *watcher) retry(ctx context.Context, sub store.Subscriber, post string, l late) error {
	p, err := w.reader.Post(ctx, post)
	if network.Is(err, network.NotFound, network.Forbidden, network.Rejected) {
		return w.own.Notes(latePart).Drop(post)
	}
	if err != nil {
		return err
	}
	s := original(p)
	s.booster = cmp.Or(l.Booster, s.booster)
	v, err := w.view(sub)
	if err != nil {
		return err
	}
	if err := w.see(ctx, s); err != nil {
		return err
	}
	if s.before, err = w.known(s); err != nil {
		return err
	}
	row, ok := w.verdict(v, s)
	if ok && row.Kind == "" && s.missed != nil {
		return w.postpone(s, l)
	}
	if ok && s.before != nil {
		if err := w.revise(s, row); err != nil {
			return err
		}
	} else if ok && (row.Kind != "" || len(s.sights) > 0) {
		cursor, _, err := w.own.Timeline().Cursor()
		if err != nil {
			return err
		}
		w.count(row, *s)
		if err := w.write(cursor, []store.Judged{row}); err != nil {
			return err
		}
	}
	return w.own.Notes(latePart).Drop(post)
}

// known is what was decided about a post, nil for nothing.
func (w *watcher) known(s *seen) (*store.Judged, error) {
	before, err := w.own.Timeline().Judged(s.post.ID)
	if errors.Is(err, store.ErrNoPost) {
		return nil, nil
	}
	return &before, err
}

package store

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// The media budget of an account, as Mastodon counts it.
const (
	UploadBudget = 30
	UploadWindow = 30 * time.Minute
)

// LongestWindow is how long uses of a limit are surely remembered.
const LongestWindow = 48 * time.Hour

// Limits are what was used, on a bot's behalf, of what may be used only so often.
type Limits Account

// Limit is so many uses of something in a sliding window.
type Limit struct {
	Name   string        // what is used, such as a person's account id
	Max    int           // below zero: no limit
	Window time.Duration // at most LongestWindow
}

// Refusal says which limit is used up and until when.
type Refusal struct {
	Limit Limit
	Until time.Time
}

// Take uses one of each limit, or none of them and says which one is used up. The same token
// uses a limit once however often it asks, so work that is repeated after a crash costs
// nothing more; an empty token is a new one each time.
func (a *Limits) Take(token string, limits ...Limit) (refused *Refusal, err error) {
	err = a.s.update(func(tx *tx) error {
		refused, err = take(tx, a.who, token, limits)
		if err == nil && refused != nil {
			return errIdle
		}
		return err
	})
	if errors.Is(err, errIdle) {
		err = nil
	}
	return refused, err
}

// TakeUpload uses one of the account's media budget, or says when there is one again. Every
// try counts: the server counted it too. A budget below zero has no end.
func (a *Limits) TakeUpload(budget int) (refused *Refusal, err error) {
	return a.Take("", Limit{"upload", budget, UploadWindow})
}

func take(tx *tx, who identity.Identity, token string, limits []Limit) (*Refusal, error) {
	b, now := tx.Bucket(limitBucket), tx.now
	for _, l := range limits {
		if l.Max < 0 {
			continue
		}
		u, err := used(b, who, l, token, now)
		if err != nil {
			return nil, err
		}
		if u.mine {
			continue
		}
		if u.n >= l.Max {
			return &Refusal{l, u.oldest.Add(l.Window)}, nil
		}
		id := token
		if id == "" {
			n, err := b.NextSequence()
			if err != nil {
				return nil, fmt.Errorf("use limit %s: %w", l.Name, err)
			}
			id = fmt.Sprintf("#%d", n)
		}
		k := append(append(limitPrefix(who, l), instant(now)...), id...)
		if err := b.Put(k, instant(now)); err != nil {
			return nil, fmt.Errorf("use limit %s: %w", l.Name, err)
		}
	}
	return nil, nil
}

func limitPrefix(who identity.Identity, l Limit) []byte {
	return append(key(who.Server, who.ID, l.Name), 0)
}

// usage is what was used of a limit within its window.
type usage struct {
	n      int
	oldest time.Time
	mine   bool // by this token already
}

// used counts, and drops what has left the window. A use in the future is from before the
// clock was set back: it counts.
func used(b *bolt.Bucket, who identity.Identity, l Limit, token string, now time.Time) (u usage, err error) {
	prefix := limitPrefix(who, l)
	var old [][]byte
	c := b.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		rest := k[len(prefix):]
		if len(rest) < 8 {
			continue
		}
		at := fromInstant(rest[:8])
		if now.Sub(at) >= l.Window {
			old = append(old, bytes.Clone(k))
			continue
		}
		if u.n++; u.n == 1 {
			u.oldest = at
		}
		u.mine = u.mine || token != "" && string(rest[8:]) == token
	}
	for _, k := range old {
		if err := b.Delete(k); err != nil {
			return u, fmt.Errorf("forget old uses of %s: %w", l.Name, err)
		}
	}
	return u, nil
}

// dropLimits forgets uses from before a time.
func dropLimits(tx *tx, before time.Time) error {
	b := tx.Bucket(limitBucket)
	var old [][]byte
	c := b.Cursor()
	for k, at := c.First(); k != nil; k, at = c.Next() {
		if bytes.Compare(at, instant(before)) < 0 {
			old = append(old, bytes.Clone(k))
		}
	}
	for _, k := range old {
		if err := b.Delete(k); err != nil {
			return fmt.Errorf("forget old uses of limits: %w", err)
		}
	}
	return nil
}

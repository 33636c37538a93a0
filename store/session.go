package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"slugpuppy/bot/identity"
)

// Session is somebody signed in to the web page. The store knows only the hash of what their
// browser holds.
type Session struct {
	Identity identity.Identity `json:"identity"` // the subscriber
	Created  time.Time         `json:"created"`
	Seen     time.Time         `json:"seen"`
}

// How long a session lasts: without a visit, and at most.
const (
	SessionIdle = 7 * 24 * time.Hour
	SessionLife = 30 * 24 * time.Hour
)

func sessionKey(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return key(hex.EncodeToString(sum[:]))
}

// Sessions are those who are signed in.
type Sessions struct{ s *Store }

// Sessions are those who are signed in.
func (s *Store) Sessions() Sessions { return Sessions{s} }

// Open begins a session and returns its id, 26 letters that nobody can guess.
func (l Sessions) Open(who identity.Identity) (id string, err error) {
	id = rand.Text()
	err = l.s.update(func(tx *tx) error {
		return putRecord(tx, sessionBucket, sessionKey(id), Session{who, tx.now, tx.now})
	})
	return id, err
}

// sessionStep is how often a visit is written down: not at every click.
const sessionStep = time.Hour

// Find finds one that has not run out; ok is false when there is none.
func (l Sessions) Find(id string) (v Session, ok bool, err error) {
	stale := false
	err = l.s.view(func(tx *tx) error {
		v, ok, err = getRecord[Session](tx, sessionBucket, sessionKey(id))
		if err != nil || !ok || over(v, tx.now) {
			v, ok = Session{}, false
			return err
		}
		stale = tx.now.Sub(v.Seen) >= sessionStep
		return nil
	})
	if err != nil || !stale {
		return v, ok, err
	}
	return v, ok, l.s.update(func(tx *tx) error {
		v.Seen = tx.now
		return putRecord(tx, sessionBucket, sessionKey(id), v)
	})
}

func over(v Session, now time.Time) bool {
	return now.Sub(v.Seen) > SessionIdle || now.Sub(v.Created) > SessionLife
}

// Close ends one.
func (l Sessions) Close(id string) error {
	return l.s.update(func(tx *tx) error { return tx.Bucket(sessionBucket).Delete(sessionKey(id)) })
}

// CloseAll ends all of an account.
func (l Sessions) CloseAll(who identity.Identity) error {
	return l.drop(func(_ *tx, v Session) bool { return v.Identity == who })
}

// Prune ends those that have run out.
func (l Sessions) Prune() error {
	return l.drop(func(tx *tx, v Session) bool { return over(v, tx.now) })
}

func (l Sessions) drop(pick func(*tx, Session) bool) error {
	return l.s.update(func(tx *tx) error {
		if _, err := dropRecords(tx, sessionBucket, nil, func(v Session) bool { return pick(tx, v) }); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return nil
	})
}

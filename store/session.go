package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

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

// OpenSession begins a session and returns its id, 26 letters that nobody can guess.
func (s *Store) OpenSession(who identity.Identity) (id string, err error) {
	id = rand.Text()
	now := time.Now()
	err = s.db.Update(func(tx *bolt.Tx) error {
		return putRecord(tx, sessionBucket, sessionKey(id), Session{who, now, now})
	})
	return id, err
}

// sessionStep is how often a visit is written down: not at every click.
const sessionStep = time.Hour

// Session finds one that has not run out; ok is false when there is none.
func (s *Store) Session(id string) (v Session, ok bool, err error) {
	now := time.Now()
	err = s.db.View(func(tx *bolt.Tx) error {
		v, ok, err = getRecord[Session](tx, sessionBucket, sessionKey(id))
		return err
	})
	if err != nil || !ok || over(v, now) {
		return Session{}, false, err
	}
	if now.Sub(v.Seen) < sessionStep {
		return v, true, nil
	}
	v.Seen = now
	return v, true, s.db.Update(func(tx *bolt.Tx) error { return putRecord(tx, sessionBucket, sessionKey(id), v) })
}

func over(v Session, now time.Time) bool {
	return now.Sub(v.Seen) > SessionIdle || now.Sub(v.Created) > SessionLife
}

// CloseSession ends one.
func (s *Store) CloseSession(id string) error {
	return s.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(sessionBucket).Delete(sessionKey(id)) })
}

// CloseSessions ends all of an account.
func (s *Store) CloseSessions(who identity.Identity) error {
	return s.dropSessions(func(v Session) bool { return v.Identity == who })
}

// PruneSessions ends those that have run out.
func (s *Store) PruneSessions() error {
	now := time.Now()
	return s.dropSessions(func(v Session) bool { return over(v, now) })
}

func (s *Store) dropSessions(pick func(Session) bool) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if _, err := dropRecords(tx, sessionBucket, nil, pick); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return nil
	})
}

package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// Everything is the topic of a consent to all of a person's posts.
const Everything = "*"

// Consent is a person's word on being dreamed. The latest word on a topic counts.
type Consent struct {
	Person string // account id
	Topic  string // a post's id, or Everything
	Yes    bool
	At     time.Time
	By     string // the post that said so
}

// SetConsent stores a person's word, in one transaction with its audit entry.
func (s *Store) SetConsent(who identity.Identity, c Consent) error {
	c.At = time.Now()
	data, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode a consent: %w", err)
	}
	return s.db.Update(func(tx *bolt.Tx) error {
		if err := tx.Bucket(consentBucket).Put(key(who.Server, who.ID, c.Person, c.Topic), data); err != nil {
			return fmt.Errorf("store a consent: %w", err)
		}
		return audit(tx, Entry{Actor: c.Person, Action: "consent", Subject: c.Topic, After: fmt.Sprint(c.Yes), Reason: "post " + c.By})
	})
}

// Consent reads a person's word on a topic; ok is false when there is none.
func (s *Store) Consent(who identity.Identity, person, topic string) (c Consent, ok bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		data := tx.Bucket(consentBucket).Get(key(who.Server, who.ID, person, topic))
		if data == nil {
			return nil
		}
		ok = true
		return json.Unmarshal(data, &c)
	})
	return c, ok, err
}

// Entry is one line of the audit trail.
type Entry struct {
	At      time.Time
	Actor   string // account id, "operator" or "slugpuppy"
	Action  string // cancel, retry, consent, delete
	Subject string // what it was done to: a job's id, a post
	Before  string
	After   string
	Reason  string
}

func audit(tx *bolt.Tx, e Entry) error {
	b := tx.Bucket(auditBucket)
	n, err := b.NextSequence()
	if err != nil {
		return fmt.Errorf("number an audit entry: %w", err)
	}
	e.At = time.Now()
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode an audit entry: %w", err)
	}
	return b.Put(binary.BigEndian.AppendUint64(nil, n), data)
}

// audited writes what happens to a job into the audit trail; without an actor it was the
// operator.
func audited(action, actor, reason string) change {
	return func(tx *bolt.Tx, j *Job) error {
		if actor == "" {
			actor = "operator"
		}
		return audit(tx, Entry{Actor: actor, Action: action, Subject: j.ID, Before: string(j.State), Reason: reason})
	}
}

// Audit returns the latest entries, newest first.
func (s *Store) Audit(limit int) (entries []Entry, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(auditBucket).Cursor()
		for k, data := c.Last(); k != nil && len(entries) < limit; k, data = c.Prev() {
			var e Entry
			if err := json.Unmarshal(data, &e); err != nil {
				return fmt.Errorf("%w: audit entry %x: %v", ErrDamaged, k, err)
			}
			entries = append(entries, e)
		}
		return nil
	})
	return entries, err
}

package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/identity"
)

// Actor is who changed something: an account that a server vouches for, or somebody on this machine,
// who has no identity.
type Actor struct {
	Identity identity.Identity `json:"identity,omitzero"`
	// Name is the account's handle at the time, or who it was on this machine.
	Name string `json:"name,omitempty"`
}

// Itself is the program, where nobody asked.
func Itself() Actor { return Actor{Name: "slugpuppy"} }

// String names an account by what it is called and by what it is.
func (a Actor) String() string {
	switch {
	case a.Identity.IsZero():
		return a.Name
	case a.Name == "":
		return a.Identity.String()
	}
	return "@" + a.Name + " (" + a.Identity.String() + ")"
}

// Entry is one line of the audit trail.
type Entry struct {
	At      time.Time
	Actor   Actor
	Action  string // cancel, retry, consent, delete
	Subject string // what it was done to: a job's id, a post
	Before  string
	After   string
	Reason  string
	Undone  bool   `json:",omitempty"` // taken back, which is done once
	Undo    string `json:"-"`          // the token that takes it back, "" where nothing does any more
}

func audit(tx *tx, e Entry) error {
	b := tx.Bucket(auditBucket)
	n, err := b.NextSequence()
	if err != nil {
		return fmt.Errorf("number an audit entry: %w", err)
	}
	e.At = tx.now
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode an audit entry: %w", err)
	}
	return b.Put(binary.BigEndian.AppendUint64(nil, n), data)
}

// audited writes what happens to a job into the audit trail.
func audited(by Actor, action, reason string) change {
	return func(tx *tx, j *Job) error {
		return audit(tx, Entry{Actor: by, Action: action, Subject: j.ID, Before: string(j.State), Reason: reason})
	}
}

// Audit returns the latest entries, newest first.
func (o *Operator) Audit(limit int) (entries []Entry, err error) {
	err = o.s.view(func(tx *tx) error {
		c := tx.Bucket(auditBucket).Cursor()
		for k, data := c.Last(); k != nil && len(entries) < limit; k, data = c.Prev() {
			var e Entry
			if err := json.Unmarshal(data, &e); err != nil {
				return fmt.Errorf("%w: audit entry %x: %v", ErrDamaged, k, err)
			}
			if slices.Contains(undone, e.Action) && !e.Undone {
				e.Undo = undoToken(binary.BigEndian.Uint64(k))
			}
			entries = append(entries, e)
		}
		return nil
	})
	return entries, err
}

func encoded(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode a rule: %w", err)
	}
	return string(data), nil
}

// undoable writes an entry that can be undone and returns its token.
func undoable(tx *tx, e Entry) (undo string, err error) {
	if err := audit(tx, e); err != nil {
		return "", err
	}
	return undoToken(tx.Bucket(auditBucket).Sequence()), nil
}

func undoToken(n uint64) string { return fmt.Sprintf("u%d", n) }

// undone are the actions that can be.
var undone = []string{ruleAdded, ruleRemoved, userLimited, filterChanged, postsReturned, postsHidden}

// Undo takes back what was audited under a token: a rule added is removed, one removed comes
// back, one replaced returns, a subscriber's choices are as before, posts that were returned are
// hidden again. What it did is an entry of its own, with a token of its own; the old one is used up, for what
// came after it must not be taken back by it: ErrUndone.
func (o *Operator) Undo(by Actor, token string) (did Entry, undo string, err error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(token, "u"), 10, 64)
	if err != nil || !strings.HasPrefix(token, "u") {
		return Entry{}, "", ErrNoUndo
	}
	err = o.s.update(func(tx *tx) error {
		key := binary.BigEndian.AppendUint64(nil, n)
		data := tx.Bucket(auditBucket).Get(key)
		if data == nil {
			return ErrNoUndo
		}
		var e Entry
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("read audit entry %d: %w", n, err)
		}
		if e.Undone {
			return ErrUndone
		}
		if did, err = undoEntry(tx, e); err != nil {
			return err
		}
		e.Undone = true
		if data, err = json.Marshal(e); err != nil {
			return fmt.Errorf("encode an audit entry: %w", err)
		}
		if err := tx.Bucket(auditBucket).Put(key, data); err != nil {
			return fmt.Errorf("mark an audit entry: %w", err)
		}
		did.Actor, did.Reason = by, "undo "+token
		undo, err = undoable(tx, did)
		return err
	})
	return did, undo, err
}

// undoEntry takes back what an entry tells of and returns the entry that tells of that.
func undoEntry(tx *tx, e Entry) (did Entry, err error) {
	did = Entry{Action: e.Action, Subject: e.Subject, Before: e.After, After: e.Before}
	switch e.Action {
	case ruleAdded, ruleRemoved:
		did.Action = ruleRemoved
		if e.Before != "" {
			did.Action = ruleAdded
		}
		return did, swapRule(tx, e.After, e.Before)
	case userLimited:
		return did, undoAllowance(tx, e)
	case filterChanged:
		return did, undoSubscriber(tx, e)
	case postsReturned, postsHidden:
		n, err := undoMoved(tx, e)
		did.Action, did.Subject, did.Before = postsHidden, fmt.Sprintf("%d posts", n), e.Before
		if e.Action == postsHidden {
			did.Action = postsReturned
		}
		return did, err
	}
	return did, ErrNoUndo
}

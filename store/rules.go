package store

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Rule is one line of the allow and deny lists. What its fields mean is decided by who reads
// them; the store keeps them.
type Rule struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`  // account, domain, post, word
	Value   string    `json:"value"` // in its normal form
	Effect  string    `json:"effect"`
	Scope   string    `json:"scope"`
	User    string    `json:"user,omitempty"` // whose rule it is; "" for everybody
	Pin     bool      `json:"pin,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	Reason  string    `json:"reason,omitempty"`
	Created time.Time `json:"created"`
	By      string    `json:"by"`
}

// Errors of rules.
var (
	ErrNoRule = errors.New("no such rule")
	ErrNoUndo = errors.New("nothing to undo under that token")
)

// The actions of rules in the audit trail.
const (
	ruleAdded   = "add rule"
	ruleRemoved = "remove rule"
)

// AddRule stores a rule with an id and a time of its own, and returns it with the token that
// undoes it. A rule that says the same about the same subject for the same user is replaced.
func (s *Store) AddRule(actor string, r Rule) (stored Rule, undo string, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(ruleBucket)
		n, err := b.NextSequence()
		if err != nil {
			return fmt.Errorf("number a rule: %w", err)
		}
		r.ID, r.Created, r.By = fmt.Sprintf("r%d", n), time.Now(), actor
		old, err := sameRule(tx, r)
		if err != nil {
			return err
		}
		e := Entry{Actor: actor, Action: ruleAdded, Subject: r.Kind + " " + r.Value, Reason: r.Reason}
		if old != nil {
			if e.Before, err = encoded(old); err != nil {
				return err
			}
			if err := b.Delete([]byte(old.ID)); err != nil {
				return err
			}
		}
		if e.After, err = encoded(r); err != nil {
			return err
		}
		if err := b.Put([]byte(r.ID), []byte(e.After)); err != nil {
			return fmt.Errorf("store a rule: %w", err)
		}
		undo, err = undoable(tx, e)
		return err
	})
	return r, undo, err
}

// sameRule finds the rule that a new one replaces, nil when there is none.
func sameRule(tx *bolt.Tx, r Rule) (*Rule, error) {
	all, err := rulesOf(tx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(o Rule) bool {
		return o.Kind == r.Kind && o.Value == r.Value && o.Scope == r.Scope && o.User == r.User
	})
	if i < 0 {
		return nil, nil
	}
	return &all[i], nil
}

// RemoveRule forgets a rule, or says ErrNoRule, and returns it with the token that brings it
// back.
func (s *Store) RemoveRule(actor, id string) (r Rule, undo string, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		data := tx.Bucket(ruleBucket).Get([]byte(id))
		if data == nil {
			return ErrNoRule
		}
		if err := json.Unmarshal(data, &r); err != nil {
			return fmt.Errorf("read rule %s: %w", id, err)
		}
		e := Entry{Actor: actor, Action: ruleRemoved, Subject: r.Kind + " " + r.Value, Before: string(data)}
		if err := tx.Bucket(ruleBucket).Delete([]byte(id)); err != nil {
			return fmt.Errorf("remove rule %s: %w", id, err)
		}
		undo, err = undoable(tx, e)
		return err
	})
	return r, undo, err
}

// Rules returns the rules that have not run out, oldest first.
func (s *Store) Rules() (rules []Rule, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		rules, err = rulesOf(tx)
		return err
	})
	now := time.Now()
	return slices.DeleteFunc(rules, func(r Rule) bool { return !r.Until.IsZero() && now.After(r.Until) }), err
}

func rulesOf(tx *bolt.Tx) (rules []Rule, err error) {
	err = tx.Bucket(ruleBucket).ForEach(func(id, data []byte) error {
		var r Rule
		if err := json.Unmarshal(data, &r); err != nil {
			return fmt.Errorf("read rule %s: %w", id, err)
		}
		rules = append(rules, r)
		return nil
	})
	slices.SortFunc(rules, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), strings.Compare(a.ID, b.ID))
	})
	return rules, err
}

func encoded(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode a rule: %w", err)
	}
	return string(data), nil
}

// undoable writes an entry that can be undone and returns its token.
func undoable(tx *bolt.Tx, e Entry) (undo string, err error) {
	if err := audit(tx, e); err != nil {
		return "", err
	}
	return fmt.Sprintf("u%d", tx.Bucket(auditBucket).Sequence()), nil
}

// Undo takes back what was audited under a token: a rule added is removed, one removed comes
// back, one replaced returns, a subscriber's choices are as before, posts that were returned are
// hidden again. What it did is an entry of its own, with a token of its own.
func (s *Store) Undo(actor, token string) (did Entry, undo string, err error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(token, "u"), 10, 64)
	if err != nil || !strings.HasPrefix(token, "u") {
		return Entry{}, "", ErrNoUndo
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		data := tx.Bucket(auditBucket).Get(binary.BigEndian.AppendUint64(nil, n))
		if data == nil {
			return ErrNoUndo
		}
		var e Entry
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("read audit entry %d: %w", n, err)
		}
		did, err = undoEntry(tx, e)
		if err != nil {
			return err
		}
		did.Actor, did.Reason = actor, "undo "+token
		undo, err = undoable(tx, did)
		return err
	})
	return did, undo, err
}

// undoEntry takes back what an entry tells of and returns the entry that tells of that.
func undoEntry(tx *bolt.Tx, e Entry) (did Entry, err error) {
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

// swapRule removes one stored rule and puts another back; either may be "".
func swapRule(tx *bolt.Tx, out, in string) error {
	b := tx.Bucket(ruleBucket)
	for i, text := range []string{out, in} {
		if text == "" {
			continue
		}
		var r Rule
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return fmt.Errorf("read an audited rule: %w", err)
		}
		var err error
		if i == 0 {
			err = b.Delete([]byte(r.ID))
		} else {
			err = b.Put([]byte(r.ID), []byte(text))
		}
		if err != nil {
			return fmt.Errorf("undo: %w", err)
		}
	}
	return nil
}

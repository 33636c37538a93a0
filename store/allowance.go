package store

import (
	"encoding/json"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// Allowance is how many requests an hour a person has, in place of what everybody has.
type Allowance struct {
	Handle  string `json:"account"`  // name@host
	PerHour int    `json:"per_hour"` // below zero: as everybody
}

const userLimited = "limit user"

// SetAllowance stores a person's own limit, audited and undoable.
func (s *Store) SetAllowance(actor string, a Allowance, reason string) (undo string, err error) {
	a.Handle = strings.ToLower(a.Handle)
	err = s.db.Update(func(tx *bolt.Tx) error {
		old, known, err := getRecord[Allowance](tx, allowanceBucket, key(a.Handle))
		if err != nil {
			return err
		}
		if !known {
			old = Allowance{a.Handle, -1}
		}
		e := Entry{Actor: actor, Action: userLimited, Subject: a.Handle, Reason: reason}
		if e.Before, err = encoded(old); err != nil {
			return err
		}
		if e.After, err = encoded(a); err != nil {
			return err
		}
		if err := putAllowance(tx, a); err != nil {
			return err
		}
		undo, err = undoable(tx, e)
		return err
	})
	return undo, err
}

func putAllowance(tx *bolt.Tx, a Allowance) error {
	if a.PerHour < 0 {
		return tx.Bucket(allowanceBucket).Delete(key(a.Handle))
	}
	return putRecord(tx, allowanceBucket, key(a.Handle), a)
}

func undoAllowance(tx *bolt.Tx, e Entry) error {
	var a Allowance
	if err := json.Unmarshal([]byte(e.Before), &a); err != nil {
		return fmt.Errorf("read an audited limit: %w", err)
	}
	return putAllowance(tx, a)
}

// Allowance is a person's own limit; ok is false when they have what everybody has.
func (s *Store) Allowance(handle string) (a Allowance, ok bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		a, ok, err = getRecord[Allowance](tx, allowanceBucket, key(strings.ToLower(handle)))
		return err
	})
	return a, ok, err
}

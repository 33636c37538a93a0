package store

import (
	"encoding/json"
	"fmt"
	"strings"

	"slugpuppy/bot/identity"
)

// Allowance is how many requests an hour a person has, in place of what everybody has. An operator gives
// it to a handle; the first account that a bot's own server calls so has it from then on, whatever it
// or anybody is called later.
type Allowance struct {
	Handle   string            `json:"account"`           // name@host, lower case
	Identity identity.Identity `json:"identity,omitzero"` // whose it is, once that is known
	PerHour  int               `json:"per_hour"`          // below zero: as everybody
}

// UserLimited is the action of it in the audit trail.
const UserLimited Action = "limit user"

// SetAllowance stores a person's own limit, audited and undoable.
func (o *Operator) SetAllowance(by Actor, a Allowance, reason string) (undo string, err error) {
	a.Handle = strings.ToLower(a.Handle)
	err = o.s.update(func(tx *tx) error {
		old, known, err := getRecord[Allowance](tx, allowanceBucket, key(a.Handle))
		if err != nil {
			return err
		}
		if !known {
			old = Allowance{Handle: a.Handle, PerHour: -1}
		}
		e := Entry{Actor: by, Action: UserLimited, Subject: a.Handle, Reason: reason}
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

func putAllowance(tx *tx, a Allowance) error {
	if a.PerHour < 0 {
		return tx.Bucket(allowanceBucket).Delete(key(a.Handle))
	}
	return putRecord(tx, allowanceBucket, key(a.Handle), a)
}

func undoAllowance(tx *tx, e Entry) error {
	var a Allowance
	if err := json.Unmarshal([]byte(e.Before), &a); err != nil {
		return fmt.Errorf("read an audited limit: %w", err)
	}
	return putAllowance(tx, a)
}

// Allowance is the own limit of a person whom the bot's server calls by a handle; ok is false when they
// have what everybody has. One that was given to the handle and is nobody's yet is theirs from now on.
func (a *Limits) Allowance(person, handle string) (v Allowance, ok bool, err error) {
	who := identity.Identity{Server: a.who.Server, ID: person}
	err = a.s.view(func(tx *tx) error {
		v, ok, err = allowanceOf(tx, who, strings.ToLower(handle))
		return err
	})
	if err != nil || !ok || v.Identity == who {
		return v, ok, err
	}
	err = a.s.update(func(tx *tx) error {
		if v, ok, err = allowanceOf(tx, who, strings.ToLower(handle)); err != nil || !ok {
			return err
		}
		v.Identity = who
		return putAllowance(tx, v)
	})
	return v, ok, err
}

// allowanceOf finds what is an account's, else what waits for somebody of that handle.
func allowanceOf(tx *tx, who identity.Identity, handle string) (found Allowance, ok bool, err error) {
	err = eachRecord(tx, allowanceBucket, nil, func(_ []byte, v Allowance) error {
		if v.Identity == who || !ok && v.Identity.IsZero() && v.Handle == handle {
			found, ok = v, true
		}
		return nil
	})
	return found, ok, err
}

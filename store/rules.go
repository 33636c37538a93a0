package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/identity"
)

// Rule is one line of the allow and deny lists. What its fields mean is decided by who reads
// them; the store keeps them.
type Rule struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`  // account, domain, post, word
	Value  string `json:"value"` // in its normal form
	Effect string `json:"effect"`
	Scope  string `json:"scope"`
	// Owner is whose rule it is: it counts in their timeline. Nobody's is for everybody.
	Owner   identity.Identity `json:"owner,omitzero"`
	Pin     bool              `json:"pin,omitempty"`
	Until   time.Time         `json:"until,omitzero"`
	Reason  string            `json:"reason,omitempty"`
	Created time.Time         `json:"created"`
	By      Actor             `json:"by"`
}

// Errors of rules.
var (
	ErrNoRule = errors.New("no such rule")
	ErrNoUndo = errors.New("nothing to undo under that token")
	ErrUndone = errors.New("this was taken back already")
)

// The actions of rules in the audit trail.
const (
	RuleAdded   Action = "add rule"
	RuleRemoved Action = "remove rule"
)

// Rules are the allow and deny lists as they concern one account.
type Rules Account

// InForce are the rules that have not run out: the account's own and those for everybody, oldest first.
func (a *Rules) InForce() ([]Rule, error) {
	return a.s.rules(func(r Rule) bool { return r.Owner.IsZero() || r.Owner == a.who })
}

// Own are the account's own rules that have not run out, oldest first.
func (a *Rules) Own() ([]Rule, error) {
	return a.s.rules(func(r Rule) bool { return r.Owner == a.who })
}

// Add stores a rule of the account's own, see Operator.AddRule.
func (a *Rules) Add(by Actor, r Rule) (stored Rule, undo string, err error) {
	r.Owner = a.who
	return a.s.addRule(by, r)
}

// Remove forgets a rule of the account's own; others are not there to it, which is ErrNoRule.
func (a *Rules) Remove(by Actor, id string) (r Rule, undo string, err error) {
	return a.s.removeRule(by, id, func(r Rule) bool { return r.Owner == a.who })
}

// Rules are all rules that have not run out, oldest first.
func (o *Operator) Rules() ([]Rule, error) { return o.s.rules(func(Rule) bool { return true }) }

// AddRule stores a rule with an id and a time of its own, and returns it with the token that
// undoes it. A rule that says the same about the same subject for the same owner is replaced.
func (o *Operator) AddRule(by Actor, r Rule) (stored Rule, undo string, err error) {
	return o.s.addRule(by, r)
}

// RemoveRule forgets anybody's rule, or says ErrNoRule, and returns it with the token that brings it
// back.
func (o *Operator) RemoveRule(by Actor, id string) (r Rule, undo string, err error) {
	return o.s.removeRule(by, id, func(Rule) bool { return true })
}

func (s *Store) rules(pick func(Rule) bool) (rules []Rule, err error) {
	err = s.view(func(tx *tx) error {
		if rules, err = rulesOf(tx); err != nil {
			return err
		}
		rules = slices.DeleteFunc(rules, func(r Rule) bool {
			return !r.Until.IsZero() && tx.now.After(r.Until) || !pick(r)
		})
		return nil
	})
	return rules, err
}

func (s *Store) addRule(by Actor, r Rule) (stored Rule, undo string, err error) {
	err = s.update(func(tx *tx) error {
		if err := notAway(tx, r.Owner); err != nil {
			return err
		}
		b := tx.Bucket(ruleBucket)
		n, err := b.NextSequence()
		if err != nil {
			return fmt.Errorf("number a rule: %w", err)
		}
		r.ID, r.Created, r.By = fmt.Sprintf("r%d", n), tx.now, by
		old, err := sameRule(tx, r)
		if err != nil {
			return err
		}
		e := Entry{Actor: by, Of: r.Owner, Action: RuleAdded, Subject: r.Kind + " " + r.Value, Reason: r.Reason}
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
func sameRule(tx *tx, r Rule) (*Rule, error) {
	all, err := rulesOf(tx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(o Rule) bool {
		return o.Kind == r.Kind && o.Value == r.Value && o.Scope == r.Scope && o.Owner == r.Owner
	})
	if i < 0 {
		return nil, nil
	}
	return &all[i], nil
}

func (s *Store) removeRule(by Actor, id string, may func(Rule) bool) (r Rule, undo string, err error) {
	err = s.update(func(tx *tx) error {
		old, ok, err := getRecord[Rule](tx, ruleBucket, []byte(id))
		if err != nil {
			return err
		}
		if !ok || !may(old) {
			return ErrNoRule
		}
		if err := notAway(tx, old.Owner); err != nil {
			return err
		}
		r = old
		e := Entry{Actor: by, Of: r.Owner, Action: RuleRemoved, Subject: r.Kind + " " + r.Value}
		if e.Before, err = encoded(r); err != nil {
			return err
		}
		if err := tx.Bucket(ruleBucket).Delete([]byte(id)); err != nil {
			return fmt.Errorf("remove rule %s: %w", id, err)
		}
		undo, err = undoable(tx, e)
		return err
	})
	return r, undo, err
}

func rulesOf(tx *tx) (rules []Rule, err error) {
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

// swapRule removes one stored rule and puts another back; either may be "".
func swapRule(tx *tx, out, in string) error {
	b := tx.Bucket(ruleBucket)
	for i, text := range []string{out, in} {
		if text == "" {
			continue
		}
		var r Rule
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return fmt.Errorf("read an audited rule: %w", err)
		}
		if err := notAway(tx, r.Owner); err != nil {
			return err
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

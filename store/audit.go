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
	// Operator says that an account did it as an operator, and not for itself.
	Operator bool `json:"operator,omitempty"`
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
	if a.Operator {
		return "@" + a.Name + " (" + a.Identity.String() + ", as operator)"
	}
	return "@" + a.Name + " (" + a.Identity.String() + ")"
}

// Entry is one line of the audit trail.
type Entry struct {
	At      time.Time
	Actor   Actor
	Of      identity.Identity `json:",omitzero"` // whose choices, posts or rules it changed, where they are somebody's
	Action  Action
	Subject string // what it was done to: a job's id, a post
	Before  string
	After   string
	Reason  string
	Undone  bool   `json:",omitempty"` // taken back, which is done once
	Undo    string `json:"-"`          // the token that takes it back, "" where nothing does any more
}

// Action is what was done. Package words has a sentence for each.
type Action string

// The actions of jobs, people's words and lists; others stand beside what they do.
const (
	JobCancelled  Action = "cancel"
	JobHeld       Action = "hold"
	JobLetGo      Action = "let go"
	JobRetried    Action = "retry"
	AnswerDeleted Action = "delete"
	ConsentGiven  Action = "consent" // or withdrawn: After is true or false
	ListFollowed  Action = "follow list"
	ListLeft      Action = "unfollow list"
)

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
func audited(by Actor, action Action, reason string) change {
	return func(tx *tx, j *Job) error {
		return audit(tx, Entry{Actor: by, Action: action, Subject: j.ID, Before: string(j.State), Reason: reason})
	}
}

// Audit returns the latest entries, newest first.
func (o *Operator) Audit(limit int) (entries []Entry, err error) {
	return o.s.audited(limit, func(Entry) bool { return true })
}

// History are the latest changes of what the account chose, of its rules and of its posts, whoever made them,
// newest first.
func (a *Account) History(limit int) ([]Entry, error) { return a.s.audited(limit, a.concerned) }

// concerned says whether an entry is about the account's own.
func (a *Account) concerned(e Entry) bool { return e.Of == a.who }

// mostAudited is how many entries are looked through for those of one account.
const mostAudited = 50_000

func (s *Store) audited(limit int, pick func(Entry) bool) (entries []Entry, err error) {
	err = s.view(func(tx *tx) error {
		c := tx.Bucket(auditBucket).Cursor()
		seen := 0
		for k, data := c.Last(); k != nil && len(entries) < limit && seen < mostAudited; k, data = c.Prev() {
			seen++
			var e Entry
			if err := json.Unmarshal(data, &e); err != nil {
				return fmt.Errorf("%w: audit entry %x: %v", ErrDamaged, k, err)
			}
			if !pick(e) {
				continue
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
var undone = []Action{RuleAdded, RuleRemoved, UserLimited, FilterChanged, PostsReturned, PostsHidden, PostsCalled}

// Undo takes back what was audited under a token: a rule added is removed, one removed comes
// back, one replaced returns, a subscriber's choices are as before, posts that were returned are
// hidden again. What it did is an entry of its own, with a token of its own; the old one is used up, for what
// came after it must not be taken back by it: ErrUndone.
func (o *Operator) Undo(by Actor, token string) (did Entry, undo string, err error) {
	return o.s.undo(by, token, func(Entry) bool { return true })
}

// Undo is Operator.Undo for what is about the account's own; all else is not there to it, which is ErrNoUndo.
func (a *Account) Undo(by Actor, token string) (did Entry, undo string, err error) {
	return a.s.undo(by, token, a.concerned)
}

func (s *Store) undo(by Actor, token string, may func(Entry) bool) (did Entry, undo string, err error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(token, "u"), 10, 64)
	if err != nil || !strings.HasPrefix(token, "u") {
		return Entry{}, "", ErrNoUndo
	}
	err = s.update(func(tx *tx) error {
		key := binary.BigEndian.AppendUint64(nil, n)
		data := tx.Bucket(auditBucket).Get(key)
		if data == nil {
			return ErrNoUndo
		}
		var e Entry
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("read audit entry %d: %w", n, err)
		}
		if !may(e) {
			return ErrNoUndo
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
	did = Entry{Of: e.Of, Action: e.Action, Subject: e.Subject, Before: e.After, After: e.Before}
	switch e.Action {
	case RuleAdded, RuleRemoved:
		did.Action = RuleRemoved
		if e.Before != "" {
			did.Action = RuleAdded
		}
		return did, swapRule(tx, e.After, e.Before)
	case UserLimited:
		return did, undoAllowance(tx, e)
	case FilterChanged:
		return did, undoSubscriber(tx, e)
	case PostsReturned, PostsHidden:
		n, err := undoMoved(tx, e)
		did.Action, did.Subject, did.Before, did.After = PostsHidden, countOf(n), e.Before, ""
		if e.Action == PostsHidden {
			did.Action = PostsReturned
		}
		return did, err
	case PostsCalled:
		now, err := undoSaid(tx, e)
		if err != nil {
			return did, err
		}
		did.Subject, did.After = countOf(len(now.Posts)), ""
		did.Before, err = encoded(now)
		return did, err
	}
	return did, ErrNoUndo
}

// unnameAudit leaves of what concerned an account only that something was done, and when.
func unnameAudit(tx *tx, who identity.Identity) error {
	b := tx.Bucket(auditBucket)
	changed := map[string][]byte{}
	err := b.ForEach(func(k, data []byte) error {
		var e Entry
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("%w: audit entry %x: %v", ErrDamaged, k, err)
		}
		if e.Of != who {
			return nil
		}
		e.Of, e.Subject, e.Before, e.After, e.Reason, e.Undone = identity.Identity{}, "a subscriber", "", "", "", true
		if e.Actor.Identity == who {
			e.Actor = Actor{Name: "a subscriber"}
		}
		data, err := json.Marshal(e)
		changed[string(k)] = data
		return err
	})
	for k, data := range changed {
		if err == nil {
			err = b.Put([]byte(k), data)
		}
	}
	return err
}

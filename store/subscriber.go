package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"slugpuppy/bot/identity"
)

// Mode is what the filter does for a subscriber.
type Mode string

// The modes.
const (
	FilterOn     Mode = "on"     // dreams are hidden
	FilterShadow Mode = "shadow" // it only notes what it would hide
	FilterOff    Mode = "off"    // it does not look
)

// Subscriber is a person whose home timeline is filtered, with what they chose.
type Subscriber struct {
	Identity identity.Identity `json:"identity"`
	Network  string            `json:"network"` // what the adapter is called, such as "mastodon"
	Handle   string            `json:"account"` // name@host
	Server   string            `json:"server"`  // its address
	Mode     Mode              `json:"mode"`
	How      string            `json:"how"` // warn, blur or hide
	// Budget is the share of pictures that are no dreams and may be hidden by mistake. Tightened is how many times the
	// filter made it smaller by itself, because the subscriber's corrections said that it was broken, and Counted since
	// when corrections count, if not since they joined.
	Budget      float64   `json:"budget"`
	Tightened   int       `json:"tightened,omitempty"`
	Counted     time.Time `json:"counted,omitzero"`
	BoostsOnly  bool      `json:"boosts_only,omitempty"` // posts of people followed always stay
	ShadowUntil time.Time `json:"shadow_until,omitzero"` // until then On only notes
	PausedUntil time.Time `json:"paused_until,omitzero"`
	Digest      string    `json:"digest"` // daily, weekly or off
	LastDigest  time.Time `json:"last_digest,omitzero"`
	Mute        MuteRule  `json:"mute,omitzero"`
	Joined      time.Time `json:"joined"`
	Trouble     string    `json:"trouble,omitempty"` // why nothing happens now
	Leaving     bool      `json:"leaving,omitempty"` // filters are being removed, then all is forgotten
	// Connected is when they last let us in, with which scopes, as the network calls what may be done; nil
	// where nobody says. Lacks are the steps that need more, such as "mutes".
	Connected time.Time `json:"connected,omitzero"`
	Scopes    []string  `json:"scopes,omitempty"`
	Lacks     []string  `json:"lacks,omitempty"`
	// Notices are what they were told of and still holds, by what it is.
	Notices map[string]Notice `json:"notices,omitempty"`
	// Move is their way to or from another installation, Turns how often they came to one.
	Move  Move `json:"move,omitzero"`
	Turns int  `json:"turns,omitempty"`
}

// Notice is something that a subscriber was told.
type Notice struct {
	At    time.Time `json:"at"`
	Posts int       `json:"posts,omitempty"` // how many it is about
}

// MuteRule is the last rung: an account with so many hidden posts within a time is muted for a
// while. Off unless After is positive.
type MuteRule struct {
	After  int           `json:"after,omitempty"`
	Within time.Duration `json:"within,omitempty"`
	For    time.Duration `json:"for,omitempty"`
}

// Each time a budget is tightened it becomes so many times smaller, but no smaller than the smallest.
const (
	tighter        = 4
	smallestBudget = 1e-5
)

// Allowed is the budget that is kept: the chosen one, or what became of it.
func (s Subscriber) Allowed() float64 {
	if s.Tightened == 0 {
		return s.Budget
	}
	return min(s.Budget, max(smallestBudget, s.Budget*math.Pow(tighter, -float64(s.Tightened))))
}

// Actor is the subscriber, as who changed something.
func (s Subscriber) Actor() Actor { return Actor{Identity: s.Identity, Name: s.Handle} }

// Acting is the mode in force at a time: the first days are shadow, pauses are off.
func (s Subscriber) Acting(now time.Time) Mode {
	switch {
	case s.Leaving || s.Away() || now.Before(s.PausedUntil):
		return FilterOff
	case s.Mode == FilterOn && now.Before(s.ShadowUntil):
		return FilterShadow
	}
	return s.Mode
}

// ErrNoSubscriber means that the filter knows nobody of that account.
var ErrNoSubscriber = errors.New("no such subscriber")

// The actions of the filter in the audit trail.
const (
	FilterJoined  Action = "join filter"
	FilterChanged Action = "change filter"
	FilterLeft    Action = "leave filter"
	PostsReturned Action = "return posts"
	PostsHidden   Action = "hide posts"
)

// Subscription is what a subscriber chose.
type Subscription Account

func subscriberKey(who identity.Identity) []byte { return key(who.Server, who.ID) }

// Join stores a new subscriber with its audit entry. One that is there already keeps its
// choices and only gets the handle, the server and what the new connection may do.
func (a *Subscription) Join(by Actor, sub Subscriber) (stored Subscriber, err error) {
	sub.Identity = a.who
	err = a.s.update(func(tx *tx) error {
		k := subscriberKey(a.who)
		old, known, err := getRecord[Subscriber](tx, subscriberBucket, k)
		if err != nil {
			return err
		}
		stored = sub
		if known && old.Away() {
			return ErrAway
		}
		if known {
			stored = old
			stored.Handle, stored.Server, stored.Trouble, stored.Leaving = sub.Handle, sub.Server, "", false
			stored.Scopes, stored.Lacks, stored.Notices = sub.Scopes, sub.Lacks, nil
		} else {
			stored.Joined = tx.now
		}
		stored.Connected = tx.now
		if err := putRecord(tx, subscriberBucket, k, stored); err != nil {
			return err
		}
		return audit(tx, Entry{Actor: by, Of: a.who, Action: FilterJoined, Subject: stored.Handle})
	})
	return stored, err
}

// Subscriber reads them, or ErrNoSubscriber.
func (a *Subscription) Subscriber() (sub Subscriber, err error) {
	err = a.s.view(func(tx *tx) error {
		sub, err = subscriberOf(tx, a.who)
		return err
	})
	return sub, err
}

func subscriberOf(tx *tx, who identity.Identity) (Subscriber, error) {
	sub, ok, err := getRecord[Subscriber](tx, subscriberBucket, subscriberKey(who))
	if err == nil && !ok {
		err = ErrNoSubscriber
	}
	return sub, err
}

// Choose applies a change of choices, audited and undoable.
func (a *Subscription) Choose(by Actor, reason string, change func(*Subscriber),
) (sub Subscriber, undo string, err error) {
	err = a.s.update(func(tx *tx) error {
		old, err := here(tx, a.who)
		if err != nil {
			return err
		}
		sub = old
		change(&sub)
		e := Entry{Actor: by, Of: a.who, Action: FilterChanged, Subject: sub.Handle, Reason: reason}
		if e.Before, err = encoded(old); err != nil {
			return err
		}
		if e.After, err = encoded(sub); err != nil {
			return err
		}
		if err := putRecord(tx, subscriberBucket, subscriberKey(a.who), sub); err != nil {
			return err
		}
		undo, err = undoable(tx, e)
		return err
	})
	return sub, undo, err
}

// Touch changes what the daemon itself keeps there: no choice, no audit entry. A
// subscriber who is gone is no error.
func (a *Subscription) Touch(change func(*Subscriber)) error {
	return a.s.update(func(tx *tx) error {
		sub, err := here(tx, a.who)
		if errors.Is(err, ErrNoSubscriber) {
			return nil
		}
		if err != nil {
			return err
		}
		change(&sub)
		return putRecord(tx, subscriberBucket, subscriberKey(a.who), sub)
	})
}

// undoSubscriber puts back the choices of before a change, whatever else changed since.
func undoSubscriber(tx *tx, e Entry) error {
	var before, after Subscriber
	for text, to := range map[string]*Subscriber{e.Before: &before, e.After: &after} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			return fmt.Errorf("read an audited subscriber: %w", err)
		}
	}
	now, err := here(tx, before.Identity)
	if err != nil {
		return err
	}
	before.Handle, before.Server = now.Handle, now.Server // who they are is no choice
	before.LastDigest, before.Trouble, before.Leaving = now.LastDigest, now.Trouble, now.Leaving
	if before.Tightened == after.Tightened && before.Budget == after.Budget { // it was about something else
		before.Budget, before.Tightened, before.Counted = now.Budget, now.Tightened, now.Counted
	} else {
		before.Counted = tx.now // what was corrected before led to the change that is taken back
	}
	before.Notices, before.Connected, before.Scopes, before.Lacks = now.Notices, now.Connected, now.Scopes, now.Lacks
	return putRecord(tx, subscriberBucket, subscriberKey(before.Identity), before)
}

// Forget removes everything about a subscriber; only that they left remains, without a name.
// The shared verdicts about pictures name nobody and stay.
func (a *Subscription) Forget(by Actor) error {
	return a.s.update(func(tx *tx) error {
		if _, err := here(tx, a.who); err != nil {
			return err
		}
		if err := unnameSpending(tx, a.who); err != nil {
			return err
		}
		if err := removeSubscriber(tx, a.who); err != nil {
			return err
		}
		return audit(tx, Entry{Actor: by, Action: FilterLeft, Subject: "a subscriber"})
	})
}

// removeSubscriber removes everything about a subscriber but what they cost and the secrets.
func removeSubscriber(tx *tx, who identity.Identity) error {
	all := func(json.RawMessage) bool { return true }
	var lists []Following
	if err := collect(tx, followBucket, prefix(who.Server, who.ID), &lists); err != nil {
		return err
	}
	for _, bucket := range [][]byte{hiddenBucket, shelfBucket, lessonBucket, muteBucket, listBucket, noteBucket, followBucket} {
		if _, err := dropRecords(tx, bucket, prefix(who.Server, who.ID), all); err != nil {
			return err
		}
	}
	for _, f := range lists {
		if err := forgetUnfollowed(tx, f.URL); err != nil {
			return err
		}
	}
	for _, bucket := range [][]byte{workBucket, seenBucket, linkBucket} {
		if err := dropKeys(tx.Bucket(bucket), prefix(who.Server, who.ID)); err != nil {
			return fmt.Errorf("forget a subscriber's %s: %w", bucket, err)
		}
	}
	if _, err := dropRecords(tx, sessionBucket, nil, func(v Session) bool { return v.Identity == who }); err != nil {
		return err
	}
	if _, err := dropRecords(tx, ruleBucket, nil, func(r Rule) bool { return r.Owner == who }); err != nil {
		return err
	}
	for _, b := range []struct{ bucket, k []byte }{
		{subscriberBucket, subscriberKey(who)}, {cursorBucket, homeKey(who)},
	} {
		if err := tx.Bucket(b.bucket).Delete(b.k); err != nil {
			return fmt.Errorf("forget a subscriber: %w", err)
		}
	}
	return unnameAudit(tx, who)
}

package store

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// A subscriber can move to another installation, which then looks after the timeline in place of this one.
// Never do both. What is written down here goes one way:
//
//	giving:  here -> leaving -> handed over -> gone      taking:  (nobody) -> arriving -> here
//	            ^-------'-----------'                                 ^---------'
//
// Leaving can be taken back by whoever began it. From handed over on it is the taker's word that decides, and
// it is given once: taken or declined, with a receipt that nobody else can make. A kill at any point leaves a
// step to be done again, and each is done once however often it is asked for.

// Stage is where a subscriber is between two installations.
type Stage string

// The stages.
const (
	Here     Stage = ""            // looked after here
	Leaving  Stage = "leaving"     // not looked after any more; nothing was given away yet
	Handed   Stage = "handed over" // what is known of them was given away
	Arriving Stage = "arriving"    // what is known of them came; not looked after yet
)

// Move is a subscriber's way to or from another installation; zero while they stay.
type Move struct {
	ID     string    `json:"id"` // the same on both sides
	Stage  Stage     `json:"stage"`
	Peer   string    `json:"peer"` // the other side, as the operator named it
	Secret string    `json:"secret"`
	Since  time.Time `json:"since"`
}

// Receipt is the taker's word on a move.
func (m Move) Receipt(taken bool) string {
	word, mac := "declined", hmac.New(sha256.New, []byte(m.Secret))
	if taken {
		word = "taken"
	}
	mac.Write([]byte(word + " " + m.ID))
	return word + "-" + strings.ToLower(receiptText.EncodeToString(mac.Sum(nil)[:16]))
}

var receiptText = base32.StdEncoding.WithPadding(base32.NoPadding)

// confirms says whether a receipt is the one for this move and that word.
func (m Move) confirms(receipt string, taken bool) bool {
	return hmac.Equal([]byte(strings.ToLower(strings.TrimSpace(receipt))), []byte(m.Receipt(taken)))
}

// Away says that somebody is not looked after here now, because they are moving.
func (s Subscriber) Away() bool { return s.Move.Stage != Here }

// Errors of moves.
var (
	// ErrAway means that a subscriber is moving: for whoever looks after timelines, there is no such one.
	ErrAway = fmt.Errorf("%w here now: they are moving", ErrNoSubscriber)
	// ErrHere means that the installation looks after an account already.
	ErrHere = errors.New("the account is looked after here already")
	// ErrMoving means that a subscriber is moving elsewhere, or in another way.
	ErrMoving = errors.New("the account is in another move")
	// ErrReceipt means that a receipt is not the taker's for this move.
	ErrReceipt = errors.New("this is not the receipt of that move")
	// ErrDecided means that the taker's word on a move was given already, and was another.
	ErrDecided = errors.New("that move was decided already, and otherwise")
	// ErrOldMove means that a move is too old to be decided on.
	ErrOldMove = errors.New("that move is too old")
)

// MoveLife is how long a share can be taken. Decisions are remembered for longer than that.
const MoveLife = 30 * 24 * time.Hour

const decisionLife = 2 * MoveLife

// The actions of moves in the audit trail.
const (
	MoveBegun     Action = "move user away"
	MoveHanded    Action = "hand user over"
	MoveReturned  Action = "keep user"
	MoveDone      Action = "drop moved user"
	MoveArrived   Action = "receive user"
	MoveSettled   Action = "take user"
	MoveDeclined  Action = "decline user"
	MoveTakenOver Action = "lose user"
)

// createMoves came with subscribers that move.
func createMoves(tx *bolt.Tx) error {
	for _, name := range [][]byte{departedBucket, decisionBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}

// here reads a subscriber who is looked after here: ErrAway for one who moves.
func here(tx *tx, who identity.Identity) (Subscriber, error) {
	sub, err := subscriberOf(tx, who)
	if err == nil && sub.Away() {
		err = ErrAway
	}
	return sub, err
}

// notAway is an error for somebody who moves: what is known of them must not change any more.
func notAway(tx *tx, who identity.Identity) error {
	if _, err := here(tx, who); errors.Is(err, ErrAway) {
		return err
	}
	return nil
}

// Leave begins a subscriber's move to another installation: from now on nothing changes here. The same one
// again is the same move; another is ErrMoving.
func (a *Subscription) Leave(by Actor, peer string) (m Move, err error) {
	err = a.s.update(func(tx *tx) error {
		sub, err := subscriberOf(tx, a.who)
		switch {
		case err != nil:
			return err
		case (sub.Move.Stage == Leaving || sub.Move.Stage == Handed) && sub.Move.Peer == peer:
			m = sub.Move
			return errIdle
		case sub.Away(), sub.Leaving:
			return fmt.Errorf("%w: %s", ErrMoving, sub.Handle)
		}
		m = Move{ID: rand.Text(), Stage: Leaving, Peer: peer, Secret: rand.Text(), Since: tx.now}
		_, err = stage(tx, sub, m, by, MoveBegun)
		return err
	})
	return m, unlessIdle(err)
}

// stage writes down where a subscriber is now, audited.
func stage(tx *tx, sub Subscriber, m Move, by Actor, action Action) (Subscriber, error) {
	e := Entry{Actor: by, Action: action, Subject: sub.Handle, Before: stageWord(sub.Move.Stage),
		After: stageWord(m.Stage), Reason: cmp.Or(m.Peer, sub.Move.Peer)}
	sub.Move = m
	if err := putRecord(tx, subscriberBucket, subscriberKey(sub.Identity), sub); err != nil {
		return sub, err
	}
	return sub, audit(tx, e)
}

func stageWord(s Stage) string {
	if s == Here {
		return "here"
	}
	return string(s)
}

// underway reads a subscriber in one move, at one of these stages: ErrMoving in another.
func underway(tx *tx, who identity.Identity, move string, at ...Stage) (Subscriber, error) {
	sub, err := subscriberOf(tx, who)
	if err != nil {
		return sub, err
	}
	if sub.Move.ID == move && slices.Contains(at, sub.Move.Stage) {
		return sub, nil
	}
	return sub, fmt.Errorf("%w: %s is %s", ErrMoving, sub.Handle, stageWord(sub.Move.Stage))
}

// Stay takes a move back: the subscriber is looked after here again. One who was handed over stays only with
// the receipt that says that they were declined.
func (a *Subscription) Stay(by Actor, move, receipt string) (sub Subscriber, err error) {
	err = a.s.update(func(tx *tx) error {
		if sub, err = underway(tx, a.who, move, Leaving, Handed); err != nil {
			return err
		}
		if sub.Move.Stage == Handed && !sub.Move.confirms(receipt, false) {
			return ErrReceipt
		}
		sub, err = stage(tx, sub, Move{}, by, MoveReturned)
		return err
	})
	return sub, err
}

// Drop forgets a subscriber who was handed over, with the receipt that says that they were taken. Where they
// went is remembered for a while.
func (v *Vault) Drop(by Actor, who identity.Identity, move, receipt string, secrets []SecretName) error {
	return v.s.update(func(tx *tx) error {
		sub, err := underway(tx, who, move, Handed)
		if err != nil {
			return err
		}
		if !sub.Move.confirms(receipt, true) {
			return ErrReceipt
		}
		return depart(tx, sub, sub.Move.Peer, Entry{Actor: by, Action: MoveDone}, secrets)
	})
}

// TakenOver forgets a subscriber, at whatever stage, whom another installation looks after because an operator
// said so: this one was believed to be lost.
// Who is gone already is no error.
func (v *Vault) TakenOver(by Actor, who identity.Identity, peer string, secrets []SecretName) error {
	return v.s.update(func(tx *tx) error {
		sub, err := subscriberOf(tx, who)
		if errors.Is(err, ErrNoSubscriber) {
			return nil
		}
		if err != nil {
			return err
		}
		return depart(tx, sub, peer, Entry{Actor: by, Action: MoveTakenOver}, secrets)
	})
}

// depart removes all that is known of somebody who is elsewhere now.
func depart(tx *tx, sub Subscriber, peer string, e Entry, secrets []SecretName) error {
	if err := removeShare(tx, sub.Identity, secrets); err != nil {
		return err
	}
	gone := Departed{Identity: sub.Identity, Peer: peer, At: tx.now}
	if err := putRecord(tx, departedBucket, subscriberKey(sub.Identity), gone); err != nil {
		return err
	}
	e.Subject, e.Before, e.After, e.Reason = sub.Handle, stageWord(sub.Move.Stage), "gone", peer
	return audit(tx, e)
}

// removeShare removes all that a Share has of a subscriber.
func removeShare(tx *tx, who identity.Identity, secrets []SecretName) error {
	if err := removeSubscriber(tx, who); err != nil {
		return err
	}
	if err := dropKeys(tx.Bucket(spendBucket), prefix(who.Server, who.ID)); err != nil {
		return fmt.Errorf("hand a ledger over: %w", err)
	}
	for _, s := range secrets {
		if err := tx.Bucket(credentialsBkt).Delete(key(s.Record, s.Field)); err != nil {
			return fmt.Errorf("forget a secret: %w", err)
		}
	}
	return nil
}

// Departed is where a subscriber went who was looked after here.
type Departed struct {
	Identity identity.Identity `json:"identity"`
	Peer     string            `json:"peer"`
	At       time.Time         `json:"at"`
}

// Departed says where an account went; ok is false for one that was never here, came back, or left long ago.
func (a *Subscription) Departed() (d Departed, ok bool, err error) {
	err = a.s.view(func(tx *tx) error {
		d, ok, err = getRecord[Departed](tx, departedBucket, subscriberKey(a.who))
		return err
	})
	return d, ok, err
}

// decision is the taker's word on a move, which is given once.
type decision struct {
	Taken bool      `json:"taken"`
	At    time.Time `json:"at"`
}

func decided(tx *tx, move string) (decision, bool, error) {
	return getRecord[decision](tx, decisionBucket, key(move))
}

// Settle takes a subscriber who arrived: from now on they are looked after here. Again it is no error.
func (a *Subscription) Settle(by Actor, move string) (sub Subscriber, err error) {
	err = a.s.update(func(tx *tx) error {
		d, known, err := decided(tx, move)
		switch {
		case err != nil:
			return err
		case known && !d.Taken:
			return ErrDecided
		case known: // and they may have gone on since
			sub, _, err = getRecord[Subscriber](tx, subscriberBucket, subscriberKey(a.who))
			return cmp.Or(err, errIdle)
		}
		if sub, err = underway(tx, a.who, move, Arriving); err != nil {
			return err
		}
		if err := putRecord(tx, decisionBucket, key(move), decision{true, tx.now}); err != nil {
			return err
		}
		if err := tx.Bucket(departedBucket).Delete(subscriberKey(a.who)); err != nil {
			return fmt.Errorf("forget where somebody was: %w", err)
		}
		sub.Turns++
		sub, err = stage(tx, sub, Move{}, by, MoveSettled)
		return err
	})
	return sub, unlessIdle(err)
}

// Decline says that a move is never taken here, whether what was given away has come or not. Again it is no
// error; one that was taken is ErrDecided.
func (v *Vault) Decline(by Actor, who identity.Identity, move string, secrets []SecretName) error {
	err := v.s.update(func(tx *tx) error {
		d, known, err := decided(tx, move)
		switch {
		case err != nil:
			return err
		case known && d.Taken:
			return ErrDecided
		case known:
			return errIdle
		}
		if err := putRecord(tx, decisionBucket, key(move), decision{false, tx.now}); err != nil {
			return err
		}
		e := Entry{Actor: by, Action: MoveDeclined, Subject: who.String(), After: "declined"}
		sub, err := underway(tx, who, move, Arriving)
		if err != nil { // it did not come, or somebody else is here
			return audit(tx, e)
		}
		e.Subject, e.Before = sub.Handle, stageWord(Arriving)
		if err := removeShare(tx, who, secrets); err != nil {
			return err
		}
		return audit(tx, e)
	})
	return unlessIdle(err)
}

// unlessIdle is an error, unless there was only nothing to do.
func unlessIdle(err error) error {
	if errors.Is(err, errIdle) {
		return nil
	}
	return err
}

// pruneMoves forgets where people went and what was decided long ago.
func pruneMoves(tx *tx) error {
	before := tx.now.Add(-decisionLife)
	if _, err := dropRecords(tx, decisionBucket, nil, func(d decision) bool { return d.At.Before(before) }); err != nil {
		return err
	}
	_, err := dropRecords(tx, departedBucket, nil, func(d Departed) bool { return d.At.Before(before) })
	return err
}

package homes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/move"
	"slugpuppy/store"
)

// settle makes one home and what is written down here agree; sub is nil for an account that is not known here. What
// it does next depends on nothing but these two, so whatever was killed when, it goes on from there:
//
//	here            home             then
//	looked after    none             make it ours
//	                ours             ours
//	                another's        ours where we had them later, else not ours; gone where they were moved on since
//	leaving to a    none, or ours    offer
//	daemon          offered          wait; after a while, refuse for the receiver
//	                refused          look after them again
//	                another's        forget them: they were taken
//	arriving        offered to us    take them: the home is ours from then on
//	                ours             look after them
//	                another's        forget them: it was too late
//	unknown         offered to us    receive, or refuse
//	                ours             remove it
func (k *Keeper) settle(ctx context.Context, b buckets, key string, sub *store.Subscriber, e entry) error {
	var err error
	switch {
	case sub == nil && e.revision == 0:
	case sub == nil && e.To == k.Name && e.Node != k.Name:
		err = k.receive(ctx, b, key, e)
	case sub == nil && e.Node == k.Name:
		err = b.remove(ctx, key, e)
	case sub == nil:
	case sub.Move.Stage == store.Here:
		err = k.stay(ctx, b, key, *sub, e)
	case carried(sub.Move): // the receipt decides
		k.own(sub.Identity, false)
	case sub.Move.Stage == store.Arriving:
		err = k.take(ctx, b, key, *sub, e)
	default:
		k.own(sub.Identity, false)
		err = k.part(ctx, b, key, *sub, e)
	}
	if errors.Is(err, errOvertaken) { // what they wrote is told, and settled then
		return nil
	}
	return err
}

// carried says that somebody carries what moves, as a file: the other side is an address, not a daemon.
func carried(m store.Move) bool {
	_, err := move.ParseAddress(m.Peer)
	return err == nil
}

func (k *Keeper) wake(who identity.Identity) {
	if k.Mover.Wake != nil {
		k.Mover.Wake(who)
	}
}

// remove forgets a home whose account is not known here any more.
func (b buckets) remove(ctx context.Context, key string, e entry) error {
	return overtaken(b.homes.Delete(ctx, key, jetstream.LastRevision(e.revision)))
}

// stay settles an account that is looked after here.
func (k *Keeper) stay(ctx context.Context, b buckets, key string, sub store.Subscriber, e entry) error {
	ours := home{Node: k.Name, Turns: sub.Turns}
	switch {
	case e.home == ours:
		k.own(sub.Identity, true)
		return nil
	case e.revision == 0, e.Node == k.Name, e.Turns < sub.Turns:
		k.own(sub.Identity, false) // until it is written, and read
		if err := b.write(ctx, key, e, ours); err != nil {
			return err
		}
		k.own(sub.Identity, true)
		k.wake(sub.Identity)
		return nil
	}
	k.own(sub.Identity, false)
	if e.Turns > sub.Turns {
		k.Log.Warn("an account was taken over by another daemon, and is forgotten here", "account", sub.Identity, "daemon", e.Node)
		return k.Mover.Lose(ctx, itself, sub, e.Node)
	}
	k.once(sub, "two daemons have the account; it is looked after there and not here", "daemon", e.Node)
	return nil
}

// once logs what goes on with an account, and not again before it is something else.
func (k *Keeper) once(sub store.Subscriber, what string, args ...any) {
	k.mu.Lock()
	again := k.said[sub.Identity] == what
	k.said[sub.Identity] = what
	k.mu.Unlock()
	if !again {
		k.Log.Warn(what, append([]any{"account", sub.Identity}, args...)...)
	}
}

// part settles an account that is leaving for another daemon.
func (k *Keeper) part(ctx context.Context, b buckets, key string, sub store.Subscriber, e entry) error {
	m := sub.Move
	switch {
	case e.revision > 0 && e.Node != k.Name && e.Turns > sub.Turns:
		k.Log.Info("a reader has moved", "account", sub.Identity, "daemon", e.Node)
		return k.Mover.Lose(ctx, itself, sub, e.Node)
	case e.revision > 0 && e.Node != k.Name:
		k.once(sub, "two daemons have an account that is moving", "daemon", e.Node)
		return nil
	case e.Refused == m.ID:
		k.once(sub, "a reader stays", "daemon", m.Peer, "reason", e.Why)
		receipt := m.Receipt(false)
		if err := k.Mover.Stay(itself, sub, receipt); err != nil {
			return err
		}
		sub.Move = store.Move{}
		return k.stay(ctx, b, key, sub, e)
	case e.Move == m.ID && time.Since(m.Since) < k.Patience:
		return nil
	case e.Move == m.ID:
		return b.write(ctx, key, e, home{Node: k.Name, Turns: sub.Turns, Refused: m.ID,
			Why: fmt.Sprintf("daemon %s did not answer within %s", m.Peer, k.Patience)})
	}
	return k.offer(ctx, b, key, sub, e)
}

// offer seals what is known of an account for its receiver and says that it may take it.
func (k *Keeper) offer(ctx context.Context, b buckets, key string, sub store.Subscriber, e entry) error {
	ours := home{Node: k.Name, Turns: sub.Turns}
	n, there, err := b.node(ctx, sub.Move.Peer)
	if err != nil {
		return err
	}
	if !there {
		if time.Since(sub.Move.Since) < k.Patience {
			return nil
		}
		ours.Refused, ours.Why = sub.Move.ID, "no daemon "+sub.Move.Peer+" is there"
		return b.write(ctx, key, e, ours)
	}
	to, err := move.ParseAddress(n.Address)
	if err != nil {
		return fmt.Errorf("daemon %s: %w", n.Name, err)
	}
	sealed, out, err := k.Mover.Offer(ctx, itself, sub, k.Name, sub.Move.Peer, to)
	if err != nil {
		return err
	}
	if _, err := b.shares.PutBytes(ctx, out.ID, sealed); err != nil {
		return fmt.Errorf("hand a share to the broker: %w", err)
	}
	ours.Move, ours.To = out.ID, n.Name
	return b.write(ctx, key, e, ours)
}

// receive takes in what another daemon offers; nothing is decided yet.
func (k *Keeper) receive(ctx context.Context, b buckets, key string, e entry) error {
	sealed, err := b.shares.GetBytes(ctx, e.Move)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return k.refuse(ctx, b, key, e, "what was handed over is gone from the broker")
	}
	if err != nil {
		return fmt.Errorf("fetch a share from the broker: %w", err)
	}
	sub, err := k.Mover.Receive(ctx, itself, sealed)
	switch {
	case err != nil && final(err):
		return k.refuse(ctx, b, key, e, err.Error())
	case err != nil:
		k.Log.Warn("a reader cannot be taken in now; it is tried again", "from", e.Node, "error", err)
		return nil
	case keyOf(sub.Identity) != key || sub.Move.ID != e.Move:
		return k.refuse(ctx, b, key, e, "another account was handed over than was said")
	}
	return k.take(ctx, b, key, sub, e)
}

// final says that another try would come to the same.
func final(err error) bool {
	for _, is := range []error{store.ErrHere, store.ErrMoving, store.ErrDecided, store.ErrOldMove, store.ErrNewer, store.ErrDamaged,
		move.ErrSealed, move.ErrOther, move.ErrUnverified} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

func (k *Keeper) refuse(ctx context.Context, b buckets, key string, e entry, why string) error {
	k.Log.Warn("a reader is not taken in", "from", e.Node, "reason", why)
	if len(why) > mostWhy {
		why = why[:mostWhy]
	}
	return b.write(ctx, key, e, home{Node: e.Node, Turns: e.Turns, Refused: e.Move, Why: why})
}

const mostWhy = 1000

// take makes the home of an account that arrived ours, or forgets the account where that is too late.
func (k *Keeper) take(ctx context.Context, b buckets, key string, sub store.Subscriber, e entry) error {
	ours := home{Node: k.Name, Turns: sub.Turns + 1}
	switch {
	case e.home == ours:
	case e.To == k.Name && e.Move == sub.Move.ID:
		if err := b.write(ctx, key, e, ours); err != nil {
			return err
		}
	default:
		k.own(sub.Identity, false)
		return k.Mover.Refuse(itself, sub)
	}
	if err := k.Mover.Take(itself, sub); err != nil {
		return err
	}
	k.own(sub.Identity, true)
	_ = b.shares.Delete(ctx, sub.Move.ID) // else it ends by itself
	k.Log.Info("a reader has come", "account", sub.Identity, "from", sub.Move.Peer)
	k.wake(sub.Identity)
	return nil
}

package homes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slugpuppy/store"
)

// Move hands a reader over to another daemon and waits until it has them, does not take them, or ctx ends: then it
// goes on all the same.
func (k *Keeper) Move(ctx context.Context, by store.Actor, sub store.Subscriber, to string) error {
	b, err := k.open(ctx)
	if err != nil {
		return err
	}
	switch _, there, err := b.node(ctx, to); {
	case err != nil:
		return err
	case !there, to == k.Name:
		return fmt.Errorf("%w: %q", ErrUnknown, to)
	}
	out, err := k.Mover.Store.For(sub.Identity).Subscription().Leave(by, to)
	if err != nil {
		return err
	}
	k.Poke()
	return k.await(ctx, b, sub, out, to)
}

// await waits until a move is decided.
func (k *Keeper) await(ctx context.Context, b buckets, sub store.Subscriber, out store.Move, to string) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		now, err := k.Mover.Store.For(sub.Identity).Subscription().Subscriber()
		switch {
		case errors.Is(err, store.ErrNoSubscriber):
			return nil // taken, and forgotten here
		case err != nil:
			return err
		case now.Move.ID != out.ID:
			e, err := b.read(ctx, keyOf(sub.Identity))
			if err == nil && e.Why != "" {
				return fmt.Errorf("%w: %s", ErrRefused, e.Why)
			}
			return fmt.Errorf("%w; the logs on both sides say why", ErrRefused)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("daemon %s has not taken @%s yet, and goes on trying: %w", to, sub.Handle, context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// TakenOver is what came of TakeOver.
type TakenOver struct {
	Taken int // readers who are looked after here now
	// Left are those of the copy who were not the lost daemon's any more, and Later the lost daemon's of whom the
	// copy knows nothing: they joined after it was made and have to sign in again, anywhere.
	Left, Later int
}

// TakeOver looks after the readers of a daemon that is lost, from a copy of its database. It is refused while that
// daemon's lease is not over: whether it is really dead nobody can know. Where it comes back it finds that its readers
// are elsewhere.
func (k *Keeper) TakeOver(ctx context.Context, by store.Actor, lost string, shares func(each func(store.Share) error) error,
) (t TakenOver, err error) {
	b, err := k.open(ctx)
	if err != nil {
		return t, err
	}
	if lost == k.Name {
		return t, fmt.Errorf("%w: that is this one", ErrUnknown)
	}
	if _, there, err := b.node(ctx, lost); err != nil || there {
		return t, errors.Join(err, fmt.Errorf("%w: %s; it ends within %s of its death", ErrAlive, lost, k.Lease))
	}
	all, err := b.all(ctx)
	if err != nil {
		return t, err
	}
	err = shares(func(s store.Share) error {
		key := keyOf(s.Subscriber.Identity)
		e, known := all[key]
		if !known || e.Node != lost {
			t.Left++
			return nil
		}
		delete(all, key)
		switch err := k.find(ctx, b, by, key, s.Found(lost), e); {
		case errors.Is(err, errOvertaken):
			t.Left++
			return nil
		case err != nil:
			return fmt.Errorf("take over %s: %w", s.Subscriber.Identity, err)
		}
		t.Taken++
		return nil
	})
	if err != nil {
		return t, err
	}
	for key, e := range all {
		if e.Node != lost {
			continue
		}
		if err := b.remove(ctx, key, e); err != nil && !errors.Is(err, errOvertaken) {
			return t, err
		}
		t.Later++
	}
	return t, nil
}

// find takes one reader over. The home is offered to this daemon in the lost one's name first, so that whatever is
// killed, settle knows how it goes on.
func (k *Keeper) find(ctx context.Context, b buckets, by store.Actor, key string, s store.Share, e entry) error {
	s.Subscriber.Turns = max(s.Subscriber.Turns, e.Turns)
	sub, err := k.Mover.Find(by, s)
	if err != nil {
		return err
	}
	ours := home{Node: k.Name, Turns: sub.Turns + 1}
	if err := b.write(ctx, key, e, ours); err != nil {
		return errors.Join(err, k.Mover.Refuse(itself, sub))
	}
	return k.take(ctx, b, key, sub, entry{home: ours})
}

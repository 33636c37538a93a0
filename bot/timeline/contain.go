package timeline

import (
	"context"
	"errors"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/pulse"
	"slugpuppy/store"
)

// meanwhile forgives that what we know of a post changed while we looked elsewhere: people's words come
// at any time, and what they say goes first. The next pass looks at the post as it is then.
func (w *watcher) meanwhile(err error) error {
	if errors.Is(err, store.ErrState) {
		w.Log.Debug("a post changed meanwhile", "account", w.own.Identity(), "reason", err)
		return nil
	}
	return err
}

// change is store.Timeline's, forgiving as meanwhile says.
func (w *watcher) change(post string, change func(*store.Judged)) (store.Judged, error) {
	j, err := w.own.Timeline().Change(post, change)
	return j, w.meanwhile(err)
}

// spell is a time in which passes fail, one after the other.
type spell struct {
	failures int
	since    time.Time
	pause    time.Duration // after the last one
}

// A spell is worth a word to the subscriber when it is more than a hiccup.
const (
	hiccups = 3
	hiccup  = 10 * time.Minute
)

// longestOnDisk is the longest pause after a pass that ended because the database could not be written.
const longestOnDisk = 15 * time.Second

// lasts says whether a spell is worth a word.
func (s spell) lasts(now time.Time) bool { return s.failures >= hiccups && now.Sub(s.since) >= hiccup }

// contain writes down why a pass failed and says when to try again. Whatever it was, it concerns this
// subscriber and nobody else. What it returns of an error is one that is ours: a bug, or the store's.
func (w *watcher) contain(ctx context.Context, sub store.Subscriber, err error) (time.Duration, error) {
	if !network.Failed(err) && store.InTrouble(store.Diagnose(err)) { // everybody's trouble, told where the disk is watched, and over as soon as there is room
		w.spell.pause = min(w.Backoff.Wait(1, nil), longestOnDisk)
		return w.spell.pause, err
	}
	now := time.Now()
	if w.spell.failures == 0 {
		w.spell.since = now
	}
	w.spell.failures++
	// Whoever cannot read a timeline for long still has mutes to end.
	w.spell.pause = min(w.Backoff.Wait(w.spell.failures, err), w.Backoff.Longest)
	trouble := ""
	switch notice := network.NoticeOf(err); {
	case notice != "": // nothing else is wrong
		trouble, w.spell.pause = notice, w.Backoff.Longest
	case errors.Is(err, errAccount) && !network.Failed(err):
		trouble, w.spell.pause = err.Error(), w.Backoff.Longest
	case network.Is(err, network.Unauthorized, network.Forbidden):
		trouble = "the server no longer lets us in; " + network.RemedyOf(err, "connect the account again")
		w.reader, w.spell.pause = nil, w.Backoff.Longest
		w.lasting(ctx, sub, LockedOut)
	case network.Failed(err):
		if w.spell.lasts(now) {
			trouble = "the server has not answered well since " + w.spell.since.UTC().Format("2 January 15:04 MST")
		}
	default:
		trouble = "something of ours goes wrong with this timeline, and whoever runs this knows; it is tried again"
		w.lasting(ctx, sub, Broken)
	}
	if network.Failed(err) || errors.Is(err, errAccount) {
		w.Log.Warn("a timeline has to wait", "account", sub.Handle, "error", err, "retry_in", w.spell.pause)
		return w.spell.pause, w.note(trouble)
	}
	w.Observer.Contained()
	w.Log.Error("a timeline cannot be looked after; the others are", "account", sub.Handle, "error", err,
		"retry_in", w.spell.pause, "stack", pulse.StackOf(err))
	return w.spell.pause, errors.Join(err, w.note(trouble))
}

// lasting tells the subscriber of a spell that does not end by itself.
func (w *watcher) lasting(ctx context.Context, sub store.Subscriber, kind NoticeKind) {
	if w.spell.lasts(time.Now()) {
		w.notify(ctx, sub, Notice{Kind: kind})
	}
}

// recovered ends a spell.
func (w *watcher) recovered(sub store.Subscriber) error {
	w.spell = spell{}
	if err := w.settled(sub, LockedOut, Broken); err != nil {
		return err
	}
	return w.note("")
}

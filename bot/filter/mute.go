package filter

import (
	"context"
	"time"

	"slugpuppy/store"
)

// mutes ends the mutes whose time has come and begins those the subscriber's rule asks for. A
// mute the subscriber made is never touched.
func (w *watcher) mutes(ctx context.Context, sub store.Subscriber) error {
	ours, err := w.Store.Mutes(w.scope)
	if err != nil {
		return err
	}
	on := sub.Mute.After > 0 && sub.Acting(time.Now()) == store.FilterOn
	if !on && len(ours) == 0 {
		return nil
	}
	due, err := w.offenders(sub, ours, on)
	if err != nil {
		return err
	}
	ended := false
	for _, m := range ours {
		ended = ended || !m.Done || !time.Now().Before(m.Until)
	}
	if len(due) == 0 && !ended {
		return nil
	}
	muted, err := w.account.Muted(ctx)
	if err != nil {
		return err
	}
	for _, m := range ours {
		if err := w.endMute(ctx, m, muted); err != nil {
			return err
		}
	}
	for _, m := range due {
		if _, already := muted[m.Account]; already {
			continue // by the subscriber
		}
		if err := w.beginMute(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// offenders are the accounts with more hidden posts than the rule allows, that we have not
// muted.
func (w *watcher) offenders(sub store.Subscriber, ours []store.Mute, on bool) ([]store.Mute, error) {
	if !on {
		return nil, nil
	}
	rows, err := w.Store.JudgedSince(w.scope, time.Now().Add(-sub.Mute.Within), func(j store.Judged) bool {
		return j.Fate == store.Filed && j.AuthorID != ""
	})
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	var due []store.Mute
	for _, m := range ours {
		count[m.Account] = -len(rows)
	}
	for _, r := range rows {
		if count[r.AuthorID]++; count[r.AuthorID] == sub.Mute.After {
			due = append(due, store.Mute{Account: r.AuthorID, Handle: r.Author, Until: time.Now().Add(sub.Mute.For)})
		}
	}
	return due, nil
}

// beginMute writes the mute down before it is made: whatever happens, it will be ended.
func (w *watcher) beginMute(ctx context.Context, m store.Mute) error {
	if err := w.Store.PutMute(w.scope, m); err != nil {
		return err
	}
	if err := w.account.Mute(ctx, m.Account, time.Until(m.Until)); err != nil {
		return err
	}
	m.Done = true
	w.Log.Info("muted an account for a while, as the subscriber's rule says", "until", m.Until)
	return w.Store.PutMute(w.scope, m)
}

// endMute ends one of our mutes if it is time. A mute without an end that is there now was made
// by the subscriber meanwhile.
func (w *watcher) endMute(ctx context.Context, m store.Mute, muted map[string]time.Time) error {
	ends, there := muted[m.Account]
	switch {
	case !there && !m.Done && time.Now().Before(m.Until): // it was cut short before it was made
		return w.Store.DropMute(w.scope, m.Account)
	case there && !m.Done && time.Now().Before(m.Until):
		m.Done = true
		return w.Store.PutMute(w.scope, m)
	case time.Now().Before(m.Until):
		return nil
	}
	if there && !ends.IsZero() {
		if err := w.account.Unmute(ctx, m.Account); err != nil {
			return err
		}
	}
	return w.Store.DropMute(w.scope, m.Account)
}

// unmuteAll ends all our mutes now.
func (w *watcher) unmuteAll(ctx context.Context) error {
	ours, err := w.Store.Mutes(w.scope)
	if err != nil || len(ours) == 0 {
		return err
	}
	muted, err := w.account.Muted(ctx)
	if err != nil {
		return err
	}
	for _, m := range ours {
		m.Until, m.Done = time.Time{}, true
		if err := w.endMute(ctx, m, muted); err != nil {
			return err
		}
	}
	return nil
}

package timeline

import (
	"context"
	"slices"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// mutes mutes as the subscriber's rule says, where the server lets us. Where it does not, only this step
// ends: whoever is to be muted is no reason to stop looking.
func (w *watcher) mutes(ctx context.Context, sub store.Subscriber) error {
	if slices.Contains(sub.Lacks, network.Mutes) {
		if sub.Mute.After > 0 {
			w.notify(ctx, sub, Notice{Kind: NoMutes})
		}
		return nil
	}
	err := w.muteAndUnmute(ctx, sub)
	if err == nil {
		w.muting.forget("mutes")
	}
	if !refuses(err) {
		return err
	}
	if w.ailing || !w.muting.twice("mutes") {
		w.Log.Warn("the server refuses to mute; it is asked once more", "account", sub.Handle, "error", err)
		return nil
	}
	w.Log.Error("the server refuses to mute; it is not asked any more", "account", sub.Handle, "error", err)
	w.notify(ctx, sub, Notice{Kind: NoMutes})
	return w.own.Subscription().Touch(func(s *store.Subscriber) { s.Lacks = append(s.Lacks, network.Mutes) })
}

// muteAndUnmute ends the mutes whose time has come and begins those the subscriber's rule asks for. A
// mute the subscriber made is never touched.
func (w *watcher) muteAndUnmute(ctx context.Context, sub store.Subscriber) error {
	known, err := w.knownMutes(sub)
	if err != nil {
		return err
	}
	due, err := w.offenders(sub, known)
	if err != nil || len(due) == 0 && !w.mustLook(known) {
		return err
	}
	muted, err := w.mutedNow(ctx, known)
	if err != nil {
		return err
	}
	w.muted = time.Now()
	for _, m := range known {
		if err := w.endMute(ctx, m, muted); err != nil {
			return err
		}
	}
	for _, m := range due {
		if _, m.Theirs = muted[m.ID]; m.Theirs {
			err = w.own.Timeline().PutMute(m)
		} else {
			err = w.beginMute(ctx, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mutedNow are the muted accounts with when each mute ends, zero for never. Where mutes have no end, ours
// have the one that we wrote down.
func (w *watcher) mutedNow(ctx context.Context, known []store.Mute) (map[string]time.Time, error) {
	muted, err := w.reader.Muted(ctx)
	if err != nil || w.reader.Facts().MutesEnd {
		return muted, err
	}
	for _, m := range known {
		if _, there := muted[m.ID]; there && m.Ours() {
			muted[m.ID] = m.Until
		}
	}
	return muted, nil
}

// knownMutes are our mutes and those that are over. The latter are forgotten once no post from before
// them counts any more.
func (w *watcher) knownMutes(sub store.Subscriber) (known []store.Mute, err error) {
	all, err := w.own.Timeline().Mutes()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, m := range all {
		switch {
		case m.Over && now.Sub(m.Until) >= sub.Mute.Within:
			err = w.own.Timeline().DropMute(m.ID)
		case m.Theirs && !m.Over && !now.Before(m.Until):
			m.Over = true
			err = w.own.Timeline().PutMute(m)
			known = append(known, m)
		default:
			known = append(known, m)
		}
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// muteCheck is how often we look whether the subscriber ended a mute of ours: from then on a mute of
// that account is theirs.
const muteCheck = time.Hour

// mustLook says whether the server's mutes have to be looked at.
func (w *watcher) mustLook(known []store.Mute) bool {
	now := time.Now()
	return slices.ContainsFunc(known, func(m store.Mute) bool {
		return m.Ours() && (!m.Done || !now.Before(m.Until) || now.Sub(w.muted) >= muteCheck)
	})
}

// mostMutes is how many accounts we keep muted at a time.
const mostMutes = 20

// offenders are the accounts with as many hidden posts as the rule allows, since they were last
// muted, and that are not.
func (w *watcher) offenders(sub store.Subscriber, known []store.Mute) (due []store.Mute, err error) {
	if sub.Mute.After <= 0 || sub.Acting(time.Now()) != store.FilterOn {
		return nil, nil
	}
	rows, err := w.own.Timeline().Since(time.Now().Add(-sub.Mute.Within), store.Filed)
	if err != nil {
		return nil, err
	}
	last, count, room := map[string]store.Mute{}, map[string]int{}, mostMutes
	for _, m := range known {
		last[m.ID] = m
		if m.Ours() {
			room--
		}
	}
	for _, r := range rows {
		if r.AuthorID == "" {
			continue
		}
		if m, known := last[r.AuthorID]; known && (!m.Over || !r.Seen.After(m.Until)) {
			continue
		}
		if count[r.AuthorID]++; count[r.AuthorID] == sub.Mute.After && len(due) < room {
			due = append(due, store.Mute{ID: r.AuthorID, Handle: r.Author, Until: time.Now().Add(sub.Mute.For)})
		}
	}
	return due, nil
}

// beginMute writes the mute down before it is made: whatever happens, it will be ended.
func (w *watcher) beginMute(ctx context.Context, m store.Mute) error {
	if err := w.own.Timeline().PutMute(m); err != nil {
		return err
	}
	if err := w.reader.Mute(ctx, m.ID, time.Until(m.Until)); err != nil {
		return err
	}
	m.Done = true
	w.Log.Info("muted an account for a while, as the subscriber's rule says", "until", m.Until)
	return w.own.Timeline().PutMute(m)
}

// endMute ends one of our mutes if it is time. A mute without an end that is there now was made
// by the subscriber meanwhile.
func (w *watcher) endMute(ctx context.Context, m store.Mute, muted map[string]time.Time) error {
	ends, there := muted[m.ID]
	before := time.Now().Before(m.Until)
	switch {
	case !m.Ours():
		return nil
	case !there && m.Done && before:
		m.Theirs = true
		w.Log.Info("a subscriber ended a mute of ours", "until", m.Until)
		return w.own.Timeline().PutMute(m)
	case !there && !m.Done && before: // it was cut short before it was made
		return w.own.Timeline().DropMute(m.ID)
	case there && !m.Done && before:
		m.Done = true
		return w.own.Timeline().PutMute(m)
	case before:
		return nil
	}
	if there && !ends.IsZero() {
		if err := w.reader.Unmute(ctx, m.ID); err != nil {
			return err
		}
	}
	m.Over, m.Until = true, time.Now()
	w.Log.Info("a mute of ours is over", "unmuted", there && !ends.IsZero())
	return w.own.Timeline().PutMute(m)
}

// unmuteAll ends all our mutes now.
func (w *watcher) unmuteAll(ctx context.Context) error {
	ours, err := w.own.Timeline().Mutes()
	if err != nil || len(ours) == 0 {
		return err
	}
	muted, err := w.mutedNow(ctx, ours)
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

package timeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slugpuppy/store"
)

// Notice is what a subscriber has to know without having asked. It is told once, for as long as it holds.
type Notice struct {
	Kind  NoticeKind
	Posts int // of Vanished, Appeared and Tightened
	// Of Tightened: of how many pictures the Posts were hidden wrongly, the budget that this is too many for, and the one that is
	// kept from now on.
	Of           int
	Budget, Kept float64
}

// NoticeKind is what a subscriber has to know.
type NoticeKind string

// The kinds of notices.
const (
	LockedOut NoticeKind = "locked out" // the server refuses the token
	Broken    NoticeKind = "broken"     // a bug, or a disk, keeps us from their timeline
	Refused   NoticeKind = "refused"    // the server does not let us hide anything: shadow mode
	Dismissed NoticeKind = "dismissed"  // they deleted a filter of ours: shadow mode
	Mended    NoticeKind = "mended"     // a filter was changed so that it hid nothing, and was put right
	Vanished  NoticeKind = "vanished"   // Posts that were hidden are shown again, all at once
	NoMutes   NoticeKind = "no mutes"   // the server does not let us mute, or end mutes
	Tightened NoticeKind = "tightened"  // their corrections say that the budget was broken: a smaller one is kept
	Appeared  NoticeKind = "appeared"   // Posts are hidden that we did not hide, all at once
)

// standing are the notices that are shown as trouble for as long as they hold, the first first.
var standing = []struct {
	kind NoticeKind
	text string
}{
	{Refused, "the server does not let us hide posts, so the filter only looks; switch it on to try again"},
	{NoMutes, "the server does not let the filter mute accounts, so it mutes nobody; everything else goes on"},
	{Vanished, "many posts that were hidden are shown again, all at once: \"filter restore\" hides them again, \"filter learn\" takes them for no dreams"},
	{Appeared, "many posts are hidden that the filter did not hide, all at once: \"filter restore\" shows them again, \"filter learn\" takes them for dreams"},
}

// notify tells a subscriber something, unless they were told and it holds since. It is written down as
// told before it is: one word too few is better than one twice.
func (w *watcher) notify(ctx context.Context, sub store.Subscriber, n Notice) {
	fresh := false
	err := w.own.Subscription().Touch(func(s *store.Subscriber) {
		if _, told := s.Notices[string(n.Kind)]; told {
			return
		}
		fresh = true
		if s.Notices == nil {
			s.Notices = map[string]store.Notice{}
		}
		s.Notices[string(n.Kind)] = store.Notice{At: time.Now(), Posts: n.Posts}
	})
	if err != nil || !fresh {
		if err != nil {
			w.Log.Error("a notice cannot be written down", "account", sub.Handle, "error", err)
		}
		return
	}
	w.Log.Warn("a subscriber has to know something", "account", sub.Handle, "what", n.Kind, "posts", n.Posts)
	w.send(ctx, sub, fmt.Sprintf("notice:%s:%d", n.Kind, time.Now().Unix()), n)
}

// send writes to a subscriber, where somebody can.
func (w *watcher) send(ctx context.Context, sub store.Subscriber, name string, a Answer) {
	if w.Tell == nil {
		return
	}
	if err := w.Tell(ctx, sub, name, a); err != nil {
		w.Log.Warn("a subscriber cannot be written to", "account", sub.Handle, "what", name, "error", err)
	}
}

// settled forgets notices that hold no more.
func (w *watcher) settled(sub store.Subscriber, kinds ...NoticeKind) error {
	held := false
	for _, k := range kinds {
		_, there := sub.Notices[string(k)]
		held = held || there
	}
	if !held {
		return nil
	}
	return w.own.Subscription().Touch(func(s *store.Subscriber) {
		for _, k := range kinds {
			delete(s.Notices, string(k))
		}
	})
}

// note writes down why nothing happens, or that all is well again.
func (w *watcher) note(trouble string) error {
	now, err := w.own.Subscription().Subscriber()
	if errors.Is(err, store.ErrNoSubscriber) { // they left
		return nil
	}
	if err != nil {
		return err
	}
	for _, s := range standing {
		if _, holds := now.Notices[string(s.kind)]; holds && trouble == "" {
			trouble = s.text
		}
	}
	if now.Trouble == trouble {
		return nil
	}
	return w.own.Subscription().Touch(func(s *store.Subscriber) { s.Trouble = trouble })
}

package timeline

import (
	"time"

	"slugpuppy/store"
)

// settle answers what many posts that changed at once mean: they are as before, or the subscriber meant it.
func (d *Desk) settle(by store.Actor, sub store.Subscriber, meant bool) (Change, error) {
	own := d.Store.For(sub.Identity)
	rows, err := own.Timeline().Since(time.Time{}, store.Returned, store.Filed)
	if err != nil {
		return Change{}, err
	}
	n := 0
	for _, row := range rows {
		if !(row.Why == WhyVanished && row.Fate == store.Returned) && !(row.Why == WhyAppeared && row.Fate == store.Filed) {
			continue
		}
		n++
		if err := d.settleOne(own.Timeline(), row, meant); err != nil {
			return Change{}, err
		}
	}
	if n == 0 {
		return Change{}, ErrNothing
	}
	did, reason := Restored, "filter restore"
	if meant {
		did, reason = Learned, "filter learn"
	}
	now, _, err := own.Subscription().Choose(by, reason, func(s *store.Subscriber) {
		delete(s.Notices, string(Vanished))
		delete(s.Notices, string(Appeared))
	})
	if err != nil {
		return Change{}, err
	}
	d.wake(sub.Identity)
	return Change{Did: did, Sub: now, Posts: n}, nil
}

// settleOne does so for one post.
func (d *Desk) settleOne(posts *store.Timeline, row store.Judged, meant bool) error {
	appeared := row.Why == WhyAppeared
	if meant {
		if err := teach(posts, d.Eye, row, appeared); err != nil {
			return err
		}
	}
	_, err := posts.Change(row.Post, func(j *store.Judged) {
		switch {
		case j.Why != row.Why || j.Fate != row.Fate: // changed meanwhile
		case meant && appeared:
			j.Why = WhyPut
		case meant:
			j.Why, j.Fate = WhyUncalled, store.TakenOut
		case appeared:
			j.Why, j.Fate = WhyUncalled, store.Unwanted
		default:
			j.Why, j.Fate = WhyRestored, store.Wanted
		}
	})
	return err
}

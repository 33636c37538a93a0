package timeline

import (
	"context"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// refuses says whether an error is a server's that does not let us do something, however often we ask.
func refuses(err error) bool {
	return network.NoticeOf(err) == "" && network.Is(err, network.Unauthorized, network.Forbidden, network.NotFound, network.Rejected)
}

// refused is a server that does not let us hide posts, or show them again. When it says so twice the filter
// only looks from then on, and the subscriber is told: what is not hidden must not be said to be.
func (w *watcher) refused(ctx context.Context, sub store.Subscriber, err error) error {
	w.checked = time.Now()
	if !w.doubts.twice("refused") {
		w.Log.Warn("the server refuses to change what is hidden; it is asked once more", "account", sub.Handle, "error", err)
		return nil
	}
	w.Log.Error("the server refuses to change what is hidden; from now on nothing is", "account", sub.Handle, "error", err)
	if sub.Mode == store.FilterOn {
		_, _, err := w.own.Subscription().Choose(store.Itself(), "the server refuses: "+err.Error(),
			func(s *store.Subscriber) { s.Mode = store.FilterShadow })
		if err != nil {
			return err
		}
	}
	work, err := w.own.Timeline().Work()
	if err != nil {
		return err
	}
	for _, row := range work {
		if row.Fate == store.Wanted {
			if err := w.end(row.Post, store.Noted); err != nil {
				return err
			}
		}
	}
	w.notify(ctx, sub, Notice{Kind: Refused})
	return nil
}

package timeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/backoff"
	"slugpuppy/store"
)

// watcher looks after one subscriber. Passes never overlap.
type watcher struct {
	*Filter
	own        *store.Account // what the store has of them
	wake       chan struct{}
	passing    sync.Mutex
	reader     network.Reader
	checked    time.Time     // when what is hidden was last read
	overlapped time.Time     // when the latest posts were last read again
	muted      time.Time     // when the mutes were last read
	named      time.Time     // when to ask again what the account is called
	failures   int           // in a row
	pause      time.Duration // after the last one
}

// longestPass is more than a pass over a neglected timeline takes.
const longestPass = 3 * time.Hour

// run makes passes until ctx ends or the subscriber is forgotten.
func (w *watcher) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var hints <-chan struct{}
	turn := w.Pulse.Loop("a timeline")
	defer turn.End()
	for {
		turn.Within(longestPass)
		next, err := w.Pass(ctx)
		switch {
		case errors.Is(err, store.ErrNoSubscriber):
			return nil
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if hints == nil {
			hints = w.hints(ctx)
		}
		turn.Within(2 * next) // a hint is followed by a rest
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(next):
		case <-w.wake:
		case _, open := <-hints:
			if !open {
				hints = nil
			}
			if rest := w.rest(); rest > 0 && !backoff.Sleep(ctx, rest) { // a hint does not shorten a rest
				return nil
			}
		}
	}
}

// hints are the network's hints that there is something new; nil before the account is open.
func (w *watcher) hints(ctx context.Context) <-chan struct{} {
	w.passing.Lock() // others make passes too, see Filter.Pass
	defer w.passing.Unlock()
	if w.reader == nil {
		return nil
	}
	return w.reader.WakeHome(ctx)
}

// rest is how long the server is to be left alone after a failure, 0 if it is well.
func (w *watcher) rest() time.Duration {
	w.passing.Lock()
	defer w.passing.Unlock()
	return w.pause
}

// Pass looks at what is new and hides, or shows again, what was decided. It says when to come
// again; what a server refuses is written down for the subscriber and tried again later, and
// only the store's errors are returned.
func (w *watcher) Pass(ctx context.Context) (next time.Duration, err error) {
	w.passing.Lock()
	defer w.passing.Unlock()
	sub, err := w.own.Subscription().Subscriber()
	if err != nil {
		return 0, err
	}
	err = w.once(ctx, sub)
	if err == nil {
		w.failures, w.pause = 0, 0
		return w.Poll, w.note(sub, "")
	}
	if ctx.Err() != nil || !network.Failed(err) && !errors.Is(err, errAccount) {
		return 0, err
	}
	w.failures++
	trouble := ""
	// Whoever cannot read a timeline for long still has mutes to end.
	w.pause = min(w.Backoff.Wait(w.failures, err), w.Backoff.Longest)
	switch notice := network.NoticeOf(err); {
	case notice != "": // nothing else is wrong
		trouble, w.pause = notice, w.Backoff.Longest
	case !network.Failed(err):
		trouble, w.pause = err.Error(), w.Backoff.Longest
	case network.Is(err, network.Unauthorized, network.Forbidden):
		trouble, w.pause, w.reader = "the server no longer lets us in; "+network.RemedyOf(err, "connect the account again"), w.Backoff.Longest, nil
	}
	w.Log.Warn("a timeline has to wait", "account", sub.Handle, "error", err, "retry_in", w.pause)
	return w.pause, w.note(sub, trouble)
}

// note writes down why nothing happens, or that all is well again.
func (w *watcher) note(sub store.Subscriber, trouble string) error {
	if sub.Trouble == trouble {
		return nil
	}
	return w.own.Subscription().Touch(func(s *store.Subscriber) { s.Trouble = trouble })
}

// errAccount means that an account cannot even be opened.
var errAccount = errors.New("cannot open the account")

func (w *watcher) once(ctx context.Context, sub store.Subscriber) error {
	if w.reader == nil {
		r, err := w.Connect(sub)
		if err != nil {
			return fmt.Errorf("%w: %w", errAccount, err)
		}
		w.reader = r
	}
	if sub.Leaving {
		return w.leave(ctx, sub)
	}
	var failed error // the first call that failed; the other steps are taken all the same
	for _, step := range []func(context.Context, store.Subscriber) error{w.name, w.watch, w.agree, w.mutes} {
		err := step(ctx, sub)
		if err != nil && !network.Failed(err) {
			return err
		}
		if failed == nil {
			failed = err
		}
	}
	if failed != nil {
		return failed
	}
	return w.digest(ctx, sub)
}

// watch looks at the timeline unless the subscriber does not want that now.
func (w *watcher) watch(ctx context.Context, sub store.Subscriber) error {
	if sub.Acting(time.Now()) == store.FilterOff {
		return nil
	}
	return w.look(ctx, sub)
}

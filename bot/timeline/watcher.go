package timeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"slugpuppy/bot/network"
	"slugpuppy/bot/pulse"
	"slugpuppy/store"
)

// watcher looks after one subscriber. Passes never overlap.
type watcher struct {
	*Filter
	own        *store.Account // what the store has of them
	running    bool           // guarded by Filter.mu
	wake       chan struct{}
	passing    sync.Mutex
	reader     network.Reader
	opened     time.Time       // which connection the reader is of
	checked    time.Time       // when what is hidden was last read
	overlapped time.Time       // when the latest posts were last read again
	muted      time.Time       // when the mutes were last read
	named      time.Time       // when to ask again what the account is called
	met        map[string]bool // ids of posts that were read since the latest were
	reads      *rate.Limiter   // of the timeline
	hinted     *rate.Limiter   // passes because of hints
	spell      spell
	halt       context.CancelCauseFunc // of the pass under way, nil without one; guarded by Filter.mu
	over       chan struct{}           // closed when it is
	ailing     bool                    // a call of this pass failed already
	corrected  int                     // corrections there were when they were last counted, and one more
	doubts     doubts                  // of what is hidden
	muting     doubts                  // of whether we may mute
}

// How often a timeline is read. Mastodon lets everybody page 300 times in 15 minutes: a third of that is
// more than we use in any 15 minutes, so that people's own clients have the rest.
const (
	mostReads = 80 // in 15 minutes, and readBurst at once
	readBurst = 20
	hintBurst = 5 // passes because of hints; between, hints come together
)

// readEvery is the time between reads; at least one a poll is allowed.
func (o Options) readEvery() time.Duration { return min(15*time.Minute/time.Duration(o.Reads), o.Poll) }

const (
	// longestPass is more than a pass takes: what is left of a neglected timeline is for the next ones.
	longestPass = 20 * time.Minute
	// longestWait is more than a pass waits for one that an operator asked for, and then takes itself.
	longestWait = 2*longestPass + pulse.Slack
)

// run makes passes until ctx ends or the subscriber is forgotten. Whatever goes wrong with them is no
// reason to end.
func (w *watcher) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var hints <-chan struct{}
	turn := w.Pulse.Loop("a timeline")
	defer turn.End()
	for failures := 1; ; failures++ {
		turn.Within(longestWait)
		next, err := w.Pass(ctx)
		if errors.Is(err, store.ErrNoSubscriber) || ctx.Err() != nil {
			return
		}
		if errors.Is(err, ErrNotOurs) {
			err, next = nil, w.Poll
		}
		if err == nil {
			failures = 0
		}
		if next <= 0 { // not even that could be written down
			next = min(w.Backoff.Wait(failures, err), longestOnDisk)
			w.Log.Error("a timeline cannot be looked after; the store fails", "account", w.own.Identity(), "error", err, "retry_in", next)
		}
		if hints == nil {
			hints = w.hints(ctx)
		}
		turn.Within(2 * next) // a hint is followed by a rest
		select {
		case <-ctx.Done():
			return
		case <-time.After(next):
		case <-w.wake:
		case _, open := <-hints:
			if !open {
				hints = nil
			}
			if !w.leaveAlone(ctx, max(w.rest(), w.hinted.Reserve().Delay())) {
				return
			}
		}
	}
}

// leaveAlone lets a rest pass that a hint does not shorten; a word of the subscriber's does. False means
// that ctx ended.
func (w *watcher) leaveAlone(ctx context.Context, d time.Duration) bool {
	rest := time.NewTimer(d)
	defer rest.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-rest.C:
	case <-w.wake:
	}
	return true
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
	return w.spell.pause
}

// Pass looks at what is new and hides, or shows again, what was decided. It says when to come again.
// What went wrong is written down for the subscriber and tried again later; only what is our own fault
// is returned.
func (w *watcher) Pass(ctx context.Context) (next time.Duration, err error) {
	w.passing.Lock()
	defer w.passing.Unlock()
	within, release, err := w.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer release()
	sub, err := w.own.Subscription().Subscriber()
	switch {
	case err != nil:
		return 0, err
	case sub.Away():
		return 0, store.ErrAway
	}
	w.doubts.begin()
	w.muting.begin()
	err = pulse.Safely(func() error { return w.once(within, sub) })
	switch {
	case errors.Is(err, store.ErrNoSubscriber):
		return 0, err
	case err != nil && errors.Is(context.Cause(within), errHalted):
		return 0, store.ErrAway
	case err != nil && errors.Is(context.Cause(within), ErrNotOurs):
		return 0, ErrNotOurs
	case err != nil && ctx.Err() != nil:
		return 0, err
	case err != nil:
		return w.contain(ctx, sub, err)
	}
	return w.Poll, w.recovered(sub)
}

// begin is the time in which a pass may work: while the account is ours, and within bounds.
func (w *watcher) begin(ctx context.Context) (within context.Context, release func(), err error) {
	held, letGo := ctx, context.CancelFunc(func() {})
	if w.Hold != nil {
		if held, letGo, err = w.Hold(ctx, w.own.Identity()); err != nil {
			return nil, nil, err
		}
	}
	timely, cancel := context.WithTimeoutCause(held, longestPass, errPassTime)
	within, end := context.WithCancelCause(timely)
	w.mu.Lock()
	w.halt, w.over = end, make(chan struct{})
	w.mu.Unlock()
	return within, func() {
		w.mu.Lock()
		w.halt = nil
		close(w.over)
		w.mu.Unlock()
		end(nil)
		cancel()
		letGo()
	}, nil
}

// errHalted ends the pass of somebody who is away.
var errHalted = errors.New("the account is moving")

// ErrNotOurs ends a pass, or keeps one from beginning, because another node may be looking after the account.
var ErrNotOurs = errors.New("whether the account is ours is not known now")

// errPassTime ends a pass that does not end by itself.
var errPassTime error = &network.Error{Op: "look after a timeline", Kind: network.Transient,
	Err: errors.New("the server is too slow for one pass")}

// errAccount means that an account cannot even be opened.
var errAccount = errors.New("cannot open the account")

func (w *watcher) once(ctx context.Context, sub store.Subscriber) error {
	if !w.opened.Equal(sub.Connected) { // they let us in anew: what was open is of an old token
		w.reader = nil
	}
	if w.reader == nil {
		r, err := w.Connect(sub)
		if err != nil {
			return fmt.Errorf("%w: %w", errAccount, err)
		}
		w.reader, w.opened = r, sub.Connected
	}
	if sub.Leaving {
		return w.leave(ctx, sub)
	}
	var failed error // the first call that failed; the other steps are taken all the same
	for _, step := range []func(context.Context, store.Subscriber) error{w.name, w.watch, w.catchUp, w.agree, w.keepPromise, w.mutes} {
		w.ailing = failed != nil
		err := step(ctx, sub)
		if err != nil && !network.Failed(err) {
			return err
		}
		if failed == nil {
			failed = err
		}
		if network.NoticeOf(err) == "" && network.Is(err, network.Unauthorized, network.Forbidden) {
			break // nothing else will be let in either
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

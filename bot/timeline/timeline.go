package timeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/backoff"
	"slugpuppy/bot/pulse"
	"slugpuppy/store"
)

// Options of a Filter. Store, Eye with all its parts, and Connect are needed.
type Options struct {
	Store *store.Store
	Eye   *Eye
	// Connect opens a subscriber's account.
	Connect func(store.Subscriber) (network.Reader, error)
	// Disconnect gives a subscriber's token back and forgets it; nil: there is nothing to give back.
	Disconnect func(ctx context.Context, sub store.Subscriber) error
	// Tell sends a subscriber a private message, a Digest or a Notice, once for each name; nil: nobody can.
	Tell func(ctx context.Context, to store.Subscriber, name string, a Answer) error
	Log  *slog.Logger // nil: nothing is logged

	Poll  time.Duration // between looks at a timeline without hints; 1 min
	Check time.Duration // between looks at what is hidden when there is nothing to do; 5 min
	// Reads is how often a timeline is read in 15 minutes, as long as that is less than one a poll; 80.
	Reads int
	// Sure is how long after something was missed it is looked for again before it is believed; 30 s.
	Sure time.Duration
	// Observer is told what happens, for metrics; nil: nobody listens.
	Observer Observer
	Pulse    *pulse.Monitor // told that the loops still turn; nil: nobody is
	// Share lets what several subscribers call no dream count for everybody.
	Share bool
	// Keep is how long posts that came to an end, and what was seen in pictures, are remembered; 90
	// days. Posts that were left alone are kept for a sixth of that.
	Keep time.Duration
	// Hold says whether an account is ours to look after now, where others may: the context ends when it no
	// longer is. ErrNotOurs means not now. nil: all that are in the store are.
	Hold    func(ctx context.Context, who identity.Identity) (context.Context, context.CancelFunc, error)
	Backoff backoff.Law // of servers that do not answer well; 5 s to 15 min
	// Lists are antidote lists that subscribers follow; nil: there are none.
	Lists Lists
	// Looks is how many pictures are looked at at a time, for all subscribers; 2.
	Looks int
	// Fetches is how many pictures are downloaded at a time, and wait to be looked at; 3 for each look.
	Fetches int
	// PictureTime is how long the download of a picture may take, and how long a look at it; 20 s.
	PictureTime time.Duration
	// First is how many posts of the past are looked at when somebody joins; 200.
	First int
}

// Observer counts what the filter does.
type Observer interface {
	Judged(band string)
	Unreadable()
	Hidden(after time.Duration) // since the post was written
	Contained()                 // an error of our own, which cost one subscriber a pass
}

// deaf is the observer when nobody listens.
type deaf struct{}

func (deaf) Judged(string)        {}
func (deaf) Unreadable()          {}
func (deaf) Hidden(time.Duration) {}
func (deaf) Contained()           {}

// Filter looks after the timelines of all subscribers.
type Filter struct {
	Options
	desks *desks

	mu       sync.Mutex
	watchers map[identity.Identity]*watcher
	joined   chan struct{} // somebody may have come or gone
}

// New checks the options and returns a filter that does nothing until Run.
func New(o Options) (*Filter, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Poll, o.Check = orTime(o.Poll, time.Minute), orTime(o.Check, 5*time.Minute)
	if o.Reads <= 0 {
		o.Reads = mostReads
	}
	o.Sure = orTime(o.Sure, 30*time.Second)
	o.PictureTime = orTime(o.PictureTime, 20*time.Second)
	o.Keep = orTime(o.Keep, 90*24*time.Hour)
	o.Backoff.First, o.Backoff.Longest = orTime(o.Backoff.First, 5*time.Second), orTime(o.Backoff.Longest, 15*time.Minute)
	if o.Observer == nil {
		o.Observer = deaf{}
	}
	o.Looks, o.First = max(1, o.Looks), max(1, o.First)
	return &Filter{Options: o, desks: newDesks(o.Looks, o.Fetches, o.PictureTime), watchers: map[identity.Identity]*watcher{}, joined: make(chan struct{}, 1)}, nil
}

func (o Options) validate() error {
	switch {
	case o.Store == nil:
		return errors.New("filter: no store")
	case o.Connect == nil:
		return errors.New("filter: no way to subscribers' accounts")
	case o.Eye == nil || o.Eye.Judge == nil || o.Eye.Store == nil:
		return errors.New("filter: no eye, or one without a judge or a store")
	case o.Eye.Decode == nil || o.Eye.FetchBytes <= 0:
		return errors.New("filter: the eye can neither fetch nor decode")
	}
	return nil
}

func orTime(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// census is how often the list of subscribers is read without a hint.
const census = time.Minute

// Run looks after everybody until ctx ends, and then returns nil: no subscriber's trouble ends it, and
// a store that fails is asked again.
func (f *Filter) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	defer group.Wait()
	tick := time.NewTicker(census)
	defer tick.Stop()
	var pruned time.Time
	turn := f.Pulse.Loop("timelines")
	defer turn.End()
	for {
		turn.Within(census)
		if time.Since(pruned) > time.Hour {
			if err := f.prune(); err != nil {
				f.Log.Error("what is too old cannot be forgotten; it is tried again", "error", err)
			}
			pruned = time.Now()
		}
		subs, err := f.Store.Operator().Subscribers()
		if err != nil {
			f.Log.Error("the subscribers cannot be read; it is tried again", "error", err)
		}
		for _, sub := range subs {
			if sub.Away() {
				continue
			}
			if w := f.employ(sub.Identity); w != nil {
				group.Go(func() {
					defer f.dismiss(w)
					w.run(ctx)
				})
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-f.joined:
		case <-tick.C:
		}
	}
}

// watcher is the one of a subscriber, whether it runs or not: what it remembers outlives a pass.
func (f *Filter) watcher(who identity.Identity) *watcher {
	f.mu.Lock()
	defer f.mu.Unlock()
	w, ok := f.watchers[who]
	if !ok {
		w = &watcher{Filter: f, own: f.Store.For(who), wake: make(chan struct{}, 1), doubts: doubts{sure: f.Sure}, muting: doubts{sure: f.Sure},
			reads: rate.NewLimiter(rate.Every(f.readEvery()), readBurst), hinted: rate.NewLimiter(rate.Every(f.readEvery()), hintBurst)}
		f.watchers[who] = w
	}
	return w
}

// employ is the watcher of a subscriber that nobody runs yet, nil when it runs.
func (f *Filter) employ(who identity.Identity) *watcher {
	w := f.watcher(who)
	f.mu.Lock()
	defer f.mu.Unlock()
	if w.running {
		return nil
	}
	w.running = true
	return w
}

// dismiss ends what employ began, and forgets what the watcher remembered.
func (f *Filter) dismiss(w *watcher) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.watchers, w.own.Identity())
}

// Wake says that something changed for a subscriber, or that there is a new one.
func (f *Filter) Wake(who identity.Identity) {
	f.mu.Lock()
	hint := f.joined
	if w := f.watchers[who]; w != nil && w.running {
		hint = w.wake
	}
	f.mu.Unlock()
	select {
	case hint <- struct{}{}:
	default: // one is waiting already
	}
}

// Pass makes one pass for a subscriber now, whether Run runs or not. Passes for one never
// overlap.
func (f *Filter) Pass(ctx context.Context, who identity.Identity) (next time.Duration, err error) {
	return f.watcher(who).Pass(ctx)
}

// Halt ends the pass that is under way for somebody who is away now, and waits for its end. Until they are
// back there is no other.
func (f *Filter) Halt(ctx context.Context, who identity.Identity) error {
	f.mu.Lock()
	w := f.watchers[who]
	var over chan struct{} // nil without a pass; one that begins now finds that they are away
	if w != nil && w.halt != nil {
		w.halt(errHalted)
		over = w.over
	}
	f.mu.Unlock()
	f.Wake(who) // so that nobody waits for the next one
	if over == nil {
		return nil
	}
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the end of a pass: %w", context.Cause(ctx))
	}
}

// Rescan judges again what was seen since a time, as the rules, lessons and the budget are now.
func (f *Filter) Rescan(who identity.Identity, since time.Time) (changed int, err error) {
	changed, err = f.watcher(who).rescan(since)
	f.Wake(who)
	return changed, err
}

// Would is what would be decided of a post that was seen, as the rules, lessons and the budget are now; text is the
// post's, which is not kept. ok is false when it was not seen, or what was seen of it is not kept any more.
func (f *Filter) Would(who identity.Identity, post, text string) (j store.Judged, ok bool, err error) {
	w := f.watcher(who)
	sub, err := w.own.Subscription().Subscriber()
	if err != nil {
		return j, false, err
	}
	row, err := f.Desk().Post(sub, post)
	if errors.Is(err, ErrUnseen) {
		return j, false, nil
	}
	if err != nil {
		return j, false, err
	}
	s, ok, err := w.recall(row)
	if err != nil || !ok {
		return row, false, err
	}
	s.post.Text = text
	v, err := w.view(sub)
	if err != nil {
		return j, false, err
	}
	return w.Eye.decide(v, s), true, nil
}

// prune forgets what nobody will ask for any more.
func (f *Filter) prune() error {
	now := time.Now()
	if _, err := f.Store.PruneJudged(now.Add(-f.Keep/6), now.Add(-f.Keep)); err != nil {
		return fmt.Errorf("forget old posts: %w", err)
	}
	if _, err := f.Store.Sights().Prune(now.Add(-f.Keep)); err != nil {
		return fmt.Errorf("forget old sights: %w", err)
	}
	return nil
}

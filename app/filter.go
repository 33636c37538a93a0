package app

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/reply"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// newFilter makes the timeline filter over a store; o says who is told of its work, and looked of each
// look at a picture.
func (a *App) newFilter(known connections, o timeline.Options, decode decoder,
	looked func(time.Duration)) (*timeline.Filter, error) {
	d, err := a.detector()
	if err != nil {
		return nil, err
	}
	cfg := a.cfg.Filter
	o.Store, o.Log = known.store, a.log
	o.Eye = &timeline.Eye{Judge: d, Store: known.store, Decode: decode, FetchBytes: a.pictures.MaxBytes, Looked: looked}
	o.Connect = func(sub store.Subscriber) (network.Reader, error) { return known.reader(sub, a.log) }
	o.Disconnect = func(ctx context.Context, sub store.Subscriber) error { return known.forget(ctx, sub, a.log) }
	o.Poll, o.Check, o.Keep, o.Share = cfg.Poll.Std(), cfg.Check.Std(), cfg.Keep.Std(), cfg.Share
	o.Looks, o.First = runtime.GOMAXPROCS(0), 200
	return timeline.New(o)
}

// idleFilter is the filter of a command that works without a daemon: made when it is asked for,
// it does one pass at a time.
func (a *App) idleFilter(st *store.Store) func() (*timeline.Filter, error) {
	return sync.OnceValues(func() (*timeline.Filter, error) {
		key, err := a.key()
		if err != nil {
			return nil, err
		}
		return a.newFilter(a.connections(st, key, nil), timeline.Options{}, a.decode, nil)
	})
}

// newFilter is the timeline filter of the daemon, nil when it is disabled.
func (d *daemon) newFilter() (*timeline.Filter, error) {
	cfg := d.app.cfg
	if !cfg.Filter.Enabled {
		return nil, nil
	}
	o := timeline.Options{Observer: d.counts, Pulse: d.loops}
	if cfg.Mastodon.Server != "" {
		o.Tell = tellThrough(d.letters)
	}
	return d.app.newFilter(d.known, o, d.counts.Decoding("timelines", d.app.decode), d.counts.Looked)
}

// tellThrough sends digests through the bot, which is on a network that people have.
func tellThrough(l *reply.Letters) func(context.Context, store.Subscriber, timeline.Digest) error {
	return func(_ context.Context, sub store.Subscriber, digest timeline.Digest) error {
		if sub.Network == x.Name { // a name there is somebody else's here
			return errors.New("the bot writes to nobody on X; `slugpuppy filter report` says the same")
		}
		name := fmt.Sprintf("digest:%s:%s:%s:%d", sub.Network, sub.Identity.Server, sub.Identity.ID,
			sub.LastDigest.Unix())
		return l.Tell(name, network.Account{ID: sub.Handle, Handle: sub.Handle}, words.Digest(digest))
	}
}

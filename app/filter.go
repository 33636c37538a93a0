package app

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"slugpuppy/bot/lists"
	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/picture/child"
	"slugpuppy/store"
)

// newFilter makes the timeline filter over a store; o says who is told of its work, and looked of each
// look at a picture.
func (a *App) newFilter(known connections, o timeline.Options, decode decoder, frames timeline.FrameDecoder,
	looked func(time.Duration)) (*timeline.Filter, error) {
	d, err := a.detector()
	if err != nil {
		return nil, err
	}
	cfg := a.cfg.Filter
	o.Store, o.Log = known.store, a.log
	o.Eye = &timeline.Eye{Judge: d, Store: known.store, Decode: decode, Frames: frames, FetchBytes: a.pictures.MaxBytes, Looked: looked}
	o.Connect, o.Disconnect = known.reader, known.disconnect
	o.Poll, o.Check, o.Keep, o.Share = cfg.Poll.Std(), cfg.Check.Std(), cfg.Keep.Std(), cfg.Share
	o.Looks, o.First = runtime.GOMAXPROCS(0), 200
	if a.cfg.Cluster.On() {
		v, err := a.viewer()
		if err != nil {
			return nil, err
		}
		o.Eye.Elsewhere, o.Fetches = elsewhere(v), fetchesForOthers
	}
	return timeline.New(o)
}

// idleFilter is the filter of a command that works without a daemon: made when it is asked for,
// it does one pass at a time.
func (a *App) idleFilter(known connections, followed *lists.Desk, decoders *child.Pool) func() (*timeline.Filter, error) {
	return sync.OnceValues(func() (*timeline.Filter, error) {
		return a.newFilter(known, timeline.Options{Lists: followed}, a.apart(decoders), a.frames(decoders), nil)
	})
}

// newFilter is the timeline filter of the daemon, nil when it is disabled.
func (d *daemon) newFilter() (*timeline.Filter, error) {
	cfg := d.app.cfg
	if !cfg.Filter.Enabled {
		return nil, nil
	}
	o := d.app.pace
	o.Observer, o.Pulse, o.Lists = d.counts, d.loops, d.listDesk
	if d.homes != nil {
		o.Hold = d.homes.Hold
	}
	if len(d.letters) > 0 {
		o.Tell = d.tell
	}
	return d.app.newFilter(d.known, o, d.counts.Decoding("timelines", d.app.apart(d.decoders)), d.app.frames(d.decoders), d.counts.Looked)
}

// newLetters are those to subscribers, through the bots that can write to people. A name is somebody
// else's on another network.
func newLetters(all []place) map[string]*reply.Letters {
	letters := map[string]*reply.Letters{}
	for _, p := range all {
		if p.Enabled() && p.Facts.Private {
			letters[p.Name] = &reply.Letters{}
		}
	}
	return letters
}

// tell sends somebody what the filter has to say, once for each name.
func (d *daemon) tell(_ context.Context, sub store.Subscriber, name string, a timeline.Answer) error {
	l := d.letters[sub.Network]
	if l == nil {
		on := sub.Network
		if p, err := find(d.known.places, sub.Network); err == nil {
			on = p.Title
		}
		return fmt.Errorf("the bot writes to nobody on %s; `slugpuppy filter report` says the same", on)
	}
	name = fmt.Sprintf("%s:%s:%s:%s", sub.Network, sub.Identity.Server, sub.Identity.ID, name)
	return l.Tell(name, network.Account{ID: sub.Handle, Handle: sub.Handle}, words.Answer(a))
}

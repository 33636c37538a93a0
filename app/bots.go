package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/config"
	"slugpuppy/store"
)

// bot makes the bot of one account; o has what only this one needs. Limits of pictures and memory are the
// configuration's.
func (a *App) bot(p place, b network.Bot, st *store.Store, o reply.Options) (*reply.Daemon, error) {
	salt, err := st.Salt()
	if err != nil {
		return nil, fmt.Errorf("read the database's salt: %w", err)
	}
	engine, err := a.engine()
	if err != nil {
		return nil, err
	}
	flow(a.cfg, &o)
	pace := p.Pace()
	o.Dreams = a.dreamsAtATime()
	o.Poll, o.Sweep, o.Caps.Uploads = cmp.Or(pace.Poll, o.Poll), pace.Sweep, cmp.Or(pace.Uploads, o.Caps.Uploads)
	o.Platform, o.Login, o.Store, o.Secret = b, login(p.Kind), st, salt
	dreamers, err := a.dreamers()
	if err != nil {
		return nil, err
	}
	o.Dreamer, o.See, o.Vocabulary = dreamers.bots, engine.Maker.See, engine.Words
	o.Reckoner = dreamers.reckoner
	o.Label = engine.label
	o.Words = engine.Studio.Words
	return reply.New(o)
}

// newBots are the bots that answer mentions, one for each network that is configured.
func (d *daemon) newBots() (bots []*reply.Daemon, err error) {
	for _, p := range d.known.places {
		if !p.Enabled() {
			continue
		}
		b, err := p.Bot()
		var off *network.Off
		if errors.As(err, &off) {
			d.app.log.Error("the bot on "+p.Title+" does not run: "+off.Why,
				append(slices.Clone(off.Args), "remedy", off.Remedy)...)
			continue
		}
		if err != nil {
			return nil, err
		}
		bot, err := d.bot(p, b)
		if err != nil {
			return nil, err
		}
		bots = append(bots, bot)
	}
	return bots, nil
}

// bot is an account's bot with what watches it here. Where it can write to people, it takes the filter's
// orders and carries its digests.
func (d *daemon) bot(p place, b network.Bot) (*reply.Daemon, error) {
	o := reply.Options{Log: d.app.log.With("network", p.Name), Letters: d.letters[p.Name],
		Replied: d.counts.Replied, Pulse: d.loops,
		Decode: d.counts.Decoding("mentions", d.app.apart(d.decoders)), Frames: d.app.frames(d.decoders)}
	if o.Letters != nil && d.filter != nil {
		o.Orders = orders{d.filter}
	}
	return d.app.bot(p, b, d.store, o)
}

// orders says what came of the filter's orders.
type orders struct{ *timeline.Filter }

func (o orders) Command(ctx context.Context, from store.Actor, text string) (string, bool, error) {
	a, handled, err := o.Filter.Command(ctx, from, text)
	if err != nil || !handled {
		return "", handled, err
	}
	return words.Answer(a), true, nil
}

// flow fills in what a configuration says about the flow from a mention to its answer.
func flow(cfg *config.Config, o *reply.Options) {
	b := cfg.Bot
	o.QueueField, o.Hashtag = b.QueueField, b.Hashtag
	o.Poll = b.Poll.Std()
	o.StaleAfter = b.StaleAfter.Std()
	o.ConsentFor = b.ConsentFor.Std()
	o.JobTime = b.JobTime.Std()
	o.Keep = b.Keep.Std()
	o.FetchBytes = int64(cfg.Picture.MaxBytes)
	o.Caps = reply.Caps{
		PerUserHour: capOf(b.PerUserHour),
		PerThread:   capOf(b.PerThread),
		PerPair:     capOf(b.PerPair),
		Queue:       capOf(b.Queue),
		Uploads:     b.Uploads,
	}
}

// capOf turns the file's 0, no cap, into the daemon's, a negative one.
func capOf(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

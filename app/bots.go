package app

import (
	"context"
	"fmt"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/reply"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/config"
	"slugpuppy/store"
)

// bot makes the bot of one account; o has what only this one needs. Limits of pictures and memory are the
// configuration's.
func (a *App) bot(platform network.Bot, st *store.Store, o reply.Options) (*reply.Daemon, error) {
	salt, err := st.Salt()
	if err != nil {
		return nil, fmt.Errorf("read the database's salt: %w", err)
	}
	engine, err := a.engine()
	if err != nil {
		return nil, err
	}
	flow(a.cfg, &o)
	if platform.Name() == x.Name {
		o.Poll, o.Sweep, o.Caps.Uploads = a.cfg.X.Poll.Std(), xSweep, xUploads
	}
	o.Platform, o.Store, o.Secret = platform, st, salt
	o.Dreamer, o.See, o.Vocabulary = engine.Queue, engine.Maker.See, engine.Words
	if o.Decode == nil {
		o.Decode = a.decode
	}
	return reply.New(o)
}

// What is different on X: looking whether answered posts were deleted costs money for each, and what
// was deleted must be gone within a day; uploads have a larger budget (500 in 15 minutes).
const (
	xSweep   = 11 * time.Hour
	xUploads = 500
)

// newBots are the bots that answer mentions, one for each network that is configured. That on
// Mastodon takes the filter's orders and carries its digests.
func (d *daemon) newBots() (bots []*reply.Daemon, err error) {
	cfg := d.app.cfg
	if cfg.Mastodon.Server != "" {
		bot, err := d.newMastodonBot()
		if err != nil {
			return nil, err
		}
		bots = append(bots, bot)
	}
	if cfg.X.Enabled && !mayPostOnX(cfg) {
		d.app.log.Error("the bot on X does not run: X's approval and the label of automated accounts are not both "+
			"confirmed",
			"x.approved", cfg.X.Approved, "x.automated_label", cfg.X.AutomatedLabel, "remedy",
			"`slugpuppy doctor` says how to get them")
	} else if cfg.X.Enabled {
		platform, err := d.app.botOnX(d.store, d.key, d.meters, d.app.log)
		if err != nil {
			return nil, err
		}
		bot, err := d.bot(platform, reply.Options{Log: d.app.log.With("network", "x")})
		if err != nil {
			return nil, err
		}
		bots = append(bots, bot)
	}
	return bots, nil
}

func (d *daemon) newMastodonBot() (*reply.Daemon, error) {
	token, err := d.app.token(d.store)
	if err != nil {
		return nil, err
	}
	platform, err := d.app.onServer(d.app.cfg.Mastodon.Server, token, d.app.log)
	if err != nil {
		return nil, err
	}
	o := reply.Options{Log: d.app.log, Letters: d.letters}
	if d.filter != nil {
		o.Orders = orders{d.filter}
	}
	return d.bot(platform, o)
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

// bot is an account's bot with what watches it here.
func (d *daemon) bot(platform network.Bot, o reply.Options) (*reply.Daemon, error) {
	o.Replied, o.Pulse = d.counts.Replied, d.loops
	o.Decode = d.counts.Decoding("mentions", d.app.decode)
	return d.app.bot(platform, d.store, o)
}

// flow fills in what a configuration says about the flow from a mention to its answer.
func flow(cfg *config.Config, o *reply.Options) {
	b := cfg.Bot
	o.Dreams = cfg.Dream.Workers
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

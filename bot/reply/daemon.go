// Package reply moves a mention from arrival to answer, exactly once: intake writes every
// arrival down as a queued job, workers turn jobs into finished replies, the sender posts
// them. All three go through the store and nothing else, so a kill at any point loses and
// repeats nothing. It knows no network: everything outside is a network.Bot.
package reply

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/backoff"
	"slugpuppy/dream"
	"slugpuppy/store"
)

// A lane is a line of jobs with its own workers, so that a word of help does not wait behind
// an hour of dreams.
const (
	wordLane  = "words"  // answered in words, at once
	dreamLane = "dreams" // needs a picture made
)

// Daemon is one account of the bot at work.
type Daemon struct {
	Options
	self  network.Account
	bot   *store.Account // ourselves, in the store; nil before the server has said who we are
	owner string         // of leases, different in every run
	born  time.Time      // when work began

	queue   map[string]signal // lane -> something arrived
	outbox  signal
	gate    gate
	clock   clock
	sent    moments // when replies first left, by job
	running running
	retries counts
	server  serverLimits
	pace    pace
	known   atomic.Pointer[network.Account] // self, for those outside Run
	held    note                            // why no mentions are read

	trail      trail // of cursors, see overlap; intake's
	overlapped time.Time
	recounted  time.Time // see recount
}

// Running is a job being worked on.
type Running struct {
	Job      string         `json:"job"`
	Source   string         `json:"source"` // the mentioning post's id
	Handle   string         `json:"requester"`
	Since    time.Time      `json:"since"`
	Progress dream.Progress `json:"progress"`
}

// New checks the options and returns a daemon that does nothing until Run.
func New(o Options) (*Daemon, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	d := &Daemon{
		Options: o.withDefaults(), owner: rand.Text(), outbox: newSignal(), server: serverLimits{turn: make(chan struct{}, 1)},
		queue: map[string]signal{wordLane: newSignal(), dreamLane: newSignal()},
	}
	if o.Letters != nil {
		o.Letters.carrier.Store(d)
	}
	return d, nil
}

// Run answers mentions until ctx ends, with everything written down by then. Nothing else ends it: servers
// that are away or refuse us are waited for, and so is a disk that is full; see pulse.Monitor.Keep.
func (d *Daemon) Run(ctx context.Context) error {
	d.keep(ctx, "beginning", d.begin)
	if ctx.Err() != nil {
		return nil
	}
	var loops sync.WaitGroup
	run := func(name string, loop func(context.Context) error) {
		loops.Go(func() { d.keep(ctx, name, loop) })
	}
	run("intake", d.intake)
	run("worker of words", func(ctx context.Context) error { return d.work(ctx, wordLane) })
	for i := range d.Dreams {
		run(fmt.Sprintf("worker of dreams %d", i+1), func(ctx context.Context) error { return d.work(ctx, dreamLane) })
	}
	run("sender", d.send)
	run("tidying", d.tidy)
	if d.QueueField != "" {
		run("signboard", d.sign)
	}
	loops.Wait()
	d.Log.Info("asleep", "account", d.self.Handle)
	return nil
}

// keep runs a part until ctx ends.
func (d *Daemon) keep(ctx context.Context, name string, part func(context.Context) error) {
	d.Pulse.Keep(ctx, "the bot on "+d.Platform.Name()+", "+name, d.Log, part)
}

// begin finds out who we are and takes over what a process left that died.
func (d *Daemon) begin(ctx context.Context) error {
	if known, err := d.introduce(ctx); !known || err != nil {
		return err
	}
	n, err := d.bot.Jobs().Reclaim()
	if err != nil {
		return fmt.Errorf("take over unfinished jobs: %w", err)
	}
	d.born = time.Now()
	d.Log.Info("awake", "account", d.self.Handle, "platform", d.Platform.Name(), "reclaimed", n)
	return nil
}

// introduce asks the server who we are, for as long as it takes; false means that ctx ended. An error is
// the store's.
func (d *Daemon) introduce(ctx context.Context) (known bool, err error) {
	for failures := 1; ; failures++ {
		self, err := d.Platform.Self(ctx)
		var who identity.Identity
		if err == nil {
			who, err = identity.New(d.Platform.Host(), self.ID)
		}
		if err == nil {
			return true, d.become(self, who)
		}
		if network.Is(err, network.Unauthorized) {
			d.suspend(err)
		}
		wait := d.Backoff.Wait(failures, err)
		d.held.say(err.Error())
		d.Log.Warn("the server does not say who we are", "error", err, "retry_in", wait)
		if !backoff.Sleep(ctx, wait) {
			return false, nil
		}
	}
}

// become takes on an account, and what was written down for it when nobody asked for its server.
func (d *Daemon) become(self network.Account, who identity.Identity) error {
	if _, err := d.Store.Adopt(d.Platform.Name(), who); err != nil {
		return fmt.Errorf("take over what was written down before: %w", err)
	}
	d.self, d.bot = self, d.Store.For(who)
	d.known.Store(&self)
	d.held.say("")
	d.resume()
	return nil
}

// Progress is how far the job for a post is; ok is false when nobody works on it.
func (d *Daemon) Progress(source string) (p dream.Progress, ok bool) {
	for _, r := range d.running.snapshot() {
		if r.Source == source {
			return r.Progress, true
		}
	}
	return p, false
}

// Running lists what is being worked on.
func (d *Daemon) Running() []Running { return d.running.snapshot() }

// Account is the bot's own account; ok is false until the server has said who we are.
func (d *Daemon) Account() (self network.Account, ok bool) {
	if p := d.known.Load(); p != nil {
		return *p, true
	}
	return self, false
}

// Ready says why the daemon cannot work, nil when it can.
func (d *Daemon) Ready() error {
	if since, why := d.suspended(); !since.IsZero() {
		return fmt.Errorf("suspended since %s: %s", since.Format(time.RFC3339), why)
	}
	if _, ok := d.Account(); !ok {
		return errors.New(strings.TrimSuffix("the server has not said yet who we are: "+d.Held(), ": "))
	}
	return nil
}

// Held says what keeps new mentions from being read though all else works, "" for nothing: there is
// no money left for them, say.
func (d *Daemon) Held() string { return d.held.read() }

// key is the idempotency key of a job's reply: the same for every attempt at it, whatever its
// words, and guessable by nobody.
func (d *Daemon) key(j store.Job) string {
	mac := hmac.New(sha256.New, d.Secret)
	fmt.Fprintf(mac, "%s|%s|%s", j.Network, j.Bot.ID, j.Source)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// serverLimits are read once an hour; between, the last answer counts.
type serverLimits struct {
	turn chan struct{} // one asks at a time
	at   time.Time
	last network.Limits
}

func (d *Daemon) limits(ctx context.Context) (network.Limits, error) {
	select {
	case d.server.turn <- struct{}{}:
		defer func() { <-d.server.turn }()
	case <-ctx.Done():
		return network.Limits{}, context.Cause(ctx)
	}
	if !d.server.at.IsZero() && time.Since(d.server.at) < time.Hour {
		return d.server.last, nil
	}
	l, err := d.Platform.Limits(ctx)
	if err != nil {
		return l, fmt.Errorf("read the server's limits: %w", err)
	}
	d.server.at, d.server.last = time.Now(), l
	return l, nil
}

// jobBy finds a job by one of the store's two indexes; nil when there is none.
func jobBy(find func(string) (store.Job, error), id string) (*store.Job, error) {
	j, err := find(id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &j, nil
}

// byPost is the job that one of our posts answered, nil when the post is not ours.
func (d *Daemon) byPost(id string) (*store.Job, error) { return jobBy(d.bot.Jobs().ByPost, id) }

// bySource is the job that a post became, nil when it became none.
func (d *Daemon) bySource(id string) (*store.Job, error) {
	return jobBy(d.bot.Jobs().BySource, id)
}

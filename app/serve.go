package app

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"slugpuppy/bot/feed"
	"slugpuppy/bot/lists"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/operator/metrics"
	"slugpuppy/bot/pulse"
	"slugpuppy/bot/reply"
	"slugpuppy/bot/timeline"
	"slugpuppy/bot/web"
	"slugpuppy/classifier"
	"slugpuppy/cluster/homes"
	"slugpuppy/picture/child"
	"slugpuppy/store"
)

// daemon is what `slugpuppy serve` runs, built in the order of its fields: each part is complete when
// the next one gets it.
type daemon struct {
	app      *App
	store    *store.Store
	loops    *pulse.Monitor
	decoders *child.Pool // of what strangers send
	counts   *metrics.Metrics
	known    connections
	letters  map[string]*reply.Letters // to the filter's subscribers, by network
	homes    *homes.Keeper             // nil where readers are not shared with other daemons
	listDesk *lists.Desk               // of antidote lists that subscribers follow
	filter   *timeline.Filter          // nil when it is disabled
	bots     []*reply.Daemon
	local    *operator.Local
	site     *web.Site  // nil without a page
	feed     *feed.Feed // of dreams, on the page
	lists    []shown    // what subscribers' browsers are shown
}

// Serve answers mentions, looks after timelines and listens to operators and browsers until ctx ends. A
// disk that is full or fails ends nothing: not even a start does it end. With patience neither does it that
// nobody has signed in yet: it looks again until somebody has, and leaves the database to them meanwhile.
func (a *App) Serve(ctx context.Context, patience bool) error {
	if err := a.Settled(); err != nil {
		return err
	}
	// Beside dreams, all decode within one budget, and the filter's plans wait for the next look.
	limitMemory(a.cfg, a.cfg.Dream.Workers, int64(a.cfg.Picture.Memory)+classifier.IdleBytes)
	watchers, err := openMetrics(ctx, a.cfg)
	if err != nil {
		st, locked := a.openStore(ctx)
		if errors.Is(locked, store.ErrLocked) { // it is us who listen there
			return locked
		}
		if st != nil {
			st.Close()
		}
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	f := newFront()
	if watchers != nil {
		defer watchers.Close()
		group.Go(func() error { return serveWeb(ctx, watchers, f) })
	}
	supervise := sync.OnceFunc(func() {
		manager := underSystemd(a.log)
		manager.excuse = f.trouble
		group.Go(func() error { return manager.supervise(ctx, a.loops, a.log) })
	})
	group.Go(func() error {
		defer a.leaveCluster()
		d, open, err := a.prepare(ctx, f, patience, func() (*daemon, doors, error) { return a.build(ctx) }, supervise)
		if err != nil || d == nil {
			return err
		}
		defer d.store.Close()
		defer d.decoders.Close()
		defer open.close()
		f.show(d)
		supervise()
		d.announce(open)
		return d.run(ctx, open)
	})
	return group.Wait()
}

// build opens the database and all doors, or nothing.
func (a *App) build(ctx context.Context) (d *daemon, open doors, err error) {
	st, err := a.openStore(ctx)
	if err != nil {
		return nil, doors{}, err
	}
	decoders, err := a.newDecoders()
	if err != nil {
		st.Close()
		return nil, doors{}, err
	}
	if d, err = a.newDaemon(st, decoders); err == nil {
		open, err = openDoors(ctx, a.cfg, d.filter != nil, d.lists)
	}
	if err != nil {
		decoders.Close()
		st.Close()
		return nil, doors{}, err
	}
	return d, open, nil
}

// newDaemon builds everything that runs.
func (a *App) newDaemon(st *store.Store, decoders *child.Pool) (*daemon, error) {
	if _, err := a.key(); err != nil {
		return nil, err
	}
	d := &daemon{app: a, store: st, loops: a.loops, decoders: decoders, known: a.connections(st)}
	d.letters = newLetters(d.known.places)
	var err error
	d.counts, err = metrics.New(metrics.Options{Source: st.Operator(), Engine: classifier.Performed,
		Money: a.money(d.known.places), Trouble: st.Trouble, Decoders: decoders.Stats, Version: a.version, Cluster: d.measured()})
	if err != nil {
		return nil, err
	}
	if d.homes, err = d.newHomes(); err != nil {
		return nil, err
	}
	if d.listDesk, err = a.newLists(st); err != nil {
		return nil, err
	}
	if d.filter, err = d.newFilter(); err != nil {
		return nil, err
	}
	if d.bots, err = d.newBots(); err != nil {
		return nil, err
	}
	if err := a.somethingToDo(d.known.places, len(d.bots), d.known.subscriberCount); err != nil {
		return nil, err
	}
	if _, _, err := (signer{d.known.database}).Signer(); err != nil { // made now, for whoever exports meanwhile
		return nil, err
	}
	d.local = d.newOperator()
	if d.filter == nil {
		return d, nil
	}
	if a.hasPage() {
		if d.site, err = a.newSite(d.known, d.filter, d.local, d.counts.Decoding("page", a.apart(decoders))); err != nil {
			return nil, err
		}
		if d.feed, err = a.newFeed(d.known.database); err != nil {
			return nil, err
		}
	}
	d.lists, err = newShown(d.known.places)
	return d, err
}

// newOperator is what operators may ask while the daemon runs.
func (d *daemon) newOperator() *operator.Local {
	l := &operator.Local{Store: d.store, Daemon: d.status(d.app.now()), Secrets: d.known, Lists: d.known.lists,
		Admins: handles(d.app.cfg.Web.Admins)}
	l.Mover, l.Cluster = d.known.mover(d.filter), d.machines
	if d.homes != nil {
		l.Homes = shared{d.known, d.homes}
	}
	if d.filter != nil {
		l.Filter = func() (*timeline.Filter, error) { return d.filter, nil }
		l.ListDesk = func() (*lists.Desk, error) { return d.listDesk, nil }
	}
	return l
}

// run does all of it until ctx ends. Doors that fail end it; what works behind them is kept running.
func (d *daemon) run(ctx context.Context, doors doors) error {
	group, ctx := errgroup.WithContext(ctx)
	keep := func(name string, part func(context.Context) error) {
		group.Go(func() error { d.loops.Keep(ctx, name, d.app.log, part); return nil })
	}
	for _, bot := range d.bots {
		keep("the bot on "+bot.Platform.Name(), bot.Run)
	}
	if d.filter != nil {
		keep("the timelines", d.filter.Run)
		keep("the antidote lists", func(ctx context.Context) error { return d.listDesk.Run(ctx, d.loops) })
	}
	if d.homes != nil {
		keep("the readers' homes", d.homes.Run)
	}
	group.Go(func() error { return operator.Serve(ctx, doors.admin, d.local) })
	if doors.page != nil {
		group.Go(func() error { return serveWeb(ctx, doors.page, d.pages()) })
		keep("the page", d.site.Run)
	}
	for i, l := range doors.lists {
		group.Go(func() error { return serveWeb(ctx, l, d.lists[i].pages) })
	}
	if d.app.cfg.Cluster.On() {
		keep("the cluster", d.app.announce)
	}
	keep("the nightly backup", func(ctx context.Context) error { return nightly(ctx, d.store, d.app.now, d.app.log) })
	keep("the watch over the disk", d.watchDisk)
	return group.Wait()
}

// status returns what the daemon says of itself when it is asked.
func (d *daemon) status(since time.Time) func() operator.Status {
	of := statusOf(d.bots, d.decoders, since)
	return func() operator.Status {
		s := of()
		var troubles []string
		if err := d.store.Trouble(); err != nil {
			troubles = append(troubles, err.Error()+"; "+remedy(err))
		}
		for _, why := range []string{d.ailing(), s.Trouble} {
			if why != "" {
				troubles = append(troubles, why)
			}
		}
		s.Trouble = strings.Join(troubles, "; ")
		return s
	}
}

// statusOf is what bots and decoders say of themselves.
func statusOf(bots []*reply.Daemon, decoders *child.Pool, since time.Time) func() operator.Status {
	return func() operator.Status {
		decoded := decoders.Stats()
		s := operator.Status{Running: true, PID: os.Getpid(), Since: since,
			Pictures: operator.Pictures{Apart: decoded.Pictures, Here: decoded.Here, Lost: decoded.Lost}}
		var names, troubles []string // none when the filter is alone
		for _, bot := range bots {
			if self, ok := bot.Account(); ok {
				names = append(names, self.Handle)
			}
			if err := bot.Ready(); err != nil {
				why := err.Error()
				if len(bots) > 1 {
					why = "on " + bot.Platform.Name() + ": " + why
				}
				troubles = append(troubles, why)
			} else if why := bot.Held(); why != "" {
				troubles = append(troubles, why)
			}
		}
		s.Account, s.Trouble = strings.Join(names, " and @"), strings.Join(troubles, "; ")
		return s
	}
}

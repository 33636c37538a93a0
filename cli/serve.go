package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"slugpuppy/bot/network/x"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/operator/metrics"
	"slugpuppy/bot/pulse"
	"slugpuppy/bot/reply"
	"slugpuppy/bot/timeline"
	"slugpuppy/classifier"
	"slugpuppy/config"
	"slugpuppy/store"
)

func (c *console) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the bot: answer mentions until stopped",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.loadConfig()
			if err != nil {
				return err
			}
			return c.serve(cmd.Context(), cfg)
		},
	}
}

// serve runs the daemon, the operator's socket and the nightly backup until ctx ends.
func (c *console) serve(ctx context.Context, cfg *config.Config) error {
	limitMemory(cfg, cfg.Dream.Workers, cfg.Picture.Memory)
	log := c.logger(cfg)
	st, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer st.Close()
	key, err := store.OpenKey(keyPath(cfg))
	if err != nil {
		return fmt.Errorf("open the key of the sealed tokens: %w", err)
	}
	meters := &x.Meters{}
	filter, err := servedFilter(cfg, st, key, meters, log)
	if err != nil {
		return err
	}
	counts := metrics.New(st, classifier.Performed, version)
	if filter != nil {
		filter.Observer = counts
		filter.Eye.Looked = counts.Looked
		filter.Eye.Decode = counts.Decoding("timelines", filter.Eye.Decode)
	}
	bots, err := servedBots(cfg, st, key, filter, meters, log)
	if err != nil {
		return err
	}
	if idle, err := nothingToDo(cfg, bots, filter, st); err != nil {
		return err
	} else if idle {
		return usageError(errors.New("nothing to do: set mastodon.server and run `slugpuppy login` for the bot, set x.enabled, x.approved and x.automated_label and run `slugpuppy login x`, or `slugpuppy filter connect` for the filter"))
	}
	counts.Money(xMoney(cfg, st))
	local := &operator.Local{Store: st, Daemon: statusOf(bots, time.Now()), Secrets: newConnections(cfg, st, key), Lists: listsOf(cfg, st)}
	doors, err := openDoors(ctx, cfg, filter != nil)
	if err != nil {
		return err
	}
	defer doors.close()
	loops := &pulse.Monitor{}
	group, ctx := errgroup.WithContext(ctx)
	for _, bot := range bots {
		bot.Replied, bot.Pulse = counts.Replied, loops
		bot.Decode = counts.Decoding("mentions", bot.Decode)
		group.Go(func() error { return bot.Run(ctx) })
	}
	if filter != nil {
		local.Filter = func() (*timeline.Filter, error) { return filter, nil }
		filter.Pulse = loops
		group.Go(func() error { return filter.Run(ctx) })
	}
	if doors.metrics != nil {
		group.Go(func() error { return serveWeb(ctx, doors.metrics, counts.Handler(readiness(bots, st))) })
	}
	group.Go(func() error { return serveAdmin(ctx, doors.admin, local) })
	if doors.page != nil {
		site, err := newSite(cfg, st, key, filter, local, meters, log)
		if err != nil {
			return err
		}
		site.Studio.Decode = counts.Decoding("page", site.Studio.Decode)
		group.Go(func() error { return serveWeb(ctx, doors.page, site.Handler()) })
	}
	if doors.lists != nil {
		press, err := newPress(cfg, st)
		if err != nil {
			return err
		}
		group.Go(func() error { return serveWeb(ctx, doors.lists, press.Handler()) })
	}
	group.Go(func() error { return nightly(ctx, st, log) })
	group.Go(func() error { return supervise(ctx, loops, log) })
	return group.Wait()
}

// nothingToDo says whether there is no bot, nobody whose timeline to look after, and no page
// where anybody could come.
func nothingToDo(cfg *config.Config, bots []*reply.Daemon, filter *timeline.Filter, st *store.Store) (bool, error) {
	if len(bots) > 0 || filter == nil {
		return len(bots) == 0, nil
	}
	subs, err := st.Subscribers()
	return len(subs) == 0 && cfg.Web.Listen == "", err
}

// readiness says why the daemon cannot work.
func readiness(bots []*reply.Daemon, st *store.Store) func() error {
	return func() error {
		for _, bot := range bots {
			if err := bot.Ready(); err != nil {
				return err
			}
		}
		_, err := st.Counts()
		return err
	}
}

// servedFilter is the timeline filter, nil when it is disabled.
func servedFilter(cfg *config.Config, st *store.Store, key *store.Key, meters *x.Meters, log *slog.Logger) (*timeline.Filter, error) {
	if !cfg.Filter.Enabled {
		return nil, nil
	}
	return newFilter(cfg, st, key, meters, log)
}

// servedBots are the bots that answer mentions, one for each network that is configured. That on
// Mastodon takes the filter's orders and carries its digests.
func servedBots(cfg *config.Config, st *store.Store, key *store.Key, filter *timeline.Filter, meters *x.Meters, log *slog.Logger) (bots []*reply.Daemon, err error) {
	if cfg.Mastodon.Server == "" && !cfg.X.Enabled {
		return nil, nil
	}
	parts, err := newParts(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Mastodon.Server != "" {
		bot, err := onMastodon(cfg, parts, st, filter, log)
		if err != nil {
			return nil, err
		}
		bots = append(bots, bot)
	}
	if cfg.X.Enabled && !mayPostOnX(cfg) {
		log.Error("the bot on X does not run: X's approval and the label of automated accounts are not both confirmed",
			"x.approved", cfg.X.Approved, "x.automated_label", cfg.X.AutomatedLabel, "remedy", "`slugpuppy doctor` says how to get them")
	} else if cfg.X.Enabled {
		platform, err := openX(cfg, st, key, meters, log)
		if err != nil {
			return nil, err
		}
		bot, err := parts.bot(cfg, platform, st, nil, log.With("network", "x"))
		if err != nil {
			return nil, err
		}
		bots = append(bots, bot)
	}
	return bots, nil
}

func onMastodon(cfg *config.Config, parts parts, st *store.Store, filter *timeline.Filter, log *slog.Logger) (*reply.Daemon, error) {
	token, err := tokenOf(cfg, st)
	if err != nil {
		return nil, err
	}
	platform, err := platformWith(cfg, token, log)
	if err != nil {
		return nil, err
	}
	var orders reply.Orders
	if filter != nil {
		orders = filter
	}
	bot, err := parts.bot(cfg, platform, st, orders, log)
	if err == nil && filter != nil {
		filter.Tell = tellThrough(bot)
	}
	return bot, err
}

// statusOf returns what the daemon says of itself when it is asked.
func statusOf(bots []*reply.Daemon, since time.Time) func() operator.Status {
	return func() operator.Status {
		s := operator.Status{Running: true, PID: os.Getpid(), Since: since}
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

// openSound opens a database after a child has looked at it: a damaged one can end the process that
// opens it.
func openSound(ctx context.Context, path string, o store.Options) (*store.Store, error) {
	if err := soundEnough(ctx, path); err != nil && !errors.Is(err, store.ErrLocked) { // Open says that
		return nil, err
	}
	return store.Open(path, o)
}

// openStore opens the database, making its folder readable by nobody else.
func openStore(ctx context.Context, cfg *config.Config) (*store.Store, error) {
	path := databasePath(cfg)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the state folder: %w", err)
	}
	st, err := openSound(ctx, path, store.Options{MaxSize: int(cfg.Store.MaxSize)})
	if errors.Is(err, store.ErrLocked) {
		return nil, fmt.Errorf("%s: %w; is slugpuppy running already?", path, err)
	}
	return st, err
}

// tokenOf is the access token of the configuration, else the one that login sealed.
func tokenOf(cfg *config.Config, st *store.Store) (string, error) {
	if t := cfg.Mastodon.Token.Reveal(); t != "" {
		return t, nil
	}
	key, err := store.OpenKey(keyPath(cfg))
	if err != nil {
		return "", fmt.Errorf("open the key of the sealed token: %w", err)
	}
	return storedToken(st, key, cfg.Mastodon.Server)
}

// doors is where others come in; nil is closed.
type doors struct{ admin, metrics, page, lists net.Listener }

// openDoors listens before anything is begun, so that a daemon that says it is ready can be reached.
func openDoors(ctx context.Context, cfg *config.Config, page bool) (d doors, err error) {
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.admin, err = operator.Listen(ctx, socketPath(cfg)); err != nil {
		return d, fmt.Errorf("listen for operators: %w", err)
	}
	var lc net.ListenConfig
	if cfg.Admin.Metrics != "" {
		if d.metrics, err = lc.Listen(ctx, "tcp", cfg.Admin.Metrics); err != nil {
			return d, fmt.Errorf("listen for Prometheus: %w", err)
		}
	}
	if page && cfg.Web.Listen != "" {
		if d.page, err = lc.Listen(ctx, "tcp", cfg.Web.Listen); err != nil {
			return d, fmt.Errorf("listen for browsers: %w", err)
		}
	}
	if page && cfg.X.ListsListen != "" {
		if d.lists, err = lc.Listen(ctx, "tcp", cfg.X.ListsListen); err != nil {
			return d, fmt.Errorf("listen for browsers that want lists: %w", err)
		}
	}
	return d, nil
}

func (d doors) close() {
	for _, l := range []net.Listener{d.admin, d.metrics, d.page, d.lists} {
		if l != nil {
			l.Close()
		}
	}
}

func serveAdmin(ctx context.Context, l net.Listener, s operator.Service) error {
	srv := &http.Server{Handler: operator.Handler(s), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve operators: %w", err)
	}
	return nil
}

// nightly writes a copy of the database beside it once a day; the last one is replaced.
func nightly(ctx context.Context, st *store.Store, log *slog.Logger) error {
	tick := time.NewTicker(24 * time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			to := st.Path() + ".nightly"
			if err := st.BackupFile(to); err != nil {
				log.Error("the nightly backup failed; is the disk full?", "file", to, "error", err)
				continue
			}
			log.Info("nightly backup written", "file", to)
		}
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"slugpuppy/bot/admin"
	"slugpuppy/bot/daemon"
	"slugpuppy/bot/filter"
	"slugpuppy/bot/metrics"
	"slugpuppy/config"
	"slugpuppy/store"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the bot: answer mentions until stopped",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			return a.serve(cmd.Context(), cfg)
		},
	}
}

// serve runs the daemon, the operator's socket and the nightly backup until ctx ends.
func (a *app) serve(ctx context.Context, cfg *config.Config) error {
	limitMemory(cfg, cfg.Dream.Workers, cfg.Picture.Memory)
	log := a.logger(cfg)
	st, err := openStore(cfg)
	if err != nil {
		return err
	}
	defer st.Close()
	key, err := store.OpenKey(keyPath(cfg))
	if err != nil {
		return fmt.Errorf("open the key of the sealed tokens: %w", err)
	}
	timeline, err := servedFilter(cfg, st, key, log)
	if err != nil {
		return err
	}
	counts := metrics.New(st, version)
	if timeline != nil {
		timeline.Observer = counts
		timeline.Eye.Looked = counts.Looked
	}
	bot, err := servedBot(cfg, st, timeline, log)
	if err != nil {
		return err
	}
	if idle, err := nothingToDo(cfg, bot, timeline, st); err != nil {
		return err
	} else if idle {
		return usageError(errors.New("nothing to do: set mastodon.server and run `slugpuppy login` for the bot, or `slugpuppy filter connect` for the filter"))
	}
	local := &admin.Local{Store: st, Daemon: statusOf(bot, time.Now()), Secrets: newConnections(cfg, st, key)}
	group, ctx := errgroup.WithContext(ctx)
	if bot != nil {
		bot.Replied = counts.Replied
		group.Go(func() error { return bot.Run(ctx) })
	}
	if timeline != nil {
		local.Filter = func() (*filter.Filter, error) { return timeline, nil }
		group.Go(func() error { return timeline.Run(ctx) })
	}
	if cfg.Admin.Metrics != "" {
		group.Go(func() error { return serveWeb(ctx, cfg.Admin.Metrics, counts.Handler(readiness(bot, st))) })
	}
	group.Go(func() error { return serveAdmin(ctx, socketPath(cfg), local) })
	if cfg.Web.Listen != "" && timeline != nil {
		site, err := newSite(cfg, st, key, timeline, local, log)
		if err != nil {
			return err
		}
		group.Go(func() error { return serveWeb(ctx, cfg.Web.Listen, site.Handler()) })
	}
	group.Go(func() error { return nightly(ctx, st, log) })
	return group.Wait()
}

// nothingToDo says whether there is no bot, nobody whose timeline to look after, and no page
// where anybody could come.
func nothingToDo(cfg *config.Config, bot *daemon.Daemon, timeline *filter.Filter, st *store.Store) (bool, error) {
	if bot != nil || timeline == nil {
		return bot == nil, nil
	}
	subs, err := st.Subscribers()
	return len(subs) == 0 && cfg.Web.Listen == "", err
}

// readiness says why the daemon cannot work.
func readiness(bot *daemon.Daemon, st *store.Store) func() error {
	return func() error {
		if bot != nil {
			if err := bot.Ready(); err != nil {
				return err
			}
		}
		_, err := st.Counts()
		return err
	}
}

// servedFilter is the timeline filter, nil when it is disabled.
func servedFilter(cfg *config.Config, st *store.Store, key *store.Key, log *slog.Logger) (*filter.Filter, error) {
	if !cfg.Filter.Enabled {
		return nil, nil
	}
	return newFilter(cfg, st, key, log)
}

// servedBot is the bot that answers mentions, nil when no server is configured. It takes the
// filter's orders and carries its digests.
func servedBot(cfg *config.Config, st *store.Store, timeline *filter.Filter, log *slog.Logger) (*daemon.Daemon, error) {
	if cfg.Mastodon.Server == "" {
		return nil, nil
	}
	token, err := tokenOf(cfg, st)
	if err != nil {
		return nil, err
	}
	platform, err := platformWith(cfg, token, log)
	if err != nil {
		return nil, err
	}
	var orders daemon.Orders
	if timeline != nil {
		orders = timeline
	}
	bot, err := newBot(cfg, platform, st, orders, log)
	if err == nil && timeline != nil {
		timeline.Tell = tellThrough(bot)
	}
	return bot, err
}

// statusOf returns what the daemon says of itself when it is asked.
func statusOf(bot *daemon.Daemon, since time.Time) func() admin.Status {
	return func() admin.Status {
		s := admin.Status{Running: true, PID: os.Getpid(), Since: since}
		if bot == nil { // the filter alone
			return s
		}
		if self, ok := bot.Account(); ok {
			s.Account = self.Handle
		}
		if err := bot.Ready(); err != nil {
			s.Trouble = err.Error()
		}
		return s
	}
}

// openStore opens the database, making its folder readable by nobody else.
func openStore(cfg *config.Config) (*store.Store, error) {
	path := databasePath(cfg)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the state folder: %w", err)
	}
	st, err := store.Open(path, store.Options{MaxSize: int(cfg.Store.MaxSize)})
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

func serveAdmin(ctx context.Context, socket string, s admin.Service) error {
	l, err := admin.Listen(ctx, socket)
	if err != nil {
		return fmt.Errorf("listen for operators: %w", err)
	}
	srv := &http.Server{Handler: admin.Handler(s), ReadHeaderTimeout: 10 * time.Second}
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

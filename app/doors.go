package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/config"
)

// doors is where others come in; nil is closed.
type doors struct {
	admin, page net.Listener
	lists       []net.Listener // one for each of what is shown
}

// openMetrics listens for Prometheus, and for whoever asks whether the process lives and can work; nil
// when nobody is to ask.
func openMetrics(ctx context.Context, cfg *config.Config) (net.Listener, error) {
	if cfg.Admin.Metrics == "" {
		return nil, nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", cfg.Admin.Metrics)
	if err != nil {
		return nil, fmt.Errorf("listen for Prometheus: %w", err)
	}
	return l, nil
}

// openDoors listens before anything is begun, so that a daemon that says it is ready can be reached.
func openDoors(ctx context.Context, cfg *config.Config, page bool, lists []shown) (d doors, err error) {
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.admin, err = operator.Listen(ctx, cfg.Admin.Socket); err != nil {
		return d, fmt.Errorf("listen for operators: %w", err)
	}
	var lc net.ListenConfig
	if page && cfg.Web.Listen != "" {
		if d.page, err = lc.Listen(ctx, "tcp", cfg.Web.Listen); err != nil {
			return d, fmt.Errorf("listen for browsers: %w", err)
		}
	}
	for _, s := range lists {
		l, err := lc.Listen(ctx, "tcp", s.listen)
		if err != nil {
			return d, fmt.Errorf("listen for browsers that want lists: %w", err)
		}
		d.lists = append(d.lists, l)
	}
	return d, nil
}

// checkDoors tries the addresses that the daemon would listen on, while none runs.
func (a *App) checkDoors(ctx context.Context) []network.Finding {
	if _, err := operator.Dial(ctx, a.cfg.Admin.Socket); err == nil {
		return nil // it has them open
	} else if errors.Is(err, fs.ErrPermission) {
		return []network.Finding{sickOf("listen", err, "run as the user the bot runs as")}
	}
	if _, err := os.Stat(filepath.Dir(a.cfg.Admin.Socket)); errors.Is(err, fs.ErrNotExist) {
		return nil // made with the state's folder
	}
	var lists []shown // without what is shown, for which a database is needed
	for _, p := range a.places(nowhere{}) {
		if publisher, ok := p.Adapter.(network.Publisher); ok && publisher.Listen() != "" {
			lists = append(lists, shown{listen: publisher.Listen()})
		}
	}
	watchers, err := openMetrics(ctx, a.cfg)
	if err != nil {
		return []network.Finding{sickOf("listen", err, "correct the address")}
	}
	if watchers != nil {
		defer watchers.Close()
	}
	d, err := openDoors(ctx, a.cfg, a.cfg.Filter.Enabled, lists)
	if err != nil {
		return []network.Finding{sickOf("listen", err, "correct the address")}
	}
	defer d.close()
	return []network.Finding{well("listen", strings.Join(addresses(append(d.lists, d.admin, watchers, d.page)), ", "))}
}

// addresses are those of listeners, of which some may be closed.
func addresses(of []net.Listener) (all []string) {
	for _, l := range of {
		if l != nil {
			all = append(all, l.Addr().String())
		}
	}
	return all
}

func (d doors) close() {
	for _, l := range slices.Concat(d.lists, []net.Listener{d.admin, d.page}) {
		if l != nil {
			l.Close()
		}
	}
}

// serveWeb serves browsers until ctx ends; requests under way may finish.
func serveWeb(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 16,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if srv.Shutdown(late) != nil {
			srv.Close()
		}
	})
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve browsers: %w", err)
	}
	return nil
}

// shown is what subscribers' browsers find at an address.
type shown struct {
	listen string
	pages  http.Handler
}

// newShown is what networks show, where it is wanted.
func newShown(all []place) (list []shown, err error) {
	for _, p := range all {
		publisher, ok := p.Adapter.(network.Publisher)
		if !ok || publisher.Listen() == "" {
			continue
		}
		pages, err := publisher.Pages()
		if err != nil {
			return nil, err
		}
		list = append(list, shown{publisher.Listen(), pages})
	}
	return list, nil
}

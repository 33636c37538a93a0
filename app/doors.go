package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"slugpuppy/bot/operator"
	"slugpuppy/config"
)

// doors is where others come in; nil is closed.
type doors struct{ admin, metrics, page, lists net.Listener }

// openDoors listens before anything is begun, so that a daemon that says it is ready can be reached.
func openDoors(ctx context.Context, cfg *config.Config, page bool) (d doors, err error) {
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.admin, err = operator.Listen(ctx, cfg.Admin.Socket); err != nil {
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

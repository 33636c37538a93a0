// Package app is the composition root: it builds what a configuration describes, each part once, and
// hands the parts complete to whatever works with them. It is the only package that knows the
// networks' adapters.
package app

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"slugpuppy/bot/pulse"
	"slugpuppy/bot/timeline"
	"slugpuppy/bot/web"
	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/cluster"
	"slugpuppy/config"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// Options are what a command brings besides the configuration.
type Options struct {
	Version string           // of the program, as servers are told
	Log     io.Writer        // where the log goes; nil for nowhere
	Model   string           // the network to dream with: a name or a file; "" for the configuration's
	Now     func() time.Time // the clock that months and first weeks go by; time.Now when nil
	// Web reaches servers that people name; nil for the internet, but for what is private on it.
	Web http.RoundTripper
}

// App holds the parts of the program. Those that take time or memory are made when they are first
// asked for, and never twice. Its methods are safe for concurrent use.
type App struct {
	cfg     *config.Config
	version string
	log     *slog.Logger
	now     func() time.Time
	loops   *pulse.Monitor // that must never stop

	web           http.RoundTripper
	decodeCommand []string // what runs Decode, if it is another program than this one

	pace   timeline.Options // what the filter is to do faster than usually; zero for nothing
	beside []web.Link       // pages beside the program's own

	pictures picture.Limits // with the one budget of decoded pictures
	embedded func() (*classifier.Network, error)
	network  func() (*classifier.Network, error)
	detector func() (*detector.Detector, error)
	engine   func() (*Engine, error)
	dreamers func() (*dreamers, error)
	cluster  func() (*colleagues, error)
	viewer   func() (*cluster.Viewer, error)
	joined   *colleagues                // what cluster opened, to be closed
	chosen   string                     // the network to dream with, as it was named
	key      func() (*store.Key, error) // that seals tokens; its file is made when it is missing
}

// New returns the program that a configuration describes. Nothing is opened yet.
func New(cfg *config.Config, o Options) *App {
	a := &App{cfg: cfg, version: o.Version, log: logger(cfg, o.Log), now: o.Now, web: o.Web, loops: &pulse.Monitor{},
		pictures: pictureLimits(cfg)}
	if a.now == nil {
		a.now = time.Now
	}
	a.embedded = sync.OnceValues(classifier.Default)
	a.network = sync.OnceValues(func() (*classifier.Network, error) { return a.choose(o.Model) })
	a.detector = sync.OnceValues(a.newDetector)
	a.engine = sync.OnceValues(a.newEngine)
	a.chosen = cmp.Or(o.Model, cfg.Dream.Model)
	a.dreamers = untilItWorks(a.newDreamers)
	a.viewer = untilItWorks(a.newViewer)
	a.cluster = untilItWorks(func() (c *colleagues, err error) {
		c, err = a.openCluster()
		a.joined = c
		return c, err
	})
	a.key = untilItWorks(a.openKey)
	return a
}

// Config is the configuration that the program was made from.
func (a *App) Config() *config.Config { return a.cfg }

// agent is how servers are told who asks.
func (a *App) agent() string { return "slugpuppy/" + a.version }

// untilItWorks calls f until it does not fail, and then never again.
func untilItWorks[T any](f func() (T, error)) func() (T, error) {
	var mu sync.Mutex
	var v T
	made := false
	return func() (T, error) {
		mu.Lock()
		defer mu.Unlock()
		if made {
			return v, nil
		}
		got, err := f()
		if err == nil {
			v, made = got, true
		}
		return got, err
	}
}

func (a *App) openKey() (*store.Key, error) {
	key, err := store.OpenKey(a.cfg.Store.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("open the key that seals tokens: %w", err)
	}
	return key, nil
}

// newDetector judges with the embedded network: heads are trained on its layers.
func (a *App) newDetector() (*detector.Detector, error) {
	net, err := a.embedded()
	if err != nil {
		return nil, fmt.Errorf("load the network: %w", err)
	}
	return detector.New(net)
}

// logger writes to w as the configuration says, without addresses of pictures.
func logger(cfg *config.Config, w io.Writer) *slog.Logger {
	if w == nil {
		return slog.New(slog.DiscardHandler)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		level = slog.LevelInfo // the configuration was checked: not reached
	}
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

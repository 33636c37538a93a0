package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"runtime"
	"sync"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/safehttp"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/timeline"
	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/config"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// connections are the sealed secrets of the filter's subscribers.
type connections struct {
	cfg   *config.Config
	store *store.Store
	key   *store.Key
	safe  *safehttp.Client // subscribers name servers as they like
	own   []string         // hosts that may be private
	// meters are told how many calls accounts on X have left; nil for nobody.
	meters *x.Meters
}

func newConnections(cfg *config.Config, st *store.Store, key *store.Key) connections {
	return connections{cfg: cfg, store: st, key: key, safe: strangers(cfg), own: ownHosts(cfg)}
}

// connection is where the secrets of a subscriber are sealed. What is sealed is bound to the name, so
// names stay as they are.
func connection(sub store.Subscriber) string {
	if sub.Network == x.Name {
		return "filter:x:" + sub.Identity.ID
	}
	return "filter:" + record(sub.Server) + ":" + sub.Identity.ID
}

// The fields of a connection, and of one to X.
var (
	connectionFields  = []string{"token", "client_id", "client_secret"}
	xConnectionFields = []string{"token", "token_secret"}
)

func fieldsOf(sub store.Subscriber) []string {
	if sub.Network == x.Name {
		return xConnectionFields
	}
	return connectionFields
}

// Keep seals the secrets of a subscriber's connection.
func (c connections) Keep(sub store.Subscriber, secrets map[string]string) error {
	for _, field := range fieldsOf(sub) {
		if err := c.store.PutSecret(c.key, connection(sub), field, []byte(secrets[field])); err != nil {
			return err
		}
	}
	return nil
}

func (c connections) read(sub store.Subscriber, field string) (string, error) {
	v, err := c.store.Secret(c.key, connection(sub), field)
	return string(v), err
}

// account connects to a subscriber's account, whatever the network.
func (c connections) account(sub store.Subscriber, log *slog.Logger) (timeline.Account, error) {
	if sub.Network == x.Name {
		return c.onX(sub, log)
	}
	return c.open(sub, log)
}

// open connects to a subscriber's account on a Mastodon server.
func (c connections) open(sub store.Subscriber, log *slog.Logger) (*mastodon.Client, error) {
	token, err := c.read(sub, "token")
	if err != nil {
		return nil, fmt.Errorf("read the token of @%s: %w", sub.Handle, err)
	}
	return mastodon.New(mastodon.Options{Server: sub.Server, Token: token, Log: log, UserAgent: "slugpuppy/" + version,
		Transport: c.safe.Transport(), Stranger: true, AllowHosts: c.own})
}

// forget gives a token back to its server and forgets it. A server that is away keeps a token
// that nobody has any more.
func (c connections) forget(ctx context.Context, sub store.Subscriber, log *slog.Logger) error {
	if sub.Network == x.Name {
		return c.forgetX(sub)
	}
	client, err := c.open(sub, log)
	if err == nil {
		id, _ := c.read(sub, "client_id") // without it the server refuses, which is logged
		secret, _ := c.read(sub, "client_secret")
		err = client.Revoke(ctx, mastodon.App{ClientID: id, ClientSecret: secret})
	}
	if err != nil {
		log.Warn("a token could not be given back", "account", sub.Handle, "error", err)
	}
	return c.drop(sub)
}

// forgetX forgets a connection to X, which takes keys back only by hand, and the subscriber's files.
func (c connections) forgetX(sub store.Subscriber) error {
	press, err := newPress(c.cfg, c.store)
	if err != nil {
		return err
	}
	return errors.Join(press.Remove(sub.Identity), c.drop(sub))
}

func (c connections) drop(sub store.Subscriber) error {
	for _, field := range fieldsOf(sub) {
		if err := c.store.ForgetSecret(connection(sub), field); err != nil {
			return err
		}
	}
	return nil
}

// eyes is the detector as the filter sees it.
type eyes struct{ *detector.Detector }

func (e eyes) Likely(budget float64) float64 {
	return e.Head().Promise(budget, detector.Photographs).Score
}

func (e eyes) Certain(budget float64) float64 {
	return max(e.Likely(budget), e.Head().Promise(budget, detector.Everything).Score)
}

// newFilter makes the timeline filter over a store; meters may be nil.
func newFilter(cfg *config.Config, st *store.Store, key *store.Key, meters *x.Meters, log *slog.Logger) (*timeline.Filter, error) {
	net, err := classifier.Default()
	if err != nil {
		return nil, fmt.Errorf("load the network: %w", err)
	}
	d, err := detector.New(net)
	if err != nil {
		return nil, err
	}
	limits := pictureLimits(cfg)
	known := newConnections(cfg, st, key)
	known.meters = meters
	return timeline.New(timeline.Options{
		Store: st,
		Eye: &timeline.Eye{Judge: eyes{d}, Store: st, FetchBytes: limits.MaxBytes,
			Decode: func(ctx context.Context, data []byte) (image.Image, error) {
				p, err := picture.Decode(ctx, data, limits)
				if err != nil {
					return nil, err
				}
				return p.Image, nil
			}},
		Connect:    func(sub store.Subscriber) (timeline.Account, error) { return known.account(sub, log) },
		Disconnect: func(ctx context.Context, sub store.Subscriber) error { return known.forget(ctx, sub, log) },
		Log:        log, Poll: cfg.Filter.Poll.Std(), Check: cfg.Filter.Check.Std(), Keep: cfg.Filter.Keep.Std(), Share: cfg.Filter.Share,
		Looks: runtime.GOMAXPROCS(0), First: 200,
	}), nil
}

// idleFilter is the filter of a command that works without a daemon: made when it is asked for,
// it does one pass at a time.
func idleFilter(cfg *config.Config, st *store.Store, log *slog.Logger) func() (*timeline.Filter, error) {
	return sync.OnceValues(func() (*timeline.Filter, error) {
		key, err := store.OpenKey(keyPath(cfg))
		if err != nil {
			return nil, fmt.Errorf("open the key of the connections: %w", err)
		}
		return newFilter(cfg, st, key, nil, log)
	})
}

// teller sends digests through the bot, when it runs on a network people have.
type teller interface {
	Tell(name string, to network.Account, text string) error
}

func tellThrough(t teller) func(context.Context, store.Subscriber, string) error {
	return func(_ context.Context, sub store.Subscriber, text string) error {
		if t == nil {
			return errors.New("there is no bot to write with")
		}
		if sub.Network == x.Name { // a name there is somebody else's here
			return errors.New("the bot writes to nobody on X; `slugpuppy filter report` says the same")
		}
		name := fmt.Sprintf("digest:%s:%s:%s:%d", sub.Network, sub.Identity.Server, sub.Identity.ID, sub.LastDigest.Unix())
		return t.Tell(name, network.Account{ID: sub.Handle, Handle: sub.Handle}, text)
	}
}

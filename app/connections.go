package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/mastodon/serverfilter"
	"slugpuppy/bot/network/safehttp"
	"slugpuppy/bot/network/x"
	"slugpuppy/config"
	"slugpuppy/store"
)

// connections are the sealed secrets of the filter's subscribers.
type connections struct {
	app    *App
	store  *store.Store
	key    *store.Key
	meters *x.Meters // told how many calls accounts on X have left; nil for nobody
}

func (a *App) connections(st *store.Store, key *store.Key, meters *x.Meters) connections {
	return connections{a, st, key, meters}
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
		if err := c.store.Vault(c.key).Put(connection(sub), field, []byte(secrets[field])); err != nil {
			return err
		}
	}
	return nil
}

func (c connections) read(sub store.Subscriber, field string) (string, error) {
	v, err := c.store.Vault(c.key).Get(connection(sub), field)
	return string(v), err
}

// reader connects to a subscriber's account, whatever the network.
func (c connections) reader(sub store.Subscriber, log *slog.Logger) (network.Reader, error) {
	if sub.Network == x.Name {
		return c.onX(sub, log)
	}
	client, err := c.onMastodon(sub, log)
	if err != nil {
		return nil, err
	}
	return client.Reader(c.store.For(sub.Identity).Notes("filters"), serverfilter.Options{}), nil
}

// onMastodon connects to a subscriber's account on a Mastodon server.
func (c connections) onMastodon(sub store.Subscriber, log *slog.Logger) (*mastodon.Client, error) {
	token, err := c.read(sub, "token")
	if err != nil {
		return nil, fmt.Errorf("read the token of @%s: %w", sub.Handle, err)
	}
	return c.app.onStrangers(sub.Server, token, log)
}

// forget gives a token back to its server and forgets it. A server that is away keeps a token
// that nobody has any more.
func (c connections) forget(ctx context.Context, sub store.Subscriber, log *slog.Logger) error {
	if sub.Network == x.Name {
		return c.forgetX(sub)
	}
	client, err := c.onMastodon(sub, log)
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
	press, err := c.app.newPress(c.store)
	if err != nil {
		return err
	}
	return errors.Join(press.Remove(sub.Identity.ID), c.drop(sub))
}

func (c connections) drop(sub store.Subscriber) error {
	for _, field := range fieldsOf(sub) {
		if err := c.store.Vault(c.key).Forget(connection(sub), field); err != nil {
			return err
		}
	}
	return nil
}

// onStrangers connects to a server that somebody named, with no more rights than any address has.
func (a *App) onStrangers(server, token string, log *slog.Logger) (*mastodon.Client, error) {
	return mastodon.New(mastodon.Options{Server: server, Token: token, Log: log, UserAgent: a.agent(),
		Transport: a.strangers.Transport, Stranger: true, AllowHosts: ownHosts(a.cfg), Directory: a.directory()})
}

// newStrangers is the client for servers that people name. Only the configured one may be private.
func (a *App) newStrangers(web http.RoundTripper) *http.Client {
	if web != nil {
		return &http.Client{Transport: web, Timeout: time.Minute}
	}
	return safehttp.New(safehttp.Options{UserAgent: a.agent(), Timeout: time.Minute, Allow: ownHosts(a.cfg)}).HTTP()
}

// directory finds out which server a handle belongs to.
func (a *App) directory() *mastodon.Directory {
	d := &mastodon.Directory{Client: a.strangers, UserAgent: a.agent()}
	if own, err := url.Parse(a.cfg.Mastodon.Server); err == nil && own.Host != "" {
		d.Own = own
	}
	return d
}

// ownHosts is the configured server's host, if there is one.
func ownHosts(cfg *config.Config) []string {
	if u, err := url.Parse(cfg.Mastodon.Server); err == nil && u.Host != "" {
		return []string{u.Host}
	}
	return nil
}

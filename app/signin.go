package app

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/web"
	"slugpuppy/store"
)

// door lets people in with their own server; each server's registration is kept.
type door struct {
	app      *App
	store    *store.Store
	key      *store.Key
	callback string
}

// Begin implements web.SignIn.
func (d *door) Begin(ctx context.Context, server string) (string, web.Attempt, error) {
	host, err := identity.Host(server)
	if err != nil {
		return "", nil, err
	}
	server = "https://" + host
	if own, err := identity.Host(d.app.cfg.Mastodon.Server); err == nil && host == own {
		server = strings.TrimSuffix(d.app.cfg.Mastodon.Server, "/") // which may be one to try things on, without https
	}
	app, err := d.registration(ctx, server)
	if err != nil {
		return "", nil, err
	}
	try := app.NewAttempt()
	return try.URL(), &entrance{door: d, server: server, app: app, try: try}, nil
}

// registration is the one with a server, made at the first sign-in from there.
func (d *door) registration(ctx context.Context, server string) (mastodon.App, error) {
	app := mastodon.App{Server: server, Redirect: d.callback, Scopes: mastodon.FilterScopes}
	name := "app:" + strings.ToLower(server) + " " + d.callback
	id, err := d.store.Vault(d.key).Get(name, "client_id")
	if errors.Is(err, store.ErrNoSecret) {
		return d.register(ctx, server, name)
	}
	if err != nil {
		return app, err
	}
	secret, err := d.store.Vault(d.key).Get(name, "client_secret")
	app.ClientID, app.ClientSecret = string(id), string(secret)
	return app, err
}

func (d *door) register(ctx context.Context, server, name string) (mastodon.App, error) {
	app, err := d.app.register(ctx, d.app.strangers, server, d.callback, mastodon.FilterScopes)
	if err != nil {
		return app, err
	}
	if err := d.store.Vault(d.key).Put(name, "client_secret", []byte(app.ClientSecret)); err != nil {
		return app, err
	}
	return app, d.store.Vault(d.key).Put(name, "client_id", []byte(app.ClientID))
}

// entrance is a sign-in under way.
type entrance struct {
	door   *door
	server string
	app    mastodon.App
	try    *mastodon.Attempt
}

// Finish implements web.Attempt.
func (e *entrance) Finish(ctx context.Context, query url.Values) (web.Person, error) {
	code, err := e.try.Code(query)
	if err != nil {
		return web.Person{}, err
	}
	token, err := e.try.Exchange(ctx, e.door.app.strangers, code)
	if err != nil {
		return web.Person{}, err
	}
	client, err := e.door.app.onStrangers(e.server, token, e.door.app.log)
	if err != nil {
		return web.Person{}, err
	}
	self, err := client.Self(ctx)
	if err != nil {
		return web.Person{}, err
	}
	return web.Person{Account: self, Server: e.server, Identity: identity.Identity{Server: client.Host(), ID: self.ID},
		Network: client.Name(),
		Secrets: map[string]string{"token": token, "client_id": e.app.ClientID,
			"client_secret": e.app.ClientSecret}}, nil
}

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"slugpuppy/bot/network/mastodon"
	"slugpuppy/store"
)

// onServer connects to a server that whoever runs the program has named.
func (a *App) onServer(server, token string, log *slog.Logger) (*mastodon.Client, error) {
	return mastodon.New(mastodon.Options{Server: server, Token: token, Log: log, UserAgent: a.agent()})
}

// botOnMastodon connects with the token of the configuration or, without a daemon that has the
// database open, with the sealed one.
func (a *App) botOnMastodon(ctx context.Context) (*mastodon.Client, error) {
	log := slog.New(slog.DiscardHandler)
	if t := a.cfg.Mastodon.Token.Reveal(); t != "" {
		return a.onServer(a.cfg.Mastodon.Server, t, log)
	}
	st, err := openSound(ctx, a.cfg.Store.Path, store.Options{MustExist: true})
	switch {
	case errors.Is(err, store.ErrMissing):
		return nil, errors.New("nobody has logged in yet")
	case errors.Is(err, store.ErrLocked):
		return nil, errors.New("the running daemon keeps the token to itself; its log says how the server treats it")
	case err != nil:
		return nil, err
	}
	defer st.Close()
	token, err := a.token(st)
	if err != nil {
		return nil, err
	}
	return a.onServer(a.cfg.Mastodon.Server, token, log)
}

// token is the access token of the configuration, else the one that login sealed.
func (a *App) token(st *store.Store) (string, error) {
	if t := a.cfg.Mastodon.Token.Reveal(); t != "" {
		return t, nil
	}
	key, err := a.key()
	if err != nil {
		return "", err
	}
	server := a.cfg.Mastodon.Server
	token, err := st.Vault(key).Get(record(server), "token")
	if errors.Is(err, store.ErrNoSecret) {
		return "", fmt.Errorf("there is no token for %s yet: run `slugpuppy login`", server)
	}
	if err != nil {
		return "", fmt.Errorf("open the sealed token of %s: %w", server, err)
	}
	return string(token), nil
}

// record is where the secrets of a server are sealed.
func record(server string) string {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return "mastodon:" + strings.TrimSpace(server)
	}
	return "mastodon:" + strings.ToLower(u.Host)
}

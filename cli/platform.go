package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/config"
	"slugpuppy/store"
)

// platform connects with the token of the configuration or, without a daemon that has the
// database open, with the sealed one.
func (c *console) platform(ctx context.Context, cfg *config.Config) (network.Bot, error) {
	log := slog.New(slog.DiscardHandler)
	if t := cfg.Mastodon.Token.Reveal(); t != "" {
		return platformWith(cfg, t, log)
	}
	st, err := openSound(ctx, databasePath(cfg), store.Options{MustExist: true})
	switch {
	case errors.Is(err, store.ErrMissing):
		return nil, errors.New("nobody has logged in yet")
	case errors.Is(err, store.ErrLocked):
		return nil, errors.New("the running daemon keeps the token to itself; its log says how the server treats it")
	case err != nil:
		return nil, err
	}
	defer st.Close()
	token, err := tokenOf(cfg, st)
	if err != nil {
		return nil, err
	}
	return platformWith(cfg, token, log)
}

// platformWith connects to the configured server.
func platformWith(cfg *config.Config, token string, log *slog.Logger) (network.Bot, error) {
	return mastodon.New(mastodon.Options{
		Server: cfg.Mastodon.Server, Token: token, Log: log, UserAgent: "slugpuppy/" + version,
	})
}

// record is where the secrets of a server are sealed.
func record(server string) string {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return "mastodon:" + strings.TrimSpace(server)
	}
	return "mastodon:" + strings.ToLower(u.Host)
}

// storedToken opens the sealed token of a server.
func storedToken(st *store.Store, key *store.Key, server string) (string, error) {
	token, err := st.Secret(key, record(server), "token")
	if errors.Is(err, store.ErrNoSecret) {
		return "", fmt.Errorf("there is no token for %s yet: run `slugpuppy login`", server)
	}
	if err != nil {
		return "", fmt.Errorf("open the sealed token of %s: %w", server, err)
	}
	return string(token), nil
}

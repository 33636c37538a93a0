package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// timelineTime bounds the checks of all subscribers together.
const timelineTime = 2 * time.Minute

// checkTimelines looks whether every subscriber's server still lets the filter in. A running daemon
// has the tokens and is asked instead.
func (a *App) checkTimelines(ctx context.Context) []Finding {
	ctx, cancel := context.WithTimeout(ctx, timelineTime)
	defer cancel()
	if client, err := operator.Dial(ctx, a.cfg.Admin.Socket); err == nil {
		return waitingTimelines(ctx, client)
	}
	st, err := store.Open(a.cfg.Store.Path, store.Options{MustExist: true})
	if errors.Is(err, store.ErrMissing) {
		return nil
	}
	if err != nil {
		return nil // checkDatabase has said so
	}
	defer st.Close()
	subs, err := st.Operator().Subscribers()
	if err != nil {
		return []Finding{{"timelines", Sick, err.Error(), "restore a backup"}}
	}
	if len(subs) == 0 {
		return nil
	}
	key, err := a.key()
	if err != nil {
		return []Finding{{"timelines", Sick, err.Error(), "put the key file back, or connect everybody again"}}
	}
	known := a.connections(st, key, nil)
	var all []Finding
	servers := map[string]mastodon.Server{}
	for _, sub := range subs {
		all = append(all, checkTimeline(ctx, known, sub, servers))
	}
	return all
}

// waitingTimelines is what a running daemon says of those it looks after.
func waitingTimelines(ctx context.Context, daemon operator.Service) (all []Finding) {
	s, err := daemon.Status(ctx)
	if err != nil {
		return nil // checkDatabase has said so
	}
	subs, err := daemon.Users(ctx)
	if err != nil {
		return []Finding{{"timelines", Doubt, err.Error(), "look at the daemon's log"}}
	}
	for _, sub := range subs {
		if sub.Trouble != "" {
			all = append(all, Finding{"timeline", Doubt, "@" + sub.Account + ": " + sub.Trouble,
				reconnectOf(sub.Network)})
		}
	}
	if len(all) == 0 && s.Users > 0 {
		all = append(all, Finding{"timelines", Healthy, fmt.Sprintf("the daemon looks after %d", s.Users), ""})
	}
	return all
}

// reconnect is what to do about a subscriber's token.
const reconnect = "they sign in again on the page, or `slugpuppy filter connect --server` with their server; " +
	"`slugpuppy user forget` ends it"

func reconnectOf(network string) string {
	if network == x.Name {
		return "if it is about money: raise x.monthly_cap, or wait; else " + reconnectX
	}
	return reconnect
}

// checkTimeline tries one subscriber's token, and what their server can do.
func checkTimeline(ctx context.Context, known connections, sub store.Subscriber,
	servers map[string]mastodon.Server) Finding {
	who := "@" + sub.Handle
	if sub.Leaving {
		return Finding{"timeline", Healthy, who + " leaves; their filters are being removed", ""}
	}
	if sub.Network == x.Name {
		return checkOnX(ctx, known, sub)
	}
	client, err := known.onMastodon(sub, slog.New(slog.DiscardHandler))
	if err != nil {
		return Finding{"timeline", Sick, err.Error(), reconnect}
	}
	server, ok := servers[sub.Server]
	if !ok {
		if server, err = client.Server(ctx); err != nil {
			return Finding{"timeline", Doubt, who + ": " + err.Error(),
				"look whether their server is up; nothing is lost meanwhile"}
		}
		servers[sub.Server] = server
	}
	missing, err := client.Lacking(ctx, mastodon.FilterScopes)
	switch {
	case network.Is(err, network.Unauthorized):
		return Finding{"timeline", Doubt, who + ": their server no longer accepts the token", reconnect}
	case err != nil:
		return Finding{"timeline", Doubt, who + ": " + err.Error(),
			"look whether their server is up; nothing is lost meanwhile"}
	case !server.FiltersPosts:
		return Finding{"timeline", Doubt,
			who + ": " + server.Name + " has no filters for single posts, so nothing can be hidden",
			"that needs Mastodon 4.0 or GoToSocial; until then use `filter set ACCT filter shadow`"}
	case len(missing) > 0:
		return Finding{"timeline", Doubt, who + ": the token lacks " + strings.Join(missing, " "), reconnect}
	case sub.How == timeline.Blur && !server.Blurs:
		return Finding{"timeline", Doubt, who + ": " + server.Name + " cannot blur; a warning is shown instead",
			"that needs Mastodon 4.4 or GoToSocial"}
	}
	return Finding{"timeline", Healthy, who + " on " + server.Name, ""}
}

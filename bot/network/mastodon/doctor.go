package mastodon

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/network"
)

// Examine implements network.Adapter. A running daemon keeps the token to itself.
func (a *adapter) Examine(ctx context.Context, daemon func(context.Context) network.Finding) []network.Finding {
	server, err := a.server(ctx)
	if err != nil {
		return []network.Finding{trouble("server", err)}
	}
	found := []network.Finding{clock(server)}
	if daemon != nil {
		return append(found, daemon(ctx))
	}
	token, err := a.token()
	if err != nil {
		return append(found, network.Finding{Check: "account", State: network.Sick, Detail: err.Error(),
			Remedy: "`slugpuppy login`"})
	}
	c, err := a.own(token, slog.New(slog.DiscardHandler))
	if err != nil {
		return append(found, trouble("account", err))
	}
	return append(append(found, examineServer(ctx, c)...), scopes(ctx, c))
}

// server asks the configured server about itself, without a token.
func (a *adapter) server(ctx context.Context) (Server, error) {
	c, err := a.own("", slog.New(slog.DiscardHandler))
	if err != nil {
		return Server{}, err
	}
	return c.Server(ctx)
}

// clockOff is how far two clocks may be apart: servers refuse nothing for less, and what people are
// told about waits stays right.
const clockOff = 30 * time.Second

// clock compares the server's clock with ours.
func clock(s Server) network.Finding {
	f := network.Finding{Check: "clock", State: network.Healthy, Detail: "agrees with the server's"}
	if off := s.Skew.Round(time.Second); off.Abs() > clockOff {
		way := "ahead of"
		if off < 0 {
			way = "behind"
		}
		f.State, f.Detail = network.Doubt, fmt.Sprintf("the server's clock is %v %s this machine's", off.Abs(), way)
		f.Remedy = "keep this machine's clock right, with systemd-timesyncd or chrony for example; if it is " +
			"right, the server's admin should"
	}
	return f
}

// examineServer reads the server's limits and asks who the token belongs to.
func examineServer(ctx context.Context, b network.Bot) []network.Finding {
	limits, err := b.Limits(ctx)
	if err != nil {
		return []network.Finding{trouble("server", err)}
	}
	return []network.Finding{serverLimits(limits), examineAccount(ctx, b)}
}

// serverLimits says what the server takes; a bot that can post no picture is no use.
func serverLimits(l network.Limits) network.Finding {
	f := network.Finding{Check: "server", State: network.Healthy,
		Detail: fmt.Sprintf("%s; %d letters a post, %d of alt text, pictures up to %.1f MB and %.1f megapixels",
			l.ServerName, l.TextRunes, l.AltRunes, float64(l.ImageBytes)/1e6, float64(l.ImagePixels)/1e6)}
	takes := func(mime string) bool { return len(l.MIMETypes) == 0 || slices.Contains(l.MIMETypes, mime) }
	switch {
	case !takes("image/png") && !takes("image/jpeg"):
		f.State, f.Detail, f.Remedy = network.Sick, "the server takes neither PNG nor JPEG", "the bot cannot work there"
	case l.TextRunes < 300 || l.Attachments < 1:
		f.State, f.Remedy = network.Doubt, "replies will be cut short there"
	}
	return f
}

func examineAccount(ctx context.Context, b network.Bot) network.Finding {
	self, err := b.Self(ctx)
	if err != nil {
		return trouble("account", err)
	}
	f := network.Finding{Check: "account", State: network.Healthy, Detail: "@" + self.Handle}
	if !self.Bot {
		f.State, f.Detail = network.Doubt, f.Detail+" is not marked as automated"
		f.Remedy = "tick \"This is an automated account\" in its profile, as most servers ask"
	}
	return f
}

// examined is a token that can be tried.
type examined interface {
	Lacking(ctx context.Context, scopes string) ([]string, error)
}

// scopes tries what the bot's token may do.
func scopes(ctx context.Context, e examined) network.Finding {
	missing, err := e.Lacking(ctx, Scopes)
	switch {
	case err != nil:
		return trouble("scopes", err)
	case len(missing) > 0:
		return network.Finding{Check: "scopes", State: network.Sick,
			Detail: "the token lacks " + strings.Join(missing, " "),
			Remedy: "`slugpuppy login` again, or make a token with these scopes"}
	}
	return network.Finding{Check: "scopes", State: network.Healthy, Detail: "the token may do what the bot does"}
}

// trouble gives a failed call its remedy.
func trouble(check string, err error) network.Finding {
	remedy := "look at mastodon.server, the network and the server's status page"
	switch kind, _ := network.KindOf(err); kind {
	case network.Unauthorized:
		remedy = "the token is not accepted: `slugpuppy login` again"
	case network.Forbidden:
		remedy = "the account is suspended or the token lacks a scope: look at the account, then `slugpuppy " +
			"login` again"
	case network.RateLimited:
		remedy = "too many requests for now: wait some minutes"
	}
	return network.Finding{Check: check, State: network.Sick, Detail: err.Error(), Remedy: remedy}
}

// signInAgain is what to do about a token that a server does not take any more.
const signInAgain = "they sign in again on the page, or `slugpuppy filter connect --server` with their server; " +
	"`slugpuppy user forget` ends it"

// Reconnect implements network.Adapter.
func (a *adapter) Reconnect() string { return signInAgain }

// ExamineSubscribers implements network.Adapter: it tries every token, and what the servers can do.
func (a *adapter) ExamineSubscribers(ctx context.Context, subs []network.Subscriber) []network.Finding {
	all, servers := make([]network.Finding, 0, len(subs)), map[string]Server{}
	for _, s := range subs {
		f := a.examineSubscriber(ctx, s, servers)
		f.Check = "timeline"
		all = append(all, f)
	}
	return all
}

// examineSubscriber tries a subscriber's token; servers are those that are known already.
func (a *adapter) examineSubscriber(ctx context.Context, s network.Subscriber,
	servers map[string]Server) network.Finding {
	who := "@" + s.Handle
	doubt := func(detail, remedy string) network.Finding {
		return network.Finding{State: network.Doubt, Detail: who + ": " + detail, Remedy: remedy}
	}
	const away = "look whether their server is up; nothing is lost meanwhile"
	c, err := a.subscriber(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return network.Finding{State: network.Sick, Detail: err.Error(), Remedy: signInAgain}
	}
	server, ok := servers[s.Server]
	if !ok {
		if server, err = c.Server(ctx); err != nil {
			return doubt(err.Error(), away)
		}
		servers[s.Server] = server
	}
	missing, err := c.Lacking(ctx, FilterScopes)
	switch {
	case network.Is(err, network.Unauthorized):
		return doubt("their server no longer accepts the token", signInAgain)
	case err != nil:
		return doubt(err.Error(), away)
	case !server.FiltersPosts:
		return doubt(server.Name+" has no filters for single posts, so nothing can be hidden",
			"that needs Mastodon 4.0 or GoToSocial; until then use `filter set ACCT filter shadow`")
	case len(missing) > 0:
		return doubt("the token lacks "+strings.Join(missing, " "), signInAgain)
	case s.Style == network.Blur && !server.Blurs:
		return doubt(server.Name+" cannot blur; a warning is shown instead", "that needs Mastodon 4.4 or GoToSocial")
	}
	return network.Finding{State: network.Healthy, Detail: who + " on " + server.Name}
}

package app

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/operator"
)

// checkServer looks at the server through the same adapter the daemon uses. A running daemon
// keeps the token to itself and is asked instead.
func (a *App) checkServer(ctx context.Context) []Finding {
	if a.cfg.Mastodon.Server == "" && a.cfg.X.Enabled {
		return nil
	}
	if a.cfg.Mastodon.Server == "" {
		return []Finding{{"server", Doubt, "no server is configured", "set mastodon.server, then `slugpuppy login`"}}
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTime)
	defer cancel()
	clock, err := a.serverClock(ctx)
	if err != nil {
		return []Finding{serverTrouble("server", err)}
	}
	if client, err := operator.Dial(ctx, a.cfg.Admin.Socket); err == nil {
		return []Finding{clock, daemonAccount(ctx, client)}
	}
	p, err := a.botOnMastodon(ctx)
	if err != nil {
		return []Finding{clock, {"account", Sick, err.Error(), "`slugpuppy login`"}}
	}
	return append(append([]Finding{clock}, examineServer(ctx, p)...), scopes(ctx, p))
}

// clockOff is how far two clocks may be apart: servers refuse nothing for less, and what people are
// told about waits stays right.
const clockOff = 30 * time.Second

// serverClock compares the server's clock with ours, without a token.
func (a *App) serverClock(ctx context.Context) (Finding, error) {
	c, err := a.onServer(a.cfg.Mastodon.Server, "", slog.New(slog.DiscardHandler))
	if err != nil {
		return Finding{}, err
	}
	s, err := c.Server(ctx)
	if err != nil {
		return Finding{}, err
	}
	return clock(s), nil
}

func clock(s mastodon.Server) Finding {
	if off := s.Skew.Round(time.Second); off.Abs() > clockOff {
		way := "ahead of"
		if off < 0 {
			way = "behind"
		}
		return Finding{"clock", Doubt, fmt.Sprintf("the server's clock is %v %s this machine's", off.Abs(), way),
			"keep this machine's clock right, with systemd-timesyncd or chrony for example; if it is right, the " +
				"server's admin should"}
	}
	return Finding{"clock", Healthy, "agrees with the server's", ""}
}

// examined is a token that can be tried.
type examined interface {
	Lacking(ctx context.Context, scopes string) ([]string, error)
}

// scopes tries what the bot's token may do.
func scopes(ctx context.Context, e examined) Finding {
	missing, err := e.Lacking(ctx, mastodon.Scopes)
	switch {
	case err != nil:
		return serverTrouble("scopes", err)
	case len(missing) > 0:
		return Finding{"scopes", Sick, "the token lacks " + strings.Join(missing, " "),
			"`slugpuppy login` again, or make a token with these scopes"}
	}
	return Finding{"scopes", Healthy, "the token may do what the bot does", ""}
}

// daemonAccount is how the server treats the running daemon.
func daemonAccount(ctx context.Context, daemon operator.Service) Finding {
	s, err := daemon.Status(ctx)
	switch {
	case err != nil:
		return Finding{"account", Sick, err.Error(), "look at the daemon's log; restart it"}
	case s.Trouble != "":
		return Finding{"account", Sick, s.Trouble,
			"its log says more; if it is a token that is refused, stop it and `slugpuppy login` (or `login x`) again"}
	}
	return Finding{"account", Healthy, "the daemon works as @" + s.Account, ""}
}

// examineServer reads the server's limits and asks who the token belongs to.
func examineServer(ctx context.Context, p network.Bot) []Finding {
	limits, err := p.Limits(ctx)
	if err != nil {
		return []Finding{serverTrouble("server", err)}
	}
	return []Finding{serverLimits(limits), account(ctx, p)}
}

// serverLimits says what the server takes; a bot that can post no picture is no use.
func serverLimits(l network.Limits) Finding {
	detail := fmt.Sprintf("%s; %d letters a post, %d of alt text, pictures up to %.1f MB and %.1f megapixels",
		l.ServerName, l.TextRunes, l.AltRunes, float64(l.ImageBytes)/1e6, float64(l.ImagePixels)/1e6)
	takes := func(mime string) bool { return len(l.MIMETypes) == 0 || slices.Contains(l.MIMETypes, mime) }
	switch {
	case !takes("image/png") && !takes("image/jpeg"):
		return Finding{"server", Sick, "the server takes neither PNG nor JPEG", "the bot cannot work there"}
	case l.TextRunes < 300 || l.Attachments < 1:
		return Finding{"server", Doubt, detail, "replies will be cut short there"}
	}
	return Finding{"server", Healthy, detail, ""}
}

func account(ctx context.Context, p network.Bot) Finding {
	self, err := p.Self(ctx)
	switch {
	case err != nil:
		return serverTrouble("account", err)
	case !self.Bot:
		return Finding{"account", Doubt, "@" + self.Handle + " is not marked as automated",
			"tick \"This is an automated account\" in its profile, as most servers ask"}
	}
	return Finding{"account", Healthy, "@" + self.Handle, ""}
}

// serverTrouble gives a failed call its remedy.
func serverTrouble(check string, err error) Finding {
	remedy := "look at mastodon.server, the network and the server's status page"
	switch kind, _ := network.KindOf(err); kind {
	case network.Unauthorized:
		remedy = "the token is not accepted: `slugpuppy login` again"
	case network.Forbidden:
		remedy = "the account is suspended or the token lacks a scope: look at the account, then `slugpuppy login` " +
			"again"
	case network.RateLimited:
		remedy = "too many requests for now: wait some minutes"
	}
	return Finding{check, Sick, err.Error(), remedy}
}

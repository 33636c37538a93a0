package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"slugpuppy/bot"
	"slugpuppy/bot/admin"
	"slugpuppy/config"
)

// checkServer looks at the server through the same adapter the daemon uses. A running daemon
// keeps the token to itself and is asked instead.
func (a *app) checkServer(ctx context.Context, cfg *config.Config) []finding {
	if cfg.Mastodon.Server == "" {
		return []finding{{"server", doubt, "no server is configured", "set mastodon.server, then `slugpuppy login`"}}
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTime)
	defer cancel()
	if client, err := admin.Dial(ctx, socketPath(cfg)); err == nil {
		return []finding{daemonAccount(ctx, client)}
	}
	p, err := a.platform(ctx, cfg)
	if err != nil {
		return []finding{{"account", sick, err.Error(), "`slugpuppy login`"}}
	}
	return examineServer(ctx, p)
}

// daemonAccount is how the server treats the running daemon.
func daemonAccount(ctx context.Context, daemon admin.Service) finding {
	s, err := daemon.Status(ctx)
	switch {
	case err != nil:
		return finding{"account", sick, err.Error(), "look at the daemon's log; restart it"}
	case s.Trouble != "":
		return finding{"account", sick, s.Trouble, "look at the daemon's log; if the token is refused, stop it and `slugpuppy login` again"}
	}
	return finding{"account", healthy, "the daemon works as @" + s.Account, ""}
}

// examineServer reads the server's limits and asks who the token belongs to.
func examineServer(ctx context.Context, p bot.Platform) []finding {
	limits, err := p.Limits(ctx)
	if err != nil {
		return []finding{serverTrouble("server", err)}
	}
	return []finding{serverLimits(limits), account(ctx, p)}
}

// serverLimits says what the server takes; a bot that can post no picture is no use.
func serverLimits(l bot.Limits) finding {
	detail := fmt.Sprintf("%s; %d letters a post, %d of alt text, pictures up to %.1f MB and %.1f megapixels",
		l.ServerName, l.TextRunes, l.AltRunes, float64(l.ImageBytes)/1e6, float64(l.ImagePixels)/1e6)
	takes := func(mime string) bool { return len(l.MIMETypes) == 0 || slices.Contains(l.MIMETypes, mime) }
	switch {
	case !takes("image/png") && !takes("image/jpeg"):
		return finding{"server", sick, "the server takes neither PNG nor JPEG", "the bot cannot work there"}
	case l.TextRunes < 300 || l.Attachments < 1:
		return finding{"server", doubt, detail, "replies will be cut short there"}
	}
	return finding{"server", healthy, detail, ""}
}

func account(ctx context.Context, p bot.Platform) finding {
	self, err := p.Self(ctx)
	switch {
	case err != nil:
		return serverTrouble("account", err)
	case !self.Bot:
		return finding{"account", doubt, "@" + self.Handle + " is not marked as automated", "tick \"This is an automated account\" in its profile, as most servers ask"}
	}
	return finding{"account", healthy, "@" + self.Handle, ""}
}

// serverTrouble gives a failed call its remedy.
func serverTrouble(check string, err error) finding {
	remedy := "look at mastodon.server, the network and the server's status page"
	var api *bot.APIError
	if errors.As(err, &api) {
		switch api.Kind {
		case bot.Unauthorized:
			remedy = "the token is not accepted: `slugpuppy login` again"
		case bot.Forbidden:
			remedy = "the account is suspended or the token lacks a scope: look at the account, then `slugpuppy login` again"
		case bot.RateLimited:
			remedy = "too many requests for now: wait some minutes"
		}
	}
	return finding{check, sick, err.Error(), remedy}
}

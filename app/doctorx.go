package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/config"
	"slugpuppy/store"
)

// checkX says what X wants before a bot may post there, and whether it can work. Nothing is asked of X
// while a daemon runs: that costs money, and the daemon knows.
func (a *App) checkX(ctx context.Context) []Finding {
	if !a.cfg.X.Enabled {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTime)
	defer cancel()
	all := xPermissions(a.cfg)
	if client, err := operator.Dial(ctx, a.cfg.Admin.Socket); err == nil {
		if mayPostOnX(a.cfg) {
			all = append(all, daemonAccount(ctx, client))
		}
		return append(all, a.checkBudget(ctx, client))
	}
	st, err := store.Open(a.cfg.Store.Path, store.Options{MustExist: true})
	if err != nil {
		if errors.Is(err, store.ErrMissing) {
			err = errors.New("nobody has logged in on X yet")
		}
		return append(all, Finding{"x keys", Sick, err.Error(), "`slugpuppy login x`"})
	}
	defer st.Close()
	key, err := a.key()
	if err != nil {
		return append(all, Finding{"x keys", Sick, err.Error(), "put the key file back, or `slugpuppy login x` again"})
	}
	platform, err := a.botOnX(st, key, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return append(all, Finding{"x keys", Sick, err.Error(), "`slugpuppy login x`"})
	}
	return append(all, xAccount(ctx, platform), a.checkBudget(ctx, &operator.Local{Store: st}))
}

// xPermissions are what an operator must confirm and may have chosen.
func xPermissions(cfg *config.Config) []Finding {
	all := []Finding{{"approval", Healthy, "confirmed: X has approved the automated replies", ""},
		{"x label", Healthy, "confirmed: the profile carries the label of automated accounts", ""}}
	if !cfg.X.Approved {
		all[0] = Finding{"approval", Sick,
			"X allows automated replies with generated pictures only to approved apps; the bot does not run there",
			"apply at developer.x.com; once X has said yes, set x.approved = true"}
	}
	if !cfg.X.AutomatedLabel {
		all[1] = Finding{"x label", Sick,
			"X wants bots to be labelled as automated, with who runs them; the bot does not run there",
			"in the bot's settings on X: your account, automation, name the account that manages it; then set " +
				"x.automated_label = true"}
	}
	if cfg.X.API != "v2" {
		all = append(all, Finding{"x api", Doubt,
			"x.api is " + cfg.X.API + ", which X refuses to most apps (error 453)", `if so, set x.api = "v2"`})
	}
	return all
}

// xAccount asks X who the keys belong to.
func xAccount(ctx context.Context, p network.Bot) Finding {
	self, err := p.Self(ctx)
	if err == nil {
		return Finding{"x account", Healthy, "@" + self.Handle, ""}
	}
	remedy := "look at x.address, the network and X's status page"
	switch kind, _ := network.KindOf(err); kind {
	case network.Unauthorized:
		remedy = "the keys are not accepted. At developer.x.com: is the app in a project, may it read and write, are " +
			"its keys those that are set?\n" +
			"                Keys made before the permission was changed keep the old one: `slugpuppy login x` again"
	case network.Forbidden:
		remedy = "look whether the account is locked or suspended, and at the app's permissions at developer.x.com"
	case network.RateLimited:
		remedy = "the limit of calls or the credits are used up: wait, or buy credits at developer.x.com"
	}
	remedy = network.RemedyOf(err, remedy)
	return Finding{"x account", Sick, strings.TrimSuffix(err.Error(), "; "+remedy), remedy} // the error ends with it
}

// checkOnX tries a subscriber's keys.
func checkOnX(ctx context.Context, known connections, sub store.Subscriber) Finding {
	who := "@" + sub.Handle
	account, err := known.onX(sub, slog.New(slog.DiscardHandler))
	if err != nil {
		return Finding{"timeline", Sick, err.Error(), reconnectX}
	}
	_, err = account.Self(ctx)
	switch {
	case network.Is(err, network.Unauthorized):
		return Finding{"timeline", Doubt, who + ": X no longer accepts the keys", reconnectX}
	case err != nil:
		return Finding{"timeline", Doubt, who + ": " + err.Error(), "nothing is lost meanwhile"}
	}
	return Finding{"timeline", Healthy, who + " on X", ""}
}

// reconnectX is what to do about a subscriber's keys for X.
const reconnectX = "they run `slugpuppy filter connect --network x` again; `slugpuppy user forget` ends it"

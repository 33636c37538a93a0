package cli

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
func (c *console) checkX(ctx context.Context, cfg *config.Config) []finding {
	if !cfg.X.Enabled {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTime)
	defer cancel()
	all := xPermissions(cfg)
	if client, err := operator.Dial(ctx, socketPath(cfg)); err == nil {
		if mayPostOnX(cfg) {
			all = append(all, daemonAccount(ctx, client))
		}
		return append(all, checkBudget(ctx, cfg, client))
	}
	st, err := store.Open(databasePath(cfg), store.Options{MustExist: true})
	if err != nil {
		if errors.Is(err, store.ErrMissing) {
			err = errors.New("nobody has logged in on X yet")
		}
		return append(all, finding{"x keys", sick, err.Error(), "`slugpuppy login x`"})
	}
	defer st.Close()
	key, err := store.OpenKey(keyPath(cfg))
	if err != nil {
		return append(all, finding{"x keys", sick, err.Error(), "put the key file back, or `slugpuppy login x` again"})
	}
	platform, err := openX(cfg, st, key, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return append(all, finding{"x keys", sick, err.Error(), "`slugpuppy login x`"})
	}
	return append(all, xAccount(ctx, platform), checkBudget(ctx, cfg, &operator.Local{Store: st}))
}

// xPermissions are what an operator must confirm and may have chosen.
func xPermissions(cfg *config.Config) []finding {
	all := []finding{{"approval", healthy, "confirmed: X has approved the automated replies", ""}, {"x label", healthy, "confirmed: the profile carries the label of automated accounts", ""}}
	if !cfg.X.Approved {
		all[0] = finding{"approval", sick, "X allows automated replies with generated pictures only to approved apps; the bot does not run there",
			"apply at developer.x.com; once X has said yes, set x.approved = true"}
	}
	if !cfg.X.AutomatedLabel {
		all[1] = finding{"x label", sick, "X wants bots to be labelled as automated, with who runs them; the bot does not run there",
			"in the bot's settings on X: your account, automation, name the account that manages it; then set x.automated_label = true"}
	}
	if cfg.X.API != "v2" {
		all = append(all, finding{"x api", doubt, "x.api is " + cfg.X.API + ", which X refuses to most apps (error 453)", `if so, set x.api = "v2"`})
	}
	return all
}

// xAccount asks X who the keys belong to.
func xAccount(ctx context.Context, p network.Bot) finding {
	self, err := p.Self(ctx)
	if err == nil {
		return finding{"x account", healthy, "@" + self.Handle, ""}
	}
	remedy := "look at x.address, the network and X's status page"
	switch kind, _ := network.KindOf(err); kind {
	case network.Unauthorized:
		remedy = "the keys are not accepted. At developer.x.com: is the app in a project, may it read and write, are its keys those that are set?\n" +
			"                Keys made before the permission was changed keep the old one: `slugpuppy login x` again"
	case network.Forbidden:
		remedy = "look whether the account is locked or suspended, and at the app's permissions at developer.x.com"
	case network.RateLimited:
		remedy = "the limit of calls or the credits are used up: wait, or buy credits at developer.x.com"
	}
	remedy = network.RemedyOf(err, remedy)
	return finding{"x account", sick, strings.TrimSuffix(err.Error(), "; "+remedy), remedy} // the error ends with it
}

// checkOnX tries a subscriber's keys.
func checkOnX(ctx context.Context, known connections, sub store.Subscriber) finding {
	who := "@" + sub.Handle
	account, err := known.onX(sub, slog.New(slog.DiscardHandler))
	if err != nil {
		return finding{"timeline", sick, err.Error(), reconnectX}
	}
	_, err = account.Self(ctx)
	switch {
	case network.Is(err, network.Unauthorized):
		return finding{"timeline", doubt, who + ": X no longer accepts the keys", reconnectX}
	case err != nil:
		return finding{"timeline", doubt, who + ": " + err.Error(), "nothing is lost meanwhile"}
	}
	return finding{"timeline", healthy, who + " on X", ""}
}

// reconnectX is what to do about a subscriber's keys for X.
const reconnectX = "they run `slugpuppy filter connect --network x` again; `slugpuppy user forget` ends it"

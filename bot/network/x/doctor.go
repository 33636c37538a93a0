package x

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"slugpuppy/bot/network"
)

// Examine implements network.Adapter. Nothing is asked of X while a daemon runs: that costs money, and
// the daemon knows.
func (a *adapter) Examine(ctx context.Context, daemon func(context.Context) network.Finding) []network.Finding {
	found := a.permissions()
	switch {
	case daemon == nil:
		b, err := a.bot(slog.New(slog.DiscardHandler))
		if err != nil {
			return append(found, network.Finding{Check: "x keys", State: network.Sick, Detail: err.Error(),
				Remedy: "`slugpuppy login x`"})
		}
		found = append(found, account(ctx, b))
	case a.confirmed():
		found = append(found, daemon(ctx))
	}
	return append(found, a.spent())
}

// permissions are what an operator must confirm and may have chosen.
func (a *adapter) permissions() []network.Finding {
	approval := network.Finding{Check: "approval", State: network.Healthy,
		Detail: "confirmed: X has approved the automated replies"}
	if !a.Approved {
		approval.State, approval.Detail = network.Sick, "X allows automated replies with generated pictures only "+
			"to approved apps; the bot does not run there"
		approval.Remedy = "apply at developer.x.com; once X has said yes, set x.approved = true"
	}
	label := network.Finding{Check: "x label", State: network.Healthy,
		Detail: "confirmed: the profile carries the label of automated accounts"}
	if !a.AutomatedLabel {
		label.State, label.Detail = network.Sick, "X wants bots to be labelled as automated, with who runs them; "+
			"the bot does not run there"
		label.Remedy = "in the bot's settings on X: your account, automation, name the account that manages it; " +
			"then set x.automated_label = true"
	}
	found := []network.Finding{approval, label}
	if a.API != v2 {
		found = append(found, network.Finding{Check: "x api", State: network.Doubt,
			Detail: "x.api is " + a.API + ", which X refuses to most apps (error 453)",
			Remedy: `if so, set x.api = "v2"`})
	}
	return found
}

// account asks X who the keys belong to.
func account(ctx context.Context, b network.Bot) network.Finding {
	self, err := b.Self(ctx)
	if err == nil {
		return network.Finding{Check: "x account", State: network.Healthy, Detail: "@" + self.Handle}
	}
	remedy := "look at x.address, the network and X's status page"
	switch kind, _ := network.KindOf(err); kind {
	case network.Unauthorized:
		remedy = "the keys are not accepted. At developer.x.com: is the app in a project, may it read and write, " +
			"are its keys those that are set?\n" +
			"                Keys made before the permission was changed keep the old one: `slugpuppy login x` again"
	case network.Forbidden:
		remedy = "look whether the account is locked or suspended, and at the app's permissions at developer.x.com"
	case network.RateLimited:
		remedy = "the limit of calls or the credits are used up: wait, or buy credits at developer.x.com"
	}
	remedy = network.RemedyOf(err, remedy)
	detail := strings.TrimSuffix(err.Error(), "; "+remedy) // which the error ends with
	return network.Finding{Check: "x account", State: network.Sick, Detail: detail, Remedy: remedy}
}

// spent says how far the accounts are from the month's cap.
func (a *adapter) spent() network.Finding {
	f := network.Finding{Check: "x budget", State: network.Healthy}
	bills, err := a.Bills(month(a.env.Now()))
	if err != nil {
		f.State, f.Detail, f.Remedy = network.Doubt, err.Error(), "look at the daemon's log"
		return f
	}
	var stopped []string
	for _, b := range bills {
		if b.Stopped != "" {
			stopped = append(stopped, fmt.Sprintf("%s has cost %s of %s: %s", b.Who(), b.Sum, b.Cap, b.Stopped))
		}
	}
	if len(bills) == 0 {
		bills = []network.Bill{{Cap: a.Cap()}}
	}
	most := slices.MaxFunc(bills, func(a, b network.Bill) int { return cmp.Compare(a.Sum, b.Sum) })
	f.Detail = fmt.Sprintf("%s of %s used this month", most.Sum, most.Cap)
	if len(bills) > 1 {
		f.Detail += " by " + most.Who() + ", who used most"
	}
	switch {
	case most.Cap <= 0:
		f.State, f.Detail, f.Remedy = network.Doubt, fmt.Sprintf("%s used this month, and no cap", most.Sum),
			"set x.monthly_cap, so that a busy month has an end"
	case len(stopped) > 0:
		f.State, f.Detail, f.Remedy = network.Sick, strings.Join(stopped, "; "),
			"raise x.monthly_cap, or wait; `slugpuppy x cost` says what it went on"
	case most.Sum*5 >= most.Cap*4:
		f.State, f.Remedy = network.Doubt, "`slugpuppy x cost` says what it goes on; at the cap nothing more is read"
	}
	return f
}

// connectAgain is what to do about a subscriber's keys.
const connectAgain = "they run `slugpuppy filter connect --network x` again; `slugpuppy user forget` ends it"

// Reconnect implements network.Adapter.
func (a *adapter) Reconnect() string {
	return "if it is about money: raise x.monthly_cap, or wait; else " + connectAgain
}

// ExamineSubscribers implements network.Adapter: it tries everybody's keys.
func (a *adapter) ExamineSubscribers(ctx context.Context, subs []network.Subscriber) (found []network.Finding) {
	for _, s := range subs {
		f := network.Finding{Check: "timeline", State: network.Healthy, Detail: "@" + s.Handle + " on X"}
		c, err := a.subscriber(s, slog.New(slog.DiscardHandler))
		if err != nil {
			f.State, f.Detail, f.Remedy = network.Sick, err.Error(), connectAgain
		} else if _, err = c.Self(ctx); network.Is(err, network.Unauthorized) {
			f.State, f.Detail, f.Remedy = network.Doubt, "@"+s.Handle+": X no longer accepts the keys", connectAgain
		} else if err != nil {
			f.State, f.Detail, f.Remedy = network.Doubt, "@"+s.Handle+": "+err.Error(), "nothing is lost meanwhile"
		}
		found = append(found, f)
	}
	return found
}

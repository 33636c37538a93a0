package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/store"
)

// timelineTime bounds the checks of all subscribers together.
const timelineTime = 2 * time.Minute

// checkNetworks looks at the networks through the adapters that the daemon uses: whether the bots' accounts
// can work, and whether the subscribers' still let the filter in. A running daemon keeps the tokens to
// itself and is asked instead.
func (a *App) checkNetworks(ctx context.Context) []network.Finding {
	if client, err := operator.Dial(ctx, a.cfg.Admin.Socket); err == nil {
		all := a.places(distant{ctx: ctx, svc: client})
		account := func(ctx context.Context) network.Finding { return daemonAccount(ctx, client) }
		return append(examine(ctx, all, account), waiting(ctx, all, client)...)
	}
	st, err := store.Open(a.cfg.Store.Path, store.Options{MustExist: true})
	if errors.Is(err, store.ErrMissing) {
		return examine(ctx, a.places(nowhere{}), nil)
	}
	if err != nil { // since checkDatabase has looked
		return []network.Finding{sick("database", err.Error(), "look again")}
	}
	defer st.Close()
	known := a.connections(st)
	return append(examine(ctx, known.places, nil), a.examineTimelines(ctx, known)...)
}

// examine looks at the bots' accounts.
func examine(ctx context.Context, all []place, daemon func(context.Context) network.Finding) (found []network.Finding) {
	for _, p := range all {
		if p.Enabled() {
			ctx, cancel := context.WithTimeout(ctx, doctorTime)
			found = append(found, p.Examine(ctx, daemon)...)
			cancel()
		}
	}
	if len(found) == 0 {
		return []network.Finding{doubt("server", "no server is configured", all[0].Start)}
	}
	return found
}

// daemonAccount is how the networks treat the running daemon.
func daemonAccount(ctx context.Context, daemon operator.Service) network.Finding {
	s, err := daemon.Status(ctx)
	switch {
	case err != nil:
		return sick("account", err.Error(), "look at the daemon's log; restart it")
	case s.Trouble != "":
		return sick("account", s.Trouble,
			"its log says more; if it is a token that is refused, stop it and "+logins()+" again")
	}
	return well("account", "the daemon works as @"+s.Account)
}

// logins are the commands that let bots in.
func logins() string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = login(k)
	}
	return strings.Join(all, " or ")
}

// waiting is what a running daemon says of the timelines it looks after.
func waiting(ctx context.Context, all []place, daemon operator.Service) (found []network.Finding) {
	s, err := daemon.Status(ctx)
	if err != nil {
		return nil // checkDatabase has said so
	}
	subs, err := daemon.Users(ctx)
	if err != nil {
		return []network.Finding{doubt("timelines", err.Error(), "look at the daemon's log")}
	}
	for _, sub := range subs {
		if sub.Trouble == "" {
			continue
		}
		p, err := find(all, sub.Network)
		if err != nil {
			found = append(found, sick("timeline", "@"+sub.Account+": "+err.Error(), "run a program that knows it"))
			continue
		}
		found = append(found, doubt("timeline", "@"+sub.Account+": "+sub.Trouble, p.Reconnect()))
	}
	if len(found) == 0 && s.Users > 0 {
		found = append(found, well("timelines", fmt.Sprintf("the daemon looks after %d", s.Users)))
	}
	return found
}

// examineTimelines looks whether every subscriber's server still lets the filter in.
func (a *App) examineTimelines(ctx context.Context, known connections) (found []network.Finding) {
	ctx, cancel := context.WithTimeout(ctx, timelineTime)
	defer cancel()
	subs, err := known.store.Operator().Subscribers()
	if err != nil {
		return []network.Finding{sick("timelines", err.Error(), "restore a backup")}
	}
	if len(subs) == 0 {
		return nil
	}
	if _, err := a.key(); err != nil {
		return []network.Finding{sick("timelines", err.Error(), "put the key file back, or connect everybody again")}
	}
	on := map[string][]network.Subscriber{}
	for _, sub := range subs {
		p, s, err := known.of(sub)
		switch {
		case err != nil:
			found = append(found, sick("timeline", "@"+sub.Handle+": "+err.Error(), "run a program that knows it"))
		case sub.Leaving:
			found = append(found, well("timeline", "@"+sub.Handle+" leaves; their filters are being removed"))
		default:
			on[p.Name] = append(on[p.Name], s)
		}
	}
	for _, p := range known.places {
		found = append(found, p.ExamineSubscribers(ctx, on[p.Name])...)
	}
	return found
}

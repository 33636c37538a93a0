package app

import (
	"context"
	"errors"
	"fmt"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// Wish is how somebody wants their timeline looked after.
type Wish struct {
	Server string // of the account, the bot's when empty; not for X
	Paste  bool   // a code is copied from the browser
	Mutes  bool   // timed mutes are allowed too
	Now    bool   // posts are hidden from the first day on
}

// Connected is a new subscriber of the filter.
type Connected struct {
	User operator.User
	// Answer is what the filter says of them; nil off X.
	Answer *operator.Answer
}

// Connect asks for access to an account on a Mastodon server and hands it to whoever has the database.
func (a *App) Connect(ctx context.Context, who Person, w Wish) (Connected, error) {
	server, err := a.server(w.Server, "say")
	if err != nil {
		return Connected{}, err
	}
	ctx, cancel := patiently(ctx)
	defer cancel()
	svc, done, err := a.operator(ctx, false)
	if err != nil {
		return Connected{}, err
	}
	defer done()
	scopes := mastodon.FilterScopes
	if w.Mutes {
		scopes += mastodon.MuteScopes
	}
	token, app, err := a.ask(ctx, who, server, w.Paste, scopes)
	if err != nil {
		return Connected{}, err
	}
	client, self, err := a.whoOnServer(ctx, server, token, a.directory())
	if err != nil {
		return Connected{}, err
	}
	sub := timeline.Newcomer(identity.Identity{Server: client.Host(), ID: self.ID}, client.Name(), self.Handle, server)
	a.begin(&sub, w.Now)
	stored, err := svc.Subscribe(ctx, operator.Join(sub, map[string]string{
		"token": token, "client_id": app.ClientID, "client_secret": app.ClientSecret}))
	return Connected{User: stored}, err
}

// ConnectX asks for access to an account on X and hands it to whoever has the database.
func (a *App) ConnectX(ctx context.Context, who Person, w Wish) (Connected, error) {
	ctx, cancel := patiently(ctx)
	defer cancel()
	svc, done, err := a.operator(ctx, false)
	if err != nil {
		return Connected{}, err
	}
	defer done()
	consumer, secret, err := a.appFor(svc)
	if err != nil {
		return Connected{}, usage(err)
	}
	keys, err := a.askPIN(ctx, who, consumer, secret)
	if err != nil {
		return Connected{}, err
	}
	var spent receipts
	self, err := a.whoOnX(ctx, &spent, keys)
	if err != nil {
		return Connected{}, err
	}
	sub := timeline.Newcomer(identity.Identity{Server: x.Server, ID: self.ID}, x.Name, self.Handle, "https://x.com")
	sub.Digest = "off" // the bot writes to nobody there
	a.begin(&sub, w.Now)
	stored, err := svc.Subscribe(ctx, operator.Join(sub,
		map[string]string{"token": keys.Token, "token_secret": keys.TokenSecret}, spent...))
	if err != nil {
		return Connected{}, err
	}
	shown, err := svc.Order(ctx, operator.Order{Account: stored.Account, Verb: "show"})
	return Connected{stored, &shown}, err
}

// begin switches the filter on for somebody new; unless they want it to hide now, it only counts at
// first.
func (a *App) begin(sub *store.Subscriber, now bool) {
	sub.Mode = store.FilterOn
	if !now {
		sub.ShadowUntil = a.now().Add(a.cfg.Filter.Shadow.Std())
	}
}

// appFor is the app's pair of keys. A running daemon keeps the sealed ones to itself.
func (a *App) appFor(svc operator.Service) (consumer, secret string, err error) {
	local, ok := svc.(*operator.Local)
	if !ok {
		consumer, secret, err = a.xApp(nil, nil)
		if errors.Is(err, errNoApp) {
			err = fmt.Errorf("the running daemon keeps the app's sealed keys to itself; set x.consumer_key_file and "+
				"x.consumer_secret_file, or stop it meanwhile (%w)", err)
		}
		return consumer, secret, err
	}
	key, err := a.key()
	if err != nil {
		return "", "", err
	}
	return a.xApp(local.Store, key)
}

// receipts are a ledger for who has no database at hand.
type receipts []operator.Spending

var _ x.Ledger = (*receipts)(nil)

// Spend implements x.Ledger.
func (r *receipts) Spend(who network.Account, month string, item x.Item, n int, cost x.Money) error {
	*r = append(*r, operator.Spending{Identity: identity.Identity{Server: x.Server, ID: who.ID}, Account: who.Handle,
		Month: month, Item: string(item), N: n, Cost: int64(cost)})
	return nil
}

// Spent implements x.Ledger.
func (r *receipts) Spent(string, string) (x.Money, error) { return 0, nil }

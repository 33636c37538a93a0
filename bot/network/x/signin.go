package x

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"slugpuppy/bot/network"
)

// site is where accounts on X are, as people know it.
const site = "https://" + Server

// Complete implements network.Adapter.
func (a *adapter) Complete(w network.Wish) (network.Wish, error) {
	w.Server = site
	return w, nil
}

// SignIn implements network.Adapter: X shows a PIN.
func (a *adapter) SignIn(ctx context.Context, p network.Person, w network.Wish) (network.Grant, error) {
	consumer, secret, err := a.app()
	if err != nil {
		return network.Grant{}, network.Usage(err)
	}
	keys, err := a.ask(ctx, p, consumer, secret)
	if err != nil {
		return network.Grant{}, err
	}
	c, err := Open(a.API, a.options(keys, slog.New(slog.DiscardHandler)))
	if err != nil {
		return network.Grant{}, err
	}
	self, err := c.Self(ctx)
	if err != nil {
		return network.Grant{}, fmt.Errorf("the keys X just gave are not taken by it: %w", err)
	}
	g := network.Grant{Account: self, Identity: on(self.ID), Server: site, Record: a.record(),
		Secrets: []network.Secret{
			{Field: "token", Value: keys.Token},
			{Field: "token_secret", Value: keys.TokenSecret},
		}}
	if !w.Timeline {
		g.Secrets = append([]network.Secret{
			{Field: "consumer_key", Value: keys.Consumer},
			{Field: "consumer_secret", Value: keys.ConsumerSecret},
		}, g.Secrets...)
		g.Next = a.next()
	}
	return g, nil
}

// ask has the person sign in and copy the PIN.
func (a *adapter) ask(ctx context.Context, p network.Person, consumer, secret string) (Keys, error) {
	keys := Keys{Consumer: consumer, ConsumerSecret: secret}
	login, err := NewLogin(ctx, a.Address, consumer, secret)
	if err != nil {
		return keys, fmt.Errorf("%w\n(are the app's keys right, and has it a callback address at developer.x.com? "+
			"X wants one though it is not used)", err)
	}
	pin, err := p.Paste(ctx, login.URL(), "the account on X", "PIN")
	if err != nil {
		return keys, err
	}
	keys.Token, keys.TokenSecret, err = login.Keys(ctx, pin)
	if errors.Is(err, ErrPIN) {
		err = fmt.Errorf("%w; run the command again for a new address and PIN", err)
	}
	return keys, err
}

// next is what has to be done before anything is posted.
func (a *adapter) next() (next []string) {
	if a.Token != "" {
		next = append(next, "take x.token and x.token_secret out of the configuration: while they are there, they "+
			"are used instead")
	}
	if !a.Approved {
		next = append(next, "X must approve automated replies with generated pictures: apply at developer.x.com, "+
			"then set x.approved")
	}
	if !a.AutomatedLabel {
		next = append(next, "give the profile X's label of automated accounts (settings, your account, "+
			"automation), then set x.automated_label")
	}
	if !a.Settings.Enabled {
		next = append(next, "set x.enabled")
	}
	return append(next, "`slugpuppy doctor` says what is missing; start the bot with `slugpuppy serve`")
}

package app

import (
	"context"
	"net/url"

	"slugpuppy/bot/network"
	"slugpuppy/bot/web"
)

// porch is the network whose people can sign in on the page: the first one that has a porch.
func porch(all []place) (place, network.Porch) {
	for _, p := range all {
		if porch, ok := p.Adapter.(network.Porch); ok {
			return p, porch
		}
	}
	return place{}, nil
}

// door lets people into the page by way of a network.
type door struct {
	network  string
	porch    network.Porch
	callback string
}

// Begin implements web.SignIn.
func (d door) Begin(ctx context.Context, server string, mutes bool) (string, web.Attempt, error) {
	address, try, err := d.porch.Begin(ctx, network.Wish{Timeline: true, Server: server, Mutes: mutes}, d.callback)
	return address, entrance{d.network, try}, err
}

// entrance is a sign-in under way.
type entrance struct {
	network string
	try     network.Attempt
}

// Finish implements web.Attempt.
func (e entrance) Finish(ctx context.Context, query url.Values) (web.Person, error) {
	g, err := e.try.Finish(ctx, query)
	return web.Person{Account: g.Account, Server: g.Server, Identity: g.Identity, Network: e.network,
		Scopes: g.Scopes, Lacks: g.Lacks, Secrets: secretsOf(g)}, err
}

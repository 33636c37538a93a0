package app

import (
	"context"
	"errors"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// connections are the accounts of the filter's subscribers, whose secrets are sealed in a database.
type connections struct {
	database
	places []place
}

// connections are those of a database.
func (a *App) connections(st *store.Store) connections {
	d := database{st, a.key}
	return connections{d, a.places(d)}
}

// of is somebody as the adapter of their network knows them.
func (c connections) of(sub store.Subscriber) (place, network.Subscriber, error) {
	p, err := find(c.places, sub.Network)
	return p, c.subscriber(p.Kind, sub), err
}

// Keep seals the secrets of a subscriber's connection.
func (c connections) Keep(sub store.Subscriber, secrets map[string]string) error {
	p, err := find(c.places, sub.Network)
	if err != nil {
		return err
	}
	for _, field := range p.Fields {
		if err := c.Put(connection(p.Kind, sub), field, secrets[field]); err != nil {
			return err
		}
	}
	return nil
}

// reader connects to a subscriber's account.
func (c connections) reader(sub store.Subscriber) (network.Reader, error) {
	p, s, err := c.of(sub)
	if err != nil {
		return nil, err
	}
	return p.Reader(s)
}

// disconnect gives back what a subscriber allowed, and forgets the secrets.
func (c connections) disconnect(ctx context.Context, sub store.Subscriber) error {
	p, s, err := c.of(sub)
	if err != nil {
		return err
	}
	errs := []error{p.Release(ctx, s)}
	for _, field := range p.Fields {
		errs = append(errs, c.forget(connection(p.Kind, sub), field))
	}
	return errors.Join(errs...)
}

// lists says where a subscriber's browser finds the lists of hidden posts.
func (c connections) lists(sub store.Subscriber) []string {
	p, s, err := c.of(sub)
	if publisher, ok := p.Adapter.(network.Publisher); ok && err == nil {
		all, err := publisher.Published(s)
		if err == nil {
			return all
		}
	}
	return nil
}

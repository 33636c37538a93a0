package app

import (
	"context"
	"fmt"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/move"
	"slugpuppy/bot/network"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// mover hands subscribers over to other installations; filter is the one that runs, nil where none does.
func (c connections) mover(filter *timeline.Filter) *move.Mover {
	m := &move.Mover{Store: c.store, Key: c.key, Secrets: c.sealedAt, Whose: c.whose}
	if filter != nil {
		m.Halt, m.Wake = filter.Halt, filter.Wake
	}
	return m
}

// sealedAt is where the secrets of a subscriber are.
func (c connections) sealedAt(sub store.Subscriber) (names []store.SecretName, err error) {
	p, err := find(c.places, sub.Network)
	for _, field := range p.Fields {
		names = append(names, store.SecretName{Record: connection(p.Kind, sub), Field: field})
	}
	return names, err
}

// whose asks a network whose account secrets let in that are in no database yet.
func (c connections) whose(ctx context.Context, sub store.Subscriber, secrets map[string]string) (identity.Identity, error) {
	p, s, err := c.of(sub)
	if err != nil {
		return identity.Identity{}, err
	}
	s.Secret = func(field string) (string, error) {
		secret, ok := secrets[field]
		if !ok {
			return "", fmt.Errorf("%s: %w", field, network.ErrNoSecret)
		}
		return secret, nil
	}
	return p.Whose(ctx, s)
}

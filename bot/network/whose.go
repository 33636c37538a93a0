package network

import (
	"context"

	"slugpuppy/bot/identity"
)

// Whose asks a server whose token it is that we speak to it with.
func Whose(ctx context.Context, with interface {
	Host() string
	Self(context.Context) (Account, error)
}) (identity.Identity, error) {
	self, err := with.Self(ctx)
	if err != nil {
		return identity.Identity{}, err
	}
	return identity.New(with.Host(), self.ID)
}

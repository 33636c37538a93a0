package x

import (
	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// Books are a Ledger in a store.
type Books struct{ Store *store.Store }

var _ Ledger = Books{}

// Spend implements Ledger.
func (b Books) Spend(who network.Account, month string, item Item, n int, cost Money) error {
	return b.of(who.ID).Spend(store.Spending{Handle: who.Handle, Month: month, Item: string(item), N: n, Cost: int64(cost)})
}

// Spent implements Ledger.
func (b Books) Spent(account, month string) (Money, error) {
	cost, err := b.of(account).Spent(month)
	return Money(cost), err
}

func (b Books) of(account string) *store.Ledger {
	return b.Store.For(identity.Identity{Server: Server, ID: account}).Ledger()
}

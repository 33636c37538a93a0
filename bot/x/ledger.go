package x

import "slugpuppy/store"

// Books are a Ledger in a store.
type Books struct{ Store *store.Store }

var _ Ledger = Books{}

// Spend implements Ledger.
func (b Books) Spend(account, month string, item Item, n int, cost Money) error {
	return b.Store.Spend(store.Spending{Platform: Name, Account: account, Month: month, Item: string(item), N: n, Cost: int64(cost)})
}

// Spent implements Ledger.
func (b Books) Spent(account, month string) (Money, error) {
	cost, err := b.Store.Spent(store.Scope{Platform: Name, Account: account}, month)
	return Money(cost), err
}

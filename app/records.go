package app

import (
	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/network/x/hidelist"
	"slugpuppy/store"
)

// What the adapters keep goes into the store by way of their own small interfaces: they know no store.

// books is what accounts on X cost.
type books struct{ store *store.Store }

var _ x.Ledger = books{}

// Spend implements x.Ledger.
func (b books) Spend(who network.Account, month string, item x.Item, n int, cost x.Money) error {
	return b.of(who.ID).Spend(store.Spending{Handle: who.Handle, Month: month, Item: string(item), N: n,
		Cost: int64(cost)})
}

// Spent implements x.Ledger.
func (b books) Spent(account, month string) (x.Money, error) {
	cost, err := b.of(account).Spent(month)
	return x.Money(cost), err
}

func (b books) of(account string) *store.Ledger {
	return b.store.For(identity.Identity{Server: x.Server, ID: account}).Ledger()
}

// lines are what was spent, as X bills it.
func lines(list []store.Spending) (lines []x.Line) {
	for _, s := range list {
		lines = append(lines, x.Line{Account: s.Identity.ID, Handle: s.Handle, Month: s.Month, Item: x.Item(s.Item),
			N: s.N, Cost: x.Money(s.Cost)})
	}
	return lines
}

// library is the lists of hidden posts of everybody on X.
type library struct{ store *store.Store }

var _ hidelist.Library = library{}

// Subscribers implements hidelist.Library.
func (l library) Subscribers() (on []hidelist.Subscriber, err error) {
	subs, err := l.store.Operator().Subscribers()
	for _, s := range subs {
		if s.Network == x.Name {
			on = append(on, hidelist.Subscriber{ID: s.Identity.ID, Handle: s.Handle})
		}
	}
	return on, err
}

// Lists implements hidelist.Library.
func (l library) Lists(id string) network.Notes {
	return l.store.For(identity.Identity{Server: x.Server, ID: id}).Notes("lists")
}

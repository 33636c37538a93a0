package app

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/store"
)

// records is what the program keeps for adapters, which know no store: in a database, with the daemon
// that has it open, or nowhere.
type records interface {
	network.Vault
	network.Ledger
	notes(who identity.Identity, part string) network.Notes
	subscribers(k network.Kind) ([]network.Subscriber, error)
	salt() ([]byte, error)
}

// database is the records in a database.
type database struct {
	store *store.Store
	key   func() (*store.Key, error)
}

var _ records = database{}

// Get implements network.Vault.
func (d database) Get(record, field string) (string, error) {
	key, err := d.key()
	if err != nil {
		return "", err
	}
	secret, err := d.store.Vault(key).Get(record, field)
	if errors.Is(err, store.ErrNoSecret) {
		err = network.ErrNoSecret
	}
	return string(secret), err
}

// Put implements network.Vault.
func (d database) Put(record, field, secret string) error {
	key, err := d.key()
	if err != nil {
		return err
	}
	return d.store.Vault(key).Put(record, field, []byte(secret))
}

// forget forgets a secret.
func (d database) forget(record, field string) error {
	key, err := d.key()
	if err != nil {
		return err
	}
	return d.store.Vault(key).Forget(record, field)
}

// Spend implements network.Ledger.
func (d database) Spend(s network.Spending) error {
	return d.store.For(s.Identity).Ledger().Spend(store.Spending{Handle: s.Handle, Month: s.Month, Item: s.Item,
		N: s.N, Cost: int64(s.Cost)})
}

// Spent implements network.Ledger.
func (d database) Spent(who identity.Identity, month string) (network.Money, error) {
	cost, err := d.store.For(who).Ledger().Spent(month)
	return network.Money(cost), err
}

// List implements network.Ledger.
func (d database) List(server, month string) (all []network.Spending, err error) {
	list, err := d.store.Operator().Spendings(server, month)
	for _, s := range list {
		all = append(all, network.Spending{Identity: s.Identity, Handle: s.Handle, Month: s.Month, Item: s.Item,
			N: s.N, Cost: network.Money(s.Cost)})
	}
	return all, err
}

func (d database) notes(who identity.Identity, part string) network.Notes {
	return d.store.For(who).Notes(part)
}

func (d database) salt() ([]byte, error) { return d.store.Salt() }

func (d database) subscribers(k network.Kind) (all []network.Subscriber, err error) {
	subs, err := d.store.Operator().Subscribers()
	for _, s := range subs {
		if s.Network == k.Name {
			all = append(all, d.subscriber(k, s))
		}
	}
	return all, err
}

// subscriber is somebody as an adapter knows them.
func (d database) subscriber(k network.Kind, s store.Subscriber) network.Subscriber {
	return network.Subscriber{Identity: s.Identity, Handle: s.Handle, Server: s.Server, Style: network.Style(s.How),
		Secret: func(field string) (string, error) { return d.Get(connection(k, s), field) }}
}

// connection is where the secrets of a subscriber are sealed. What is sealed is bound to the name, so
// names stay as they are.
func connection(k network.Kind, s store.Subscriber) string {
	if k.Single {
		return "filter:" + k.Name + ":" + s.Identity.ID
	}
	host := strings.TrimSpace(s.Server)
	if u, err := url.Parse(s.Server); err == nil && u.Host != "" {
		host = strings.ToLower(u.Host)
	}
	return "filter:" + k.Name + ":" + host + ":" + s.Identity.ID
}

// distant is the records of a running daemon, who keeps its secrets to itself.
type distant struct {
	nowhere
	ctx context.Context // of the command that asks
	svc operator.Service
}

var _ records = distant{}

// Get implements network.Vault.
func (distant) Get(string, string) (string, error) { return "", network.ErrKept }

// List implements network.Ledger.
func (d distant) List(server, month string) (all []network.Spending, err error) {
	list, err := d.svc.Spendings(d.ctx, server, month)
	for _, s := range list {
		all = append(all, network.Spending{Identity: s.Identity, Handle: s.Account, Month: s.Month, Item: s.Item,
			N: s.N, Cost: network.Money(s.Cost)})
	}
	return all, err
}

func (d distant) subscribers(k network.Kind) (all []network.Subscriber, err error) {
	users, err := d.svc.Users(d.ctx)
	for _, u := range users {
		if u.Network == k.Name {
			all = append(all, network.Subscriber{Identity: u.Identity, Handle: u.Account, Server: u.Server,
				Style:  network.Style(u.How),
				Secret: func(string) (string, error) { return "", network.ErrKept }})
		}
	}
	return all, err
}

// nowhere is the records where there is no database.
type nowhere struct{}

var _ records = nowhere{}

var errNowhere = errors.New("there is no database to keep it in")

// Get implements network.Vault.
func (nowhere) Get(string, string) (string, error) { return "", network.ErrNoSecret }

// Put implements network.Vault.
func (nowhere) Put(string, string, string) error { return errNowhere }

// Spend implements network.Ledger.
func (nowhere) Spend(network.Spending) error { return errNowhere }

// Spent implements network.Ledger.
func (nowhere) Spent(identity.Identity, string) (network.Money, error) { return 0, nil }

// List implements network.Ledger.
func (nowhere) List(string, string) ([]network.Spending, error) { return nil, nil }

func (nowhere) notes(identity.Identity, string) network.Notes { return nil }

func (nowhere) subscribers(network.Kind) ([]network.Subscriber, error) { return nil, nil }

func (nowhere) salt() ([]byte, error) { return nil, errNowhere }

// receipts are records whose spendings go along with somebody who joins: until then nobody's books have
// the account.
type receipts struct {
	records
	spent []network.Spending
}

// Spend implements network.Ledger.
func (r *receipts) Spend(s network.Spending) error {
	r.spent = append(r.spent, s)
	return nil
}

// Spent implements network.Ledger.
func (r *receipts) Spent(identity.Identity, string) (network.Money, error) { return 0, nil }

// receipts are what was spent, for the operator's wire.
func (r *receipts) receipts() (all []operator.Spending) {
	for _, s := range r.spent {
		all = append(all, operator.Spending{Identity: s.Identity, Account: s.Handle, Month: s.Month, Item: s.Item,
			N: s.N, Cost: int64(s.Cost)})
	}
	return all
}

// recordsOf are those that an operator may see: the database's, or the daemon's who has it open.
func (a *App) recordsOf(ctx context.Context, svc operator.Service) records {
	if local, ok := svc.(*operator.Local); ok {
		return database{local.Store, a.key}
	}
	return distant{ctx: ctx, svc: svc}
}

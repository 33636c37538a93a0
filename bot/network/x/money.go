package x

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
)

// Item is something X bills.
type Item string

// What X bills. Things that come along with a post are counted apart: X has not said whether it
// bills them.
const (
	PostRead  Item = "post read"
	OwnedRead Item = "owned read" // of posts and mentions of the account that owns the app
	UserRead  Item = "user read"
	ExtraPost Item = "post by expansion"
	ExtraUser Item = "user by expansion"
	Summoned  Item = "summoned reply"
	Described Item = "media metadata"
	Uploaded  Item = "upload"
	MuteMade  Item = "mute"
	MuteEnded Item = "unmute"
	MuteRead  Item = "mute read"
	Deleted   Item = "delete"
)

// Prices is what one of each costs.
type Prices map[Item]network.Money

// Ledger keeps what accounts have used, for longer than a process lives, as network.Ledger says.
type Ledger interface {
	Spend(network.Spending) error
	Spent(who identity.Identity, month string) (network.Money, error)
}

// Budget is what accounts may spend on X and have spent. The zero value counts in memory, has no cap and
// thinks that all is free.
type Budget struct {
	Cap    network.Money // of one account in a calendar month (UTC); 0 for none
	Prices Prices        // what is not among them is free
	Ledger Ledger        // in memory when nil
	// Owned says that the app belongs to the account: its own posts and mentions cost less to read.
	Owned bool

	log *slog.Logger
}

// ready is the budget with its defaults.
func (b *Budget) ready(log *slog.Logger) *Budget {
	out := *b
	out.log = log
	if out.Ledger == nil {
		out.Ledger = &memory{spent: map[string]network.Money{}}
	}
	return &out
}

// CapError means that the month's money is used up.
type CapError struct {
	Cap, Spent network.Money
	Until      time.Time
}

func (e *CapError) Error() string {
	return fmt.Sprintf("%s of the monthly cap of %s is spent, and what is left is not enough to go on; it begins "+
		"again on %s, or raise x.monthly_cap", e.Spent, e.Cap, e.Until.Format("2 January 2006"))
}

// notice is the reason as a person reads it.
func (e *CapError) notice() string {
	return fmt.Sprintf("X has cost %s this month and %s is allowed; nothing more is read there before %s", e.Spent,
		e.Cap, e.Until.Format("2 January"))
}

// on is the identity of an account on X.
func on(id string) identity.Identity { return identity.Identity{Server: Server, ID: id} }

func month(t time.Time) string { return t.UTC().Format("2006-01") }

// afford says how many of something at a price are still within the cap, at most want. When not even
// least of them are, the error is a *CapError.
func (b *Budget) afford(account string, price network.Money, least, want int) (int, error) {
	if b.Cap <= 0 {
		return want, nil
	}
	now := time.Now().UTC()
	spent, err := b.Ledger.Spent(on(account), month(now))
	if err != nil {
		return 0, fmt.Errorf("read what was spent on X: %w", err)
	}
	n := want
	if price > 0 {
		n = min(want, int((b.Cap-spent)/price))
	}
	if n < least || spent >= b.Cap {
		next := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		return 0, &CapError{Cap: b.Cap, Spent: spent, Until: next}
	}
	return n, nil
}

// spend writes down what a call that worked has used. It worked whatever happens here: a failure is
// for the log.
func (b *Budget) spend(who network.Account, item Item, n int) {
	if n <= 0 {
		return
	}
	used := network.Spending{Identity: on(who.ID), Handle: who.Handle, Month: month(time.Now()),
		Item: string(item), N: n, Cost: b.Prices[item] * network.Money(n)}
	if err := b.Ledger.Spend(used); err != nil {
		b.log.Error("what a call to X cost was not written down", "item", item, "n", n, "error", err)
	}
}

// Least is how much of the cap must be left for an account to be read on: a page of mentions with
// their answers, or a post of a timeline.
func (b *Budget) Least(mentions bool) network.Money {
	full := b.ready(nil)
	if mentions {
		return leastPage * (full.post(true) + full.answer())
	}
	return full.post(false)
}

// post is what reading one post of a list may cost, with all that comes along.
func (b *Budget) post(own bool) network.Money {
	return b.read(own) + b.Prices[ExtraUser] + b.Prices[ExtraPost] + b.Prices[ExtraUser]
}

// answer is what answering one mention may cost: with a look at its thread and one at the picture's
// author's post. It is put by before a mention is read, or a finished answer would wait for the next
// month.
func (b *Budget) answer() network.Money {
	return 2*b.post(false) + b.Prices[Uploaded] + b.Prices[Described] + b.Prices[Summoned]
}

func (b *Budget) read(own bool) network.Money {
	if own && b.Owned {
		return b.Prices[OwnedRead]
	}
	return b.Prices[PostRead]
}

func (b *Budget) item(own bool) Item {
	if own && b.Owned {
		return OwnedRead
	}
	return PostRead
}

// memory is a ledger that forgets.
type memory struct {
	mu    sync.Mutex
	spent map[string]network.Money // by account and month
}

func (m *memory) Spend(s network.Spending) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spent[s.Identity.ID+s.Month] += s.Cost
	return nil
}

func (m *memory) Spent(who identity.Identity, month string) (network.Money, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spent[who.ID+month], nil
}

package x

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"slugpuppy/bot/network"
)

// Money is an amount in millionths of a US dollar.
type Money int64

// Dollar is one US dollar.
const Dollar Money = 1_000_000

// String is the amount as $0.015.
func (m Money) String() string {
	text := fmt.Sprintf("%.6f", float64(m)/float64(Dollar))
	for len(text) > 4 && text[len(text)-1] == '0' && text[len(text)-3] != '.' {
		text = text[:len(text)-1]
	}
	return "$" + text
}

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
type Prices map[Item]Money

// Ledger keeps what accounts have used, for longer than a process lives. Months are like "2026-08",
// of UTC; cost is in millionths of a dollar.
type Ledger interface {
	Spend(who network.Account, month string, item Item, n int, cost Money) error
	Spent(account, month string) (Money, error)
}

// Budget is what accounts may spend on X and have spent. The zero value counts in memory, has no cap and
// thinks that all is free.
type Budget struct {
	Cap    Money  // of one account in a calendar month (UTC); 0 for none
	Prices Prices // what is not among them is free
	Ledger Ledger // in memory when nil
	// Owned says that the app belongs to the account: its own posts and mentions cost less to read.
	Owned bool

	log *slog.Logger
}

// ready is the budget with its defaults.
func (b *Budget) ready(log *slog.Logger) *Budget {
	out := *b
	out.log = log
	if out.Ledger == nil {
		out.Ledger = &memory{spent: map[string]Money{}}
	}
	return &out
}

// CapError means that the month's money is used up.
type CapError struct {
	Cap, Spent Money
	Until      time.Time
}

func (e *CapError) Error() string {
	return fmt.Sprintf("%s of the monthly cap of %s is spent, and what is left is not enough to go on; it begins again on %s, or raise x.monthly_cap", e.Spent, e.Cap, e.Until.Format("2 January 2006"))
}

// notice is the reason as a person reads it.
func (e *CapError) notice() string {
	return fmt.Sprintf("X has cost %s this month and %s is allowed; nothing more is read there before %s", e.Spent, e.Cap, e.Until.Format("2 January"))
}

func month(t time.Time) string { return t.UTC().Format("2006-01") }

// afford says how many of something at a price are still within the cap, at most want. When not even
// least of them are, the error is a *CapError.
func (b *Budget) afford(account string, price Money, least, want int) (int, error) {
	if b.Cap <= 0 {
		return want, nil
	}
	now := time.Now().UTC()
	spent, err := b.Ledger.Spent(account, month(now))
	if err != nil {
		return 0, fmt.Errorf("read what was spent on X: %w", err)
	}
	n := want
	if price > 0 {
		n = min(want, int((b.Cap-spent)/price))
	}
	if n < least || spent >= b.Cap {
		return 0, &CapError{Cap: b.Cap, Spent: spent, Until: time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)}
	}
	return n, nil
}

// spend writes down what a call that worked has used. It worked whatever happens here: a failure is
// for the log.
func (b *Budget) spend(who network.Account, item Item, n int) {
	if n <= 0 {
		return
	}
	if err := b.Ledger.Spend(who, month(time.Now()), item, n, b.Prices[item]*Money(n)); err != nil {
		b.log.Error("what a call to X cost was not written down", "item", item, "n", n, "error", err)
	}
}

// Least is how much of the cap must be left for an account to be read on: a page of mentions with
// their answers, or a post of a timeline.
func (b *Budget) Least(mentions bool) Money {
	full := b.ready(nil)
	if mentions {
		return leastPage * (full.post(true) + full.answer())
	}
	return full.post(false)
}

// post is what reading one post of a list may cost, with all that comes along.
func (b *Budget) post(own bool) Money {
	return b.read(own) + b.Prices[ExtraUser] + b.Prices[ExtraPost] + b.Prices[ExtraUser]
}

// answer is what answering one mention may cost: with a look at its thread and one at the picture's
// author's post. It is put by before a mention is read, or a finished answer would wait for the next
// month.
func (b *Budget) answer() Money {
	return 2*b.post(false) + b.Prices[Uploaded] + b.Prices[Described] + b.Prices[Summoned]
}

func (b *Budget) read(own bool) Money {
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
	spent map[string]Money
}

func (m *memory) Spend(who network.Account, month string, _ Item, _ int, cost Money) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spent[who.ID+month] += cost
	return nil
}

func (m *memory) Spent(account, month string) (Money, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spent[account+month], nil
}

package network

import (
	"fmt"

	"slugpuppy/bot/identity"
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

// Spending is what an account used of something that costs money in a month.
type Spending struct {
	Identity identity.Identity
	Handle   string // as of the last time; "" of who left
	Month    string // such as 2026-08, of UTC
	Item     string
	N        int
	Cost     Money
}

// Ledger keeps what accounts cost.
type Ledger interface {
	// Spend adds to what was spent.
	Spend(s Spending) error
	// Spent is the sum of an account's month.
	Spent(who identity.Identity, month string) (Money, error)
	// List is what accounts on a server spent in a month, or ever when it is empty, by account, month and
	// item.
	List(server, month string) ([]Spending, error)
}

// Biller is an Adapter of a network that costs money.
type Biller interface {
	// Bills are those of all accounts in a month, or ever when it is empty.
	Bills(month string) ([]Bill, error)
	// Cap is what one account may cost in a month, 0 for no cap.
	Cap() Money
	// Calls are how often something may still be asked of the network in an account's name, for those
	// that are connected in this process.
	Calls(account identity.Identity) []Calls
}

// Bill is what an account cost in a month.
type Bill struct {
	Identity identity.Identity
	Handle   string // "" of somebody who left
	Month    string
	Lines    []Spending
	Sum      Money
	Cap      Money  // 0 for none
	Stopped  string // what is not done any more this month, "" for nothing
}

// Who is the account's name, as far as it may still be known.
func (b Bill) Who() string {
	if b.Handle == "" {
		return "somebody who left, account " + b.Identity.ID
	}
	return "@" + b.Handle
}

// Left is what of the cap is left.
func (b Bill) Left() Money { return max(0, b.Cap-b.Sum) }

// Calls is how often something may still be asked before a window of time ends.
type Calls struct {
	What     string // such as "read mentions"
	Left, Of int
}

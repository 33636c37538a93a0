package store

import (
	"fmt"

	"slugpuppy/bot/identity"
)

// Account is one account as far as the store knows it, as a bot or as a subscriber. Nothing that it
// hands out reads or changes what is another's.
type Account struct {
	s   *Store
	who identity.Identity
}

// For is where everything about one account is asked for. It panics without an identity: whoever asks
// has checked who it is for.
func (s *Store) For(who identity.Identity) *Account {
	if who.Server == "" || who.ID == "" {
		panic(fmt.Sprintf("store: nobody is %q on %q", who.ID, who.Server))
	}
	return &Account{s, who}
}

// Identity is whose it is.
func (a *Account) Identity() identity.Identity { return a.who }

// Jobs are the requests that a bot answers.
func (a *Account) Jobs() *Jobs { return (*Jobs)(a) }

// Consents are what people said to a bot about being dreamed.
func (a *Account) Consents() *Consents { return (*Consents)(a) }

// Limits are what was used, on a bot's behalf, of what may be used only so often.
func (a *Account) Limits() *Limits { return (*Limits)(a) }

// Subscription is what a subscriber chose.
func (a *Account) Subscription() *Subscription { return (*Subscription)(a) }

// Timeline is what the filter knows of a subscriber's home timeline.
func (a *Account) Timeline() *Timeline { return (*Timeline)(a) }

// Rules are the allow and deny lists as they concern an account.
func (a *Account) Rules() *Rules { return (*Rules)(a) }

// Ledger is what an account costs.
func (a *Account) Ledger() *Ledger { return (*Ledger)(a) }

// Dreams are what a bot posted.
func (a *Account) Dreams() *Dreams { return (*Dreams)(a) }

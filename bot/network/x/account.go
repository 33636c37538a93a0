package x

import (
	"context"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x/hidelist"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// Site is how X's pages show posts.
var Site = hidelist.Site{Name: "X", Hosts: []string{"x.com", "twitter.com", "mobile.x.com"}, Post: "article", Link: "/status/"}

// reader is what both API versions can do for the filter.
type reader interface {
	timeline.Muter
	Facts() network.Facts
	Self(ctx context.Context) (network.Account, error)
	Home(ctx context.Context, cursor string, limit int) ([]network.Post, error)
	Recent(ctx context.Context, limit int) ([]network.Post, error)
	WakeHome(ctx context.Context) <-chan struct{}
	Post(ctx context.Context, id string) (network.Post, error)
	Lookup(ctx context.Context, handle string) (network.Account, error)
	PostsOf(ctx context.Context, account string, limit int) ([]network.Post, error)
	Fetch(ctx context.Context, m network.Media, limit int64) ([]byte, error)
}

// Account is a subscriber's account as the filter needs it. X hides no single post from one's own
// timeline, so a cabinet of ours stands for its filters; its mutes have no end, so we remember it.
type Account struct {
	reader
	timeline.Cabinet
	// Ends are the mutes we made, with when they end.
	Ends func() (map[string]time.Time, error)
}

var _ timeline.Account = Account{}

// Muted lists the muted accounts: those we muted with when that ends, all others as without an end,
// so that nobody ends them.
func (a Account) Muted(ctx context.Context) (map[string]time.Time, error) {
	muted, err := a.reader.Muted(ctx)
	if err != nil {
		return nil, err
	}
	ours, err := a.Ends()
	if err != nil {
		return nil, err
	}
	for account, until := range ours {
		if _, there := muted[account]; there {
			muted[account] = until
		}
	}
	return muted, nil
}

// ForFilter makes an account of a client.
func (c *Legacy) ForFilter(cabinet timeline.Cabinet, ends func() (map[string]time.Time, error)) Account {
	return Account{c, cabinet, ends}
}

// ForFilter makes an account of a client.
func (c *Client) ForFilter(cabinet timeline.Cabinet, ends func() (map[string]time.Time, error)) Account {
	return Account{c, cabinet, ends}
}

// EndsIn are the mutes that a store knows as ours.
func EndsIn(of *store.Timeline) func() (map[string]time.Time, error) {
	return func() (map[string]time.Time, error) {
		list, err := of.Mutes()
		if err != nil {
			return nil, err
		}
		ends := map[string]time.Time{}
		for _, m := range list {
			if m.Ours() {
				ends[m.Account] = m.Until
			}
		}
		return ends, nil
	}
}

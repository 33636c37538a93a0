package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"slugpuppy/bot/network/x"
	"slugpuppy/bot/network/x/hidelist"
	"slugpuppy/config"
	"slugpuppy/store"
)

// xRecord is where the secrets of X are sealed.
func xRecord(cfg *config.Config) string {
	u, err := url.Parse(cfg.X.Address)
	if err != nil || u.Host == "" {
		return "x:" + cfg.X.Address
	}
	return "x:" + strings.ToLower(u.Host)
}

// errNoApp is what to do without an app.
var errNoApp = errors.New("no app for X, which knows only apps: make one at developer.x.com and set x.consumer_key " +
	"and x.consumer_secret, or their _file options")

// xApp is the app's pair of keys: the configuration's, else the ones that login sealed.
func (a *App) xApp(st *store.Store, key *store.Key) (consumer, secret string, err error) {
	return a.xPair(st, key, halves{a.cfg.X.ConsumerKey, a.cfg.X.ConsumerSecret, "consumer_key", "consumer_secret",
		errNoApp})
}

// halves are two secrets that belong together: the configuration's, the names of both, and what it is
// called when there are none.
type halves struct {
	a, b         config.Secret
	nameA, nameB string
	missing      error
}

// xPair is a pair of secrets of the configuration, else the sealed one. One half of each fits nothing.
func (a *App) xPair(st *store.Store, key *store.Key, p halves) (string, string, error) {
	switch {
	case p.a != "" && p.b != "":
		return p.a.Reveal(), p.b.Reveal(), nil
	case p.a != "" || p.b != "":
		return "", "", fmt.Errorf("x.%s and x.%s belong together: set both or none", p.nameA, p.nameB)
	case st == nil:
		return "", "", p.missing
	}
	sealedA, err := st.Vault(key).Get(xRecord(a.cfg), p.nameA)
	if errors.Is(err, store.ErrNoSecret) {
		return "", "", p.missing
	}
	if err != nil {
		return "", "", fmt.Errorf("open the sealed keys of X: %w", err)
	}
	sealedB, err := st.Vault(key).Get(xRecord(a.cfg), p.nameB)
	if err != nil {
		return "", "", fmt.Errorf("open the sealed keys of X: %w", err)
	}
	return string(sealedA), string(sealedB), nil
}

// xKeys are the keys of the bot's account.
func (a *App) xKeys(st *store.Store, key *store.Key) (x.Keys, error) {
	consumer, secret, err := a.xApp(st, key)
	if err != nil {
		return x.Keys{}, err
	}
	token, tokenSecret, err := a.xPair(st, key, halves{a.cfg.X.Token, a.cfg.X.TokenSecret, "token", "token_secret",
		errors.New("nobody has logged in on X yet: run `slugpuppy login x`")})
	return x.Keys{Consumer: consumer, ConsumerSecret: secret, Token: token, TokenSecret: tokenSecret}, err
}

// xBudget is what accounts on X may cost; what they do cost goes into a ledger.
func xBudget(cfg *config.Config, ledger x.Ledger) *x.Budget {
	return &x.Budget{Cap: x.Money(cfg.X.MonthlyCap), Prices: xPrices(cfg), Owned: cfg.X.Owned, Ledger: ledger}
}

// xOptions is what a configuration says about X.
func (a *App) xOptions(ledger x.Ledger, keys x.Keys, log *slog.Logger) x.Options {
	cfg := a.cfg
	return x.Options{API: cfg.X.Address, Keys: keys, UserAgent: a.agent(), Approved: cfg.X.Approved,
		Labelled:   cfg.X.AutomatedLabel,
		CountCalls: true, Budget: xBudget(cfg, ledger), Latest: cfg.X.Latest, Poll: cfg.X.Poll.Std(), Log: log}
}

func xPrices(cfg *config.Config) x.Prices {
	p, list := cfg.XPrices, x.Prices{}
	for item, price := range map[x.Item]config.Dollars{
		x.PostRead: p.PostRead, x.OwnedRead: p.OwnedRead, x.UserRead: p.UserRead,
		x.ExtraPost: p.ExpandedPost, x.ExtraUser: p.ExpandedUser, x.Summoned: p.SummonedReply,
		x.Described: p.MediaMetadata, x.Uploaded: p.Upload, x.Deleted: p.Delete,
		x.MuteMade: p.Mute, x.MuteEnded: p.Unmute, x.MuteRead: p.MuteRead,
	} {
		list[item] = x.Money(price)
	}
	return list
}

// mayPostOnX says whether the operator has confirmed what X wants before a bot posts.
func mayPostOnX(cfg *config.Config) bool { return cfg.X.Approved && cfg.X.AutomatedLabel }

// botOnX connects the bot's account; meters may be nil.
func (a *App) botOnX(st *store.Store, key *store.Key, meters *x.Meters, log *slog.Logger) (x.Network, error) {
	keys, err := a.xKeys(st, key)
	if err != nil {
		return nil, err
	}
	o := a.xOptions(books{st}, keys, log)
	o.Meters = meters
	return x.Open(a.cfg.X.API, o)
}

// newPress makes the lists of hidden posts for browsers.
func (a *App) newPress(st *store.Store) (*hidelist.Press, error) {
	salt, err := st.Salt()
	if err != nil {
		return nil, fmt.Errorf("read the database's salt: %w", err)
	}
	at := a.cfg.X.ListsURL
	if at == "" && a.cfg.X.ListsListen != "" {
		at = "http://" + a.cfg.X.ListsListen
	}
	return &hidelist.Press{Library: library{st}, Network: x.Name, Site: x.Site, Secret: salt, Dir: a.cfg.X.ListsDir,
		Address: at}, nil
}

// listsOf says where a subscriber's browser finds the lists of hidden posts.
func (a *App) listsOf(st *store.Store) func(store.Subscriber) []string {
	return func(sub store.Subscriber) []string {
		press, err := a.newPress(st)
		if sub.Network != x.Name || err != nil {
			return nil
		}
		list, script := press.URLs(sub.Identity.ID)
		listFile, scriptFile := press.Files(sub.Identity.ID)
		return slices.DeleteFunc([]string{list, script, listFile, scriptFile}, func(s string) bool { return s == "" })
	}
}

// onX connects to the account of a subscriber there.
func (c connections) onX(sub store.Subscriber, log *slog.Logger) (r x.Reader, err error) {
	consumer, secret, err := c.app.xApp(c.store, c.key)
	if err != nil {
		return r, err
	}
	keys := x.Keys{Consumer: consumer, ConsumerSecret: secret}
	for field, v := range map[string]*string{"token": &keys.Token, "token_secret": &keys.TokenSecret} {
		if *v, err = c.read(sub, field); err != nil {
			return r, fmt.Errorf("read the %s of @%s on X: %w", field, sub.Handle, err)
		}
	}
	o := c.app.xOptions(books{c.store}, keys, log)
	o.Meters = c.meters
	o.Budget.Owned = false // the app is the bot's, if it is anybody's here
	client, err := x.Open(c.app.cfg.X.API, o)
	if err != nil {
		return r, err
	}
	press, err := c.app.newPress(c.store)
	if err != nil {
		return r, err
	}
	if err := press.Write(sub.Identity.ID); err != nil { // so that a browser finds it before anything is hidden
		return r, err
	}
	return x.Reader{Network: client, Hider: press.Hider(sub.Identity.ID)}, nil
}

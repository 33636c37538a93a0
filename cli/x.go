package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/bot/hidelist"
	"slugpuppy/bot/x"
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
var errNoApp = errors.New("no app for X, which knows only apps: make one at developer.x.com and set x.consumer_key and x.consumer_secret, or their _file options")

// xApp is the app's pair of keys: the configuration's, else the ones that login sealed.
func xApp(cfg *config.Config, st *store.Store, key *store.Key) (consumer, secret string, err error) {
	return xPair(cfg.X.ConsumerKey, cfg.X.ConsumerSecret, cfg, st, key, "consumer_key", "consumer_secret", errNoApp)
}

// xPair is a pair of secrets of the configuration, else the sealed one. One half of each fits nothing.
func xPair(a, b config.Secret, cfg *config.Config, st *store.Store, key *store.Key, nameA, nameB string, missing error) (string, string, error) {
	switch {
	case a != "" && b != "":
		return a.Reveal(), b.Reveal(), nil
	case a != "" || b != "":
		return "", "", fmt.Errorf("x.%s and x.%s belong together: set both or none", nameA, nameB)
	case st == nil:
		return "", "", missing
	}
	sealedA, err := st.Secret(key, xRecord(cfg), nameA)
	if errors.Is(err, store.ErrNoSecret) {
		return "", "", missing
	}
	if err != nil {
		return "", "", fmt.Errorf("open the sealed keys of X: %w", err)
	}
	sealedB, err := st.Secret(key, xRecord(cfg), nameB)
	if err != nil {
		return "", "", fmt.Errorf("open the sealed keys of X: %w", err)
	}
	return string(sealedA), string(sealedB), nil
}

// xKeys are the keys of the bot's account.
func xKeys(cfg *config.Config, st *store.Store, key *store.Key) (x.Keys, error) {
	consumer, secret, err := xApp(cfg, st, key)
	if err != nil {
		return x.Keys{}, err
	}
	token, tokenSecret, err := xPair(cfg.X.Token, cfg.X.TokenSecret, cfg, st, key, "token", "token_secret", errors.New("nobody has logged in on X yet: run `slugpuppy login x`"))
	return x.Keys{Consumer: consumer, ConsumerSecret: secret, Token: token, TokenSecret: tokenSecret}, err
}

// xOptions is what a configuration says about X. Without a store nothing is written down.
func xOptions(cfg *config.Config, st *store.Store, keys x.Keys, log *slog.Logger) x.Options {
	budget := &x.Budget{Cap: x.Money(cfg.X.MonthlyCap), Prices: xPrices(cfg), Owned: cfg.X.Owned}
	if st != nil {
		budget.Ledger = x.Books{Store: st}
	}
	return x.Options{API: cfg.X.Address, Keys: keys, UserAgent: "slugpuppy/" + version, Approved: cfg.X.Approved, Labelled: cfg.X.AutomatedLabel,
		CountCalls: true, Budget: budget, Latest: cfg.X.Latest, Poll: cfg.X.Poll.Std(), Log: log}
}

func xPrices(cfg *config.Config) x.Prices {
	p, list := cfg.XPrices, x.Prices{}
	for item, price := range map[x.Item]config.Dollars{
		x.PostRead: p.PostRead, x.OwnedRead: p.OwnedRead, x.UserRead: p.UserRead, x.ExtraPost: p.ExpandedPost, x.ExtraUser: p.ExpandedUser,
		x.Summoned: p.SummonedReply, x.Described: p.MediaMetadata, x.Uploaded: p.Upload, x.MuteMade: p.Mute, x.MuteEnded: p.Unmute,
		x.MuteRead: p.MuteRead, x.Deleted: p.Delete,
	} {
		list[item] = x.Money(price)
	}
	return list
}

// mayPostOnX says whether the operator has confirmed what X wants before a bot posts.
func mayPostOnX(cfg *config.Config) bool { return cfg.X.Approved && cfg.X.AutomatedLabel }

// openX connects the bot's account.
func openX(cfg *config.Config, st *store.Store, key *store.Key, log *slog.Logger) (x.Network, error) {
	keys, err := xKeys(cfg, st, key)
	if err != nil {
		return nil, err
	}
	return x.Open(cfg.X.API, xOptions(cfg, st, keys, log))
}

// newPress makes the lists of hidden posts for browsers.
func newPress(cfg *config.Config, st *store.Store) (*hidelist.Press, error) {
	salt, err := st.Salt()
	if err != nil {
		return nil, fmt.Errorf("read the database's salt: %w", err)
	}
	at := cfg.X.ListsURL
	if at == "" && cfg.X.ListsListen != "" {
		at = "http://" + cfg.X.ListsListen
	}
	return &hidelist.Press{Store: st, Platform: x.Name, Site: x.Site, Secret: salt, Dir: cfg.X.ListsDir, Address: at}, nil
}

// listsOf says where a subscriber's browser finds the lists of hidden posts.
func listsOf(cfg *config.Config, st *store.Store) func(store.Subscriber) []string {
	return func(sub store.Subscriber) []string {
		press, err := newPress(cfg, st)
		if sub.Platform != x.Name || err != nil {
			return nil
		}
		a, b := press.URLs(sub.Scope())
		c, d := press.Files(sub.Scope())
		return slices.DeleteFunc([]string{a, b, c, d}, func(s string) bool { return s == "" })
	}
}

// onX connects to the account of a subscriber there.
func (c connections) onX(sub store.Subscriber, log *slog.Logger) (account x.Account, err error) {
	consumer, secret, err := xApp(c.cfg, c.store, c.key)
	if err != nil {
		return account, err
	}
	keys := x.Keys{Consumer: consumer, ConsumerSecret: secret}
	for field, v := range map[string]*string{"token": &keys.Token, "token_secret": &keys.TokenSecret} {
		if *v, err = c.read(sub, field); err != nil {
			return account, fmt.Errorf("read the %s of @%s on X: %w", field, sub.Handle, err)
		}
	}
	o := xOptions(c.cfg, c.store, keys, log)
	o.Budget.Owned = false // the app is the bot's, if it is anybody's here
	client, err := x.Open(c.cfg.X.API, o)
	if err != nil {
		return account, err
	}
	press, err := newPress(c.cfg, c.store)
	if err != nil {
		return account, err
	}
	if err := press.Write(sub.Scope()); err != nil { // so that a browser finds it before anything is hidden
		return account, err
	}
	return client.ForFilter(press.Keeper(sub.Scope()), x.EndsIn(c.store, sub.Scope())), nil
}

// xMoney reads what was spent this month and what is left, for metrics.
func xMoney(cfg *config.Config, st *store.Store) func() (spent, left float64, err error) {
	dollars := func(m x.Money) float64 { return float64(m) / float64(x.Dollar) }
	return func() (float64, float64, error) {
		list, err := st.Spendings(x.Name, time.Now().UTC().Format("2006-01"))
		sums, all, most := map[string]x.Money{}, x.Money(0), x.Money(0)
		for _, s := range list {
			sums[s.Account] += x.Money(s.Cost)
			all += x.Money(s.Cost)
			most = max(most, sums[s.Account])
		}
		if cfg.X.MonthlyCap <= 0 {
			return dollars(all), math.Inf(1), err
		}
		return dollars(all), dollars(max(0, x.Money(cfg.X.MonthlyCap)-most)), err
	}
}

func (a *app) xCommand() *cobra.Command {
	return group("x", "What concerns X alone", a.xCost())
}

func (a *app) xCost() *cobra.Command {
	month := ""
	cmd := &cobra.Command{
		Use: "cost", Short: "Say what was spent on X, by account and by what it was spent on",
		Long: "Counts what the API was used for at the prices of [x_prices]. X's own bill is what counts; it may\n" +
			"differ where nobody knows whether X bills something, such as accounts that come along with posts.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if month == "" {
				month = time.Now().UTC().Format("2006-01")
			}
			if _, err := time.Parse("2006-01", month); err != nil && month != "all" {
				return usageError(fmt.Errorf("--month: %q is not like 2026-08, or all", month))
			}
			return a.cost(cmd.Context(), strings.TrimPrefix(month, "all"))
		},
	}
	cmd.Flags().StringVar(&month, "month", "", "a month such as 2026-08, or all (default: this month, by UTC)")
	return cmd
}

// cost prints what was spent in a month, or in all when it is empty.
func (a *app) cost(ctx context.Context, month string) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	svc, done, err := a.operator(ctx)
	if err != nil {
		return err
	}
	defer done()
	list, err := svc.Spendings(ctx, x.Name, month)
	if err != nil {
		return adminError(err)
	}
	names := map[string]string{}
	subs, err := svc.Users(ctx)
	if err != nil {
		return adminError(err)
	}
	for _, s := range subs {
		if s.Platform == x.Name {
			names[s.Account] = "@" + s.Handle
		}
	}
	if a.json {
		for _, s := range list {
			if err := a.print(s, ""); err != nil {
				return err
			}
		}
		return nil
	}
	return a.print(nil, costText(list, names, x.Money(cfg.X.MonthlyCap), month))
}

// costText is a bill: for each account and month what was used, the sum, and what is left of the cap.
func costText(list []store.Spending, names map[string]string, limit x.Money, month string) string {
	if len(list) == 0 {
		return strings.TrimSpace("nothing was spent on X " + strings.TrimSuffix("in "+month, "in "))
	}
	var b strings.Builder
	for len(list) > 0 {
		n := slices.IndexFunc(list, func(s store.Spending) bool { return s.Account != list[0].Account || s.Month != list[0].Month })
		if n < 0 {
			n = len(list)
		}
		who := "the bot, or somebody who left: account " + list[0].Account
		if name := names[list[0].Account]; name != "" {
			who = name
		}
		fmt.Fprintf(&b, "%s, %s\n", who, list[0].Month)
		sum := x.Money(0)
		for _, s := range list[:n] {
			sum += x.Money(s.Cost)
			fmt.Fprintf(&b, "  %-18s %7d  %10s\n", s.Item, s.N, x.Money(s.Cost))
		}
		fmt.Fprintf(&b, "  %-18s %7s  %10s", "together", "", sum)
		switch {
		case limit <= 0:
			b.WriteString("  (no cap)")
		case sum >= limit:
			fmt.Fprintf(&b, "  (the cap of %s is reached)", limit)
		default:
			fmt.Fprintf(&b, "  of %s", limit)
		}
		b.WriteString("\n")
		list = list[n:]
	}
	return strings.TrimSuffix(b.String(), "\n")
}

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/x"
	"slugpuppy/config"
	"slugpuppy/store"
)

// Person signs in with a browser, and sits at a terminal meanwhile.
type Person interface {
	// Visit shows an address to open in a browser on this machine.
	Visit(address string)
	// Paste shows an address to open in any browser where the account is signed in, and returns what
	// the person copies from there, such as a code or a PIN.
	Paste(ctx context.Context, address, account, what string) (string, error)
}

// patience is how long a login waits for the person in the browser.
const patience = 10 * time.Minute

func patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, patience, errors.New("nobody came; please start again"))
}

// Admission is a bot let into its account.
type Admission struct {
	Account network.Account
	Server  string   // of the account; "" on X, which has one
	Next    []string // what is to be done next
}

// Login lets the bot into its account on a Mastodon server: it registers with the server, waits for
// a yes and seals the token. The server is the configuration's when it is empty. With paste the
// person copies a code from a browser, which may be on another machine.
func (a *App) Login(ctx context.Context, who Person, server string, paste bool) (Admission, error) {
	server, err := a.server(server, "set mastodon.server or say")
	if err != nil {
		return Admission{}, err
	}
	ctx, cancel := patiently(ctx)
	defer cancel()
	var self network.Account
	err = a.seal(ctx, record(server), func(st *store.Store, key *store.Key) ([]secret, error) {
		token, app, err := a.ask(ctx, who, server, paste, mastodon.Scopes)
		if err != nil {
			return nil, err
		}
		if _, self, err = a.whoOnServer(ctx, server, token, nil); err != nil {
			return nil, err
		}
		return []secret{{"client_id", app.ClientID}, {"client_secret", app.ClientSecret}, {"token", token}}, nil
	})
	return Admission{self, server, a.afterLogin(self, server)}, err
}

// LoginX lets the bot into its account on X, with a PIN, and seals all four keys.
func (a *App) LoginX(ctx context.Context, who Person) (Admission, error) {
	ctx, cancel := patiently(ctx)
	defer cancel()
	var self network.Account
	err := a.seal(ctx, xRecord(a.cfg), func(st *store.Store, key *store.Key) ([]secret, error) {
		consumer, consumerSecret, err := a.xApp(st, key)
		if err != nil {
			return nil, usage(err)
		}
		keys, err := a.askPIN(ctx, who, consumer, consumerSecret)
		if err != nil {
			return nil, err
		}
		if self, err = a.whoOnX(ctx, books{st}, keys); err != nil {
			return nil, err
		}
		return []secret{{"consumer_key", keys.Consumer}, {"consumer_secret", keys.ConsumerSecret},
			{"token", keys.Token}, {"token_secret", keys.TokenSecret}}, nil
	})
	return Admission{Account: self, Next: a.afterLoginX()}, err
}

// secret is a field of a record and what is sealed in it.
type secret struct{ field, value string }

// seal opens the database for a login, which nobody else may have open, and seals what it got.
func (a *App) seal(ctx context.Context, record string, login func(*store.Store, *store.Key) ([]secret, error)) error {
	st, err := a.openStore(ctx)
	if errors.Is(err, store.ErrLocked) {
		return fmt.Errorf("slugpuppy is running; please stop it, log in, and start it again (%w)", err)
	}
	if err != nil {
		return err
	}
	defer st.Close()
	key, err := a.key()
	if err != nil {
		return err
	}
	secrets, err := login(st, key)
	if err != nil {
		return err
	}
	for _, s := range secrets {
		if err := st.Vault(key).Put(record, s.field, []byte(s.value)); err != nil {
			return fmt.Errorf("seal the %s: %w", s.field, err)
		}
	}
	return nil
}

// server is the one that a flag named, else the configuration's.
func (a *App) server(named, remedy string) (string, error) {
	switch {
	case named != "":
		server, err := config.ServerAddress(named, "--server")
		if err != nil {
			return "", usage(err)
		}
		return server, nil
	case a.cfg.Mastodon.Server == "":
		return "", usage(fmt.Errorf("which server? %s --server https://example.social", remedy))
	}
	return a.cfg.Mastodon.Server, nil
}

// whoOnServer asks the server who a token belongs to. What it calls them is looked up in a directory;
// without one it is believed.
func (a *App) whoOnServer(ctx context.Context, server, token string,
	names *mastodon.Directory) (*mastodon.Client, network.Account, error) {
	client, err := mastodon.New(mastodon.Options{Server: server, Token: token, UserAgent: a.agent(), Directory: names})
	if err != nil {
		return nil, network.Account{}, err
	}
	self, err := client.Self(ctx)
	if err != nil {
		return nil, self, fmt.Errorf("the server gave a token but does not take it: %w", err)
	}
	return client, self, nil
}

// whoOnX asks who keys belong to.
func (a *App) whoOnX(ctx context.Context, ledger x.Ledger, keys x.Keys) (network.Account, error) {
	c, err := x.Open(a.cfg.X.API, a.xOptions(ledger, keys, slog.New(slog.DiscardHandler)))
	if err != nil {
		return network.Account{}, err
	}
	self, err := c.Self(ctx)
	if err != nil {
		return self, fmt.Errorf("the keys X just gave are not taken by it: %w", err)
	}
	return self, nil
}

// afterLogin is what to do next. The server that the configuration names may be another.
func (a *App) afterLogin(self network.Account, server string) (next []string) {
	if server != a.cfg.Mastodon.Server {
		next = append(next, fmt.Sprintf("set mastodon.server to %q in the configuration", server))
	}
	if a.cfg.Mastodon.Token.Reveal() != "" {
		next = append(next, "take mastodon.token out of the configuration: while it is there, it is used instead")
	}
	if !self.Bot {
		next = append(next, "please tick \"This is an automated account\" in its profile: most servers ask for it")
	}
	return append(next, "start the bot with `slugpuppy serve`")
}

// afterLoginX is what has to be done before anything is posted.
func (a *App) afterLoginX() (next []string) {
	if a.cfg.X.Token != "" {
		next = append(next, "take x.token and x.token_secret out of the configuration: while they are there, they are "+
			"used instead")
	}
	if !a.cfg.X.Approved {
		next = append(next, "X must approve automated replies with generated pictures: apply at developer.x.com, then "+
			"set x.approved")
	}
	if !a.cfg.X.AutomatedLabel {
		next = append(next, "give the profile X's label of automated accounts (settings, your account, automation), "+
			"then set x.automated_label")
	}
	if !a.cfg.X.Enabled {
		next = append(next, "set x.enabled")
	}
	return append(next, "`slugpuppy doctor` says what is missing; start the bot with `slugpuppy serve`")
}

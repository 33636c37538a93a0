package mastodon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon/serverfilter"
	"slugpuppy/bot/network/safehttp"
	"slugpuppy/config"
)

// Name is the network's in options, commands and the database.
const Name = "mastodon"

// Settings are the account on a Mastodon or GoToSocial server.
type Settings struct {
	Server     string        `toml:"server" address:"https://example.social" doc:"address of the server, such as https://example.social"`
	Token      config.Secret `toml:"token" doc:"access token; better leave it out and run slugpuppy login, which keeps it encrypted"`
	TokenFile  string        `toml:"token_file" doc:"file that holds the access token, readable by the bot alone"`
	ClientName string        `toml:"client_name" doc:"name of the application that login registers"`
	Website    string        `toml:"website" doc:"link shown with the application's name"`
	Trusted    string        `toml:"trusted" doc:"hosts of your own network that may be private and speak plain http, such as 10.0.0.5:8080: servers of subscribers, and where their pictures are"`
}

// Kind is Mastodon, and whatever speaks as it does.
var Kind = network.Kind{
	Name: Name, Title: "Mastodon", Facts: facts,
	Sections: func() []config.Section {
		return []config.Section{{Name: Name, Doc: "the account that answers",
			Options: &Settings{ClientName: "slugpuppy"}}}
	},
	Fields: []string{"token", "client_id", "client_secret"},
	Start:  "set mastodon.server and run `slugpuppy login` for the bot",
	Login: network.Help{
		Short: "Let the bot into its account: registers with the server and keeps the token encrypted",
		Long: "Let the bot into its account: registers with the server and keeps the token encrypted.\n\n" +
			"Prints an address to open in a browser where you are signed in as the bot. With --paste the\n" +
			"browser shows a code to copy, for when it runs on another machine than this program.",
	},
	Connect: network.Help{
		Long: "Prints an address to open in a browser where you are signed in to the account whose timeline is to\n" +
			"be kept free of dreams. The filter can then read that timeline and keep filters; it cannot post.",
	},
	Open: func(env network.Env) network.Adapter { return open(env) },
}

// facts are those of Mastodon: its posts keep the id of when they were written, also when they reach
// the server late.
var facts = network.Facts{Private: true, Links: true, MutesEnd: true}

// adapter is Mastodon as the program is configured for it.
type adapter struct {
	Settings
	env       network.Env
	strangers *http.Client // for servers that people name
	names     *Directory
	apps      *registrations
}

var (
	_ network.Adapter = (*adapter)(nil)
	_ network.Porch   = (*adapter)(nil)
)

func open(env network.Env) *adapter {
	a := &adapter{Settings: *env.Settings[0].(*Settings), env: env, apps: newRegistrations(time.Now)}
	if env.Web != nil {
		a.strangers = &http.Client{Transport: env.Web, Timeout: time.Minute}
	} else {
		a.strangers = safehttp.New(safehttp.Options{UserAgent: env.Agent, Timeout: time.Minute,
			Allow: a.ownHosts()}).HTTP()
	}
	a.names = &Directory{Client: a.strangers, UserAgent: env.Agent}
	if own, err := url.Parse(a.Server); err == nil && own.Host != "" {
		a.names.Own = own
	}
	return a
}

// ownHosts are the configured server's host, if there is one, and those that are trusted: only they may be
// private.
func (a *adapter) ownHosts() []string {
	own := strings.FieldsFunc(a.Trusted, func(r rune) bool { return r == ' ' || r == ',' })
	if u, err := url.Parse(a.Server); err == nil && u.Host != "" {
		own = append(own, u.Host)
	}
	return own
}

// trusts says whether a server's host may be private.
func (a *adapter) trusts(server string) bool {
	u, err := url.Parse(server)
	return err == nil && slices.ContainsFunc(a.ownHosts(), func(h string) bool { return strings.EqualFold(h, u.Host) })
}

// Enabled implements network.Adapter.
func (a *adapter) Enabled() bool { return a.Server != "" }

// Pace implements network.Adapter.
func (a *adapter) Pace() network.Pace { return network.Pace{} }

// Bot implements network.Adapter.
func (a *adapter) Bot() (network.Bot, error) {
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	return a.own(token, a.env.Log)
}

// own connects to the configured server.
func (a *adapter) own(token string, log *slog.Logger) (*Client, error) {
	return New(Options{Server: a.Server, Token: token, Log: log, UserAgent: a.env.Agent, AllowHosts: a.ownHosts()})
}

// stranger connects to a server that somebody named, with no more rights than any address has.
func (a *adapter) stranger(server, token string, log *slog.Logger) (*Client, error) {
	return New(Options{Server: server, Token: token, Log: log, UserAgent: a.env.Agent,
		Transport: a.strangers.Transport, Stranger: true, AllowHosts: a.ownHosts(), Directory: a.names})
}

// token is the access token of the configuration, else the one that login sealed.
func (a *adapter) token() (string, error) {
	if t := a.Token.Reveal(); t != "" {
		return t, nil
	}
	token, err := a.env.Vault.Get(record(a.Server), "token")
	switch {
	case errors.Is(err, network.ErrNoSecret):
		return "", network.NotYet(fmt.Errorf("there is no token for %s yet: run `slugpuppy login`", a.Server))
	case errors.Is(err, network.ErrKept):
		return "", fmt.Errorf("%w; its log says how the server treats it", err)
	case err != nil:
		return "", fmt.Errorf("open the sealed token of %s: %w", a.Server, err)
	}
	return token, nil
}

// record is where the secrets of a server are sealed. What is sealed is bound to the name, so names stay
// as they are.
func record(server string) string {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return Name + ":" + strings.TrimSpace(server)
	}
	return Name + ":" + strings.ToLower(u.Host)
}

// Reader implements network.Adapter.
func (a *adapter) Reader(s network.Subscriber) (network.Reader, error) {
	c, err := a.subscriber(s, a.env.Log)
	if err != nil {
		return nil, err
	}
	return c.Reader(a.env.Notes(s.Identity, "filters"), serverfilter.Options{}), nil
}

// Whose implements network.Adapter.
func (a *adapter) Whose(ctx context.Context, s network.Subscriber) (identity.Identity, error) {
	c, err := a.subscriber(s, a.env.Log)
	if err != nil {
		return identity.Identity{}, err
	}
	return network.Whose(ctx, c)
}

// subscriber connects to a subscriber's account.
func (a *adapter) subscriber(s network.Subscriber, log *slog.Logger) (*Client, error) {
	token, err := s.Secret("token")
	if err != nil {
		return nil, fmt.Errorf("read the token of @%s: %w", s.Handle, err)
	}
	return a.stranger(s.Server, token, log)
}

// Release implements network.Adapter: a server that is away keeps a token that nobody has any more.
func (a *adapter) Release(ctx context.Context, s network.Subscriber) error {
	c, err := a.subscriber(s, a.env.Log)
	if err == nil {
		id, _ := s.Secret("client_id") // without it the server refuses, which is logged
		secret, _ := s.Secret("client_secret")
		err = c.Revoke(ctx, App{ClientID: id, ClientSecret: secret})
	}
	if err != nil {
		a.env.Log.Warn("a token could not be given back", "account", s.Handle, "error", err)
	}
	return nil
}

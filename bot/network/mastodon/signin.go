package mastodon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/safehttp"
	"slugpuppy/config"
)

// Complete implements network.Adapter.
func (a *adapter) Complete(w network.Wish) (network.Wish, error) {
	if w.Server == "" {
		w.Server = a.Server
	} else {
		server, err := config.Address("mastodon.server", w.Server, "https://example.social", "--server")
		if err != nil {
			return w, network.Usage(err)
		}
		w.Server = server
	}
	if w.Server == "" {
		remedy := "set mastodon.server or say"
		if w.Timeline {
			remedy = "say"
		}
		return w, network.Usage(fmt.Errorf("which server? %s --server https://example.social", remedy))
	}
	return w, nil
}

// SignIn implements network.Adapter: it registers with the server, waits for a yes, and asks whose the
// token is. A bot's own server is believed what it calls the account.
func (a *adapter) SignIn(ctx context.Context, p network.Person, w network.Wish) (network.Grant, error) {
	scopes, client, connect := Scopes, &http.Client{Timeout: time.Minute}, a.believed
	if w.Timeline { // the daemon will meet the server as a stranger's, and so it is met here
		scopes, client, connect = FilterScopes, a.strangers, a.stranger
	}
	if w.Mutes {
		scopes += MuteScopes
	}
	if w.Profile && !w.Timeline {
		scopes += ProfileScope
	}
	ask := a.askBrowser
	if w.Paste {
		ask = a.askPaste
	}
	token, app, err := ask(ctx, client, p, w.Server, scopes)
	if errors.Is(err, safehttp.ErrRefused) {
		return network.Grant{}, network.Usage(a.private(w.Server, err))
	}
	if err != nil {
		return network.Grant{}, err
	}
	c, err := connect(w.Server, token.Secret, a.env.Log)
	if err != nil {
		return network.Grant{}, err
	}
	g, err := granted(ctx, c, app, token)
	if err != nil {
		return g, fmt.Errorf("the server gave a token but does not take it: %w", err)
	}
	g.Next = a.next(g)
	return g, nil
}

// believed connects to a server of the operator's own choice.
func (a *adapter) believed(server, token string, log *slog.Logger) (*Client, error) {
	return New(Options{Server: server, Token: token, UserAgent: a.env.Agent, Log: log})
}

// private says what to do about a server that is not asked because it is not public.
func (a *adapter) private(server string, err error) error {
	host := server
	if u, perr := url.Parse(server); perr == nil && u.Host != "" {
		host = u.Host
	}
	return fmt.Errorf("%w; if %s is in a network of your own, set mastodon.trusted to %q, and start the daemon anew", err, server, host)
}

// granted is what a token allows, and whose it is.
func granted(ctx context.Context, c *Client, app App, token Token) (network.Grant, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return network.Grant{}, err
	}
	return network.Grant{
		Account: self, Identity: identity.Identity{Server: c.Host(), ID: self.ID},
		Server: c.opt.Server, Record: record(c.opt.Server), Scopes: token.Scopes, Lacks: token.lacks(),
		Secrets: []network.Secret{
			{Field: "client_id", Value: app.ClientID},
			{Field: "client_secret", Value: app.ClientSecret},
			{Field: "token", Value: c.opt.Token},
		},
	}, nil
}

// next is what to do after a bot has signed in. The server that the configuration names may be another.
func (a *adapter) next(g network.Grant) (next []string) {
	if g.Server != a.Server {
		next = append(next, fmt.Sprintf("set mastodon.server to %q in the configuration", g.Server))
	}
	if a.Token.Reveal() != "" {
		next = append(next, "take mastodon.token out of the configuration: while it is there, it is used instead")
	}
	if !g.Account.Bot {
		next = append(next, "please tick \"This is an automated account\" in its profile: most servers ask for it")
	}
	return append(next, "start the bot with `slugpuppy serve`")
}

func (a *adapter) register(ctx context.Context, client *http.Client, server, redirect, scopes string) (App, error) {
	return Register(ctx, client, server, a.ClientName, a.Website, redirect, scopes)
}

// askBrowser has the person say yes in a browser that is sent back here, and listens for it on this
// machine.
func (a *adapter) askBrowser(ctx context.Context, client *http.Client, p network.Person, server, scopes string) (Token, App, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return Token{}, App{}, fmt.Errorf("listen for the browser: %w", err)
	}
	app, err := a.register(ctx, client, server, fmt.Sprintf("http://%s/callback", l.Addr()), scopes)
	if err != nil {
		l.Close()
		return Token{}, app, err
	}
	try := app.NewAttempt()
	answers := make(chan consent, 1)
	srv := &http.Server{Handler: callback(try, answers), ReadHeaderTimeout: 10 * time.Second}
	go srv.Serve(l)
	defer func() { // let the browser have its page
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if srv.Shutdown(ctx) != nil {
			srv.Close()
		}
	}()
	p.Visit(try.URL())
	select {
	case <-ctx.Done():
		return Token{}, app, context.Cause(ctx)
	case r := <-answers:
		if r.err != nil {
			return Token{}, app, r.err
		}
		token, err := try.Exchange(ctx, client, r.code)
		return token, app, err
	}
}

// consent is what the person in the browser decided.
type consent struct {
	code string
	err  error
}

// callback is where the browser is sent back to.
func callback(try *Attempt, answers chan<- consent) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		code, err := try.Code(r.URL.Query())
		if err == nil || errors.Is(err, ErrDenied) {
			select {
			case answers <- consent{code, err}:
			default: // the page was loaded again
			}
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintln(w, "That did not work:", err)
			return
		}
		fmt.Fprintln(w, "Thank you. You can close this page; slugpuppy goes on in the terminal.")
	})
	return mux
}

// askPaste has the person copy a code from the browser.
func (a *adapter) askPaste(ctx context.Context, client *http.Client, p network.Person, server, scopes string) (Token, App, error) {
	app, err := a.register(ctx, client, server, PastedCode, scopes)
	if err != nil {
		return Token{}, app, err
	}
	try := app.NewAttempt()
	code, err := p.Paste(ctx, try.URL(), "the account", "code")
	if err != nil {
		return Token{}, app, err
	}
	token, err := try.Exchange(ctx, client, code)
	return token, app, err
}

// Begin implements network.Porch; a server's registration serves everybody who comes from there for a while.
func (a *adapter) Begin(ctx context.Context, w network.Wish, callback string) (string, network.Attempt, error) {
	server, scopes := w.Server, FilterScopes
	if w.Mutes {
		scopes += MuteScopes
	}
	host, err := identity.Host(server)
	if err != nil {
		return "", nil, err
	}
	if server = strings.TrimSuffix(server, "/"); !a.trusts(server) {
		server = "https://" + host
	}
	if own, err := identity.Host(a.Server); err == nil && host == own {
		server = strings.TrimSuffix(a.Server, "/") // which may be one to try things on, without https
	}
	app, err := a.registration(ctx, server, callback, scopes)
	if err != nil {
		return "", nil, err
	}
	try := app.NewAttempt()
	return try.URL(), &entrance{a, app, try}, nil
}

// registration is the one with a server, made at the first sign-in from there in a while.
func (a *adapter) registration(ctx context.Context, server, callback, scopes string) (App, error) {
	if app, ok := a.apps.find(server, callback, scopes); ok {
		return app, nil
	}
	app, err := a.register(ctx, a.strangers, server, callback, scopes)
	if err != nil {
		return app, err
	}
	a.apps.keep(app)
	return app, nil
}

// entrance is a sign-in on the page that is under way.
type entrance struct {
	adapter *adapter
	app     App
	try     *Attempt
}

// Finish implements network.Attempt.
func (e *entrance) Finish(ctx context.Context, query url.Values) (network.Grant, error) {
	code, err := e.try.Code(query)
	if err == nil || errors.Is(err, ErrDenied) {
		e.adapter.apps.known(e.app)
	}
	if err != nil {
		return network.Grant{}, err
	}
	token, err := e.try.Exchange(ctx, e.adapter.strangers, code)
	if err != nil {
		e.adapter.apps.forget(e.app) // the server may have forgotten it before us
		return network.Grant{}, err
	}
	c, err := e.adapter.stranger(e.app.Server, token.Secret, e.adapter.env.Log)
	if err != nil {
		return network.Grant{}, err
	}
	return granted(ctx, c, e.app, token)
}

// Find implements network.Porch.
func (a *adapter) Find(ctx context.Context, handle string) (identity.Identity, error) {
	return a.names.Find(ctx, handle)
}

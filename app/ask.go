package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/x"
)

// ask registers with the server and has the person say yes, in a browser that is sent back here or,
// with paste, in one that shows a code.
func (a *App) ask(ctx context.Context, who Person, server string, paste bool,
	scopes string) (token string, app mastodon.App, err error) {
	if paste {
		return a.askPaste(ctx, who, server, scopes)
	}
	return a.askBrowser(ctx, who, server, scopes)
}

func (a *App) register(ctx context.Context, client *http.Client,
	server, redirect, scopes string) (mastodon.App, error) {
	return mastodon.Register(ctx, client, server, a.cfg.Mastodon.ClientName, a.cfg.Mastodon.Website, redirect, scopes)
}

// askBrowser listens on this machine for the browser to come back.
func (a *App) askBrowser(ctx context.Context, who Person, server, scopes string) (string, mastodon.App, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", mastodon.App{}, fmt.Errorf("listen for the browser: %w", err)
	}
	client := &http.Client{Timeout: time.Minute}
	app, err := a.register(ctx, client, server, fmt.Sprintf("http://%s/callback", l.Addr()), scopes)
	if err != nil {
		l.Close()
		return "", app, err
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
	who.Visit(try.URL())
	select {
	case <-ctx.Done():
		return "", app, context.Cause(ctx)
	case r := <-answers:
		if r.err != nil {
			return "", app, r.err
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
func callback(try *mastodon.Attempt, answers chan<- consent) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		code, err := try.Code(r.URL.Query())
		if err == nil || errors.Is(err, mastodon.ErrDenied) {
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

// askPaste has the person copy the code.
func (a *App) askPaste(ctx context.Context, who Person, server, scopes string) (string, mastodon.App, error) {
	client := &http.Client{Timeout: time.Minute}
	app, err := a.register(ctx, client, server, mastodon.PastedCode, scopes)
	if err != nil {
		return "", app, err
	}
	try := app.NewAttempt()
	code, err := pasted(ctx, who, try.URL(), "the account", "code")
	if err != nil {
		return "", app, err
	}
	token, err := try.Exchange(ctx, client, code)
	return token, app, err
}

// askPIN has the person sign in on X and copy the PIN.
func (a *App) askPIN(ctx context.Context, who Person, consumer, secret string) (x.Keys, error) {
	keys := x.Keys{Consumer: consumer, ConsumerSecret: secret}
	login, err := x.NewLogin(ctx, a.cfg.X.Address, consumer, secret)
	if err != nil {
		return keys, fmt.Errorf("%w\n(are the app's keys right, and has it a callback address at developer.x.com? X "+
			"wants one though it is not used)", err)
	}
	pin, err := pasted(ctx, who, login.URL(), "the account on X", "PIN")
	if err != nil {
		return keys, err
	}
	keys.Token, keys.TokenSecret, err = login.Keys(ctx, pin)
	if errors.Is(err, x.ErrPIN) {
		err = fmt.Errorf("%w; run the command again for a new address and PIN", err)
	}
	return keys, err
}

// pasted is what the person copies from the browser; something must be.
func pasted(ctx context.Context, who Person, address, account, what string) (string, error) {
	text, err := who.Paste(ctx, address, account, what)
	if err == nil && text == "" {
		err = usage(fmt.Errorf("no %s was pasted", what))
	}
	return text, err
}

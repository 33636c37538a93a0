package x

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/dghubble/oauth1"

	"slugpuppy/bot/network/answer"
)

// Login lets an app into an account with a PIN that X shows in the browser.
type Login struct {
	flow          *oauth1.Config
	token, secret string
}

// ErrPIN means that X does not take a PIN.
var ErrPIN = errors.New("the PIN is not one that X takes: each belongs to one address and is good once, for some minutes")

// NewLogin asks X for a login. The app must have a callback address set at developer.x.com even
// though none is used.
func NewLogin(ctx context.Context, api, consumer, consumerSecret string) (*Login, error) {
	if api == "" {
		api = "https://api.x.com"
	}
	base, err := address(api)
	if err != nil {
		return nil, err
	}
	l := &Login{flow: &oauth1.Config{ConsumerKey: consumer, ConsumerSecret: consumerSecret, CallbackURL: "oob", Endpoint: oauth1.Endpoint{
		RequestTokenURL: base.JoinPath("oauth/request_token").String(), AuthorizeURL: base.JoinPath("oauth/authorize").String(),
		AccessTokenURL: base.JoinPath("oauth/access_token").String()}}}
	l.send(ctx)
	if l.token, l.secret, err = l.flow.RequestToken(); err != nil {
		return nil, fmt.Errorf("ask X for a login: %w", oneLine{err})
	}
	return l, nil
}

// URL is the address to open in a browser.
func (l *Login) URL() string {
	u, err := l.flow.AuthorizationURL(l.token)
	if err != nil {
		return "" // the address was parsed before: not reached
	}
	return u.String()
}

// Keys exchanges the PIN for the account's keys. A PIN is good once.
func (l *Login) Keys(ctx context.Context, pin string) (token, secret string, err error) {
	l.send(ctx)
	if token, secret, err = l.flow.AccessToken(l.token, l.secret, strings.TrimSpace(pin)); err != nil {
		if strings.Contains(err.Error(), "invalid status 40") { // the library has no type for it
			return "", "", fmt.Errorf("%w (%w)", ErrPIN, oneLine{err})
		}
		return "", "", fmt.Errorf("exchange the PIN: %w", oneLine{err})
	}
	return token, secret, nil
}

// oneLine is an error of the library, which may hold all of an answer.
type oneLine struct{ error }

func (e oneLine) Error() string { return answer.Line(e.error.Error()) }
func (e oneLine) Unwrap() error { return e.error }

// send makes the flow's requests end with ctx: the library takes no context.
func (l *Login) send(ctx context.Context) {
	l.flow.HTTPClient = &http.Client{Transport: bound{ctx, http.DefaultTransport}, Timeout: time.Minute}
}

// bound gives requests of a library without contexts a context.
type bound struct {
	ctx  context.Context
	next http.RoundTripper
}

// tokenBytes is more than any pair of tokens has, and as much as is read of a page for people.
const tokenBytes = 1 << 14

// RoundTrip implements http.RoundTripper.
func (b bound) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r.WithContext(b.ctx))
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, tokenBytes), resp.Body}
	}
	return resp, err
}

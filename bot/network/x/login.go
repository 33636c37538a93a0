package x

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dghubble/oauth1"
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
		return nil, fmt.Errorf("ask X for a login: %w", err)
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
			return "", "", fmt.Errorf("%w (%s)", ErrPIN, strings.TrimSpace(err.Error()))
		}
		return "", "", fmt.Errorf("exchange the PIN: %w", err)
	}
	return token, secret, nil
}

// send makes the flow's requests end with ctx: the library takes no context.
func (l *Login) send(ctx context.Context) {
	l.flow.HTTPClient = &http.Client{Transport: bound{ctx, http.DefaultTransport}, Timeout: time.Minute}
}

// bound gives requests of a library without contexts a context.
type bound struct {
	ctx  context.Context
	next http.RoundTripper
}

func (b bound) RoundTrip(r *http.Request) (*http.Response, error) {
	return b.next.RoundTrip(r.WithContext(b.ctx))
}

package mastodon

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-mastodon"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// Scopes are the least the bot needs.
const Scopes = "read:accounts" + // who it is, and whether others are bots or want none near them
	" read:notifications" + // mentions, and hints of them on the stream
	" read:statuses" + // pictures in the posts that are answered or quoted, and its own replies
	" write:statuses" + // to answer, and to delete an answer on request
	" write:media" + // pictures in answers
	" write:favourites" // to mark a request as seen

// FilterScopes are the least the filter needs of a subscriber: who they are, their timeline and
// their filters. Nothing can be posted with them.
const FilterScopes = "read:accounts read:statuses read:filters write:filters"

// MuteScopes are what timed mutes need beside FilterScopes.
const MuteScopes = " read:mutes write:mutes"

// PastedCode is the redirect for people who copy the code from their browser by hand.
const PastedCode = "urn:ietf:wg:oauth:2.0:oob"

// App is a registration with a server.
type App struct {
	Server       string
	ClientID     string
	ClientSecret string
	Redirect     string
	Scopes       string
}

// ErrDenied is the answer of a person who does not let the bot in.
var ErrDenied = errors.New("the server says no")

// loginTime bounds each request of a login.
const loginTime = 30 * time.Second

// What a login's answers may hold.
const longestSecret = 4096

var loginLimits = answer.Limits{Bytes: 1 << 20}

// still is a client that follows no redirects: they would carry secrets to another address.
func still(c *http.Client) *http.Client {
	s := *c
	s.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &s
}

// Register introduces the program to a server.
func Register(ctx context.Context, client *http.Client, server, name, website, redirect, scopes string) (App, error) {
	ctx, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	a := App{Server: strings.TrimSuffix(server, "/"), Redirect: redirect, Scopes: scopes}
	k := &call{limits: loginLimits, into: answer.Object(func(v *answer.Value) {
		v.Fields(func(name []byte) {
			switch string(name) {
			case "client_id":
				a.ClientID = v.Opaque(longestSecret)
			case "client_secret":
				a.ClientSecret = v.Opaque(longestSecret)
			}
		})
	})}
	c := still(client)
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	c.Transport = newWire(c.Transport, "slugpuppy", slog.New(slog.DiscardHandler))
	_, err := mastodon.RegisterApp(context.WithValue(ctx, callKey{}, k), &mastodon.AppConfig{
		Client: *c, Server: server, ClientName: name, Website: website, RedirectURIs: redirect, Scopes: scopes})
	var named *url.Error // which says the address again
	if errors.As(err, &named) {
		err = named.Err
	}
	if err != nil {
		return App{}, fmt.Errorf("register with %s: %w", server, err)
	}
	if a.ClientID == "" || a.ClientSecret == "" {
		return App{}, fmt.Errorf("register with %s: the server gave no credentials", server)
	}
	return a, nil
}

// Attempt is one try of a person to let the bot in: the authorisation-code flow with state
// and PKCE (RFC 6749, RFC 7636; Mastodon checks the latter from 4.3 on).
type Attempt struct {
	app      App
	state    string
	verifier string
}

// NewAttempt makes fresh secrets for a try.
func (a App) NewAttempt() *Attempt {
	return &Attempt{app: a, state: rand.Text(), verifier: rand.Text() + rand.Text()}
}

// URL is where the person says yes, in a browser.
func (t *Attempt) URL() string {
	sum := sha256.Sum256([]byte(t.verifier))
	return t.app.Server + "/oauth/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {t.app.ClientID}, "redirect_uri": {t.app.Redirect}, "scope": {t.app.Scopes},
		"state":          {t.state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}.Encode()
}

// Code reads the code from the query the browser was sent back with. The state must be ours:
// otherwise somebody else's page could sign the bot in to their account, or end the login. The
// error is ErrDenied only when it is the answer to this attempt.
func (t *Attempt) Code(query url.Values) (string, error) {
	if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(t.state)) != 1 {
		return "", errors.New("the answer belongs to another login; please start again")
	}
	if why := query.Get("error"); why != "" {
		return "", fmt.Errorf("%w: %s", ErrDenied, cmp.Or(query.Get("error_description"), why))
	}
	if query.Get("code") == "" {
		return "", errors.New("the server sent no code")
	}
	return query.Get("code"), nil
}

// Token is an access token, with what it may do.
type Token struct {
	Secret string
	Scopes []string // as the server said; what was asked for where it does not say
}

// allows says whether a token has a scope: itself, the part before its colon, or the old name of several.
func (t Token) allows(scope string) bool {
	wide, part, _ := strings.Cut(scope, ":")
	return slices.ContainsFunc(t.Scopes, func(s string) bool {
		return s == scope || s == wide || s == "follow" && slices.Contains([]string{"mutes", "blocks", "follows"}, part)
	})
}

// lacks are the optional steps that a token does not allow.
func (t Token) lacks() []string {
	for _, s := range strings.Fields(MuteScopes) {
		if !t.allows(s) {
			return []string{network.Mutes}
		}
	}
	return nil
}

// Exchange turns a code into an access token.
func (t *Attempt) Exchange(ctx context.Context, client *http.Client, code string) (Token, error) {
	ctx, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {strings.TrimSpace(code)}, "redirect_uri": {t.app.Redirect},
		"client_id": {t.app.ClientID}, "client_secret": {t.app.ClientSecret}, "code_verifier": {t.verifier}, "scope": {t.app.Scopes},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.app.Server+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return Token{}, fmt.Errorf("exchange the code: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", "slugpuppy")
	resp, err := still(client).Do(req)
	if err != nil {
		return Token{}, fmt.Errorf("exchange the code: %w", err)
	}
	defer resp.Body.Close()
	var token, scope, why string
	_, err = answer.Read(resp.Body, loginLimits, answer.Object(func(v *answer.Value) {
		v.Fields(func(name []byte) {
			switch string(name) {
			case "access_token":
				token = v.Opaque(longestSecret)
			case "scope":
				scope = v.Line()
			case "error_description":
				why = cmp.Or(v.Line(), why)
			case "error":
				why = cmp.Or(why, v.Line())
			}
		})
	}))
	switch {
	case err != nil:
		return Token{}, fmt.Errorf("exchange the code: HTTP %d: %w", resp.StatusCode, err)
	case token == "":
		return Token{}, fmt.Errorf("exchange the code: %s", cmp.Or(why, answer.Line(resp.Status)))
	}
	return Token{token, strings.Fields(cmp.Or(scope, t.app.Scopes))}, nil
}

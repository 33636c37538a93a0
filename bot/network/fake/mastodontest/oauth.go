package mastodontest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// oob is the redirect URI of clients that let the person copy the code.
const oob = "urn:ietf:wg:oauth:2.0:oob"

// codeLife is how long an authorisation code may be exchanged (Doorkeeper's default).
const codeLife = 10 * time.Minute

// app is a registered client.
type app struct {
	id, name, website string
	redirects         []string
	scopes            []string
	key, secret       string
}

// grant is a person's consent waiting behind an authorisation code.
type grant struct {
	app       *app
	user      *account
	redirect  string
	scopes    []string
	challenge string
	expires   time.Time
}

// token is an access token; user is nil for an app's own.
type token struct {
	app    *app
	user   *account
	scopes []string
}

// allows says whether the token has one of the scopes or a wider one.
func (t *token) allows(wanted ...string) bool {
	return slices.ContainsFunc(wanted, func(w string) bool { return covers(t.scopes, w) })
}

// followScopes are what the deprecated scope "follow" stands for.
var followScopes = []string{
	"read:follows", "write:follows", "read:blocks", "write:blocks", "read:mutes", "write:mutes",
}

// covers says whether the granted scopes include one: itself, or the part before the colon.
func covers(granted []string, scope string) bool {
	wide, _, _ := strings.Cut(scope, ":")
	for _, g := range granted {
		if g == scope || g == wide || (g == "follow" && slices.Contains(followScopes, scope)) {
			return true
		}
	}
	return false
}

var scopeParts = []string{
	"accounts", "blocks", "bookmarks", "conversations", "favourites", "filters", "follows", "lists",
	"media", "mutes", "notifications", "reports", "search", "statuses",
}

func validScope(scope string) bool {
	wide, part, narrow := strings.Cut(scope, ":")
	if !narrow {
		return slices.Contains([]string{"read", "write", "follow", "push", "profile"}, scope)
	}
	return (wide == "read" || wide == "write") && slices.Contains(scopeParts, part)
}

func oauthRoutes() []route {
	return []route{
		{pattern: "POST /api/v1/apps", handle: (*call).createApp},
		{pattern: "GET /api/v1/apps/verify_credentials", access: client, handle: (*call).verifyApp},
		{pattern: "POST /oauth/token", handle: (*call).exchange},
		{pattern: "POST /oauth/revoke", handle: (*call).revoke},
	}
}

func (c *call) createApp() (any, error) {
	redirects := append(strings.Fields(c.form.get("redirect_uris")), c.form.list("redirect_uris")...)
	scopes := strings.Fields(c.form.get("scopes"))
	if len(scopes) == 0 {
		scopes = []string{"read"}
	}
	switch {
	case c.form.get("client_name") == "":
		return nil, c.s.invalid("Application name can't be blank")
	case len(redirects) == 0:
		return nil, c.s.invalid("Redirect URI can't be blank")
	case slices.ContainsFunc(redirects, func(u string) bool { return !absolute(u) }):
		return nil, c.s.invalid("Redirect URI must be an absolute URI.")
	case slices.ContainsFunc(scopes, func(sc string) bool { return !validScope(sc) }):
		return nil, c.s.invalid("Scopes doesn't match configured on the server.")
	}
	a := &app{
		id: c.s.nextID(), name: c.form.get("client_name"), website: c.form.get("website"),
		redirects: redirects, scopes: scopes, key: c.s.secret(), secret: c.s.secret(),
	}
	c.s.apps[a.key] = a
	out := a.object()
	out["client_id"], out["client_secret"], out["client_secret_expires_at"] = a.key, a.secret, 0
	return out, nil
}

func absolute(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme != "" && u.Fragment == ""
}

func (a *app) object() object {
	return object{
		"id": a.id, "name": a.name, "website": nullable(a.website), "scopes": a.scopes,
		"redirect_uri": strings.Join(a.redirects, "\n"), "redirect_uris": a.redirects,
		"vapid_key": vapid,
	}
}

func (c *call) verifyApp() (any, error) { return c.token.app.object(), nil }

// oauthProblem is an error answer of RFC 6749 section 5.2.
func oauthProblem(code int, name, detail string) *problem {
	return &problem{code: code, message: name, detail: detail}
}

var errClient = oauthProblem(http.StatusUnauthorized, "invalid_client",
	"Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.")

// client finds the app by its credentials, in the body or as basic authentication.
func (c *call) client() (*app, error) {
	key, secret := c.form.get("client_id"), c.form.get("client_secret")
	if k, sec, ok := c.r.BasicAuth(); ok {
		key, secret = k, sec
	}
	a := c.s.apps[key]
	if a == nil || a.secret != secret {
		return nil, errClient
	}
	return a, nil
}

func (c *call) exchange() (any, error) {
	switch kind := c.form.get("grant_type"); kind {
	case "authorization_code", "client_credentials":
		a, err := c.client()
		if err != nil {
			return nil, err
		}
		if kind == "client_credentials" {
			return c.grantApp(a)
		}
		return c.grantUser(a)
	case "":
		return nil, oauthProblem(http.StatusBadRequest, "invalid_request", "Missing required parameter: grant_type.")
	}
	return nil, oauthProblem(http.StatusBadRequest, "unsupported_grant_type",
		"The authorization grant type is not supported by the authorization server.")
}

func (c *call) grantApp(a *app) (any, error) {
	scopes := strings.Fields(c.form.get("scope"))
	if len(scopes) == 0 {
		scopes = []string{"read"}
		if !covers(a.scopes, "read") {
			scopes = a.scopes
		}
	}
	if !subset(scopes, a.scopes) {
		return nil, oauthProblem(http.StatusBadRequest, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
	}
	return c.issue(&token{app: a, scopes: scopes}), nil
}

// grantUser exchanges a code, which works once.
func (c *call) grantUser(a *app) (any, error) {
	code := c.form.get("code")
	g := c.s.codes[code]
	delete(c.s.codes, code)
	if g == nil || g.app != a || g.redirect != c.form.get("redirect_uri") ||
		c.s.now().After(g.expires) || !g.proves(c.form.get("code_verifier")) {
		return nil, oauthProblem(http.StatusBadRequest, "invalid_grant",
			"The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.")
	}
	return c.issue(&token{app: a, user: g.user, scopes: g.scopes}), nil
}

// proves checks PKCE (RFC 7636, method S256).
func (g *grant) proves(verifier string) bool {
	if g.challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == g.challenge
}

func (c *call) issue(t *token) object {
	key := c.s.secret()
	c.s.tokens[key] = t
	return object{
		"access_token": key, "token_type": "Bearer", "scope": strings.Join(t.scopes, " "),
		"created_at": c.s.now().Unix(),
	}
}

func (c *call) revoke() (any, error) {
	a, err := c.client()
	if err != nil {
		return nil, err
	}
	key := c.form.get("token")
	if t := c.s.tokens[key]; t != nil && t.app != a {
		return nil, oauthProblem(http.StatusForbidden, "unauthorized_client", "You are not authorized to revoke this token")
	}
	delete(c.s.tokens, key)
	c.s.endStreams(key)
	return object{}, nil
}

func subset(scopes, of []string) bool {
	return !slices.ContainsFunc(scopes, func(sc string) bool { return !covers(of, sc) })
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

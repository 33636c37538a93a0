package mastodontest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
)

const oob = "urn:ietf:wg:oauth:2.0:oob"

// browser keeps cookies and follows no redirects.
func browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// visit opens or submits a page and returns status, redirect target and the first form's hidden fields.
func visit(t *testing.T, b *http.Client, method, target string, fields url.Values) (int, string, url.Values, string) {
	t.Helper()
	req, _ := http.NewRequest(method, target, strings.NewReader(fields.Encode()))
	req.Header.Set("Accept", "text/html")
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	first, _, _ := strings.Cut(string(raw), "</form>")
	hidden := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(first, -1) {
		hidden.Set(m[1], strings.ReplaceAll(m[2], "&amp;", "&"))
	}
	return resp.StatusCode, resp.Header.Get("Location"), hidden, string(raw)
}

func register(t *testing.T, srv *mastodontest.Server, redirect, scopes string) answer {
	t.Helper()
	a := api{t, srv, ""}.post("/api/v1/apps", "client_name", "puppy", "redirect_uris", redirect, "scopes", scopes)
	a.want(t, 200, "client_secret")
	return a
}

func TestCodeFlowThroughTheBrowser(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d})
		srv.AddUser("ada", mastodontest.UserOptions{Email: "ada@example.org", Password: "pw"})
		app := register(t, srv, "http://127.0.0.1:1/cb", "read:accounts write:statuses")
		verifier := strings.Repeat("v", 43)
		sum := sha256.Sum256([]byte(verifier))
		q := url.Values{
			"response_type": {"code"}, "client_id": {app.str("client_id")}, "redirect_uri": {"http://127.0.0.1:1/cb"},
			"scope": {"read:accounts"}, "state": {"s t"}, "code_challenge_method": {"S256"},
			"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
		}
		b := browser()
		code, to, _, _ := visit(t, b, "GET", srv.URL+"/oauth/authorize?"+q.Encode(), nil)
		if code != pick(d, 302, 303) || to != "/auth/sign_in" {
			t.Fatalf("authorize sends to %d %q", code, to)
		}
		_, _, fields, _ := visit(t, b, "GET", srv.URL+to, nil)
		user, pass := pick(d, "user[email]", "username"), pick(d, "user[password]", "password")
		fields.Set(user, "ada@example.org")
		fields.Set(pass, "wrong")
		if code, _, _, _ := visit(t, b, "POST", srv.URL+"/auth/sign_in", fields); code != pick(d, 422, 401) {
			t.Errorf("a wrong password is answered %d", code)
		}
		fields.Set(pass, "pw")
		code, to, _, _ = visit(t, b, "POST", srv.URL+"/auth/sign_in", fields)
		if code != 302 || !strings.HasPrefix(to, "/oauth/authorize") {
			t.Fatalf("sign-in sends to %d %q", code, to)
		}
		_, _, consent, html := visit(t, b, "GET", srv.URL+to, nil)
		if !strings.Contains(html, "puppy") || !strings.Contains(html, "read:accounts") {
			t.Errorf("the consent page does not say who wants what: %s", html)
		}
		if d == mastodontest.Mastodon {
			forged := url.Values{"client_id": consent["client_id"]}
			if code, _, _, _ := visit(t, b, "POST", srv.URL+"/oauth/authorize", forged); code != 422 {
				t.Errorf("a forged consent is answered %d", code)
			}
		}
		code, to, _, _ = visit(t, b, "POST", srv.URL+"/oauth/authorize", consent)
		back, _ := url.Parse(to)
		if code != 302 || back.Host != "127.0.0.1:1" || back.Query().Get("state") != "s t" {
			t.Fatalf("consent sends to %d %q", code, to)
		}
		exchange := func(verifier string) answer {
			return api{t, srv, ""}.post("/oauth/token", "grant_type", "authorization_code", "code", back.Query().Get("code"),
				"client_id", app.str("client_id"), "client_secret", app.str("client_secret"),
				"redirect_uri", "http://127.0.0.1:1/cb", "code_verifier", verifier)
		}
		got := exchange(verifier)
		got.want(t, 200, `"scope":"read:accounts"`)
		exchange(verifier).want(t, 400, "invalid_grant")
		c := api{t, srv, got.str("access_token")}
		c.get("/api/v1/accounts/verify_credentials").want(t, 200, `"username":"ada"`)
		c.post("/api/v1/statuses", "status", "x").want(t, 403, "error")
		c.post("/oauth/revoke", "client_id", app.str("client_id"), "client_secret", app.str("client_secret"),
			"token", c.token).want(t, 200, "{}")
		c.get("/api/v1/accounts/verify_credentials").want(t, 401, "error")
	})
}

func TestCodesAreOnlyGoodForWhatTheyWereMadeFor(t *testing.T) {
	clk := newClock()
	srv := start(t, mastodontest.Options{Now: clk.Now})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	app, other := register(t, srv, oob, "read"), register(t, srv, oob, "read")
	sum := sha256.Sum256([]byte("right"))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	code := func(challenge string) string {
		q := url.Values{"response_type": {"code"}, "client_id": {app.str("client_id")}, "redirect_uri": {oob}, "scope": {"read"}}
		if challenge != "" {
			q.Set("code_challenge", challenge)
			q.Set("code_challenge_method", "S256")
		}
		to, err := ada.Authorize(srv.URL + "/oauth/authorize?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(to)
		return u.Query().Get("code")
	}
	for _, tt := range []struct {
		name, code string
		app        answer
		redirect   string
		verifier   string
		wait       time.Duration
		want       int
	}{
		{"right", code(challenge), app, oob, "right", 0, 200},
		{"without PKCE", code(""), app, oob, "", 0, 200},
		{"wrong verifier", code(challenge), app, oob, "wrong", 0, 400},
		{"no verifier", code(challenge), app, oob, "", 0, 400},
		{"another app", code(challenge), other, oob, "right", 0, 400},
		{"another redirect", code(challenge), app, "http://x.example/", "right", 0, 400},
		{"too late", code(challenge), app, oob, "right", 11 * time.Minute, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clk.Add(tt.wait)
			got := api{t, srv, ""}.post("/oauth/token", "grant_type", "authorization_code", "code", tt.code,
				"client_id", tt.app.str("client_id"), "client_secret", tt.app.str("client_secret"),
				"redirect_uri", tt.redirect, "code_verifier", tt.verifier)
			if got.code != tt.want {
				t.Errorf("answered %d %s, want %d", got.code, got.raw, tt.want)
			}
		})
	}
}

func TestAuthorizationRefusesWhatWasNotRegistered(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	srv.AddUser("ada", mastodontest.UserOptions{})
	app := register(t, srv, "http://127.0.0.1:1/cb", "read:statuses")
	for _, tt := range []struct {
		name, key, value string
		code             int
		location         string
	}{
		{"an unknown client", "client_id", "x", 400, ""},
		{"an unknown redirect", "redirect_uri", "http://evil.example/", 400, ""},
		{"a wider scope", "scope", "read", 302, "error=invalid_scope"},
		{"the implicit flow", "response_type", "token", 302, "error=unsupported_response_type"},
		{"plain PKCE", "code_challenge", "x", 302, "error=invalid_code_challenge_method"},
	} {
		q := url.Values{"response_type": {"code"}, "client_id": {app.str("client_id")},
			"redirect_uri": {"http://127.0.0.1:1/cb"}, "scope": {"read:statuses"}}
		q.Set(tt.key, tt.value)
		code, to, _, _ := visit(t, browser(), "GET", srv.URL+"/oauth/authorize?"+q.Encode(), nil)
		if code != tt.code || !strings.Contains(to, tt.location) {
			t.Errorf("%s: %d %q", tt.name, code, to)
		}
	}
}

func TestAppsAndGrants(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	c := api{t, srv, ""}
	c.post("/api/v1/apps", "redirect_uris", oob).want(t, 422, "name")
	c.post("/api/v1/apps", "client_name", "x").want(t, 422, "Redirect")
	c.post("/api/v1/apps", "client_name", "x", "redirect_uris", "not a uri").want(t, 422, "Redirect")
	c.post("/api/v1/apps", "client_name", "x", "redirect_uris", oob, "scopes", "everything").want(t, 422, "Scopes")
	app := register(t, srv, oob, "read write:statuses")
	grant := func(kv ...string) answer {
		return c.post("/oauth/token", append(kv, "client_id", app.str("client_id"), "client_secret", app.str("client_secret"))...)
	}
	grant().want(t, 400, "invalid_request")
	grant("grant_type", "password", "username", "x", "password", "y").want(t, 400, "unsupported_grant_type")
	grant("grant_type", "client_credentials", "scope", "write").want(t, 400, "invalid_scope")
	c.post("/oauth/token", "grant_type", "client_credentials", "client_id", app.str("client_id"), "client_secret", "x").want(t, 401, "invalid_client")
	token := grant("grant_type", "client_credentials").str("access_token")
	api{t, srv, token}.get("/api/v1/apps/verify_credentials").want(t, 200, `"name":"puppy"`)
	api{t, srv, token}.get("/api/v1/timelines/home").want(t, 422, "authenticated user")
}

package apptest

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"slugpuppy/bot/network/fake/mastodontest"
)

// Browser is somebody with cookies who looks at a page.
type Browser struct {
	t      testing.TB
	page   string // where it is
	server string // where its people have accounts
	jar    http.CookieJar
	client *http.Client
}

// NewBrowser returns one without cookies for the page at an address; people sign in from a server, nobody where
// that is nil.
func NewBrowser(t testing.TB, page string, server *mastodontest.Server) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	at := ""
	if server != nil {
		at = server.URL
	}
	return &Browser{t, page, at, jar, &http.Client{Jar: jar}}
}

// Do sends a request and returns the answer's status and body.
func (b *Browser) Do(req *http.Request) (int, string) {
	b.t.Helper()
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// Get asks for a path of the page.
func (b *Browser) Get(path string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.page+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.Do(req)
}

// Post sends a form of names and values.
func (b *Browser) Post(path string, form ...string) (int, string) {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.page+path, strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.page)
	return b.Do(req)
}

// Cookies are those it has for the page.
func (b *Browser) Cookies() []*http.Cookie {
	b.t.Helper()
	u, err := url.Parse(b.page)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.jar.Cookies(u)
}

var onward = regexp.MustCompile(`id="go" href="([^"]+)"`)

// Consent begins to sign in and says yes on the person's server. It returns where the browser is sent
// then: a path of the page.
func (b *Browser) Consent(u *mastodontest.User) string {
	b.t.Helper()
	// As people type it; the bot's own server is known to be one without https.
	code, page := b.Post("/signin", "server", strings.TrimPrefix(b.server, "http://"))
	link := onward.FindStringSubmatch(page)
	if code != http.StatusOK || link == nil {
		b.t.Fatalf("%d: %s", code, page)
	}
	back, err := u.Authorize(html.UnescapeString(link[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.TrimPrefix(back, b.page)
}

// SignIn comes in as a user of the fake server.
func (b *Browser) SignIn(u *mastodontest.User) {
	b.t.Helper()
	code, page := b.Get(b.Consent(u))
	if code != http.StatusOK || !strings.Contains(page, "@"+u.Handle()) {
		b.t.Fatalf("%d: %s", code, page)
	}
}

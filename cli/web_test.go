package cli

import (
	"bytes"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/timeline"
	"slugpuppy/bot/web"
	"slugpuppy/config"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// shop is the web page over a house's server.
type shop struct {
	*house
	url    string
	store  *store.Store
	filter *timeline.Filter
	site   *web.Site
	meters *x.Meters
}

func newShop(t *testing.T) *shop {
	t.Helper()
	h := newHouse(t)
	cfg, err := config.Load(h.file, h.app(nil, nil).env)
	if err != nil {
		t.Fatal(err)
	}
	st, err := openStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	key, err := store.OpenKey(keyPath(cfg))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	meters := &x.Meters{}
	filter, err := newFilter(cfg, st, key, meters, log)
	if err != nil {
		t.Fatal(err)
	}
	local := &operator.Local{Store: st, Daemon: statusOf(nil, time.Now()), Secrets: newConnections(cfg, st, key), Filter: func() (*timeline.Filter, error) { return filter, nil }}
	srv := httptest.NewUnstartedServer(nil)
	cfg.Web.URL, cfg.Web.Admins = "http://"+srv.Listener.Addr().String(), "@boss@dreams.example"
	site, err := newSite(cfg, st, key, filter, local, meters, log)
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = site.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	return &shop{h, srv.URL, st, filter, site, meters}
}

// browser is somebody with cookies.
type browser struct {
	t      *testing.T
	shop   *shop
	client *http.Client
}

func (s *shop) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, s, &http.Client{Jar: jar}}
}

func (b *browser) do(req *http.Request) (int, string) {
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

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.shop.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

func (b *browser) post(path string, form ...string) (int, string) {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.shop.url+path, strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.shop.url)
	return b.do(req)
}

var onward = regexp.MustCompile(`id="go" href="([^"]+)"`)

// signIn comes in as a user of the fake server.
func (b *browser) signIn(u *mastodontest.User) {
	b.t.Helper()
	// As people type it; the bot's own server is known to be one without https.
	code, page := b.post("/signin", "server", strings.TrimPrefix(b.shop.server.URL, "http://"))
	link := onward.FindStringSubmatch(page)
	if code != http.StatusOK || link == nil {
		b.t.Fatalf("%d: %s", code, page)
	}
	back, err := u.Authorize(html.UnescapeString(link[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	code, page = b.get(strings.TrimPrefix(back, b.shop.url))
	if code != http.StatusOK || !strings.Contains(page, "@"+u.Handle()) {
		b.t.Fatalf("%d: %s", code, page)
	}
}

func TestAPersonLooksAfterTheirFilterOnThePage(t *testing.T) {
	s := newShop(t)
	reader, dream, photo := s.gallery(t)
	b := s.browser(t)
	b.signIn(reader)
	sub := func() store.Subscriber {
		subs, err := s.store.Subscribers()
		if err != nil || len(subs) != 1 {
			t.Fatalf("%v %v", subs, err)
		}
		return subs[0]
	}
	if sub().Mode != store.FilterOff {
		t.Errorf("the filter is %s before anybody said so", sub().Mode)
	}
	b.post("/settings", "what", "filter", "value", "on")
	b.post("/settings", "what", "budget", "value", "relaxed")
	if sub().Acting(time.Now()) != store.FilterShadow {
		t.Errorf("the first week is %s", sub().Acting(time.Now()))
	}
	b.post("/settings", "what", "filter", "value", "on") // once more: begin at once
	if _, err := s.filter.Pass(t.Context(), sub().Identity); err != nil {
		t.Fatal(err)
	}
	code, page := b.get("/review")
	if code != http.StatusOK || !strings.Contains(page, "/thumb/"+dream+"/0") || strings.Contains(page, photo) {
		t.Errorf("%d: %s", code, page)
	}
	for _, path := range []string{"/thumb/" + dream + "/0", "/heat/" + dream + "/0"} {
		if code, data := b.get(path); code != http.StatusOK || picture.Sniff([]byte(data)) != "jpeg" {
			t.Errorf("%s: %d, %d bytes", path, code, len(data))
		}
	}
	for _, path := range []string{"/", "/stats", "/export", "/audit?artist=@artist@dreams.example"} {
		if code, page := b.get(path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, page)
		}
	}
	b.post("/review", "post", dream, "say", "photo")
	if _, err := s.filter.Pass(t.Context(), sub().Identity); err != nil {
		t.Fatal(err)
	}
	if len(reader.Filters()) != 0 {
		t.Errorf("%+v", reader.Filters())
	}
	if code, page := b.post("/settings", "what", "allow", "value", "nonsense"); code != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", code, page)
	}
	b.post("/forget", "sure", "yes")
	if _, err := s.filter.Pass(t.Context(), sub().Identity); err != nil && !strings.Contains(err.Error(), "no such subscriber") {
		t.Fatal(err)
	}
	if subs, err := s.store.Subscribers(); err != nil || len(subs) != 0 {
		t.Errorf("%v %v", subs, err)
	}
	if code, _ := b.get("/review"); code != http.StatusUnauthorized {
		t.Errorf("still signed in: %d", code)
	}
}

func TestNobodySeesAnothersAndStrangersSeeNothing(t *testing.T) {
	s := newShop(t)
	reader, dream, _ := s.gallery(t)
	other, boss := s.server.AddUser("other", mastodontest.UserOptions{}), s.server.AddUser("boss", mastodontest.UserOptions{})
	mine, theirs, chief, nobody := s.browser(t), s.browser(t), s.browser(t), s.browser(t)
	mine.signIn(reader)
	theirs.signIn(other)
	chief.signIn(boss)
	mine.post("/settings", "what", "filter", "value", "shadow")
	mine.post("/settings", "what", "budget", "value", "relaxed")
	subs, err := s.store.Subscribers()
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range subs {
		if _, err := s.filter.Pass(t.Context(), sub.Identity); err != nil {
			t.Fatal(err)
		}
	}
	if code, page := mine.get("/review"); !strings.Contains(page, dream) {
		t.Fatalf("%d %s", code, page)
	}
	for _, path := range []string{"/thumb/" + dream + "/0", "/heat/" + dream + "/0"} {
		if code, _ := theirs.get(path); code != http.StatusNotFound {
			t.Errorf("another sees %s: %d", path, code)
		}
	}
	if _, page := theirs.get("/review"); strings.Contains(page, dream) {
		t.Error("another sees the list")
	}
	for _, pattern := range s.site.Routes() {
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{$}", "", "{post}", dream, "{n}", "0", "{id}", "x", "{file}", "y").Replace(path)
		open := path == "/" || strings.HasPrefix(path, "/try") || path == "/signin" || path == "/callback"
		if method == http.MethodPost { // from another site, every one is refused
			req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(""))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Origin", "https://evil.example")
			req.Header.Set("Sec-Fetch-Site", "cross-site")
			if code, _ := mine.do(req); code != http.StatusForbidden {
				t.Errorf("%s from another site: %d", pattern, code)
			}
		}
		if open {
			continue
		}
		code := 0
		if method == http.MethodPost {
			code, _ = nobody.post(path)
		} else {
			code, _ = nobody.get(path)
		}
		if code != http.StatusUnauthorized {
			t.Errorf("%s without signing in: %d", pattern, code)
		}
		if strings.Contains(path, "operator") && method == http.MethodGet {
			if code, _ := mine.get(path); code != http.StatusNotFound {
				t.Errorf("%s for everybody: %d", path, code)
			}
			if code, page := chief.get(path); code != http.StatusOK || !strings.Contains(page, "Queue") {
				t.Errorf("%s for an admin: %d", path, code)
			}
		}
	}
	// A server that a stranger names must be public, and a foreign session id is no session.
	if code, _ := nobody.post("/signin", "server", "http://127.0.0.1:9/"); code != http.StatusUnprocessableEntity {
		t.Errorf("a private server: %d", code)
	}
	before := mine.client.Jar.Cookies(mustURL(t, s.url))
	mine.signIn(reader)
	if after := mine.client.Jar.Cookies(mustURL(t, s.url)); before[0].Value == after[0].Value {
		t.Error("the session is not renewed at sign-in")
	}
	mine.post("/signout", "everywhere", "yes")
	if code, _ := mine.get("/review"); code != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", code)
	}
}

func TestAnAdminSeesWhatHappensAndTriesAgain(t *testing.T) {
	s := newShop(t)
	scope := identity.Identity{Server: "example.social", ID: "1"}
	if _, err := s.store.Record(scope, "1", store.Job{Source: "5", Handle: "ada@dreams.example", Requester: "2", State: store.Queued, Lane: "words"}); err != nil {
		t.Fatal(err)
	}
	job, _, ok, err := s.store.Lease(scope, "words", "me", time.Minute)
	if err != nil || !ok {
		t.Fatalf("%v %v", ok, err)
	}
	if err := s.store.Bury(job.ID, "the picture cannot be read"); err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	b.signIn(s.server.AddUser("boss", mastodontest.UserOptions{}))
	if code, page := b.get("/operator"); code != http.StatusOK || !strings.Contains(page, "the picture cannot be read") || !strings.Contains(page, `value="`+job.ID+`"`) {
		t.Errorf("%d %s", code, page)
	}
	if code, page := b.post("/operator/retry", "job", job.ID); code != http.StatusOK || strings.Contains(page, "Try again") {
		t.Errorf("%d %s", code, page)
	}
	if j, err := s.store.Job(job.ID); err != nil || j.State != store.Queued {
		t.Errorf("%+v %v", j, err)
	}
	if code, _ := b.post("/operator/retry", "job", job.ID); code != http.StatusConflict {
		t.Errorf("once more: %d", code)
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAStrangerTriesAPicture(t *testing.T) {
	if testing.Short() {
		t.Skip("a dream of a stranger's is left out of -short")
	}
	s := newShop(t)
	b := s.browser(t)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("picture", "scene.png")
	if err != nil {
		t.Fatal(err)
	}
	data, err := picture.EncodePNG(picture.Landscape(160, 120, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := form.WriteField("words", "eyes steps=4"); err != nil {
		t.Fatal(err)
	}
	form.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/try", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	code, page := b.do(req)
	path := regexp.MustCompile(`/try/([A-Z0-9]+)/events`).FindStringSubmatch(page)
	if code != http.StatusOK || path == nil {
		t.Fatalf("%d %s", code, page)
	}
	if code, events := b.get(path[0]); code != http.StatusOK || !strings.Contains(events, `"done":true`) {
		t.Errorf("%d %s", code, events)
	}
	_, page = b.get("/try/" + path[1])
	if !strings.Contains(page, "dream.jpg") || !strings.Contains(page, "I see") || !strings.Contains(page, "dd1-") {
		t.Error(page)
	}
	for _, name := range []string{"before.jpg", "map.jpg", "dream.jpg"} {
		if code, data := b.get("/try/" + path[1] + "/" + name); code != http.StatusOK || picture.Sniff([]byte(data)) != "jpeg" {
			t.Errorf("%s: %d", name, code)
		}
	}
}

func TestAnAdminSeesWhatXCostsAndWhatIsLeft(t *testing.T) {
	s := newShop(t)
	b := s.browser(t)
	b.signIn(s.server.AddUser("boss", mastodontest.UserOptions{}))
	if _, page := b.get("/operator"); strings.Contains(page, "Costs") {
		t.Errorf("costs where nobody is on X: %s", page)
	}
	s.onX(t)
	for _, v := range []store.Spending{
		{Identity: identity.Identity{Server: x.Server, ID: "7"}, Handle: "carol", Month: thisMonth(), Item: "summoned reply", N: 990, Cost: 9_900_000},
		{Identity: identity.Identity{Server: x.Server, ID: "7"}, Handle: "carol", Month: "2020-01", Item: "mute", N: 700, Cost: 7_000_000},
	} {
		if err := s.store.Spend(v); err != nil {
			t.Fatal(err)
		}
	}
	code, page := b.get("/operator")
	for _, want := range []string{"@alice", "$0.05 of $10.00", "$9.95 left", "6 × post read: $0.03", "read the home timeline: 178 of 180", "ask who we are: 74 of 75",
		"@carol", `value="99"`, "mentions are not read before the 1st", "none made"} {
		if code != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("%d, no %q: %s", code, want, page)
		}
	}
	if strings.Contains(page, "700") {
		t.Error("another month counts")
	}
}

// onX reads somebody's timeline on a fake X.
func (s *shop) onX(t *testing.T) {
	t.Helper()
	server := xtest.New(xtest.Options{RateLimits: true})
	server.Start()
	t.Cleanup(server.Close)
	alice, artist := server.AddUser("alice", xtest.UserOptions{}), server.AddUser("artist", xtest.UserOptions{})
	alice.Follow(artist)
	var keys x.Keys
	keys.Consumer, keys.ConsumerSecret = server.Consumer()
	keys.Token, keys.TokenSecret = alice.Token()
	reader, err := x.New(x.Options{API: server.URL, Keys: keys, Meters: s.meters, Budget: &x.Budget{Ledger: x.Books{Store: s.store}}})
	if err != nil {
		t.Fatal(err)
	}
	cursor := ""
	for _, words := range []string{"a walk", "the sea", "a hill", "a cup", "a cat", "a boat"} {
		p, err := artist.Post(xtest.PostOptions{Text: words})
		if err != nil {
			t.Fatal(err)
		}
		cursor = p.ID
	}
	if _, err := reader.Recent(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Home(t.Context(), cursor, 10); err != nil {
		t.Fatal(err)
	}
}

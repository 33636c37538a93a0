package app

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/x"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// shop is the web page over a house's server, with X next door.
type shop struct {
	*house
	x   *xtest.Server
	url string
	*daemon
}

func newShop(t *testing.T) *shop {
	t.Helper()
	h := newHouse(t)
	onX := xtest.New(xtest.Options{RateLimits: true})
	onX.Start()
	t.Cleanup(onX.Close)
	h.env["SLUGPUPPY_X_ADDRESS"] = onX.URL
	h.env["SLUGPUPPY_X_CONSUMER_KEY"], h.env["SLUGPUPPY_X_CONSUMER_SECRET"] = onX.Consumer()
	srv := httptest.NewUnstartedServer(nil)
	cfg := h.config(t)
	cfg.Web.Listen = srv.Listener.Addr().String()
	cfg.Web.URL, cfg.Web.Admins = "http://"+cfg.Web.Listen, "@boss@dreams.example"
	a := New(cfg, Options{Version: "test", Web: internet{"dreams.example": h.server.Handler()}})
	st, err := a.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	d, err := a.newDaemon(st, decodersFor(t, a))
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = d.site.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	serve(t, d.site.Run)
	return &shop{h, onX, srv.URL, d}
}

func (s *shop) browser(t *testing.T) *apptest.Browser { return apptest.NewBrowser(t, s.url, s.server) }

func TestAPersonLooksAfterTheirFilterOnThePage(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	reader, dream, photo := apptest.Gallery(t, s.server)
	b := s.browser(t)
	b.SignIn(reader)
	sub := func() store.Subscriber {
		subs, err := s.store.Operator().Subscribers()
		if err != nil || len(subs) != 1 {
			t.Fatalf("%v %v", subs, err)
		}
		return subs[0]
	}
	if week := time.Until(sub().ShadowUntil).Round(time.Hour); sub().Acting(time.Now()) != store.FilterShadow || week != 7*24*time.Hour {
		t.Errorf("after signing in the filter is %s for %s", sub().Acting(time.Now()), week)
	}
	for _, budget := range []string{"1 in 300", "strict", "relaxed"} { // also one that the page does not propose
		b.Post("/settings", "what", "budget", "value", budget)
		if _, page := b.Get("/filter"); strings.Count(page, " checked>") != 1 || !strings.Contains(page, `value="`+budget+`" required checked>`) {
			t.Errorf("the page shows another budget than %s: %s", budget, page)
		}
	}
	if _, page := b.Post("/settings", "what", "budget", "value", "relaxed"); !strings.Contains(page, "Chosen: budget 1 in 100.") {
		t.Errorf("nothing says what happened: %s", page)
	}
	b.Post("/settings", "what", "filter", "value", "on") // begin at once
	if _, err := s.filter.Pass(t.Context(), sub().Identity); err != nil {
		t.Fatal(err)
	}
	code, page := b.Get("/review")
	if code != http.StatusOK || !strings.Contains(page, "/thumb/"+dream+"/0") || strings.Contains(page, photo) {
		t.Errorf("%d: %s", code, page)
	}
	for _, path := range []string{"/thumb/" + dream + "/0", "/heat/" + dream + "/0"} {
		if code, data := b.Get(path); code != http.StatusOK || picture.Sniff([]byte(data)) != "jpeg" {
			t.Errorf("%s: %d, %d bytes", path, code, len(data))
		}
	}
	for _, path := range []string{"/", "/stats", "/export", "/audit?artist=@artist@dreams.example"} {
		if code, page := b.Get(path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, page)
		}
	}
	b.Post("/review", "post", dream, "say", "photo")
	if _, err := s.filter.Pass(t.Context(), sub().Identity); err != nil {
		t.Fatal(err)
	}
	if len(reader.Filters()) != 0 {
		t.Errorf("%+v", reader.Filters())
	}
	if code, page := b.Post("/settings", "what", "allow", "value", "nonsense"); code != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", code, page)
	}
	b.Post("/forget", "sure", "yes")
	if _, err := s.filter.Pass(t.Context(), sub().Identity); err != nil && !strings.Contains(err.Error(), "no such subscriber") {
		t.Fatal(err)
	}
	if subs, err := s.store.Operator().Subscribers(); err != nil || len(subs) != 0 {
		t.Errorf("%v %v", subs, err)
	}
	if code, _ := b.Get("/review"); code != http.StatusUnauthorized {
		t.Errorf("still signed in: %d", code)
	}
}

// Whatever is changed on the page is answered with what happened and a way back, which is there later, too: also
// from a way back.
func TestEveryChangeOnThePageCanBeTakenBackLater(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	reader, dream, _ := apptest.Gallery(t, s.server)
	b := s.browser(t)
	b.SignIn(reader)
	b.Post("/settings", "what", "budget", "value", "relaxed")
	b.Post("/settings", "what", "filter", "value", "on")
	subs, err := s.store.Operator().Subscribers()
	if err != nil || len(subs) != 1 {
		t.Fatalf("%v %v", subs, err)
	}
	who := subs[0].Identity
	pass := func() {
		t.Helper()
		for range 2 { // what is hidden and what was decided agree after the second
			if _, err := s.filter.Pass(t.Context(), who); err != nil {
				t.Fatal(err)
			}
		}
	}
	pass()
	token := regexp.MustCompile(`name="token" value="(u\d+)"`)
	// did does something, and finds on the page what happened and the token.
	did := func(want, path string, form ...string) string {
		t.Helper()
		code, page := b.Post(path, form...)
		m := token.FindStringSubmatch(page)
		if code != http.StatusOK || m == nil || !strings.Contains(page, want) {
			t.Fatalf("%s %v: %d, no %q or no way back: %s", path, form, code, want, page)
		}
		pass()
		return m[1]
	}
	hidden := func(want int, after string) {
		t.Helper()
		if got := apptest.FiledBy(reader); len(got) != want {
			t.Errorf("%s %v is hidden", after, got)
		}
	}
	hidden(1, "at first")
	back := did("1 post called no dream.", "/review", "post", dream, "say", "photo")
	hidden(0, "after a word")
	if _, page := b.Get("/stats"); !strings.Contains(page, "you put 1 right") {
		t.Errorf("the numbers forget a correction: %s", page)
	}
	if _, page := b.Get("/review"); !strings.Contains(page, `name="token" value="`+back+`"`) {
		t.Error("who left the page cannot undo any more")
	}
	again := did("Taken back: 1 post as before.", "/undo", "token", back)
	hidden(1, "after taking the word back")
	if _, page := b.Get("/stats"); !strings.Contains(page, "you put 0 right") {
		t.Errorf("what was taken back counts as a correction: %s", page)
	}
	did("Taken back: 1 post as before.", "/undo", "token", again)
	hidden(0, "after taking that back")
	if code, _ := b.Post("/undo", "token", back); code != http.StatusConflict {
		t.Errorf("the same twice: %d", code)
	}
	did("1 post called a dream.", "/review", "post", dream, "say", "dream")
	hidden(1, "after the other word")
	all := did("1 post returned (all).", "/undo", "which", "all")
	hidden(0, "after a mass undo")
	all = did("Taken back: 1 post as before", "/undo", "token", all)
	hidden(1, "after undoing it")
	did("Taken back: 1 post shown again.", "/undo", "token", all)
	hidden(0, "after undoing that")

	other := s.browser(t)
	other.SignIn(s.server.AddUser("other", mastodontest.UserOptions{}))
	rule := did("A rule on account artist@dreams.example.", "/settings", "what", "allow", "value", "@artist@dreams.example")
	if code, _ := other.Post("/undo", "token", rule); code != http.StatusNotFound {
		t.Errorf("another takes back what is not theirs: %d", code)
	}
	did("No rule on account artist@dreams.example any more.", "/undo", "token", rule)
	b.Post("/forget", "sure", "yes")
	if _, err := s.filter.Pass(t.Context(), who); err != nil && !strings.Contains(err.Error(), "no such subscriber") {
		t.Fatal(err)
	}
	log, err := s.store.Operator().Audit(100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range log {
		if strings.Contains(e.Before+e.After+e.Subject+e.Reason+e.Actor.String(), "reader") || strings.Contains(e.Before, dream) {
			t.Errorf("of who left, the log keeps %+v", e)
		}
	}
}

func TestWhatIsNotThereIsAPageWithAWayOn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.browser(t)
	for path, code := range map[string]int{"/nothing": http.StatusNotFound, "/settings": http.StatusNotFound, "/try/x/y/z": http.StatusNotFound,
		"/operator": http.StatusUnauthorized, "/review": http.StatusUnauthorized} {
		got, page := b.Get(path)
		if got != code || !strings.Contains(page, "<h1>") || !strings.Contains(page, `role="alert"`) {
			t.Errorf("%s: %d %s", path, got, page)
		}
		if wayOn := strings.Contains(page, `action="/signin"`); wayOn != (code == http.StatusUnauthorized) {
			t.Errorf("%s: a form to sign in: %v", path, wayOn)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/undo", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://evil.example")
	if code, page := b.Do(req); code != http.StatusForbidden || !strings.Contains(page, "another site") {
		t.Errorf("%d %s", code, page)
	}
}

// What other sites, scripts and people at the same machine may do with a page and its cookies is little.
func TestThePageTellsBrowsersToKeepItApart(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.browser(t)
	back := b.Consent(s.server.AddUser("reader", mastodontest.UserOptions{}))
	begun := b.Cookies()
	visit := func(path string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range begun {
			req.AddCookie(c)
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	front := visit("/")
	for header, want := range map[string]string{"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer",
		"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store"} {
		if got := front.Header.Get(header); !strings.Contains(got, want) {
			t.Errorf("%s: %q, without %q", header, got, want)
		}
	}
	in := visit(back)
	if in.StatusCode != http.StatusSeeOther || len(in.Cookies()) != 2 {
		t.Fatalf("%d, %v", in.StatusCode, in.Cookies())
	}
	for _, c := range in.Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("the cookie %s is %+v", c.Name, c)
		}
	}
	if again := visit(back); again.StatusCode != http.StatusBadRequest || len(again.Cookies()) > 1 {
		t.Errorf("a sign-in is finished twice: %d, %v", again.StatusCode, again.Cookies())
	}
	tries := 0
	for code := 0; code != http.StatusTooManyRequests; tries++ {
		if tries > 10 {
			t.Fatal("somebody tries to sign in without end")
		}
		code, _ = b.Post("/signin", "server", "nowhere.example")
	}
	if tries < 3 {
		t.Errorf("%d tries", tries)
	}
	for i := range 7 { // of 6 an hour
		if code, _ := b.Post("/try", "words", "eyes"); (code == http.StatusTooManyRequests) != (i == 6) {
			t.Errorf("trial %d: %d", i, code)
		}
	}
}

func TestNobodySeesAnothersAndStrangersSeeNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	reader, dream, _ := apptest.Gallery(t, s.server)
	other, boss := s.server.AddUser("other", mastodontest.UserOptions{}), s.server.AddUser("boss", mastodontest.UserOptions{})
	mine, theirs, chief, nobody := s.browser(t), s.browser(t), s.browser(t), s.browser(t)
	mine.SignIn(reader)
	theirs.SignIn(other)
	chief.SignIn(boss)
	mine.Post("/settings", "what", "filter", "value", "shadow")
	mine.Post("/settings", "what", "budget", "value", "relaxed")
	subs, err := s.store.Operator().Subscribers()
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range subs {
		if _, err := s.filter.Pass(t.Context(), sub.Identity); err != nil {
			t.Fatal(err)
		}
	}
	if code, page := mine.Get("/review"); !strings.Contains(page, dream) {
		t.Fatalf("%d %s", code, page)
	}
	for _, path := range []string{"/thumb/" + dream + "/0", "/heat/" + dream + "/0"} {
		if code, _ := theirs.Get(path); code != http.StatusNotFound {
			t.Errorf("another sees %s: %d", path, code)
		}
	}
	if _, page := theirs.Get("/review"); strings.Contains(page, dream) {
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
			if code, _ := mine.Do(req); code != http.StatusForbidden {
				t.Errorf("%s from another site: %d", pattern, code)
			}
		}
		if open {
			continue
		}
		code := 0
		if method == http.MethodPost {
			code, _ = nobody.Post(path)
		} else {
			code, _ = nobody.Get(path)
		}
		if code != http.StatusUnauthorized {
			t.Errorf("%s without signing in: %d", pattern, code)
		}
		if strings.Contains(path, "operator") && method == http.MethodGet {
			if code, _ := mine.Get(path); code != http.StatusNotFound {
				t.Errorf("%s for everybody: %d", path, code)
			}
			if code, page := chief.Get(path); code != http.StatusOK || !strings.Contains(page, "Queue") {
				t.Errorf("%s for an admin: %d", path, code)
			}
		}
	}
	// A server that a stranger names must be public, and a foreign session id is no session.
	if code, _ := nobody.Post("/signin", "server", "http://127.0.0.1:9/"); code != http.StatusUnprocessableEntity {
		t.Errorf("a private server: %d", code)
	}
	before := mine.Cookies()
	mine.SignIn(reader)
	if after := mine.Cookies(); before[0].Value == after[0].Value {
		t.Error("the session is not renewed at sign-in")
	}
	mine.Post("/signout", "everywhere", "yes")
	if code, _ := mine.Get("/review"); code != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", code)
	}
}

func TestAnAdminSeesWhatHappensAndTriesAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	scope := identity.Identity{Server: "example.social", ID: "1"}
	if _, err := s.store.For(scope).Jobs().Record("1", store.Job{Source: "5", Handle: "ada@dreams.example", Requester: "2", State: store.Queued, Lane: "words"}); err != nil {
		t.Fatal(err)
	}
	job, _, ok, err := s.store.For(scope).Jobs().Lease("words", "me", time.Minute)
	if err != nil || !ok {
		t.Fatalf("%v %v", ok, err)
	}
	if err := s.store.For(scope).Jobs().Bury(job.ID, "the picture cannot be read\x1b[2J\u202egnp"); err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	b.SignIn(s.server.AddUser("boss", mastodontest.UserOptions{}))
	if code, page := b.Get("/operator"); code != http.StatusOK || !strings.Contains(page, `the picture cannot be read\u001b[2J\u202egnp`) || !strings.Contains(page, `value="`+job.ID+`"`) {
		t.Errorf("%d %s", code, page)
	}
	if code, page := b.Post("/operator/job", "do", "retry", "job", job.ID); code != http.StatusOK || strings.Contains(page, "Try again") || !strings.Contains(page, "Request "+job.ID+" is queued.") {
		t.Errorf("%d %s", code, page)
	}
	if j, err := s.store.Operator().Job(job.ID); err != nil || j.State != store.Queued {
		t.Errorf("%+v %v", j, err)
	}
	if code, _ := b.Post("/operator/job", "do", "retry", "job", job.ID); code != http.StatusConflict {
		t.Errorf("once more: %d", code)
	}
}

// Whatever an operator does on the page is answered, can be taken back, and is told apart from what the same
// person does for themselves.
func TestAnAdminGivesOrdersOnThePage(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	scope := identity.Identity{Server: "example.social", ID: "1"}
	if _, err := s.store.For(scope).Jobs().Record("1", store.Job{Source: "5", Handle: "ada@dreams.example", Requester: "2", State: store.Queued, Lane: "words"}); err != nil {
		t.Fatal(err)
	}
	j, err := s.store.For(scope).Jobs().BySource("5")
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	b.SignIn(s.server.AddUser("boss", mastodontest.UserOptions{}))
	did := func(want, path string, form ...string) string {
		t.Helper()
		code, page := b.Post(path, form...)
		if code != http.StatusOK || !strings.Contains(page, want) {
			t.Fatalf("%s %v: %d, no %q: %s", path, form, code, want, page)
		}
		m := regexp.MustCompile(`name="token" value="(u\d+)"><input`).FindStringSubmatch(page)
		if m == nil {
			return ""
		}
		return m[1]
	}
	leased := func() bool {
		_, _, ok, err := s.store.For(scope).Jobs().Lease("words", "me", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	did("Request "+j.ID+" is held.", "/operator/job", "do", "hold", "job", j.ID)
	if leased() {
		t.Error("what is held is worked on")
	}
	if code, _ := b.Post("/operator/job", "do", "hold", "job", j.ID); code != http.StatusConflict {
		t.Errorf("held twice: %d", code)
	}
	did("Request "+j.ID+" is queued.", "/operator/job", "do", "resume", "job", j.ID)
	if !leased() {
		t.Error("what was let go is not worked on")
	}
	if code, _ := b.Post("/operator/job", "do", "hold", "job", j.ID); code != http.StatusConflict {
		t.Errorf("held while somebody works on it: %d", code)
	}
	did("Request "+j.ID+" is cancelled.", "/operator/job", "do", "cancel", "job", j.ID)

	token := did("Denied domain spam.example (too much).", "/operator/rule", "effect", "deny", "subject", "spam.example", "scope", "mention", "reason", "too much", "for", "7d")
	list, err := s.local.Rules(t.Context())
	if err != nil || len(list) != 1 || time.Until(list[0].Until).Round(time.Hour) != 7*24*time.Hour {
		t.Fatalf("%+v %v", list, err)
	}
	token = did("Stopped denying domain spam.example (undo u", "/operator/undo", "token", token)
	did("Denied domain spam.example (undo u", "/operator/undo", "token", token)
	did("Stopped denying domain spam.example.", "/operator/rule", "remove", list[0].ID)
	did("Limited ada@dreams.example to 3 requests an hour.", "/operator/limit", "account", "@ada@dreams.example", "hourly", "3")

	who := identity.Identity{Server: strings.TrimPrefix(s.server.URL, "http://"), ID: s.server.User("boss").ID()}
	did("Changed the filter of boss@dreams.example (filter off).", "/operator/user", "user", who.String(), "mode", "off")
	b.Post("/settings", "what", "filter", "value", "shadow")
	log, err := s.store.Operator().Audit(2)
	if err != nil || len(log) != 2 || log[0].Actor.Operator || !log[1].Actor.Operator || log[0].Actor.Identity != log[1].Actor.Identity || log[0].Actor.String() == log[1].Actor.String() {
		t.Errorf("%+v %v", log, err)
	}
	for path, form := range map[string][]string{
		"/operator/rule": {"effect", "deny", "subject", "%%", "scope", "mention"}, "/operator/limit": {"account", "ada", "hourly", "3"},
		"/operator/undo": {"token", "u999"}, "/operator/user": {"user", "nobody", "mode", "on"}, "/operator/job": {"do", "burn", "job", j.ID},
	} {
		if code, page := b.Post(path, form...); code < 400 || code >= 500 || !strings.Contains(page, `role="alert"`) {
			t.Errorf("%s %v: %d %s", path, form, code, page)
		}
	}
}

// wish is a form that asks the page for a dream, of a picture unless there is none.
func (s *shop) wish(t *testing.T, words string, scene []byte) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if scene != nil {
		file, err := form.CreateFormFile("picture", "scene.png")
		if err == nil {
			_, err = file.Write(scene)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(form.WriteField("words", words), form.Close()); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/try", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	return req
}

func TestAStrangerTriesThePage(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("dreams of a stranger's are left out of -short")
	}
	s := newShop(t)
	b := s.browser(t)
	scene, err := picture.EncodePNG(picture.Landscape(160, 120, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		words string
		scene []byte
		shows []string
		files map[string]string
	}{
		{"eyes steps=4", scene, []string{"dream.jpg", "I see", "dd3-"}, map[string]string{"before.jpg": "jpeg", "map.jpg": "jpeg", "dream.jpg": "jpeg"}},
		{"imagine banana steps=8 size=64", nil, []string{"dream.jpg", "banana", "dd3-"}, map[string]string{"dream.jpg": "jpeg"}},
		{"dive 2s size=64 steps=1 octaves=1", scene, []string{"dream.gif", "dd3-"}, map[string]string{"dream.gif": "gif", "dream.jpg": "jpeg"}},
	} {
		code, page := b.Do(s.wish(t, tt.words, tt.scene))
		path := regexp.MustCompile(`/try/([A-Z0-9]+)/events`).FindStringSubmatch(page)
		if code != http.StatusOK || path == nil {
			t.Fatalf("%s: %d %s", tt.words, code, page)
		}
		if code, events := b.Get(path[0]); code != http.StatusOK || !strings.Contains(events, `"done":true`) {
			t.Errorf("%s: %d %s", tt.words, code, events)
		}
		_, page = b.Get("/try/" + path[1])
		for _, want := range tt.shows {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %q: %s", tt.words, want, page)
			}
		}
		for name, kind := range tt.files {
			if code, data := b.Get("/try/" + path[1] + "/" + name); code != http.StatusOK || picture.Sniff([]byte(data)) != kind {
				t.Errorf("%s: %s: %d", tt.words, name, code)
			}
		}
	}
}

// What cannot be made is said before anybody waits for it, and while they type.
func TestWhatThePageCannotMakeIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.browser(t)
	scene, err := picture.EncodePNG(picture.Landscape(32, 24, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{"more floopsnorks": "floopsnorks", "imagine floopsnork": "floopsnork", "steps=many": "steps"} {
		if code, page := b.Do(s.wish(t, words, scene)); code != http.StatusUnprocessableEntity || !strings.Contains(page, want) {
			t.Errorf("%s: %d %s", words, code, page)
		}
	}
	if code, page := b.Do(s.wish(t, "eyes", nil)); code != http.StatusUnprocessableEntity || !strings.Contains(page, "choose a picture") {
		t.Errorf("no picture: %d %s", code, page)
	}
	for typed, want := range map[string][]string{"more ban": {`"more banana"`, `"problem":`}, "ey": {`"eyes"`}, "imag": {`"imagine"`},
		"imagine king pen": {`"imagine king pen`}, "more floopsnorks": {`"options":[]`, "floopsnorks"}, "": {`"options":[]`, `"problem":""`}} {
		code, answer := b.Get("/try/words?q=" + url.QueryEscape(typed))
		for _, w := range want {
			if code != http.StatusOK || !strings.Contains(answer, w) {
				t.Errorf("%q typed: %d, no %s: %s", typed, code, w, answer)
			}
		}
	}
}

// What the page makes nothing of it says beside what it makes.
func TestWhatThePageLeavesOutIsSaid(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.browser(t)
	scene, err := picture.EncodePNG(picture.Landscape(32, 24, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{
		"eyes steps=1 octaves=1, dive":        `I left out &#34;dive&#34; (I grant one wish at a time).`,
		"dive 12s steps=1 octaves=1 size=900": `I left out &#34;size=900&#34; (256 at most on this page) and &#34;dive 12s&#34; (3 at most on this page).`,
		"more birds more flurbs steps=1":      "I do not know &#34;flurbs&#34;.",
		"eyes steps=1 octaves=1 guide":        `&#34;guide&#34; (&#34;this page&#34; has no use for it)`,
	} {
		if code, page := b.Do(s.wish(t, words, scene)); code != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("%s: %d, no %s: %s", words, code, want, page)
		}
	}
}

func TestAnAdminSeesWhatXCostsAndWhatIsLeft(t *testing.T) {
	s := newShop(t)
	b := s.browser(t)
	b.SignIn(s.server.AddUser("boss", mastodontest.UserOptions{}))
	if _, page := b.Get("/operator"); strings.Contains(page, "Costs") {
		t.Errorf("costs where nobody is on X: %s", page)
	}
	s.onX(t)
	for _, v := range []store.Spending{
		{Identity: identity.Identity{Server: x.Server, ID: "7"}, Handle: "carol", Month: Month(time.Now()), Item: "summoned reply", N: 990, Cost: 9_900_000},
		{Identity: identity.Identity{Server: x.Server, ID: "7"}, Handle: "carol", Month: "2020-01", Item: "mute", N: 700, Cost: 7_000_000},
	} {
		if err := s.store.For(v.Identity).Ledger().Spend(v); err != nil {
			t.Fatal(err)
		}
	}
	code, page := b.Get("/operator")
	for _, want := range []string{"@alice", "$0.05 of $10.00", "$9.95 left", "6 × post read: $0.03", "read the home timeline: 178 of 180", "ask who we are: 74 of 75",
		"@carol", `value="99"`, "mentions are not read before the 1st", "none made"} {
		if code != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("%d, no %q: %s", code, want, page)
		}
	}
	if strings.Contains(page, "700 × mute") {
		t.Error("another month counts")
	}
}

// onX reads somebody's timeline on a fake X.
func (s *shop) onX(t *testing.T) {
	t.Helper()
	alice, artist := s.x.AddUser("alice", xtest.UserOptions{}), s.x.AddUser("artist", xtest.UserOptions{})
	alice.Follow(artist)
	sub := store.Subscriber{Network: x.Name, Identity: identity.Identity{Server: x.Server, ID: alice.ID()}, Handle: "alice"}
	token, secret := alice.Token()
	if err := s.known.Keep(sub, map[string]string{"token": token, "token_secret": secret}); err != nil {
		t.Fatal(err)
	}
	reader, err := s.known.reader(sub)
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

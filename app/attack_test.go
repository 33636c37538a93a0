package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/rules"
	"slugpuppy/store"
)

// internet reaches servers by the names they have; those of a machine by their addresses.
type internet map[string]http.Handler

// RoundTrip implements http.RoundTripper.
func (n internet) RoundTrip(req *http.Request) (*http.Response, error) {
	server := n[req.URL.Host]
	switch {
	case strings.HasPrefix(req.URL.Host, "127.0.0.1:"):
		return http.DefaultTransport.RoundTrip(req)
	case server == nil || req.URL.Scheme != "https":
		return nil, fmt.Errorf("no server at %s://%s", req.URL.Scheme, req.URL.Host)
	}
	w := httptest.NewRecorder()
	in := req.Clone(req.Context())
	in.RequestURI = req.URL.RequestURI()
	if in.UserAgent() == "" {
		in.Header.Set("User-Agent", "Go-http-client/1.1") // as a real transport does
	}
	server.ServeHTTP(w, in)
	return w.Result(), nil
}

// social adds a server to the internet.
func (n internet) social(t *testing.T, host string, d mastodontest.Dialect) *mastodontest.Server {
	t.Helper()
	s := mastodontest.New(mastodontest.Options{Dialect: d, Domain: host, Address: "https://" + host})
	s.URL = "https://" + host
	t.Cleanup(s.Close)
	n[host] = s.Handler()
	return s
}

// claims makes a server say that every account is another's.
func (n internet) claims(host, acct string) {
	honest := n[host]
	n[host] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/accounts/verify_credentials" {
			honest.ServeHTTP(w, r)
			return
		}
		got := httptest.NewRecorder()
		honest.ServeHTTP(got, r)
		var v map[string]any
		if json.Unmarshal(got.Body.Bytes(), &v) == nil {
			v["acct"] = acct
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	})
}

// site is the page of a program whose people have accounts all over an internet.
type site struct {
	*daemon
	app *App
	url string
	web internet
	log *lockedLog
}

// lockedLog is a log that a test reads while it is written.
type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newSiteFor makes the page for an internet; its admins are configured by handle.
func newSiteFor(t *testing.T, web internet, admins string) *site {
	t.Helper()
	h := newHouse(t)
	srv := httptest.NewUnstartedServer(nil)
	cfg := h.config(t)
	cfg.Web.Listen = srv.Listener.Addr().String()
	cfg.Web.URL, cfg.Web.Admins = "http://"+cfg.Web.Listen, admins
	said := &lockedLog{}
	a := New(cfg, Options{Version: "test", Web: web, Log: said})
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
	return &site{d, a, srv.URL, web, said}
}

// awake runs the page until it has asked who its admins are: those are known, or the log says why not.
func (s *site) awake(t *testing.T) {
	t.Helper()
	serve(t, s.daemon.site.Run)
	for end := time.Now().Add(hangs); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		known, err := s.store.Operator().Admins()
		if err != nil {
			t.Fatal(err)
		}
		if len(known) > 0 || strings.Contains(s.log.String(), "not known yet") {
			return
		}
	}
	t.Fatalf("nobody asked who the admins are: %s", s.log)
}

// enter signs somebody in and returns their browser with what the page says.
func (s *site) enter(t *testing.T, u *mastodontest.User, server *mastodontest.Server) (*apptest.Browser, int, string) {
	t.Helper()
	b := apptest.NewBrowser(t, s.url, server)
	code, page := b.Get(b.Consent(u))
	return b, code, page
}

// in fails the test unless somebody gets in under a name.
func (s *site) in(t *testing.T, u *mastodontest.User, server *mastodontest.Server, name string) *apptest.Browser {
	t.Helper()
	b, code, page := s.enter(t, u, server)
	if code != http.StatusOK || !strings.Contains(page, "@"+name) {
		t.Fatalf("%d, no @%s: %s", code, name, page)
	}
	return b
}

func mayOperate(b *apptest.Browser) bool {
	code, _ := b.Get("/operator")
	return code == http.StatusOK
}

func TestWhatAServerSaysMakesNobodyAnAdmin(t *testing.T) {
	// Mastodon tells strangers whose a handle is, GoToSocial does not.
	for _, d := range []mastodontest.Dialect{mastodontest.Mastodon, mastodontest.GoToSocial} {
		t.Run(d.String(), func(t *testing.T) {
			web := internet{}
			home, evil := web.social(t, "home.example", d), web.social(t, "0.evil.example", mastodontest.Mastodon)
			boss := home.AddUser("boss", mastodontest.UserOptions{})
			thief := evil.AddUser("boss", mastodontest.UserOptions{})
			s := newSiteFor(t, web, "@Boss@Home.example")
			s.awake(t)
			if mayOperate(s.in(t, thief, evil, "boss@0.evil.example")) {
				t.Error("an admin by the name alone")
			}
			web.claims("0.evil.example", "boss@home.example")
			b, code, page := s.enter(t, thief, evil)
			if code != http.StatusForbidden || !strings.Contains(page, "a name that belongs to another server") {
				t.Errorf("%d: %s", code, page)
			}
			if mayOperate(b) {
				t.Error("an admin by another server's word")
			}
			if said := s.log.String(); !strings.Contains(said, "0.evil.example calls an account @boss@home.example") {
				t.Errorf("the log does not say why: %s", said)
			}
			if !mayOperate(s.in(t, boss, home, "boss@home.example")) {
				t.Error("the admin is not let in")
			}
		})
	}
}

func TestAnAdminIsAnAccountAndNotAName(t *testing.T) {
	web := internet{}
	home := web.social(t, "home.example", mastodontest.Mastodon)
	first := home.AddUser("boss", mastodontest.UserOptions{})
	s := newSiteFor(t, web, "@boss@home.example")
	s.awake(t)
	known, err := s.store.Operator().Admins()
	if err != nil || len(known) != 1 || known[0].Identity.String() != "home.example/"+first.ID() {
		t.Fatalf("%+v, %v", known, err)
	}
	next := web.social(t, "home.example", mastodontest.Mastodon) // the server begins anew, and somebody takes the name
	next.AddUser("early", mastodontest.UserOptions{})
	if mayOperate(s.in(t, next.AddUser("boss", mastodontest.UserOptions{}), next, "boss@home.example")) {
		t.Error("whoever has the name next is an admin")
	}
}

func TestDoctorSaysWhoTheAdminsAre(t *testing.T) {
	web := internet{}
	home := web.social(t, "home.example", mastodontest.Mastodon)
	boss := home.AddUser("boss", mastodontest.UserOptions{})
	s := newSiteFor(t, web, "@boss@home.example, nobody@home.example")
	s.awake(t)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(s.app.checkAdmins(t.Context()))
	for _, want := range []string{"@boss@home.example is home.example/" + boss.ID(),
		"@nobody@home.example: not known yet"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
}

func TestNobodyReachesAnothersFilterFromAnotherServer(t *testing.T) {
	web := internet{}
	home := web.social(t, "home.example", mastodontest.Mastodon)
	evil := web.social(t, "0.evil.example", mastodontest.Mastodon)
	victim := home.AddUser("victim", mastodontest.UserOptions{})
	thief := evil.AddUser("victim", mastodontest.UserOptions{})
	s := newSiteFor(t, web, "")
	mine := s.in(t, victim, home, "victim@home.example")
	mine.Post("/settings", "what", "deny", "value", "@bot@spam.example")
	theirs := s.in(t, thief, evil, "victim@0.evil.example")
	if _, page := theirs.Get("/"); strings.Contains(page, "bot@spam.example") {
		t.Error("another sees the rules")
	}
	if code, _ := theirs.Post("/settings", "what", "unrule", "value", "r1"); code != http.StatusNotFound {
		t.Errorf("another removes a rule: %d", code)
	}
	theirs.Post("/settings", "what", "allow", "value", "@bot@spam.example")
	web.claims("0.evil.example", "victim@home.example")
	if _, code, _ := s.enter(t, thief, evil); code != http.StatusForbidden {
		t.Errorf("as another: %d", code)
	}
	who := identity.Identity{Server: "home.example", ID: victim.ID()}
	list, err := s.store.For(who).Rules().InForce()
	if err != nil || len(list) != 1 || list[0].Owner != who || list[0].Effect != string(rules.Deny) {
		t.Errorf("%+v, %v", list, err)
	}
	entries, err := s.store.Operator().Audit(100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Actor.Identity.IsZero() || e.Actor.Name == "victim@home.example" && e.Actor.Identity != who {
			t.Errorf("%s was done by %s", e.Action, e.Actor)
		}
	}
	if sub, err := s.store.For(who).Subscription().Subscriber(); err != nil || sub.Handle != "victim@home.example" {
		t.Errorf("%+v, %v", sub, err)
	}
}

func TestOneServerIsOneServerHoweverItIsWritten(t *testing.T) {
	web := internet{}
	home := web.social(t, "home.example", mastodontest.Mastodon)
	home.Tolerant = true // its addresses begin with what is written here
	ada := home.AddUser("ada", mastodontest.UserOptions{})
	s := newSiteFor(t, web, "")
	for _, written := range []string{"home.example", "Home.Example.", "https://home.example:443/",
		"@ada@HOME.example", "http://home.example"} {
		home.URL = written
		s.in(t, ada, home, "ada@home.example")
	}
	if subs, err := s.store.Operator().Subscribers(); err != nil || len(subs) != 1 ||
		subs[0].Identity.Server != "home.example" || subs[0].Server != "https://home.example" {
		t.Errorf("%+v, %v", subs, err)
	}
	for _, odd := range []string{"https://home.example#x", "https://home.example/x", "https://home.example?x",
		"https://ada@home.example", "https://", "https://home..example"} {
		if address, _, err := s.site.SignIn.Begin(t.Context(), odd, false); err == nil {
			t.Errorf("%q leads to %s", odd, address)
		}
	}
}

func TestDigestsGoToTheNameThatIsVerified(t *testing.T) {
	web := internet{}
	home := web.social(t, "home.example", mastodontest.Mastodon)
	evil := web.social(t, "0.evil.example", mastodontest.Mastodon)
	home.AddUser("victim", mastodontest.UserOptions{})
	thief := evil.AddUser("eve", mastodontest.UserOptions{})
	s := newSiteFor(t, web, "")
	s.in(t, thief, evil, "eve@0.evil.example")
	who := identity.Identity{Server: "0.evil.example", ID: thief.ID()}
	claim := func(acct string) (store.Subscriber, string) {
		t.Helper()
		web.claims("0.evil.example", acct)
		f, err := s.app.newFilter(s.known, s.filter.Options, s.app.apart(s.decoders), s.app.frames(s.decoders), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Pass(context.WithoutCancel(t.Context()), who); err != nil {
			t.Fatal(err)
		}
		sub, err := s.store.For(who).Subscription().Subscriber()
		if err != nil {
			t.Fatal(err)
		}
		return sub, sub.Trouble
	}
	if sub, _ := claim("mallory"); sub.Handle != "mallory@0.evil.example" {
		t.Errorf("a new name of its own is %s", sub.Handle)
	}
	if sub, trouble := claim("victim@home.example"); sub.Handle != "mallory@0.evil.example" ||
		!strings.Contains(trouble, "belongs to another server") {
		t.Errorf("digests go to %s, trouble %q", sub.Handle, trouble)
	}
}

func TestAMessageChangesOnlyItsAuthorsFilter(t *testing.T) {
	s := newShop(t)
	victim := s.server.AddUser("victim", mastodontest.UserOptions{})
	s.browser(t).SignIn(victim)
	mine := identity.Identity{Server: strings.TrimPrefix(s.server.URL, "http://"), ID: victim.ID()}
	eve := identity.Identity{Server: "0.evil.example", ID: "1"} // first by key
	thief := identity.Identity{Server: "0.evil.example", ID: "2"}
	for who, handle := range map[identity.Identity]string{eve: "eve@0.evil.example", thief: victim.Handle()} {
		sub := store.Subscriber{Network: "mastodon", Handle: handle, Server: "https://0.evil.example", Mode: store.FilterOff}
		if _, err := s.store.For(who).Subscription().Join(store.Itself(), sub); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range s.bots {
		serve(t, b.Run)
		waitUntil(t, func() bool { _, known := b.Account(); return known })
	}
	waitUntil(t, func() bool { // a fresh bot answers nothing from before its first look
		_, known, err := s.store.For(identity.Identity{Server: mine.Server, ID: s.robot.ID()}).Jobs().Cursor()
		return err == nil && known
	})
	modes := func() string {
		var all []string
		for _, who := range []identity.Identity{mine, eve, thief} {
			sub, err := s.store.For(who).Subscription().Subscriber()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(sub.Mode))
		}
		return strings.Join(all, " ")
	}
	for _, c := range []struct{ from, want, said string }{
		{"eve@0.evil.example", "on shadow off", "The filter only notes what it would hide."},
		{"victim@0.evil.example", "on shadow off", "do not look after your timeline"},
		{"victim", "shadow shadow off", "The filter only notes what it would hide."},
	} {
		who := s.server.User(c.from)
		if who == nil {
			who = s.server.AddUser(c.from, mastodontest.UserOptions{})
		}
		p, err := who.Post(mastodontest.PostOptions{Text: "@dreambot filter shadow", Visibility: "direct"})
		if err != nil {
			t.Fatal(err)
		}
		waitUntil(t, func() bool { return len(s.server.RepliesTo(p.ID)) > 0 })
		if a := s.server.RepliesTo(p.ID)[0]; !strings.Contains(a.Text, c.said) || modes() != c.want {
			t.Errorf("%s was told %q and the filters are %s, want %s", c.from, a.Text, modes(), c.want)
		}
	}
}

// waitUntil waits for something for a while.
func waitUntil(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(hangs); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatal("it does not happen")
}

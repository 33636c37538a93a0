package mastodon_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
)

// internet reaches servers by the names they have.
type internet map[string]http.Handler

// RoundTrip implements http.RoundTripper.
func (n internet) RoundTrip(req *http.Request) (*http.Response, error) {
	server := n[req.URL.Host]
	if server == nil || req.URL.Scheme != "https" {
		return nil, fmt.Errorf("no server at %s://%s", req.URL.Scheme, req.URL.Host)
	}
	w := httptest.NewRecorder()
	in := req.Clone(req.Context())
	in.RequestURI = req.URL.RequestURI()
	server.ServeHTTP(w, in)
	return w.Result(), nil
}

func (n internet) directory() *mastodon.Directory {
	return &mastodon.Directory{Client: &http.Client{Transport: n}, UserAgent: "test"}
}

// social is a server of the internet; its handles have a domain that may be another host.
func (n internet) social(t *testing.T, host, domain string, o mastodontest.Options) *mastodontest.Server {
	t.Helper()
	o.Domain, o.Address = domain, "https://"+host
	s := mastodontest.New(o)
	s.URL = "https://" + host
	t.Cleanup(s.Close)
	n[host] = s.Handler()
	return s
}

// pretends is a server that says something else in some answers.
type pretends struct {
	http.Handler
	says map[string]func(map[string]any) // path -> what is changed in its answer
}

// ServeHTTP implements http.Handler.
func (p pretends) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	change := p.says[r.URL.Path]
	if change == nil {
		p.Handler.ServeHTTP(w, r)
		return
	}
	got := httptest.NewRecorder()
	p.Handler.ServeHTTP(got, r)
	var v map[string]any
	if err := json.Unmarshal(got.Body.Bytes(), &v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	change(v)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func called(field, value string) func(map[string]any) {
	return func(v map[string]any) { v[field] = value }
}

// The paths of answers in which a server says what it and its accounts are called.
const (
	credentialsPath = "/api/v1/accounts/verify_credentials"
	instancePath    = "/api/v2/instance"
	fingerPath      = "/.well-known/webfinger"
)

func TestAHandleIsWhatTheServerOfItsDomainSays(t *testing.T) {
	for name, c := range map[string]struct {
		domain string // of the server's handles
		says   map[string]func(map[string]any)
		home   map[string]func(map[string]any) // what home.example says
		away   bool                            // home.example is away
		want   string
		kind   network.ErrorKind // of the error when want is empty
	}{
		"its own name":                         {domain: "social.example", want: "ada@social.example"},
		"a domain that has its accounts there": {domain: "example", want: "ada@example"},
		"a domain that does not know it":       {domain: "home.example", want: "ada@social.example"},
		"a domain that is nowhere":             {domain: "nowhere.example", kind: network.Transient},
		"a domain that is away":                {domain: "home.example", away: true, kind: network.Transient},
		"a domain that is none":                {domain: "no domain", want: "ada@social.example"},
		"its own name written out": {domain: "social.example",
			says: map[string]func(map[string]any){credentialsPath: called("acct", "Ada@Social.example")},
			want: "ada@social.example"},
		"another's account": {domain: "social.example",
			says: map[string]func(map[string]any){credentialsPath: called("acct", "victim@home.example")},
			kind: network.Forbidden},
		"another's account, by its domain": {domain: "home.example",
			says: map[string]func(map[string]any){credentialsPath: called("acct", "victim")},
			want: "victim@social.example"},
		"another's domain in its description": {domain: "social.example",
			says: map[string]func(map[string]any){credentialsPath: called("acct", "victim"),
				instancePath: called("domain", "home.example")}, want: "victim@social.example"},
		"a name that is none": {domain: "social.example",
			says: map[string]func(map[string]any){credentialsPath: called("acct", "a b\x1b[31m")},
			kind: network.Rejected},
		"a name with two domains": {domain: "social.example",
			says: map[string]func(map[string]any){credentialsPath: called("acct",
				"victim@home.example@social.example")}, kind: network.Rejected},
		"an id that is none": {domain: "social.example",
			says: map[string]func(map[string]any){credentialsPath: called("id", "")}, kind: network.Transient},
		"a domain that sends elsewhere": {domain: "home.example",
			says: map[string]func(map[string]any){credentialsPath: called("acct", "victim")},
			home: map[string]func(map[string]any){fingerPath: func(v map[string]any) {
				v["links"] = []map[string]string{{"rel": "self", "type": "application/activity+json",
					"href": "https://social.example.evil.example/users/victim"}}
			}}, want: "victim@social.example"},
		"a domain that only has a profile there": {domain: "home.example",
			says: map[string]func(map[string]any){credentialsPath: called("acct", "victim")},
			home: map[string]func(map[string]any){fingerPath: func(v map[string]any) {
				v["links"] = []map[string]string{{"rel": "http://webfinger.net/rel/profile-page",
					"type": "text/html", "href": "https://social.example/@victim"}}
			}}, want: "victim@home.example"},
	} {
		t.Run(name, func(t *testing.T) {
			web := internet{}
			s := web.social(t, "social.example", c.domain, mastodontest.Options{})
			web["social.example"] = pretends{s.Handler(), c.says}
			web["example"] = s.Handler()
			home := web.social(t, "home.example", "home.example", mastodontest.Options{})
			home.AddUser("victim", mastodontest.UserOptions{})
			web["home.example"] = pretends{home.Handler(), c.home}
			if c.away {
				delete(web, "home.example")
			}
			ada := s.AddUser("ada", mastodontest.UserOptions{})
			client, err := mastodon.New(mastodon.Options{Server: s.URL, Token: ada.Token(), Transport: web,
				Stranger: true, Directory: web.directory()})
			if err != nil {
				t.Fatal(err)
			}
			got, err := client.Handle(t.Context())
			if kind, _ := network.KindOf(err); got != c.want || c.want == "" && (err == nil || kind != c.kind) ||
				c.want != "" && err != nil {
				t.Fatalf("called %q, %v (%v), want %q", got, err, kind, c.want)
			}
			self, err := client.Self(t.Context())
			switch {
			case c.want != "" && (err != nil || self.Handle != c.want):
				t.Errorf("%q, %v", self.Handle, err)
			case c.want == "" && c.kind == network.Transient && !strings.Contains(name, "id") &&
				(err != nil || self.Handle != "ada@social.example"):
				t.Errorf("for now %q, %v", self.Handle, err)
			case c.kind == network.Forbidden && network.NoticeOf(err) == "":
				t.Errorf("nobody is told: %v", err)
			}
		})
	}
}

func TestAnAccountIsFoundAtTheServerOfItsDomain(t *testing.T) {
	for _, d := range []mastodontest.Dialect{mastodontest.Mastodon, mastodontest.GoToSocial} {
		t.Run(d.String(), func(t *testing.T) {
			web := internet{}
			s := web.social(t, "social.home.example", "home.example", mastodontest.Options{Dialect: d})
			web["home.example"] = s.Handler()
			boss := s.AddUser("boss", mastodontest.UserOptions{})
			evil := web.social(t, "evil.example", "home.example", mastodontest.Options{})
			evil.AddUser("boss", mastodontest.UserOptions{})
			for _, handle := range []string{"boss@home.example", "@Boss@Home.example", "boss@social.home.example"} {
				who, err := web.directory().Find(t.Context(), handle)
				if d == mastodontest.GoToSocial {
					if !network.Is(err, network.Unauthorized) {
						t.Errorf("%s: %v, %v", handle, who, err)
					}
					continue
				}
				if err != nil || who != (identity.Identity{Server: "social.home.example", ID: boss.ID()}) {
					t.Errorf("%s is %v, %v", handle, who, err)
				}
			}
			for handle, kind := range map[string]network.ErrorKind{
				"nobody@home.example": network.NotFound, "boss@nowhere.example": network.Transient,
				"boss": network.Rejected, "boss@evil.example#@home.example": network.Rejected, "": network.Rejected,
			} {
				if who, err := web.directory().Find(t.Context(), handle); !network.Is(err, kind) {
					t.Errorf("%q is %v, %v", handle, who, err)
				}
			}
		})
	}
}

func TestOurOwnServerNeedsNoFinding(t *testing.T) {
	s := mastodontest.New(mastodontest.Options{Domain: "dreams.example"})
	s.Start()
	t.Cleanup(s.Close)
	boss := s.AddUser("boss", mastodontest.UserOptions{})
	own, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	d := &mastodon.Directory{Client: http.DefaultClient, Own: own}
	if who, err := d.Find(t.Context(), "boss@"+own.Host); err != nil ||
		who != (identity.Identity{Server: own.Host, ID: boss.ID()}) {
		t.Errorf("%v, %v", who, err)
	}
}

func TestAnswersOfADirectoryAreBounded(t *testing.T) {
	web := internet{"long.example": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"links":[],"x":"%s"}`, strings.Repeat("x", 1<<20))
	}), "odd.example": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"links":7}`) }),
		"gone.example": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
		})}
	for handle, kind := range map[string]network.ErrorKind{"a@long.example": network.Rejected,
		"a@odd.example": network.NotFound, "a@gone.example": network.Transient} {
		if host, err := web.directory().Host(t.Context(), handle); !network.Is(err, kind) {
			t.Errorf("%s is on %q, %v", handle, host, err)
		}
	}
}

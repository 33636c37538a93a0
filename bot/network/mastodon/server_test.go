package mastodon_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
)

// kindOf is the kind of an error that must be a *network.Error.
func kindOf(t *testing.T, err error) network.ErrorKind {
	t.Helper()
	kind, ok := network.KindOf(err)
	if !ok {
		t.Fatalf("got %v, want a *network.Error", err)
	}
	return kind
}

// odd is a fake server of which some answers are replaced.
func odd(t *testing.T, answers map[string]http.HandlerFunc) (*mastodontest.Server, *mastodon.Client, *mastodontest.User) {
	t.Helper()
	s := mastodontest.New(mastodontest.Options{})
	t.Cleanup(s.Close)
	mux := http.NewServeMux()
	mux.Handle("/", s.Handler())
	for pattern, answer := range answers {
		mux.HandleFunc(pattern, answer)
	}
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	s.URL = front.URL
	robot := s.AddUser("dreambot", mastodontest.UserOptions{Bot: true})
	alice := s.AddUser("alice", mastodontest.UserOptions{})
	return s, client(t, front.URL, robot.Token()), alice
}

func answering(v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
}

func TestHandlesHaveTheDomainOfAccountsNotOfTheHost(t *testing.T) {
	tests := map[string]map[string]string{
		"Mastodon":                         {"domain": "Dreams.example"},
		"GoToSocial, whose domain is host": {"domain": "social.dreams.example", "account_domain": "dreams.example"},
		"a server before version 4":        {"uri": "dreams.example"},
		"a server that gives an address":   {"uri": "https://dreams.example/"},
	}
	for name, instance := range tests {
		t.Run(name, func(t *testing.T) {
			_, c, alice := odd(t, map[string]http.HandlerFunc{"GET /api/v2/instance": answering(instance)})
			if a, err := c.Account(t.Context(), alice.ID()); err != nil || a.Handle != "alice@dreams.example" {
				t.Errorf("%q, %v", a.Handle, err)
			}
		})
	}
}

func TestHandlesAreNeverGuessed(t *testing.T) {
	s := newTown(t, mastodontest.Options{Domain: "dreams.example"})
	s.Inject(mastodontest.Fault{Match: "GET /api/v2/instance", Kind: mastodontest.Answer, Code: 503, Times: 2})
	if _, err := s.bot.Self(t.Context()); kindOf(t, err) != network.Transient {
		t.Errorf("got %v", err)
	}
	if _, err := s.bot.Reply(t.Context(), network.Outgoing{Text: "hi"}); kindOf(t, err) != network.Transient {
		t.Errorf("got %v", err)
	}
	if s.Count("POST /api/v1/statuses") != 0 {
		t.Error("a reply left although what comes back could not be read")
	}
	if a, err := s.bot.Self(t.Context()); err != nil || a.Handle != "dreambot@dreams.example" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestAnAnswerThatNamesNoPostIsAmbiguous(t *testing.T) {
	_, c, _ := odd(t, map[string]http.HandlerFunc{"POST /api/v1/statuses": answering(struct{}{})})
	if _, err := c.Reply(t.Context(), network.Outgoing{Text: "hi"}); kindOf(t, err) != network.Ambiguous {
		t.Errorf("got %v", err)
	}
}

func TestAMentionThatCannotBeReadHoldsNobodyUp(t *testing.T) {
	type object = map[string]any
	good := object{"id": "7", "content": "<p>hi</p>", "account": object{"id": "3", "acct": "alice"}}
	pages := map[string][]object{
		"1": {{"id": "3", "type": "mention", "status": object{"id": "6", "created_at": "yesterday"}}, {"id": "2", "type": "mention", "status": nil}},
		"3": {{"id": "4", "type": "mention", "status": good}},
	}
	_, c, _ := odd(t, map[string]http.HandlerFunc{"GET /api/v1/notifications": func(w http.ResponseWriter, r *http.Request) {
		answering(pages[r.URL.Query().Get("min_id")])(w, r)
	}})
	if ms, err := c.Mentions(t.Context(), "1", 10); err != nil || len(ms) != 1 || ms[0].Post.ID != "7" || ms[0].Cursor != "4" {
		t.Errorf("%+v, %v", ms, err)
	}
}

func TestOtherSoftwareIsNotTrustedWithKeys(t *testing.T) {
	for version, want := range map[string]bool{"4.5.3": true, "4.4.0+glitch": true, "2.7.2 (compatible; Pleroma 2.5.0)": false, "0.20.2 gotosocial": false} {
		_, c, _ := odd(t, map[string]http.HandlerFunc{"GET /api/v2/instance": answering(map[string]string{"version": version})})
		if l, err := c.Limits(t.Context()); err != nil || l.SupportsKey != want {
			t.Errorf("%s: %v, %v", version, l.SupportsKey, err)
		}
	}
}

func TestAServerThatMovedSaysWhere(t *testing.T) {
	_, c, _ := odd(t, map[string]http.HandlerFunc{"GET /api/v2/instance": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://dreams.example/api/v2/instance", http.StatusMovedPermanently)
	}})
	if _, err := c.Limits(t.Context()); kindOf(t, err) != network.Rejected || !strings.Contains(err.Error(), "https://dreams.example/") {
		t.Errorf("got %v", err)
	}
}

// The host of a picture may be anybody's; what it says about itself must not stop the bot.
func TestFailedDownloadsAreOfTheirHostOnly(t *testing.T) {
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var code int
		fmt.Sscanf(r.URL.Path, "/%d", &code)
		if code == 302 {
			w.Header().Set("Location", r.URL.Path)
		}
		w.WriteHeader(code)
	}))
	defer host.Close()
	c, err := mastodon.New(mastodon.Options{Server: "https://dreams.example", AllowHosts: []string{strings.TrimPrefix(host.URL, "http://")}})
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[int]network.ErrorKind{
		401: network.Forbidden, 403: network.Forbidden, 404: network.NotFound, 410: network.NotFound, 429: network.Transient,
		500: network.Transient, 503: network.Transient, 418: network.Rejected, 302: network.Rejected,
	} {
		if _, err := c.Fetch(t.Context(), network.Media{URL: fmt.Sprint(host.URL, "/", code)}, 100); kindOf(t, err) != want {
			t.Errorf("%d: got %v, want %s", code, err, want)
		}
	}
	for _, address := range []string{"", "https://127.0.0.1/x", "http://192.168.0.1/router", "https://localhost/"} {
		if _, err := c.Fetch(t.Context(), network.Media{URL: address}, 100); kindOf(t, err) != network.Rejected {
			t.Errorf("%q: got %v", address, err)
		}
	}
}

func TestUploads(t *testing.T) {
	poll := "GET /api/v1/media/{id}"
	tests := []struct {
		name  string
		fault mastodontest.Fault
		data  []byte
		want  network.ErrorKind
	}{
		{"of something else than a picture", mastodontest.Fault{}, []byte("hello"), network.Rejected},
		{"that the server cannot process", mastodontest.Fault{Match: poll, Kind: mastodontest.Answer, Code: 422, Times: 1}, drawing(t), network.Rejected},
		{"of which the processing is lost", mastodontest.Fault{Match: poll, Kind: mastodontest.Answer, Code: 502, Times: 1}, drawing(t), network.Transient},
		{"that take too long", mastodontest.Fault{Match: poll, Kind: mastodontest.Answer, Code: 206}, drawing(t), network.Transient},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newTown(t, mastodontest.Options{})
			c, err := mastodon.New(mastodon.Options{Server: s.URL, Token: s.robot.Token(), MediaPoll: 10 * time.Millisecond, MediaWait: 80 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			if tt.fault.Match != "" {
				s.Inject(tt.fault)
			}
			if _, err := c.Upload(t.Context(), network.Upload{Data: tt.data, Type: "image/png", Name: "x.png"}); kindOf(t, err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

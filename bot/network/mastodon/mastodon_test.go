package mastodon_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	gomastodon "github.com/mattn/go-mastodon"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/conformance"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/picture"
)

// person acts through go-mastodon, as any client would.
type person struct{ api *gomastodon.Client }

func (p person) Post(ctx context.Context, text string, png []byte, alt, replyTo string) (string, error) {
	toot := &gomastodon.Toot{Status: text, InReplyToID: gomastodon.ID(replyTo), Visibility: "unlisted"}
	if png != nil {
		m, err := p.api.UploadMediaFromMedia(ctx, &gomastodon.Media{File: bytes.NewReader(png), Description: alt})
		if err != nil {
			return "", err
		}
		// 206 is an error to the library, and 200 leaves m as it was.
		for end := time.Now().Add(time.Minute); m.URL == "" && p.api.GetMediaStatus(ctx, m) != nil && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		toot.MediaIDs = []gomastodon.ID{m.ID}
	}
	s, err := p.api.PostStatus(ctx, toot)
	if err != nil {
		return "", err
	}
	return string(s.ID), nil
}

func (p person) Whisper(ctx context.Context, text string) (string, error) {
	s, err := p.api.PostStatus(ctx, &gomastodon.Toot{Status: text, Visibility: "direct"})
	if err != nil {
		return "", err
	}
	return string(s.ID), nil
}

func (p person) Delete(ctx context.Context, id string) error {
	return p.api.DeleteStatus(ctx, gomastodon.ID(id))
}

func client(t *testing.T, server, token string) *mastodon.Client {
	t.Helper()
	c, err := mastodon.New(mastodon.Options{Server: server, Token: token, MediaPoll: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func drawing(t *testing.T) []byte {
	t.Helper()
	data, err := picture.EncodePNG(picture.Landscape(64, 48, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var dialects = map[string]mastodontest.Dialect{"Mastodon": mastodontest.Mastodon, "GoToSocial": mastodontest.GoToSocial}

// town is a fake server with the bot and a person.
type town struct {
	*mastodontest.Server
	bot   *mastodon.Client
	robot *mastodontest.User
	alice *mastodontest.User
}

func newTown(t *testing.T, o mastodontest.Options) town {
	t.Helper()
	s := mastodontest.New(o)
	s.Start()
	t.Cleanup(s.Close)
	robot := s.AddUser("dreambot", mastodontest.UserOptions{Bot: true})
	alice := s.AddUser("alice", mastodontest.UserOptions{Bio: "<p>I paint</p>"})
	return town{s, client(t, s.URL, robot.Token(strings.Fields(mastodon.Scopes)...)), robot, alice}
}

func TestConformanceOnTheFakeServer(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			conformance.Run(t, func(t *testing.T) conformance.World {
				s := newTown(t, mastodontest.Options{Dialect: dialect})
				api := gomastodon.NewClient(&gomastodon.Config{Server: s.URL, AccessToken: s.alice.Token()})
				api.UserAgent = "test"
				return conformance.World{Bot: s.bot, Person: person{api}, Handle: "dreambot", Wait: 10 * time.Second}
			})
		})
	}
}

// A real server of your own: SLUGPUPPY_E2E_URL, and access tokens of two accounts on it in
// SLUGPUPPY_E2E_BOT_TOKEN and SLUGPUPPY_E2E_USER_TOKEN.
func TestConformanceOnARealServer(t *testing.T) {
	server, bot, user := os.Getenv("SLUGPUPPY_E2E_URL"), os.Getenv("SLUGPUPPY_E2E_BOT_TOKEN"), os.Getenv("SLUGPUPPY_E2E_USER_TOKEN")
	if server == "" || bot == "" || user == "" {
		t.Skip("SLUGPUPPY_E2E_URL, SLUGPUPPY_E2E_BOT_TOKEN and SLUGPUPPY_E2E_USER_TOKEN are not set")
	}
	c := client(t, server, bot)
	self, err := c.Self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	api := gomastodon.NewClient(&gomastodon.Config{Server: server, AccessToken: user})
	api.UserAgent = "slugpuppy test"
	conformance.Run(t, func(*testing.T) conformance.World {
		return conformance.World{Bot: c, Person: person{api}, Handle: self.Handle, Wait: time.Minute}
	})
}

func TestFailuresSayWhatMayBeDone(t *testing.T) {
	status := "POST /api/v1/statuses"
	tests := []struct {
		name  string
		fault mastodontest.Fault
		reply bool
		want  network.ErrorKind
	}{
		{"a reply whose answer is lost", mastodontest.Fault{Match: status, Kind: mastodontest.DropAfterApply}, true, network.Ambiguous},
		{"a reply that breaks on the way", mastodontest.Fault{Match: status, Kind: mastodontest.DropBefore}, true, network.Ambiguous},
		{"a reply answered with 500", mastodontest.Fault{Match: status, Kind: mastodontest.Answer, Code: 500}, true, network.Ambiguous},
		{"a reply answered with 503", mastodontest.Fault{Match: status, Kind: mastodontest.Answer, Code: 503}, true, network.Ambiguous},
		{"a reply answered with 429", mastodontest.Fault{Match: status, Kind: mastodontest.Answer, Code: 429}, true, network.RateLimited},
		{"a reply answered with 422", mastodontest.Fault{Match: status, Kind: mastodontest.Answer, Code: 422}, true, network.Rejected},
		{"a reply answered with 401", mastodontest.Fault{Match: status, Kind: mastodontest.Answer, Code: 401}, true, network.Unauthorized},
		{"a reply answered with 403", mastodontest.Fault{Match: status, Kind: mastodontest.Answer, Code: 403}, true, network.Forbidden},
		{"a reply answered with 404", mastodontest.Fault{Match: status, Kind: mastodontest.Answer, Code: 404}, true, network.NotFound},
		{"a truncated answer to a reply", mastodontest.Fault{Match: status, Kind: mastodontest.Truncate}, true, network.Ambiguous},
		{"reading answered with 500", mastodontest.Fault{Match: "GET", Kind: mastodontest.Answer, Code: 500}, false, network.Transient},
		{"reading cut off", mastodontest.Fault{Match: "GET", Kind: mastodontest.DropBefore, Times: 9}, false, network.Transient},
		{"reading answered with 410", mastodontest.Fault{Match: "GET", Kind: mastodontest.Answer, Code: 410}, false, network.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newTown(t, mastodontest.Options{})
			m, err := s.alice.Mention(s.robot, "hello")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.bot.Self(t.Context()); err != nil { // connect, so that a reused connection breaks
				t.Fatal(err)
			}
			if tt.fault.Times == 0 {
				tt.fault.Times = 1
			}
			if tt.fault.Match == "GET" {
				tt.fault.Match = "GET /api/v1/statuses/{id}"
			}
			s.Inject(tt.fault)
			if tt.reply {
				_, err = s.bot.Reply(t.Context(), network.Outgoing{Text: "hi", To: network.Post{ID: m.ID}, Visibility: network.Unlisted, Key: "k"})
			} else {
				_, err = s.bot.Post(t.Context(), m.ID)
			}
			if !network.Is(err, tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if n := s.Count(status); tt.reply && n > 1 {
				t.Errorf("the reply was sent %d times", n)
			}
		})
	}
}

func TestAServerThatIsAwayIsTransientEvenForReplies(t *testing.T) {
	c := client(t, "http://127.0.0.1:1", "token")
	_, err := c.Reply(t.Context(), network.Outgoing{Text: "hi", To: network.Post{ID: "1"}})
	if !network.Is(err, network.Transient) {
		t.Errorf("got %v", err)
	}
}

func TestOneKeyIsOnePost(t *testing.T) {
	s := newTown(t, mastodontest.Options{})
	m, err := s.alice.Mention(s.robot, "hello")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for range 2 {
		p, err := s.bot.Reply(t.Context(), network.Outgoing{Text: "hi", To: network.Post{ID: m.ID}, Visibility: network.Unlisted, Key: "one"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	if ids[0] != ids[1] || len(s.RepliesTo(m.ID)) != 1 {
		t.Errorf("posts %v, replies %d", ids, len(s.RepliesTo(m.ID)))
	}
}

func TestRateLimitsAreKeptWithoutAsking(t *testing.T) {
	s := newTown(t, mastodontest.Options{RateLimits: true, Limits: mastodontest.Limits{Requests: 3}})
	var limited *network.Error
	for range 10 {
		if _, err := s.bot.Limits(t.Context()); errors.As(err, &limited) {
			break
		}
	}
	if limited == nil || limited.Kind != network.RateLimited || !limited.RetryAt.After(time.Now()) {
		t.Fatalf("got %v", limited)
	}
	before := len(s.Requests())
	if _, err := s.bot.Limits(t.Context()); err == nil {
		t.Error("asked again")
	}
	if len(s.Requests()) != before {
		t.Error("a request was sent that the server had to refuse")
	}
}

func TestTheStreamComesBack(t *testing.T) {
	s := newTown(t, mastodontest.Options{})
	hints := s.bot.Wake(t.Context())
	<-hints
	s.DropStreams()
	select {
	case <-hints:
	case <-time.After(2 * time.Minute):
		t.Error("no new connection")
	}
}

func TestAccountsAreDescribed(t *testing.T) {
	s := newTown(t, mastodontest.Options{Domain: "dreams.example"})
	a, err := s.bot.Account(t.Context(), s.alice.ID())
	if err != nil {
		t.Fatal(err)
	}
	if a.Handle != "alice@dreams.example" || a.Bot || !strings.Contains(a.Bio, "I paint") {
		t.Errorf("%+v", a)
	}
}

func TestQuotesAndBoostsAreSeen(t *testing.T) {
	s := newTown(t, mastodontest.Options{})
	original, err := s.alice.Post(mastodontest.PostOptions{Text: "look"})
	if err != nil {
		t.Fatal(err)
	}
	quote, err := s.alice.Post(mastodontest.PostOptions{Text: "this", Quote: original.ID})
	if err != nil {
		t.Fatal(err)
	}
	boost, err := s.alice.Boost(original.ID)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := s.bot.Post(t.Context(), quote.ID); err != nil || p.Quote != original.ID || p.Quoted == nil || p.Quoted.Text != "look" {
		t.Errorf("quote: %+v, %v", p, err)
	}
	if p, err := s.bot.Post(t.Context(), boost.ID); err != nil || p.Boosts == nil || p.Boosts.ID != original.ID {
		t.Errorf("boost: %+v, %v", p, err)
	}
}

func TestMentionsOfAFreshAccountAreAllRead(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			s := newTown(t, mastodontest.Options{Dialect: dialect})
			cursor, err := s.bot.Newest(t.Context())
			if err != nil || cursor != "" {
				t.Fatalf("%q, %v", cursor, err)
			}
			var want []string
			for i := range 95 {
				m, err := s.alice.Mention(s.robot, fmt.Sprint("number ", i))
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, m.ID)
			}
			var got []string
			for len(got) <= len(want) {
				page, err := s.bot.Mentions(t.Context(), cursor, 30)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				for _, m := range page {
					got, cursor = append(got, m.Post.ID), m.Cursor
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("read %d of %d, or in another order", len(got), len(want))
			}
		})
	}
}

func TestLoginLetsTheBotIn(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			s := newTown(t, mastodontest.Options{Dialect: dialect})
			app, err := mastodon.Register(t.Context(), http.DefaultClient, s.URL, "slugpuppy", "", "http://127.0.0.1:1/callback", mastodon.Scopes)
			if err != nil {
				t.Fatal(err)
			}
			try := app.NewAttempt()
			back, err := s.robot.Authorize(try.URL())
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(back)
			if err != nil {
				t.Fatal(err)
			}
			code, err := try.Code(u.Query())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := app.NewAttempt().Code(u.Query()); err == nil {
				t.Error("another login's answer is taken")
			}
			token, err := try.Exchange(t.Context(), http.DefaultClient, code)
			if err != nil {
				t.Fatal(err)
			}
			self, err := client(t, s.URL, token.Secret).Self(t.Context())
			if err != nil || self.ID != s.robot.ID() {
				t.Errorf("%+v, %v", self, err)
			}
			if _, err := try.Exchange(t.Context(), http.DefaultClient, code); err == nil {
				t.Error("a code works twice")
			}
		})
	}
}

func TestADeniedLoginSaysSo(t *testing.T) {
	try := mastodon.App{Server: "https://dreams.example"}.NewAttempt()
	address, err := url.Parse(try.URL())
	if err != nil {
		t.Fatal(err)
	}
	denied := url.Values{"error": {"access_denied"}, "error_description": {"The resource owner denied the request"}}
	if _, err := try.Code(denied); err == nil || errors.Is(err, mastodon.ErrDenied) {
		t.Errorf("a page that does not know the state can end the login: %v", err)
	}
	denied.Set("state", address.Query().Get("state"))
	if _, err := try.Code(denied); !errors.Is(err, mastodon.ErrDenied) || !strings.Contains(err.Error(), "owner denied") {
		t.Errorf("got %v", err)
	}
}

func TestServersWithoutASchemeAreRefused(t *testing.T) {
	for _, server := range []string{"", "dreams.example", "ftp://dreams.example", "https://"} {
		if _, err := mastodon.New(mastodon.Options{Server: server}); err == nil {
			t.Errorf("%q is taken", server)
		}
	}
}

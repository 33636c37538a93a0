package mastodontest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"slugpuppy/bot/network/fake/mastodontest"
)

// tap reads a websocket stream.
type tap struct {
	t    *testing.T
	conn *websocket.Conn
}

func listen(t *testing.T, srv *mastodontest.Server, query string, opts *websocket.DialOptions) tap {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(srv.URL, "http")+"/api/v1/streaming?"+query, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return tap{t, conn}
}

// next returns the next event and its payload, "" when the stream was cut.
func (s tap) next() (name, payload string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	_, raw, err := s.conn.Read(ctx)
	if err != nil {
		if ctx.Err() != nil {
			s.t.Fatal("no event came")
		}
		return "", ""
	}
	var msg struct {
		Stream         []string
		Event, Payload string
	}
	if err := json.Unmarshal(raw, &msg); err != nil || !slices.Equal(msg.Stream, []string{"user"}) {
		s.t.Fatalf("message %s (%v)", raw, err)
	}
	return msg.Event, msg.Payload
}

func (s tap) want(events ...string) {
	s.t.Helper()
	for _, want := range events {
		if got, payload := s.next(); got != want {
			s.t.Errorf("event %q (%.80s), want %q", got, payload, want)
		}
	}
}

func TestUserStream(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d})
		bot := srv.AddUser("bot", mastodontest.UserOptions{})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		bot.Follow(ada)
		token := bot.Token()
		ways := map[string]tap{
			"query":  listen(t, srv, "stream=user&access_token="+token, nil),
			"header": listen(t, srv, "stream=user", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}}),
			"proto":  listen(t, srv, "stream=user", &websocket.DialOptions{Subprotocols: []string{token}}),
		}
		post, _ := ada.Mention(bot, "hello")
		c := api{t, srv, token}
		c.post("/api/v2/filters", "title", "t", "context[]", "home").want(t, 200, "")
		_ = ada.Delete(post.ID)
		for name, s := range ways {
			t.Run(name, func(t *testing.T) {
				s.t = t
				kind, payload := s.next()
				if kind != "notification" || !strings.Contains(payload, `"type":"mention"`) {
					t.Errorf("first event %s %s", kind, payload)
				}
				s.want("update", "filters_changed")
				if kind, payload := s.next(); kind != "delete" || payload != post.ID {
					t.Errorf("delete is %s %s", kind, payload)
				}
			})
		}
		_ = ways["query"].conn.CloseNow()
	})
}

func TestSubscribingByMessage(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	bot := srv.AddUser("bot", mastodontest.UserOptions{})
	s := listen(t, srv, "access_token="+bot.Token(), nil)
	_ = s.conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"subscribe","stream":"user"}`))
	waitFor(t, func() bool { return srv.Streams() == 1 })
	_, _ = bot.Post(mastodontest.PostOptions{Text: "x"})
	s.want("update")
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("it never happened")
}

func TestStreamsNeedATokenAndScopes(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	bot := srv.AddUser("bot", mastodontest.UserOptions{})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	for query, want := range map[string]int{
		"stream=user":                401,
		"stream=user&access_token=x": 401,
		"stream=user&access_token=" + bot.Token("write"): 403,
		"stream=nonsense&access_token=" + bot.Token():    400,
	} {
		_, resp, err := websocket.Dial(t.Context(), srv.URL+"/api/v1/streaming?"+query, nil)
		if err == nil || resp.StatusCode != want {
			t.Errorf("%s: %v, want %d", query, resp, want)
		}
	}
	s := listen(t, srv, "stream=user&access_token="+bot.Token("read:statuses"), nil)
	bot.Follow(ada)
	_, _ = ada.Mention(bot, "x")
	s.want("update") // and no notification before it
}

func TestStreamsAreCut(t *testing.T) {
	cuts := map[string]func(*mastodontest.Server, string){
		"DropStreams": func(s *mastodontest.Server, _ string) { s.DropStreams() },
		"an outage":   func(s *mastodontest.Server, _ string) { s.Reachable(false) },
		"revoking":    func(s *mastodontest.Server, token string) { s.RevokeToken(token) },
		"Close":       func(s *mastodontest.Server, _ string) { s.Close() },
	}
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			srv := start(t, mastodontest.Options{})
			bot := srv.AddUser("bot", mastodontest.UserOptions{})
			token := bot.Token()
			s := listen(t, srv, "stream=user&access_token="+token, nil)
			waitFor(t, func() bool { return srv.Streams() == 1 })
			cut(srv, token)
			s.want("")
			waitFor(t, func() bool { return srv.Streams() == 0 })
		})
	}
}

func TestStreamsDropAfterSoManyEvents(t *testing.T) {
	srv := start(t, mastodontest.Options{DropStreamAfter: 2})
	bot := srv.AddUser("bot", mastodontest.UserOptions{})
	s := listen(t, srv, "stream=user&access_token="+bot.Token(), nil)
	for range 3 {
		_, _ = bot.Post(mastodontest.PostOptions{Text: "x"})
	}
	s.want("update", "update", "")
}

func TestADeleteMayOvertakeItsUpdate(t *testing.T) {
	srv := start(t, mastodontest.Options{HoldUpdates: time.Hour})
	bot := srv.AddUser("bot", mastodontest.UserOptions{})
	s := listen(t, srv, "stream=user&access_token="+bot.Token(), nil)
	post, _ := bot.Post(mastodontest.PostOptions{Text: "x"})
	_ = bot.Delete(post.ID)
	s.want("delete", "update")
}

func TestHeldUpdatesComeInTheEnd(t *testing.T) {
	srv := start(t, mastodontest.Options{HoldUpdates: 10 * time.Millisecond})
	bot := srv.AddUser("bot", mastodontest.UserOptions{})
	s := listen(t, srv, "stream=user&access_token="+bot.Token(), nil)
	_, _ = bot.Post(mastodontest.PostOptions{Text: "x"})
	s.want("update")
}

func TestHiddenPostsAreNotStreamedOnGoToSocial(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		g := openGallery(t, d)
		g.c.post("/api/v2/filters", "title", "t", "context[]", "home", "filter_action", "hide", "keywords_attributes[][keyword]", "dream")
		s := listen(t, g.srv, "stream=user&access_token="+g.c.token, nil)
		_, _ = g.artist.Post(mastodontest.PostOptions{Text: "a dream"})
		last, _ := g.artist.Post(mastodontest.PostOptions{Text: "the last"})
		for {
			_, payload := s.next()
			if strings.Contains(payload, "a dream") && d == mastodontest.GoToSocial {
				t.Error("a hidden post was streamed")
			}
			if strings.Contains(payload, last.ID) {
				return
			}
		}
	})
}

func TestServerSentEventsAreMastodons(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d, Heartbeat: 5 * time.Millisecond})
		bot := srv.AddUser("bot", mastodontest.UserOptions{})
		req, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL+"/api/v1/streaming/user", nil)
		req.Header.Set("Authorization", "Bearer "+bot.Token())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != pick(d, 200, 404) {
			t.Fatalf("answered %d", resp.StatusCode)
		}
		if d == mastodontest.GoToSocial {
			return
		}
		_, _ = bot.Post(mastodontest.PostOptions{Text: "x"})
		seen := map[string]bool{}
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			name, rest, _ := strings.Cut(lines.Text(), ": ")
			seen[name] = true
			if name == "event" && rest != "update" {
				t.Errorf("event %q", rest)
			}
			if seen[":thump"] && seen["event"] && seen["data"] {
				return
			}
		}
		t.Errorf("the stream ended; lines seen: %v", seen)
	})
}

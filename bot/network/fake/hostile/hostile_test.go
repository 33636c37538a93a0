package hostile_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/hostile"
	"slugpuppy/bot/network/fake/mastodontest"
)

// How long is waited for an answer: some lies never end. What is honest comes, on a machine that has much else to do
// as well.
const (
	forLies  = 100 * time.Millisecond
	forTruth = 2 * time.Second
)

// said is what a server answers within a time to a few requests, as a client sees it; what a client cannot read is an
// answer, too.
func said(t *testing.T, within time.Duration, h http.Handler, token string, paths []string) (all []string) {
	t.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	client := srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range paths {
		method, path, _ := strings.Cut(path, " ")
		ctx, cancel := context.WithTimeout(t.Context(), within)
		req, err := http.NewRequestWithContext(ctx, method, srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		if strings.Contains(path, "streaming") {
			for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
				req.Header.Set(k, v)
			}
		}
		all = append(all, answerOf(client, req, within))
		cancel()
	}
	return all
}

func answerOf(client *http.Client, req *http.Request, within time.Duration) string {
	resp, err := client.Do(req)
	if err != nil {
		return "no answer"
	}
	defer resp.Body.Close()
	defer time.AfterFunc(within, func() { resp.Body.Close() }).Stop() // streams go on
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil && len(body) == 0 {
		body = []byte("nothing that can be read")
	}
	return resp.Status + " " + resp.Header.Get("Location") + resp.Header.Get("Retry-After") + resp.Header.Get("X-RateLimit-Reset") + " " + string(body)
}

func TestNoBehaviourIsHonest(t *testing.T) {
	s := mastodontest.New(mastodontest.Options{Domain: "evil.example"})
	defer s.Close()
	s.URL = "https://evil.example"
	ada, bob := s.AddUser("ada", mastodontest.UserOptions{}), s.AddUser("bob", mastodontest.UserOptions{})
	ada.Follow(bob)
	post, err := bob.Post(mastodontest.PostOptions{Text: "look", Media: []mastodontest.Picture{{Data: paint(9, 9)}}})
	if err != nil {
		t.Fatal(err)
	}
	ada.AddFilter("mine", "warn", "home")
	token := ada.Token()
	file := regexp.MustCompile(`/media/[^"]+`).FindString(said(t, forTruth, s.Handler(), token, []string{"GET /api/v1/timelines/home"})[0])
	paths := []string{"GET /api/v2/instance", "GET /api/v1/accounts/verify_credentials", "GET /api/v1/timelines/home?min_id=1", "GET /api/v1/timelines/home?min_id=2",
		"GET /api/v1/timelines/home?min_id=" + post.ID, "GET /api/v2/filters", "POST /api/v1/statuses/" + post.ID + "/favourite", "GET /api/v1/streaming?stream=user", "GET " + file}
	honest := said(t, forTruth, s.Handler(), token, paths)
	names := map[string]bool{}
	for _, b := range hostile.Mastodons("victim@home.example") {
		if names[b.Name] {
			t.Errorf("two are called %q", b.Name)
		}
		names[b.Name] = true
		same := 0
		for i, answer := range said(t, forLies, b.Lie(s.Handler()), token, paths) {
			if answer == honest[i] {
				same++
			}
		}
		if same == len(paths) {
			t.Errorf("%s: says the truth", b.Name)
		}
	}
}

func TestEachPlaceOfAnAnswerIsSpoiltOnce(t *testing.T) {
	const body = `{"a":[1,{"b":"c"},null],"d":{"e":true},"f":"g"}`
	tree := hostile.Tree([]byte(body))
	if n := hostile.Places(tree); n != 9 {
		t.Fatalf("%d places", n)
	}
	seen := map[string]bool{}
	for i := range hostile.Places(tree) {
		got := string(hostile.Spoil(tree, i, `"SPOILT"`))
		if !json.Valid([]byte(got)) || strings.Count(got, "SPOILT") != 1 || seen[got] {
			t.Errorf("place %d: %s", i, got)
		}
		seen[got] = true
	}
	if got := string(hostile.Spoil(tree, -1, "x")); got != body {
		t.Errorf("untouched: %s", got)
	}
}

func TestABombIsSmallAndItsContentsAreNot(t *testing.T) {
	const size = 10 << 20
	b := hostile.Bomb("[", "{},", "]", size)
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil || len(b) > size/100 || len(data) < size || !json.Valid(data) {
		t.Errorf("%d bytes of %d, %v", len(b), len(data), err)
	}
}

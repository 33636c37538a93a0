package app

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/timeline"
)

// orderCells are the commands of the README's table of orders, each in full.
func orderCells(t *testing.T) (all []string) {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "| say | and |\n|---|---|\n")
	if !ok {
		t.Fatal("README has no table of orders")
	}
	code := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		verb := ""
		for _, m := range code.FindAllStringSubmatch(strings.SplitN(line, "|", 3)[1], -1) {
			order := m[1]
			if _, ok := timeline.ParseOrder(order); !ok { // `filter on`, `shadow`
				order = verb + " " + order
			}
			verb, _, _ = strings.Cut(order, " ")
			all = append(all, order)
		}
	}
	return all
}

// Every order of the README is answered, whoever says it and where: obeyed in private, from who has a
// filter, and else told why not.
func TestWhatTheReadmeSaysOfOrders(t *testing.T) {
	t.Parallel()
	orders := orderCells(t)
	if len(orders) < 25 {
		t.Fatalf("%d orders", len(orders))
	}
	s := newShop(t)
	reader := s.server.AddUser("reader", mastodontest.UserOptions{})
	s.browser(t).SignIn(reader)
	stranger, artist := s.server.AddUser("stranger", mastodontest.UserOptions{}), s.server.AddUser("artist", mastodontest.UserOptions{})
	s.server.AddUser("bot", mastodontest.UserOptions{})
	art, err := artist.Post(mastodontest.PostOptions{Text: "a picture", Visibility: "public"})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range s.bots {
		serve(t, b.Run)
		waitUntil(t, func() bool { _, known := b.Account(); return known })
	}
	waitUntil(t, func() bool { // until it has found where to start: what was said before is not answered
		p, err := stranger.Post(mastodontest.PostOptions{Text: "@dreambot help", Visibility: "direct"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
		return len(s.server.RepliesTo(p.ID)) > 0
	})
	for _, order := range orders {
		order = strings.NewReplacer("LINK", s.server.URL+"/@artist/"+art.ID).Replace(order)
		for _, c := range []struct {
			who        *mastodontest.User
			visibility string
			want, not  string // in the answer
		}{
			{stranger, "public", "private message", ""},
			{stranger, "direct", "do not look after your timeline", ""},
			{reader, "public", "private message", ""},
			{reader, "direct", "", "Send me a picture"},
		} {
			if order == "forget me" && c.not == "" { // of who has no filter, or in public: a stop
				continue
			}
			p, err := c.who.Post(mastodontest.PostOptions{Text: "@dreambot " + order, Visibility: c.visibility})
			if err != nil {
				t.Fatal(err)
			}
			for end := time.Now().Add(hangs); len(s.server.RepliesTo(p.ID)) == 0 && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond)
			}
			all := s.server.RepliesTo(p.ID)
			if len(all) == 0 {
				t.Errorf("%q by %s, %s: no answer", order, c.who.Handle(), c.visibility)
				continue
			}
			said := all[0].Text
			if !strings.Contains(said, c.want) || c.not != "" && strings.Contains(said, c.not) || strings.Contains(said, "I do not know") {
				t.Errorf("%q by %s, %s: answered %q", order, c.who.Handle(), c.visibility, said)
			}
		}
	}
}

package mastodon_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"slugpuppy/bot/network"
)

func TestATimelineThatGoesBackIsNotFollowed(t *testing.T) {
	_, c, _ := odd(t, map[string]http.HandlerFunc{
		"GET /api/v1/timelines/home": answering([]map[string]any{{"id": "90", "content": "long ago"}}),
	})
	page, err := c.Home(t.Context(), "100", 40)
	if err != nil || page.Next != "100" || len(page.Posts) != 0 {
		t.Errorf("%+v, %v", page, err)
	}
	if page, err := c.Home(t.Context(), "80", 40); err != nil || page.Next != "90" || len(page.Posts) != 1 {
		t.Errorf("forward: %+v, %v", page, err)
	}
}

// So do Friendica and servers of Misskey's kind.
func TestPagesMayHaveTheirOldestFirst(t *testing.T) {
	type object = map[string]any
	post := func(id string) object { return object{"id": id, "account": object{"id": "3", "acct": "alice"}} }
	_, c, _ := odd(t, map[string]http.HandlerFunc{
		"GET /api/v1/timelines/home": answering([]object{post("98"), post("99"), post("100")}),
		"GET /api/v1/notifications": func(w http.ResponseWriter, r *http.Request) {
			answering(map[string][]object{
				"1": {{"id": "2", "type": "favourite"}, {"id": "3", "type": "favourite"}},
				"3": {{"id": "4", "type": "mention", "status": post("7")}, {"id": "5", "type": "mention", "status": post("8")}},
			}[r.URL.Query().Get("min_id")])(w, r)
		},
	})
	page, err := c.Home(t.Context(), "97", 40)
	if err != nil || page.Next != "100" || len(page.Posts) != 3 || page.Posts[0].ID != "98" {
		t.Errorf("%+v, %v", page, err)
	}
	if ms, err := c.Mentions(t.Context(), "1", 10); err != nil || len(ms) != 2 || ms[0].Cursor != "4" || ms[1].Cursor != "5" {
		t.Errorf("%+v, %v", ms, err)
	}
}

// Friendica's thread has posts in the order in which they reached it.
func TestAThreadIsInTheOrderOfItsAnswers(t *testing.T) {
	type object = map[string]any
	post := func(id, to string) object {
		return object{"id": id, "in_reply_to_id": to, "account": object{"id": "3", "acct": "alice"}}
	}
	for name, above := range map[string][]object{
		"as documented":     {post("1", ""), post("2", "1"), post("3", "2"), post("4", "3")},
		"as they came":      {post("2", "1"), post("4", "3"), post("1", ""), post("3", "2")},
		"the nearest first": {post("4", "3"), post("3", "2"), post("2", "1"), post("1", "")},
	} {
		_, c, _ := odd(t, map[string]http.HandlerFunc{"GET /api/v1/statuses/5/context": answering(object{"ancestors": above})})
		posts, err := c.Ancestors(t.Context(), "5")
		got := ""
		for _, p := range posts {
			got += p.ID
		}
		if err != nil || got != "4321" {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	_, c, _ := odd(t, map[string]http.HandlerFunc{"GET /api/v1/statuses/5/context": answering(object{"ancestors": []object{post("1", ""), post("4", "")}})})
	if posts, err := c.Ancestors(t.Context(), "5"); err != nil || len(posts) != 2 || posts[0].ID != "4" {
		t.Errorf("%v, %v", posts, err)
	}
}

func TestAPostWithoutAPageIsFoundByItsName(t *testing.T) {
	_, c, _ := odd(t, map[string]http.HandlerFunc{
		"GET /api/v1/statuses/7": answering(map[string]any{"id": "7", "url": nil, "uri": "https://dreams.example/notes/7"}),
	})
	if p, err := c.Post(t.Context(), "7"); err != nil || p.URL != "https://dreams.example/notes/7" {
		t.Errorf("%q, %v", p.URL, err)
	}
}

func TestMutesWithoutAnEndAreNoList(t *testing.T) {
	var n atomic.Int64
	_, c, _ := odd(t, map[string]http.HandlerFunc{
		"GET /api/v1/mutes": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", fmt.Sprintf(`<https://example.social/api/v1/mutes?max_id=%d>; rel="next"`, n.Add(1)))
			answering([]map[string]any{{"id": fmt.Sprint(n.Load())}})(w, r)
		},
	})
	if list, err := c.Muted(t.Context()); !network.Failed(err) || n.Load() > 1000 {
		t.Errorf("%d mutes of %d pages, %v", len(list), n.Load(), err)
	}
}

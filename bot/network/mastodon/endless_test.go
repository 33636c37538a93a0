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

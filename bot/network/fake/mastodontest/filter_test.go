package mastodontest_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
)

// gallery is a reader who follows an artist, and a stranger.
type gallery struct {
	srv                   *mastodontest.Server
	clk                   *clock
	reader, artist, other *mastodontest.User
	c                     api
}

func openGallery(t *testing.T, d mastodontest.Dialect) gallery {
	clk := newClock()
	srv := start(t, mastodontest.Options{Dialect: d, Now: clk.Now})
	g := gallery{srv: srv, clk: clk, reader: srv.AddUser("reader", mastodontest.UserOptions{}),
		artist: srv.AddUser("artist", mastodontest.UserOptions{}), other: srv.AddUser("other", mastodontest.UserOptions{})}
	g.reader.Follow(g.artist)
	g.c = api{t, srv, g.reader.Token("read:statuses read:filters write:filters read:notifications")}
	return g
}

func (g gallery) filter(t *testing.T, kv ...string) answer {
	t.Helper()
	a := g.c.post("/api/v2/filters", kv...)
	a.want(t, 200, "filter_action")
	return a
}

// home returns the ids shown and the titles of the filters that speak on each.
func (g gallery) home() (ids []string, titles map[string]string) {
	titles = map[string]string{}
	for _, st := range g.c.get("/api/v1/timelines/home").list {
		id := st["id"].(string)
		ids = append(ids, id)
		for _, f := range st["filtered"].([]any) {
			titles[id] += f.(map[string]any)["filter"].(map[string]any)["title"].(string)
		}
	}
	return ids, titles
}

func TestAFiledPostIsFilteredAndSoIsEveryBoost(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		for _, action := range []string{"warn", "blur", "hide"} {
			t.Run(action, func(t *testing.T) {
				g := openGallery(t, d)
				dream, _ := g.other.Post(mastodontest.PostOptions{Text: "a dream"})
				boost, _ := g.artist.Boost(dream.ID)
				own, _ := g.artist.Post(mastodontest.PostOptions{Text: "a photograph"})
				f := g.filter(t, "title", "DeepDream: certain", "context[]", "home", "filter_action", action)
				filed := g.c.post("/api/v2/filters/"+f.str("id")+"/statuses", "status_id", dream.ID)
				if filed.str(pick(d, "status_id", "phrase")) != dream.ID {
					t.Fatalf("filing answered %s", filed.raw)
				}
				ids, titles := g.home()
				dropped := d == mastodontest.GoToSocial && action == "hide"
				if slices.Contains(ids, boost.ID) == dropped || !slices.Contains(ids, own.ID) {
					t.Errorf("home is %v", ids)
				}
				if !dropped && (titles[boost.ID] != "DeepDream: certain" || titles[own.ID] != "") {
					t.Errorf("filtered is %v", titles)
				}
				g.c.must("DELETE", "/api/v2/filters/statuses/"+filed.str("id"), "", nil).want(t, 200, "{}")
				if ids, titles := g.home(); len(ids) != 2 || titles[boost.ID] != "" {
					t.Errorf("after undo: %v %v", ids, titles)
				}
			})
		}
	})
}

func TestFilingRules(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		g := openGallery(t, d)
		post, _ := g.artist.Post(mastodontest.PostOptions{Text: "x"})
		secret, _ := g.other.Post(mastodontest.PostOptions{Text: "x", Visibility: "private"})
		path := "/api/v2/filters/" + g.filter(t, "title", "t", "context[]", "home").str("id") + "/statuses"
		g.c.post(path, "status_id", post.ID).want(t, 200, post.ID)
		g.c.post(path, "status_id", post.ID).want(t, pick(d, 422, 409), "error")
		g.c.post(path, "status_id", "1").want(t, pick(d, 422, 200), "")
		g.c.post(path, "status_id", secret.ID).want(t, pick(d, 422, 200), "")
		g.c.post(path).want(t, pick(d, 422, 400), "error")
		list := g.c.get(path)
		if len(list.list) != pick(d, 1, 3) {
			t.Errorf("filed: %s", list.raw)
		}
		g.c.get("/api/v2/filters/statuses/"+list.ids()[0]).want(t, 200, post.ID)
		g.c.must("DELETE", "/api/v2/filters/statuses/77", "", nil).want(t, 404, "error")
		stranger := api{t, g.srv, g.artist.Token()}
		stranger.get(path).want(t, 404, "error")
		stranger.must("DELETE", "/api/v2/filters/statuses/"+list.ids()[0], "", nil).want(t, 404, "error")
	})
}

func TestFilterGroupsAreCheckedChangedAndDeleted(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		g := openGallery(t, d)
		bad := pick(d, 422, 400)
		for _, kv := range [][]string{
			{"context[]", "home"},
			{"title", " ", "context[]", "home"},
			{"title", "t"},
			{"title", "t", "context[]", "garden"},
			{"title", "t", "context[]", "home", "filter_action", "burn"},
			{"title", "t", "context[]", "home", "expires_in", "soon"},
		} {
			g.c.post("/api/v2/filters", kv...).want(t, bad, "error")
		}
		f := g.filter(t, "title", "old", "context[]", "home", "context[]", "public")
		f.want(t, 200, `"expires_at":null`)
		path := "/api/v2/filters/" + f.str("id")
		put := func(body string) answer {
			return g.c.must("PUT", path, "application/json", strings.NewReader(body))
		}
		put(`{"title":"new","filter_action":"hide","expires_in":60}`).want(t, 200, `"expires_at":"2026-07-01T12:01:01.000Z"`)
		put(`{"title":""}`).want(t, bad, "error")
		g.c.get(path).want(t, 200, `"title":"new"`)
		g.c.get(path).want(t, 200, `"context":["home","public"]`)
		g.c.must("DELETE", path, "", nil).want(t, 200, "{}")
		g.c.get(path).want(t, 404, "error")
		g.c.get("/api/v2/filters").want(t, 200, "[]")
	})
}

func TestFiltersExpire(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		g := openGallery(t, d)
		post, _ := g.artist.Post(mastodontest.PostOptions{Text: "x"})
		f := g.filter(t, "title", "t", "context[]", "home", "expires_in", "2")
		g.c.post("/api/v2/filters/"+f.str("id")+"/statuses", "status_id", post.ID)
		if _, titles := g.home(); titles[post.ID] != "t" {
			t.Error("not filtered")
		}
		g.clk.Add(2 * time.Second)
		if _, titles := g.home(); titles[post.ID] != "" {
			t.Error("filtered after its expiry")
		}
	})
}

func TestKeywords(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		g := openGallery(t, d)
		keywords := func(a answer) (out []string) {
			for _, k := range a.object["keywords"].([]any) {
				out = append(out, k.(map[string]any)["keyword"].(string))
			}
			return out
		}
		body := "title=t&context[]=home&keywords_attributes[][keyword]=slug&keywords_attributes[][whole_word]=true" +
			"&keywords_attributes[][keyword]=dream&keywords_attributes[][whole_word]=false"
		f := g.c.must("POST", "/api/v2/filters", "application/x-www-form-urlencoded", strings.NewReader(body))
		if got := keywords(f); !slices.Equal(got, []string{"slug", "dream"}) {
			t.Fatalf("keywords %v in %s", got, f.raw)
		}
		g.srv.Tolerant = true // this form is nowhere documented
		indexed := g.filter(t, "title", "i", "context[]", "home", "keywords_attributes[0][keyword]", "x")
		if got := len(keywords(indexed)); got != pick(d, 1, 0) {
			t.Errorf("the indexed form made %d keywords", got)
		}
		asJSON := g.c.must("POST", "/api/v2/filters", "application/json",
			strings.NewReader(`{"title":"j","context":["home"],"keywords_attributes":[{"keyword":"a"},{"keyword":"b","whole_word":true}]}`))
		if got := keywords(asJSON); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("JSON made %v", got)
		}
		g.c.must("DELETE", "/api/v2/filters/"+indexed.str("id"), "", nil)
		g.c.must("DELETE", "/api/v2/filters/"+asJSON.str("id"), "", nil)
		for text, want := range map[string]bool{
			"a Slug.": true, "sluggish": false, "daydreaming": true, "nothing": false,
		} {
			post, _ := g.artist.Post(mastodontest.PostOptions{Text: text})
			if _, titles := g.home(); (titles[post.ID] != "") != want {
				t.Errorf("%q is filtered: %v, want %v", text, !want, want)
			}
		}
		alt, _ := g.artist.Post(mastodontest.PostOptions{Media: []mastodontest.Picture{{Data: picture(2, 2), Alt: "a slug"}}})
		if _, titles := g.home(); titles[alt.ID] == "" {
			t.Error("alt text is not searched")
		}
		path := "/api/v2/filters/" + f.str("id") + "/keywords"
		id := g.c.post(path, "keyword", "snail").str("id")
		g.c.post(path).want(t, pick(d, 422, 400), "error")
		g.c.must("PUT", "/api/v2/filters/keywords/"+id, "application/json", strings.NewReader(`{"keyword":"conch"}`)).want(t, 200, "conch")
		g.c.get("/api/v2/filters/keywords/"+id).want(t, 200, "conch")
		g.c.must("DELETE", "/api/v2/filters/keywords/"+id, "", nil).want(t, 200, "{}")
		if got := len(g.c.get(path).list); got != 2 {
			t.Errorf("%d keywords left", got)
		}
		edit, _ := json.Marshal(map[string]any{"keywords_attributes": []any{
			map[string]any{"id": g.c.get(path).ids()[0], "_destroy": true}, map[string]any{"keyword": "new"}}})
		put := g.c.must("PUT", "/api/v2/filters/"+f.str("id"), "application/json", strings.NewReader(string(edit)))
		if got := keywords(put); !slices.Equal(got, []string{"dream", "new"}) {
			t.Errorf("after the edit: %v", got)
		}
	})
}

func TestContextsDecideOnGoToSocialOnly(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		g := openGallery(t, d)
		post, _ := g.artist.Mention(g.reader, "look")
		f := g.filter(t, "title", "t", "context[]", "home", "filter_action", "hide")
		g.c.post("/api/v2/filters/"+f.str("id")+"/statuses", "status_id", post.ID)
		single := g.c.get("/api/v1/statuses/" + post.ID).object["filtered"].([]any)
		if len(single) != pick(d, 1, 0) {
			t.Errorf("a single post has filtered %v", single)
		}
		if n := len(g.c.get("/api/v1/notifications?types[]=mention").list); n != 1 {
			t.Errorf("%d notifications", n)
		}
		g.c.must("PUT", "/api/v2/filters/"+f.str("id"), "application/json", strings.NewReader(`{"context":["notifications"]}`))
		if n := len(g.c.get("/api/v1/notifications?types[]=mention").list); n != pick(d, 1, 0) {
			t.Errorf("%d notifications with the context", n)
		}
	})
}

func TestTheReadersOwnButtonsChangeFilters(t *testing.T) {
	g := openGallery(t, mastodontest.Mastodon)
	post, _ := g.artist.Post(mastodontest.PostOptions{Text: "x"})
	id := g.filter(t, "title", "t", "context[]", "home").str("id")
	g.reader.File(id, post.ID)
	if fs := g.reader.Filters(); len(fs) != 1 || len(fs[0].Statuses) != 1 || fs[0].Statuses[0].Status != post.ID {
		t.Errorf("filters %+v", fs)
	}
	g.reader.Unfile(id, post.ID)
	if fs := g.reader.Filters(); len(fs[0].Statuses) != 0 {
		t.Errorf("filters %+v", fs)
	}
}

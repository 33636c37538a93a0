package mastodontest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
)

func TestProfileIsChangedByPatch(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	bot := srv.AddUser("bot", mastodontest.UserOptions{})
	c := api{t, srv, bot.Token()}
	patch := func(kv ...string) answer {
		return c.must("PATCH", "/api/v1/accounts/update_credentials", "application/x-www-form-urlencoded", strings.NewReader(form(kv...)))
	}
	patch("bot", "true", "note", "I dream.", "display_name", "Slug",
		"fields_attributes[0][name]", "Source", "fields_attributes[0][value]", "here").want(t, 200, `"bot":true`)
	got := c.get("/api/v1/accounts/" + bot.ID())
	for _, want := range []string{`"display_name":"Slug"`, `"note":"\u003cp\u003eI dream.\u003c/p\u003e"`, `"name":"Source"`, `"value":"here"`} {
		got.want(t, 200, want)
	}
	patch("note", strings.Repeat("x", 501)).want(t, 422, "Note")
	patch("display_name", "Still").want(t, 200, `"bot":true`)
	bot.SetBio("#nobot")
	c.get("/api/v1/accounts/lookup?acct=BOT").want(t, 200, "nobot")
	c.get("/api/v1/accounts/lookup?acct="+bot.Handle()).want(t, 200, "nobot")
	c.get("/api/v1/accounts/lookup?acct=nobody").want(t, 404, "error")
	c.get("/api/v1/accounts/99").want(t, 404, "error")
}

func TestRelationshipsFollowMuteBlock(t *testing.T) {
	clk := newClock()
	srv := start(t, mastodontest.Options{Now: clk.Now})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	bob := srv.AddUser("bob", mastodontest.UserOptions{Locked: true})
	c := api{t, srv, ada.Token("read", "write")}
	on := func(verb string, kv ...string) answer { return c.post("/api/v1/accounts/"+bob.ID()+"/"+verb, kv...) }
	on("follow").want(t, 200, `"requested":true`)
	bob.AcceptFollow(ada)
	if !ada.Follows(bob) {
		t.Error("an accepted follow is none")
	}
	c.get("/api/v1/accounts/relationships?id[]="+bob.ID()).want(t, 200, `"following":true`)
	on("mute", "duration", "soon").want(t, 422, "Duration")
	on("mute", "duration", "60").want(t, 200, `"muting_notifications":true`)
	c.get("/api/v1/mutes").want(t, 200, `"mute_expires_at":"2026-07-01T12:01:01.000Z"`)
	clk.Add(time.Minute)
	if ada.Mutes(bob) || string(c.get("/api/v1/mutes").raw) != "[]" {
		t.Error("a mute outlives its duration")
	}
	on("mute").want(t, 200, `"muting":true`)
	on("unmute").want(t, 200, `"muting":false`)
	on("block").want(t, 200, `"blocking":true`)
	if ada.Follows(bob) {
		t.Error("a block leaves a follow")
	}
	on("unblock").want(t, 200, `"blocking":false`)
	c.post("/api/v1/accounts/"+ada.ID()+"/follow").want(t, 403, "error")
	if n := srv.Count("POST /api/v1/accounts/{id}/mute"); n != 3 {
		t.Errorf("%d mutes counted", n)
	}
}

func TestAccountStatusesAndTheirSwitches(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	bob := srv.AddUser("bob", mastodontest.UserOptions{})
	other, _ := bob.Post(mastodontest.PostOptions{Text: "bob's"})
	names := map[string]string{}
	post := func(name string, o mastodontest.PostOptions) {
		o.Text = name
		st, err := ada.Post(o)
		if err != nil {
			t.Fatal(err)
		}
		names[st.ID] = name
	}
	post("text", mastodontest.PostOptions{})
	post("picture", mastodontest.PostOptions{Media: []mastodontest.Picture{{Data: picture(2, 2)}}})
	post("reply", mastodontest.PostOptions{InReplyTo: other.ID})
	post("direct", mastodontest.PostOptions{Visibility: "direct"})
	boost, _ := ada.Boost(other.ID)
	names[boost.ID] = "boost"
	for _, tt := range []struct{ who, query, want string }{
		{"ada", "", "boost direct reply picture text"},
		{"bob", "", "boost reply picture text"},
		{"bob", "only_media=true", "picture"},
		{"bob", "exclude_replies=true&exclude_reblogs=1", "picture text"},
		{"bob", "limit=2", "boost reply"},
		{"bob", "min_id=0&limit=1", "text"},
	} {
		var got []string
		for _, id := range (api{t, srv, srv.User(tt.who).Token()}).get("/api/v1/accounts/" + ada.ID() + "/statuses?" + tt.query).ids() {
			got = append(got, names[id])
		}
		if g := strings.Join(got, " "); g != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.who, tt.query, g, tt.want)
		}
	}
}

func TestBoostsAndFavouritesByRequest(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		bob := srv.AddUser("bob", mastodontest.UserOptions{})
		open, _ := ada.Post(mastodontest.PostOptions{Text: "open"})
		closed, _ := ada.Post(mastodontest.PostOptions{Text: "@bob closed", Visibility: "direct"})
		c := api{t, srv, bob.Token()}
		on := func(id, verb string) answer { return c.post("/api/v1/statuses/" + id + "/" + verb) }
		first, again := on(open.ID, "reblog"), on(open.ID, "reblog")
		if first.str("id") != again.str("id") || first.object["reblog"].(map[string]any)["id"] != open.ID {
			t.Errorf("boosts %s and %s", first.raw, again.raw)
		}
		on(closed.ID, "reblog").want(t, pick(d, 404, 403), "error")
		on(open.ID, "unreblog").want(t, 200, `"reblogs_count":0`)
		on(open.ID, "favourite").want(t, 200, `"favourited":true`)
		if st, _ := srv.Status(open.ID); !slices.Equal(st.Favourited, []string{"bob"}) {
			t.Errorf("favourited by %v", st.Favourited)
		}
		on(open.ID, "unfavourite").want(t, 200, `"favourites_count":0`)
	})
}

func TestRemoteAccountsTakePart(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	bot := srv.AddUser("bot", mastodontest.UserOptions{})
	eve := srv.AddUser("eve@remote.example", mastodontest.UserOptions{})
	if _, err := eve.Mention(bot, "hi"); err != nil {
		t.Fatal(err)
	}
	c := api{t, srv, bot.Token()}
	c.get("/api/v1/notifications").want(t, 200, `"acct":"eve@remote.example"`)
	c.post("/api/v1/statuses", "status", "@eve hi").want(t, 200, `"mentions":[]`)
	c.post("/api/v1/statuses", "status", "@eve@remote.example hi").want(t, 200, `"acct":"eve@remote.example"`)
}

// A backlog of thousands must be cheap, or outage tests measure the fake.
func TestABacklogOfTwoThousandMentionsIsPagedQuickly(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	bot := srv.AddUser("bot", mastodontest.UserOptions{})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	for i := range 2000 {
		if _, err := ada.Mention(bot, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	c := api{t, srv, bot.Token()}
	cursor, seen, began := "0", 0, time.Now()
	for {
		page := c.get("/api/v1/notifications?types[]=mention&limit=80&min_id=" + cursor).ids()
		if len(page) == 0 {
			break
		}
		cursor, seen = page[0], seen+len(page)
	}
	if seen != 2000 || time.Since(began) > 10*time.Second {
		t.Errorf("%d mentions in %v", seen, time.Since(began))
	}
	t.Logf("2,000 mentions in %v", time.Since(began))
}

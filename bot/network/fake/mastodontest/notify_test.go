package mastodontest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
)

func TestPagingBounds(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d})
		bot := srv.AddUser("bot", mastodontest.UserOptions{})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		for i := range 10 {
			if _, err := ada.Mention(bot, fmt.Sprint("number ", i)); err != nil {
				t.Fatal(err)
			}
		}
		c := api{t, srv, bot.Token()}
		all := c.get("/api/v1/notifications").ids()
		slices.Reverse(all) // oldest first
		if len(all) != 10 {
			t.Fatalf("%d notifications", len(all))
		}
		newest := func(list []string) []string { out := slices.Clone(list); slices.Reverse(out); return out }
		for _, tt := range []struct {
			query string
			want  []string
		}{
			{"limit=3", newest(all[7:])},
			{"limit=3&max_id=" + all[5], newest(all[2:5])},
			{"limit=3&since_id=" + all[2], newest(all[7:])},
			{"limit=3&min_id=" + all[2], newest(all[3:6])},
			{"limit=3&min_id=" + all[2] + "&max_id=" + all[5], newest(all[3:5])},
			{"since_id=" + all[7], newest(all[8:])},
			{"min_id=" + all[9], nil},
			{"types[]=mention&limit=2", newest(all[8:])},
			{"types[]=favourite", nil},
			{"exclude_types[]=mention", nil},
			{"limit=1000", newest(all)},
		} {
			if got := c.get("/api/v1/notifications?" + tt.query).ids(); !slices.Equal(got, tt.want) {
				t.Errorf("%s gives %v, want %v", tt.query, got, tt.want)
			}
		}
		link := c.get("/api/v1/notifications?types[]=mention&limit=2&min_id=" + all[0]).header.Get("Link")
		want := fmt.Sprintf(`<%s/api/v1/notifications?types%%5B%%5D=mention&limit=2&max_id=%s>; rel="next", <%[1]s/api/v1/notifications?types%%5B%%5D=mention&limit=2&min_id=%[3]s>; rel="prev"`,
			srv.URL, all[1], all[2])
		if link != want {
			t.Errorf("Link is\n%s, want\n%s", link, want)
		}
		if l := c.get("/api/v1/notifications?min_id=" + all[9]).header.Get("Link"); l != "" {
			t.Errorf("an empty page has Link %q", l)
		}
	})
}

func TestThePageSizeHasACeiling(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	bot := srv.AddUser("bot", mastodontest.UserOptions{})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	bot.Follow(ada)
	for range 90 {
		_, _ = ada.Mention(bot, "x")
	}
	c := api{t, srv, bot.Token()}
	for path, want := range map[string]int{
		"/api/v1/notifications": 40, "/api/v1/notifications?limit=500": 80,
		"/api/v1/timelines/home": 20, "/api/v1/timelines/home?limit=500": 40,
	} {
		if got := len(c.get(path).list); got != want {
			t.Errorf("%s has %d, want %d", path, got, want)
		}
	}
}

func TestWhoIsNotified(t *testing.T) {
	clk := newClock()
	srv := start(t, mastodontest.Options{Now: clk.Now})
	bot := srv.AddUser("bot", mastodontest.UserOptions{})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	c := api{t, srv, bot.Token()}
	kinds := func() string {
		var out []string
		for _, n := range c.get("/api/v1/notifications").list {
			out = append(out, n["type"].(string))
		}
		c.post("/api/v1/notifications/clear").want(t, 200, "{}")
		return strings.Join(out, " ")
	}
	check := func(what, want string) {
		t.Helper()
		if got := kinds(); got != want {
			t.Errorf("%s: notifications %q, want %q", what, got, want)
		}
	}
	own, _ := bot.Post(mastodontest.PostOptions{Text: "@bot myself"})
	check("one's own mention", "")
	ada.Follow(bot)
	_ = ada.Favourite(own.ID)
	_ = ada.Favourite(own.ID)
	_, _ = ada.Boost(own.ID)
	for _, v := range []string{"public", "unlisted", "private", "direct"} {
		_, _ = ada.Post(mastodontest.PostOptions{Text: "@bot hi", Visibility: v})
	}
	check("everything", "mention mention mention mention reblog favourite follow")
	bot.Mute(ada, time.Minute)
	_, _ = ada.Mention(bot, "muted")
	check("muted", "")
	clk.Add(time.Minute)
	post, _ := ada.Mention(bot, "heard again")
	check("mute over", "mention")
	c.post("/api/v1/statuses/"+post.ID+"/mute").want(t, 200, `"muted":true`)
	_, _ = ada.Post(mastodontest.PostOptions{Text: "@bot still there?", InReplyTo: post.ID})
	check("muted conversation", "")
	bot.Block(ada)
	_, _ = ada.Mention(bot, "blocked")
	check("blocked", "")
}

func TestDismissWorksOnMastodonOnly(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d})
		bot := srv.AddUser("bot", mastodontest.UserOptions{})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		_, _ = ada.Mention(bot, "x")
		c := api{t, srv, bot.Token()}
		path := "/api/v1/notifications/" + c.get("/api/v1/notifications").ids()[0]
		c.get(path).want(t, 200, "mention")
		if got := c.post(path + "/dismiss").code; got != pick(d, 200, 404) {
			t.Errorf("dismiss answered %d", got)
		}
		if left := len(c.get("/api/v1/notifications").list); left != pick(d, 0, 1) {
			t.Errorf("%d left", left)
		}
	})
}

func TestHomeTimeline(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		clk := newClock()
		srv := start(t, mastodontest.Options{Dialect: d, Now: clk.Now})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		art := srv.AddUser("art", mastodontest.UserOptions{})
		eve := srv.AddUser("eve", mastodontest.UserOptions{})
		ada.Follow(art)
		c := api{t, srv, ada.Token()}
		var names []string
		seen := map[string]string{}
		post := func(name string, u *mastodontest.User, o mastodontest.PostOptions) string {
			o.Text = name
			st, err := u.Post(o)
			if err != nil {
				t.Fatal(err)
			}
			seen[st.ID] = name
			return st.ID
		}
		post("own", ada, mastodontest.PostOptions{})
		post("artist", art, mastodontest.PostOptions{Visibility: "private"})
		stranger := post("stranger", eve, mastodontest.PostOptions{})
		post("reply-to-stranger", art, mastodontest.PostOptions{InReplyTo: stranger})
		boost, _ := art.Boost(stranger)
		seen[boost.ID] = "boost"
		check := func(want string) {
			t.Helper()
			names = nil
			for _, id := range c.get("/api/v1/timelines/home").ids() {
				names = append(names, seen[id])
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("home is %q, want %q", got, want)
			}
		}
		check("boost artist own")
		c.post("/api/v1/accounts/"+art.ID()+"/mute", "duration", "60").want(t, 200, `"muting":true`)
		post("while-muted", art, mastodontest.PostOptions{})
		check(pick(d, "own", "boost artist own"))
		clk.Add(time.Minute)
		check(pick(d, "while-muted boost artist own", "boost artist own"))
		c.post("/api/v1/accounts/"+art.ID()+"/follow", "reblogs", "false").want(t, 200, `"showing_reblogs":false`)
		check(pick(d, "while-muted artist own", "artist own"))
		c.post("/api/v1/accounts/"+art.ID()+"/unfollow").want(t, 200, `"following":false`)
		check("own")
	})
}

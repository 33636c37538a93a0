package mastodontest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
)

func TestPostsAreCheckedLikeRealServersDo(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		clk := newClock()
		srv := start(t, mastodontest.Options{Dialect: d, Now: clk.Now, Processing: time.Second})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		bob := srv.AddUser("bob", mastodontest.UserOptions{})
		private, _ := bob.Post(mastodontest.PostOptions{Text: "secret", Visibility: "private"})
		a, b := api{t, srv, ada.Token()}, api{t, srv, bob.Token()}
		pic := picture(8, 8)
		var ids []string
		for range 7 {
			ids = append(ids, a.upload(pic).str("id"))
		}
		foreign := b.upload(pic).str("id")
		clk.Add(time.Second)
		fresh := a.upload(pic).str("id")
		clip := a.upload(animation(4, 4, 3)).str("id")
		clk.Add(999 * time.Millisecond)
		bad := pick(d, 422, 400)
		most := pick(d, 4, 6)
		media := func(ids ...string) (kv []string) {
			for _, id := range ids {
				kv = append(kv, "media_ids[]", id)
			}
			return kv
		}
		long := strings.Repeat("a", pick(d, 500, 5000))
		for _, tt := range []struct {
			name string
			form []string
			code int
		}{
			{"nothing at all", nil, bad},
			{"only spaces", []string{"status", "  \n"}, bad},
			{"the longest text", []string{"status", long}, 200},
			{"one letter too many", []string{"status", long + "b"}, bad},
			{"a warning counts as text", []string{"status", long, "spoiler_text", "b"}, bad},
			{"a wrong visibility", []string{"status", "x", "visibility", "secret"}, bad},
			{"a wrong language", []string{"status", "x", "language", "not a language"}, bad},
			{"a right language", []string{"status", "x", "language", "pt-BR"}, 200},
			{"an unknown parent", []string{"status", "x", "in_reply_to_id", "12345"}, 404},
			{"a parent that may not be seen", []string{"status", "x", "in_reply_to_id", private.ID}, 404},
			{"too many pictures", media(ids[:most+1]...), bad},
			{"the same picture twice", media(ids[0], ids[0]), bad},
			{"somebody else's picture", media(foreign), bad},
			{"an unknown picture", media("99"), bad},
			{"a picture that is not processed", media(fresh), pick(d, 422, 200)},
			{"pictures without text", media(ids[:most]...), 200},
			{"a picture already attached", media(ids[0]), bad},
			{"a clip beside pictures", media(clip, ids[most]), pick(d, 422, 200)},
		} {
			t.Run(tt.name, func(t *testing.T) {
				if got := a.post("/api/v1/statuses", tt.form...); got.code != tt.code {
					t.Errorf("answered %d %s, want %d", got.code, got.raw, tt.code)
				}
			})
		}
	})
}

func TestLinksAndRemoteHandlesCountShortOnMastodon(t *testing.T) {
	srv := start(t, mastodontest.Options{Limits: mastodontest.Limits{TextRunes: 30}})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	srv.AddUser("bob@a-very-long-domain-name.example", mastodontest.UserOptions{})
	c := api{t, srv, ada.Token()}
	c.post("/api/v1/statuses", "status", "1234567https://example.org/"+strings.Repeat("x", 100)).want(t, 200, "")
	c.post("/api/v1/statuses", "status", "12345678https://example.org/").want(t, 422, "character limit of 30")
	c.post("/api/v1/statuses", "status", "@bob@a-very-long-domain-name.example "+strings.Repeat("x", 25)).want(t, 200, "h-card")
}

func TestIdempotencyKeys(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		clk := newClock()
		srv := start(t, mastodontest.Options{Dialect: d, Now: clk.Now})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		bob := srv.AddUser("bob", mastodontest.UserOptions{})
		send := func(u *mastodontest.User, key string) string {
			a := api{t, srv, u.Token()}.must("POST", "/api/v1/statuses", "application/json",
				strings.NewReader(`{"status":"once"}`), "Idempotency-Key", key)
			a.want(t, 200, "once")
			return a.str("id")
		}
		first := send(ada, "k")
		if again := send(ada, "k"); (again == first) != (d == mastodontest.Mastodon) {
			t.Errorf("second post with the key is %s, first was %s", again, first)
		}
		if other := send(bob, "k"); other == first {
			t.Error("a key works across accounts")
		}
		clk.Add(time.Hour)
		if late := send(ada, "k"); late == first {
			t.Error("a key works after an hour")
		}
	})
}

func TestVisibilityDecidesWhoSeesAPost(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	fan := srv.AddUser("fan", mastodontest.UserOptions{})
	bob := srv.AddUser("bob", mastodontest.UserOptions{})
	foe := srv.AddUser("foe", mastodontest.UserOptions{})
	fan.Follow(ada)
	ada.Block(foe)
	who := map[string]string{"ada": ada.Token(), "fan": fan.Token(), "bob": bob.Token(), "foe": foe.Token(), "public": ""}
	for _, tt := range []struct {
		visibility, text string
		seenBy           []string
	}{
		{"public", "x", []string{"ada", "fan", "bob", "public"}},
		{"unlisted", "x", []string{"ada", "fan", "bob", "public"}},
		{"private", "x", []string{"ada", "fan"}},
		{"private", "@bob x", []string{"ada", "fan", "bob"}},
		{"direct", "@bob x", []string{"ada", "bob"}},
		{"direct", "@foe x", []string{"ada"}},
	} {
		post, err := ada.Post(mastodontest.PostOptions{Text: tt.text, Visibility: tt.visibility})
		if err != nil {
			t.Fatal(err)
		}
		for name, token := range who {
			a := api{t, srv, token}.get("/api/v1/statuses/" + post.ID)
			if seen := a.code == 200; seen != slices.Contains(tt.seenBy, name) || (!seen && a.code != 404) {
				t.Errorf("%s post %q: %s was answered %d", tt.visibility, tt.text, name, a.code)
			}
		}
	}
}

func TestContextHasTheThreadWithoutWhatIsHidden(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	bob := srv.AddUser("bob", mastodontest.UserOptions{})
	root, _ := ada.Post(mastodontest.PostOptions{Text: "root"})
	hidden, _ := ada.Post(mastodontest.PostOptions{Text: "hidden", Visibility: "private", InReplyTo: root.ID})
	leaf, _ := ada.Post(mastodontest.PostOptions{Text: "@bob leaf", InReplyTo: hidden.ID})
	below, _ := ada.Post(mastodontest.PostOptions{Text: "below", InReplyTo: leaf.ID})
	got := api{t, srv, bob.Token()}.get("/api/v1/statuses/" + leaf.ID + "/context").object
	ids := func(key string) (out []string) {
		for _, o := range got[key].([]any) {
			out = append(out, o.(map[string]any)["id"].(string))
		}
		return out
	}
	if up, down := ids("ancestors"), ids("descendants"); !slices.Equal(up, []string{root.ID}) || !slices.Equal(down, []string{below.ID}) {
		t.Errorf("ancestors %v, descendants %v", up, down)
	}
}

func TestDeletingTakesBoostsAndNotificationsAlong(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		bob := srv.AddUser("bob", mastodontest.UserOptions{})
		post, _ := ada.Mention(bob, "look", mastodontest.Picture{Data: picture(4, 4)})
		boost, err := bob.Boost(post.ID)
		if err != nil {
			t.Fatal(err)
		}
		reply, _ := bob.Post(mastodontest.PostOptions{Text: "re", InReplyTo: post.ID})
		a, b := api{t, srv, ada.Token()}, api{t, srv, bob.Token()}
		b.must("DELETE", "/api/v1/statuses/"+post.ID, "", nil).want(t, 404, "error")
		a.must("DELETE", "/api/v1/statuses/"+post.ID, "", nil).want(t, 200, `"text":"@bob look"`)
		b.get("/api/v1/statuses/"+post.ID).want(t, 404, "error")
		b.get("/api/v1/statuses/"+boost.ID).want(t, 404, "error")
		b.get("/api/v1/notifications").want(t, 200, "[]")
		parent := b.get("/api/v1/statuses/" + reply.ID).object["in_reply_to_id"]
		if (parent == nil) != (d == mastodontest.Mastodon) {
			t.Errorf("in_reply_to_id of an orphan is %v", parent)
		}
		if len(srv.RepliesTo(post.ID)) != 1 {
			t.Error("the fake forgot a reply")
		}
		if post.Media != nil && a.post("/api/v1/statuses", "media_ids[]", post.Media[0].ID).code != 200 {
			t.Error("media of a deleted post cannot be used again")
		}
	})
}

func TestMentionsResolveLikeGoToSocialMeasured(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	bot := srv.AddUser("dreambot", mastodontest.UserOptions{Bot: true})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	host := strings.TrimPrefix(srv.URL, "http://")
	for text, want := range map[string]bool{
		"@dreambot hi":                true,
		"hi @DreamBot.":               true,
		"@dreambot@" + host + " hi":   true,
		"@dreambot@127.0.0.1 hi":      false,
		"mail me@dreambot":            false,
		"https://x.example/@dreambot": false,
	} {
		post, err := ada.Post(mastodontest.PostOptions{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(post.Mentions, bot.Name()); got != want {
			t.Errorf("%q mentions the bot: %v, want %v", text, got, want)
		}
	}
}

func TestDuplicateRepliesAndUnansweredAreFound(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	bot := srv.AddUser("bot", mastodontest.UserOptions{Bot: true})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	post, _ := ada.Mention(bot, "one")
	if un := srv.Unanswered(bot); len(un) != 1 || un[0].ID != post.ID {
		t.Errorf("Unanswered = %+v", un)
	}
	for i := range 2 {
		if got := len(srv.DuplicateReplies()); got != 0 {
			t.Errorf("%d duplicates after %d replies", got, i)
		}
		if _, err := bot.Post(mastodontest.PostOptions{Text: "@ada re", InReplyTo: post.ID}); err != nil {
			t.Fatal(err)
		}
	}
	if got := srv.DuplicateReplies("bot"); len(got) != 1 || len(got[0].Replies) != 2 {
		t.Errorf("DuplicateReplies = %+v", got)
	}
	if len(srv.DuplicateReplies("ada")) != 0 || len(srv.Unanswered(bot)) != 0 {
		t.Error("wrong people are blamed")
	}
}

func TestQuotesFollowVisibility(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	bob := srv.AddUser("bob", mastodontest.UserOptions{})
	orig, _ := ada.Post(mastodontest.PostOptions{Text: "original"})
	quote, err := bob.Post(mastodontest.PostOptions{Text: "look", Quote: orig.ID})
	if err != nil {
		t.Fatal(err)
	}
	c := api{t, srv, bob.Token()}
	c.get("/api/v1/statuses/"+quote.ID).want(t, 200, `"state":"accepted"`)
	_ = ada.Delete(orig.ID)
	c.get("/api/v1/statuses/"+quote.ID).want(t, 200, `"state":"deleted"`)
}

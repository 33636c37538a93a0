package mastodontest_test

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mattn/go-mastodon"

	"slugpuppy/bot/network/fake/mastodontest"
)

// The library the adapter is built on must get along with the fake.

func library(srv *mastodontest.Server, token string) *mastodon.Client {
	c := mastodon.NewClient(&mastodon.Config{Server: srv.URL, AccessToken: token})
	c.Transport = srv.Transport()
	return c
}

func TestTheLibrarySignsIn(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		app, err := mastodon.RegisterApp(t.Context(), &mastodon.AppConfig{Server: srv.URL, ClientName: "puppy", Scopes: "read write"})
		if err != nil {
			t.Fatal(err)
		}
		to, err := ada.Authorize(app.AuthURI)
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(to)
		c := library(srv, "")
		c.Config.ClientID, c.Config.ClientSecret = app.ClientID, app.ClientSecret
		if err := c.GetUserAccessToken(t.Context(), u.Query().Get("code"), app.RedirectURI); err != nil {
			t.Fatal(err)
		}
		me, err := c.GetAccountCurrentUser(t.Context())
		if err != nil || me.Username != "ada" || me.ID != mastodon.ID(ada.ID()) {
			t.Errorf("signed in as %+v (%v)", me, err)
		}
		if err := c.RevokeToken(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestTheLibraryRunsTheBotLoop(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d, Processing: time.Nanosecond})
		bot := srv.AddUser("bot", mastodontest.UserOptions{Bot: true})
		ada := srv.AddUser("ada", mastodontest.UserOptions{Bio: "likes slugs"})
		c := library(srv, bot.Token())
		events, err := c.NewWSClient().StreamingWSUser(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { return srv.Streams() == 1 })
		post, err := ada.Post(mastodontest.PostOptions{
			Text: "@bot more birds\n\nplease #art https://example.org/x", Warning: "eyes", Language: "en",
			Media: []mastodontest.Picture{{Data: picture(30, 20), Alt: "a cat"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if ev, ok := (<-events).(*mastodon.NotificationEvent); !ok || ev.Notification.Type != "mention" {
			t.Errorf("streamed %+v", ev)
		}
		notes, err := c.GetNotifications(t.Context(), &mastodon.Pagination{MinID: "0"})
		if err != nil || len(notes) != 1 {
			t.Fatalf("notifications %v (%v)", notes, err)
		}
		st := notes[0].Status
		if st.ID != mastodon.ID(post.ID) || st.SpoilerText != "eyes" || !strings.Contains(st.Content, "</p><p>please") ||
			len(st.Tags) != 1 || st.MediaAttachments[0].Description != "a cat" || st.MediaAttachments[0].Meta.Original.Width != 30 ||
			st.Account.Note != "<p>likes slugs</p>" || st.Mentions[0].Username != "bot" {
			t.Errorf("decoded as %+v", st)
		}
		up, err := c.UploadMediaFromMedia(t.Context(), &mastodon.Media{File: strings.NewReader(string(picture(9, 9))), Description: "a dream"})
		if err != nil {
			t.Fatal(err)
		}
		reply, err := c.PostStatus(t.Context(), &mastodon.Toot{
			Status: "@ada there", InReplyToID: st.ID, MediaIDs: []mastodon.ID{up.ID}, Visibility: "unlisted", SpoilerText: "eyes", Language: "en",
		})
		if err != nil || reply.InReplyToID != post.ID {
			t.Fatalf("replied %+v (%v)", reply, err)
		}
		if _, err := c.Favourite(t.Context(), st.ID); err != nil {
			t.Error(err)
		}
		ctx, err := c.GetStatusContext(t.Context(), reply.ID)
		if err != nil || len(ctx.Ancestors) != 1 || ctx.Ancestors[0].ID != st.ID {
			t.Errorf("context %+v (%v)", ctx, err)
		}
		got := srv.RepliesTo(post.ID)
		if len(got) != 1 || got[0].Media[0].Alt != "a dream" || got[0].Visibility != "unlisted" || got[0].Mentions[0] != "ada" {
			t.Errorf("replies %+v", got)
		}
		inst, err := c.GetInstance(t.Context())
		if err != nil || inst.Configuration == nil {
			t.Errorf("instance %+v (%v)", inst, err)
		}
		found, err := c.Search(t.Context(), post.URL, true)
		if err != nil || len(found.Statuses) != 1 {
			t.Errorf("search %+v (%v)", found, err)
		}
		if err := c.DeleteStatus(t.Context(), reply.ID); err != nil {
			t.Error(err)
		}
		srv.Close() // ends the library's stream for good
		for range events {
		}
	})
}

func TestTheServerRunsOnVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := mastodontest.New(mastodontest.Options{RateLimits: true, Limits: mastodontest.Limits{Requests: 2}})
		srv.StartInMemory()
		defer srv.Close()
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		c := library(srv, ada.Token())
		defer c.CloseIdleConnections()
		began := time.Now()
		for range 6 { // the library waits out 429s by itself
			if _, err := c.GetTimelineHome(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 9*time.Minute {
			t.Errorf("6 requests at 2 in 5 minutes took %v", took)
		}
	})
}

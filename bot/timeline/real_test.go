package timeline_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gomastodon "github.com/mattn/go-mastodon"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/mastodon/serverfilter"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// The same as on the fake server, on a real one: SLUGPUPPY_E2E_URL is the server, and
// SLUGPUPPY_E2E_READER_TOKEN and SLUGPUPPY_E2E_ARTIST_TOKEN belong to two accounts of which the
// reader follows the artist. The artist's post is deleted, the reader's filters are as before.
func TestOnARealServer(t *testing.T) {
	server, reader, artist := os.Getenv("SLUGPUPPY_E2E_URL"), os.Getenv("SLUGPUPPY_E2E_READER_TOKEN"), os.Getenv("SLUGPUPPY_E2E_ARTIST_TOKEN")
	if server == "" || reader == "" || artist == "" {
		t.Skip("no real server: set SLUGPUPPY_E2E_URL, SLUGPUPPY_E2E_READER_TOKEN and SLUGPUPPY_E2E_ARTIST_TOKEN")
	}
	onServer(t, server, reader, artist)
}

// So that the way to a real server stays open.
func TestOnTheFakeServerAsOnARealOne(t *testing.T) {
	r := newRig(t, mastodontest.GoToSocial, (*mastodontest.Server).Start)
	onServer(t, r.server.URL, r.reader.Token("read", "write"), r.artist.Token("read", "write"))
}

func onServer(t *testing.T, server, reader, artist string) {
	account, err := mastodon.New(mastodon.Options{Server: server, Token: reader})
	if err != nil {
		t.Fatal(err)
	}
	self, err := account.Self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before, err := account.Filters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	post := postAs(t, server, artist, paint(0.97, int(time.Now().Unix()%1000)))

	st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	f, err := timeline.New(timeline.Options{
		Store: st, Check: time.Nanosecond, First: 40, Log: slog.New(slog.DiscardHandler),
		Eye: &timeline.Eye{Judge: &redness{}, Store: st, FetchBytes: 1 << 24, Decode: decode},
		Connect: func(sub store.Subscriber) (network.Reader, error) {
			return account.Reader(st.For(sub.Identity).Notes("filters"), serverfilter.Options{}), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	scope := identity.Identity{Server: "example.social", ID: self.ID}
	if _, err := st.For(scope).Subscription().Join(store.Actor{Name: "test"}, store.Subscriber{Identity: scope, Handle: self.Handle, Server: server,
		Mode: store.FilterOn, How: timeline.Warn, Budget: 0.001, Digest: "off"}); err != nil {
		t.Fatal(err)
	}
	defer func() { // whatever happens, the reader's filters are as before
		if _, err := f.Desk().Leave(store.Actor{Name: "test"}, store.Subscriber{Identity: scope}); err != nil {
			t.Error(err)
		}
		if _, err := f.Pass(context.WithoutCancel(t.Context()), scope); err != nil && !strings.Contains(err.Error(), "no such subscriber") {
			t.Error(err)
		}
		after, err := account.Filters(context.WithoutCancel(t.Context()))
		if err != nil || len(after) != len(before) {
			t.Errorf("%d filters before, %d after (%v)", len(before), len(after), err)
		}
	}()
	for range 30 { // the server takes its time to fill timelines
		if _, err := f.Pass(t.Context(), scope); err != nil {
			t.Fatal(err)
		}
		list, err := account.Filters(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(list, func(f serverfilter.Filter) bool { return f.Title == "DeepDream: certain" && f.Entries[post] != "" }) {
			return
		}
		time.Sleep(time.Second)
	}
	t.Errorf("post %s was not filed", post)
}

// postAs posts a picture and deletes the post after the test.
func postAs(t *testing.T, server, token string, data []byte) string {
	t.Helper()
	c := gomastodon.NewClient(&gomastodon.Config{Server: server, AccessToken: token})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	media, err := c.UploadMediaFromMedia(ctx, &gomastodon.Media{File: bytes.NewReader(data), Description: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	st, err := c.PostStatus(ctx, &gomastodon.Toot{Status: "a test picture", MediaIDs: []gomastodon.ID{media.ID}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := c.DeleteStatus(ctx, st.ID); err != nil {
			t.Error(err)
		}
	})
	return string(st.ID)
}

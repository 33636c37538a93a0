package timeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/mastodon/serverfilter"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// rig is a keeper on Mastodon, or on what is like it: a server with a reader and an artist they follow.
type rig struct {
	*keeper
	server         *mastodontest.Server
	reader, artist *mastodontest.User
	stranger       *mastodontest.User
	pictures       int
	scopes         string        // of the reader's token
	late           time.Duration // of serverfilter.Options
	rewrite        *rewriting    // answers to the reader's account
}

// on runs a test against a dialect, on virtual time.
func on(t *testing.T, dialect mastodontest.Dialect, test func(t *testing.T, r *rig), edit ...func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, dialect, (*mastodontest.Server).StartInMemory, edit...)
		r.sleep = later
		test(t, r)
	})
}

// later lets virtual time pass and what happens at its last moment come to its end, so that what a fake has counted may be read.
func later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// both runs a test against both dialects, on virtual time.
func both(t *testing.T, test func(t *testing.T, r *rig), edit ...func(*rig)) {
	for _, d := range []mastodontest.Dialect{mastodontest.Mastodon, mastodontest.GoToSocial} {
		t.Run(fmt.Sprint(d), func(t *testing.T) { on(t, d, test, edit...) })
	}
}

func newRig(t *testing.T, dialect mastodontest.Dialect, start func(*mastodontest.Server), edit ...func(*rig)) *rig {
	r := &rig{keeper: newKeeper(t)}
	r.server = mastodontest.New(mastodontest.Options{Dialect: dialect})
	start(r.server)
	t.Cleanup(r.server.Close)
	r.client = r.server.Client()
	t.Cleanup(r.client.CloseIdleConnections)
	r.rewrite = &rewriting{next: r.client.Transport}
	r.reader = r.server.AddUser("reader", mastodontest.UserOptions{})
	r.artist = r.server.AddUser("artist", mastodontest.UserOptions{})
	r.stranger = r.server.AddUser("stranger@remote.example", mastodontest.UserOptions{})
	r.reader.Follow(r.artist)
	r.scope = identity.Identity{Server: "example.social", ID: r.reader.ID()}
	r.handle, r.address = r.reader.Handle(), r.server.URL
	r.scopes = mastodon.FilterScopes + mastodon.MuteScopes
	r.connect = func(st *store.Store, sub store.Subscriber) (network.Reader, error) {
		token := r.reader.Token(strings.Fields(r.scopes)...)
		c, err := mastodon.New(mastodon.Options{Server: r.server.URL, Token: token, Transport: r.rewrite})
		if err != nil {
			return nil, err
		}
		return c.Reader(st.For(sub.Identity).Notes("filters"), serverfilter.Options{Late: r.late}), nil
	}
	for _, e := range edit {
		e(r)
	}
	r.open()
	return r
}

// post posts a picture and returns the post's id.
func (r *rig) post(by *mastodontest.User, red float64, words string) string {
	r.t.Helper()
	r.pictures++
	st, err := by.Post(mastodontest.PostOptions{Text: words, Media: []mastodontest.Picture{{Data: paint(red, r.pictures)}}})
	if err != nil {
		r.t.Fatal(err)
	}
	return st.ID
}

// filed lists the posts in filters with a title.
func (r *rig) filed(title string) (ids []string) {
	for _, f := range r.reader.Filters() {
		if f.Title != title {
			continue
		}
		for _, s := range f.Statuses {
			ids = append(ids, s.Status)
		}
	}
	slices.Sort(ids)
	return ids
}

// filter1 is the id of the only filter with a title.
func (r *rig) filter1(title string) string {
	r.t.Helper()
	i := slices.IndexFunc(r.reader.Filters(), func(f mastodontest.Filter) bool { return f.Title == title })
	if i < 0 {
		r.t.Fatalf("there is no filter %q", title)
	}
	return r.reader.Filters()[i].ID
}

func (r *rig) want(title string, ids ...string) {
	r.t.Helper()
	slices.Sort(ids)
	if got := r.filed(title); !slices.Equal(got, ids) {
		r.t.Errorf("%s holds %v, want %v", title, got, ids)
	}
}

// reencoded is a picture as another upload of it would be.
func reencoded(t *testing.T, data []byte) []byte {
	t.Helper()
	img, err := decode(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	out, err := picture.EncodeJPEG(img, 60, "")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

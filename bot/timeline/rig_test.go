package timeline_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// redness is a judge for tests: the redder a picture, the more of a dream.
type redness struct {
	looks atomic.Int32
	model string
}

func (r *redness) Judge(_ context.Context, img image.Image) (detector.Verdict, error) {
	r.looks.Add(1)
	p := picture.FromImage(img)
	sum := float32(0)
	for _, v := range p.Plane(0) {
		sum += v
	}
	score := float64(sum) / float64(len(p.Plane(0)))
	return detector.Verdict{Score: score}, nil
}

func (r *redness) Likely(budget float64) float64 { return min(0.8, 1-budget) }

func (r *redness) Certain(float64) float64 { return 0.9 }

func (r *redness) Model() string { return "red-" + r.model }

// paint makes a picture with a share of red and a pattern of its own.
func paint(red float64, seed int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		for x := range 64 {
			v := uint8(120 + 100*((x/(3+seed%7)+y/(2+seed%5)+seed)%2) + seed%17)
			img.SetNRGBA(x, y, color.NRGBA{uint8(255 * red), v, v, 255})
		}
	}
	data, err := picture.EncodePNG(img, fmt.Sprintf("picture %d", seed))
	if err != nil {
		panic(err)
	}
	return data
}

// rig is a server with a reader, an artist they follow, and a filter.
type rig struct {
	t              *testing.T
	server         *mastodontest.Server
	reader, artist *mastodontest.User
	stranger       *mastodontest.User
	judge          *redness
	store          *store.Store
	path           string
	filter         *timeline.Filter
	scope          identity.Identity
	told           []string
	pictures       int
	options        timeline.Options
}

func newRig(t *testing.T, dialect mastodontest.Dialect, edit ...func(*rig)) *rig {
	r := &rig{t: t, judge: &redness{}}
	r.server = mastodontest.New(mastodontest.Options{Dialect: dialect, Limits: mastodontest.Limits{}})
	r.server.Start()
	t.Cleanup(r.server.Close)
	r.reader = r.server.AddUser("reader", mastodontest.UserOptions{})
	r.artist = r.server.AddUser("artist", mastodontest.UserOptions{})
	r.stranger = r.server.AddUser("stranger@remote.example", mastodontest.UserOptions{})
	r.reader.Follow(r.artist)
	r.path = filepath.Join(t.TempDir(), "db")
	for _, e := range edit {
		e(r)
	}
	r.open()
	t.Cleanup(func() { r.store.Close() })
	return r
}

// open opens the store and makes a filter over it, as a fresh process would.
func (r *rig) open() {
	st, err := store.Open(r.path, store.Options{NoSync: true})
	if err != nil {
		r.t.Fatal(err)
	}
	r.store = st
	o := r.options
	o.Store, o.Log = st, slog.New(slog.DiscardHandler)
	o.Eye = &timeline.Eye{Judge: r.judge, Store: st, FetchBytes: 1 << 20, Decode: decode}
	token := r.reader.Token("read:accounts", "read:statuses", "read:filters", "write:filters")
	if o.Connect == nil {
		o.Connect = func(store.Subscriber) (timeline.Account, error) {
			return mastodon.New(mastodon.Options{Server: r.server.URL, Token: token, Log: o.Log})
		}
	}
	o.Tell = func(_ context.Context, _ store.Subscriber, d timeline.Digest) error {
		text := words.Digest(d)
		r.told = append(r.told, text)
		return nil
	}
	o.Check = or(o.Check, time.Nanosecond) // every pass reads the server's filters
	o.First, o.Settle = 400, time.Nanosecond
	if r.filter, err = timeline.New(o); err != nil {
		r.t.Fatal(err)
	}
	r.scope = identity.Identity{Server: "example.social", ID: r.reader.ID()}
}

func or(a, b time.Duration) time.Duration {
	if a != 0 {
		return a
	}
	return b
}

func decode(ctx context.Context, data []byte) (image.Image, error) {
	p, err := picture.Decode(ctx, data, picture.Limits{})
	if err != nil {
		return nil, err
	}
	return p.Image, nil
}

// join subscribes the reader.
func (r *rig) join(edit ...func(*store.Subscriber)) {
	r.t.Helper()
	sub := store.Subscriber{Identity: r.scope, Handle: r.reader.Handle(), Server: r.server.URL,
		Mode: store.FilterOn, How: timeline.Warn, Budget: 0.001, Digest: "off"}
	for _, e := range edit {
		e(&sub)
	}
	if _, err := r.store.For(sub.Identity).Subscription().Join(store.Actor{Name: "test"}, sub); err != nil {
		r.t.Fatal(err)
	}
}

// pass makes one pass and wants no error.
func (r *rig) pass() {
	r.t.Helper()
	if _, err := r.filter.Pass(r.t.Context(), r.scope); err != nil {
		r.t.Fatal(err)
	}
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

func (r *rig) want(title string, ids ...string) {
	r.t.Helper()
	slices.Sort(ids)
	if got := r.filed(title); !slices.Equal(got, ids) {
		r.t.Errorf("%s holds %v, want %v", title, got, ids)
	}
}

func (r *rig) say(text string) string {
	r.t.Helper()
	reply, handled, err := r.filter.Command(r.t.Context(), store.Actor{Identity: r.scope, Name: r.reader.Handle()}, text)
	if err != nil || !handled {
		r.t.Fatalf("%q: %v, handled %v", text, err, handled)
	}
	return words.Answer(reply)
}

func (r *rig) fate(post string) store.Fate {
	r.t.Helper()
	j, err := r.store.For(r.scope).Timeline().Judged(post)
	if err != nil {
		r.t.Fatal(err)
	}
	return j.Fate
}

// both runs a test against both dialects.
func both(t *testing.T, test func(t *testing.T, r *rig)) {
	for _, d := range []mastodontest.Dialect{mastodontest.Mastodon, mastodontest.GoToSocial} {
		t.Run(fmt.Sprint(d), func(t *testing.T) { test(t, newRig(t, d)) })
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

package x_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/network/x/hidelist"
	"slugpuppy/bot/timeline"
	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// redness is a judge for tests: the redder a picture, the more of a dream.
type redness struct{}

func (redness) Judge(_ context.Context, img image.Image) (detector.Verdict, error) {
	p := picture.FromImage(img)
	sum := float32(0)
	for _, v := range p.Plane(0) {
		sum += v
	}
	return detector.Verdict{Score: float64(sum) / float64(len(p.Plane(0)))}, nil
}

func (redness) Likely(budget float64) float64 { return min(0.8, 1-budget) }
func (redness) Certain(float64) float64       { return 0.9 }
func (redness) Model() string                 { return "red" }

func red(share float64, seed int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 48, 48))
	for y := range 48 {
		for i := range 48 {
			v := uint8(90 + 100*((i/(3+seed%7)+y/(2+seed%5)+seed)%2) + seed%17)
			img.SetNRGBA(i, y, color.NRGBA{uint8(255 * share), v, v, 255})
		}
	}
	data, err := picture.EncodePNG(img, fmt.Sprint("picture ", seed))
	if err != nil {
		panic(err)
	}
	return data
}

// reader is somebody on X whose timeline is filtered.
type reader struct {
	t       *testing.T
	town    town
	store   *store.Store
	path    string
	filter  *timeline.Filter
	scope   identity.Identity
	press   *hidelist.Press
	artist  *xtest.User
	n       int
	options x.Options
	version string // of the API
}

func newReader(t *testing.T, o xtest.Options, edit ...func(*x.Options)) *reader {
	r := &reader{t: t, version: "v2", town: newTown(t, o), path: filepath.Join(t.TempDir(), "db")}
	r.artist = r.town.AddUser("artist", xtest.UserOptions{})
	r.town.alice.Follow(r.artist)
	r.options = options(r.town.Server, r.town.alice)
	if o.V1 {
		r.version = "v1.1"
	}
	for _, e := range edit {
		e(&r.options)
	}
	r.scope = identity.Identity{Server: x.Server, ID: r.town.alice.ID()}
	r.open()
	return r
}

// open makes a filter over the store as a fresh process would.
func (r *reader) open() {
	st, err := store.Open(r.path, store.Options{NoSync: true})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { st.Close() })
	r.store = st
	if r.press, r.filter, err = keeping(st, r.version, r.options); err != nil {
		r.t.Fatal(err)
	}
}

// keeping is a filter on X over a store.
func keeping(st *store.Store, version string, o x.Options) (*hidelist.Press, *timeline.Filter, error) {
	press := &hidelist.Press{Store: st, Network: "x", Site: x.Site, Secret: []byte("salt")}
	decode := func(ctx context.Context, data []byte) (image.Image, error) {
		p, err := picture.Decode(ctx, data, picture.Limits{})
		if err != nil {
			return nil, err
		}
		return p.Image, nil
	}
	filter, err := timeline.New(timeline.Options{Store: st, Log: slog.New(slog.DiscardHandler), Check: time.Nanosecond, First: 400, Poll: 5 * time.Millisecond,
		Eye: &timeline.Eye{Judge: redness{}, Store: st, FetchBytes: 1 << 20, Decode: decode},
		Connect: func(sub store.Subscriber) (timeline.Account, error) {
			c, err := x.Open(version, o)
			if err != nil {
				return nil, err
			}
			return c.ForFilter(press.Keeper(sub.Identity), x.EndsIn(st.For(sub.Identity).Timeline())), nil
		}})
	return press, filter, err
}

func (r *reader) restart() {
	if err := r.store.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.open()
}

func (r *reader) join(edit ...func(*store.Subscriber)) {
	r.t.Helper()
	sub := store.Subscriber{Identity: r.scope, Network: "x", Handle: "alice", Mode: store.FilterOn, How: timeline.Hide, Budget: 0.001, Digest: "off"}
	for _, e := range edit {
		e(&sub)
	}
	if _, err := r.store.For(sub.Identity).Subscription().Join(store.Actor{Name: "test"}, sub); err != nil {
		r.t.Fatal(err)
	}
}

func (r *reader) pass() {
	r.t.Helper()
	if _, err := r.filter.Pass(r.t.Context(), r.scope); err != nil {
		r.t.Fatal(err)
	}
}

func (r *reader) post(share float64) string {
	r.t.Helper()
	r.n++
	p, err := r.artist.Post(xtest.PostOptions{Text: fmt.Sprint("look ", r.n), Media: []xtest.Picture{{Data: red(share, r.n)}}})
	if err != nil {
		r.t.Fatal(err)
	}
	return p.ID
}

// hidden are the posts in the lists.
func (r *reader) hidden() (ids []string) {
	lists, err := r.store.For(r.scope).Lists().All()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, l := range lists {
		for id := range l.Posts {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (r *reader) trouble() string {
	sub, err := r.store.For(r.scope).Subscription().Subscriber()
	if err != nil {
		r.t.Fatal(err)
	}
	return sub.Trouble
}

func TestDreamsOnXAreListedAndNobodyIsTouched(t *testing.T) {
	versions := map[string]xtest.Options{"v1.1": {V1: true}}
	for name, spelling := range spellings {
		versions[name] = xtest.Options{Spelling: spelling}
	}
	for name, o := range versions {
		t.Run(name, func(t *testing.T) {
			r := newReader(t, o)
			dream := r.post(0.97)
			r.post(0.2)
			far := r.town.AddUser("far", xtest.UserOptions{})
			foreign, err := far.Post(xtest.PostOptions{Text: "x", Media: []xtest.Picture{{Data: red(0.96, 99)}}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.artist.Repost(foreign.ID); err != nil {
				t.Fatal(err)
			}
			r.join()
			r.pass()
			later := r.post(0.98)
			r.pass()
			want := []string{dream, foreign.ID, later}
			slices.Sort(want)
			if got := r.hidden(); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			r.restart()
			r.pass()
			if got := r.hidden(); !slices.Equal(got, want) {
				t.Errorf("after a restart %v, want %v", got, want)
			}
			if !r.town.alice.Follows(r.artist) || r.town.alice.Mutes(r.artist) || r.town.Count("GET /2/users/{id}/muting") != 0 {
				t.Error("the artist was touched")
			}
			n := r.town.Usage()[xtest.PostRead]
			r.pass() // nothing new costs nothing
			if r.town.Usage()[xtest.PostRead] != n {
				t.Error("posts are paid for twice")
			}
		})
	}
}

func TestReportOnlyListsNothing(t *testing.T) {
	r := newReader(t, xtest.Options{})
	dream := r.post(0.97)
	r.join(func(s *store.Subscriber) { s.Mode = store.FilterShadow })
	r.pass()
	j, err := r.store.For(r.scope).Timeline().Judged(dream)
	if err != nil || j.Fate != store.Noted || len(r.hidden()) != 0 {
		t.Errorf("%s, %v", j.Fate, err)
	}
}

// muteTwice is a rule for tests.
func muteTwice(s *store.Subscriber) {
	s.Mute = store.MuteRule{After: 2, Within: 24 * time.Hour, For: time.Hour}
}

// expire makes the time of all mutes come.
func (r *reader) expire() {
	r.t.Helper()
	list, err := r.store.For(r.scope).Timeline().Mutes()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, m := range list {
		m.Until = time.Now()
		if err := r.store.For(r.scope).Timeline().PutMute(m); err != nil {
			r.t.Fatal(err)
		}
	}
}

func TestMutesOnXEndByThemselvesAcrossRestarts(t *testing.T) {
	for _, v1 := range []bool{false, true} {
		t.Run(fmt.Sprintf("over v1.1: %v", v1), func(t *testing.T) { mutesEnd(t, xtest.Options{V1: v1}) })
	}
}

func mutesEnd(t *testing.T, o xtest.Options) {
	r := newReader(t, o)
	loud := r.town.AddUser("loud", xtest.UserOptions{})
	r.town.alice.Mute(loud)
	r.post(0.97)
	r.post(0.96)
	r.join(muteTwice)
	r.pass() // judges and mutes
	r.pass()
	if !r.town.alice.Mutes(r.artist) {
		t.Fatal("not muted")
	}
	r.restart()
	r.pass()
	if !r.town.alice.Mutes(r.artist) {
		t.Error("unmuted too early")
	}
	r.expire()
	r.restart()
	for range 3 {
		r.pass()
		if r.town.alice.Mutes(r.artist) || !r.town.alice.Mutes(loud) {
			t.Fatalf("ours is there: %v; theirs is: %v", r.town.alice.Mutes(r.artist), r.town.alice.Mutes(loud))
		}
	}
	r.post(0.95)
	r.pass()
	if r.town.alice.Mutes(r.artist) {
		t.Error("posts from before a mute count again")
	}
	r.post(0.94)
	r.pass()
	r.pass()
	if !r.town.alice.Mutes(r.artist) {
		t.Error("new posts do not count")
	}
	if mutes, err := r.store.For(r.scope).Timeline().Mutes(); err != nil || slices.ContainsFunc(mutes, func(m store.Mute) bool { return m.Account == loud.ID() }) {
		t.Errorf("%+v, %v", mutes, err)
	}
}

func TestAMuteTheSubscriberMadeIsNeverEnded(t *testing.T) {
	r := newReader(t, xtest.Options{})
	r.town.alice.Mute(r.artist) // before we would
	r.post(0.97)
	r.post(0.96)
	r.join(muteTwice)
	r.pass()
	r.pass()
	n := r.town.Count("GET /2/users/{id}/muting")
	r.pass()
	if r.town.Count("GET /2/users/{id}/muting") != n || r.town.Count("POST /2/users/{id}/muting") != 0 {
		t.Error("it asks again and again, or muted what is muted")
	}
	r.expire()
	r.pass()
	r.pass()
	if !r.town.alice.Mutes(r.artist) {
		t.Error("the subscriber's mute was ended")
	}
}

func TestAMuteTheSubscriberEndedIsTheirsFromThenOn(t *testing.T) {
	r := newReader(t, xtest.Options{})
	r.post(0.97)
	r.post(0.96)
	r.join(muteTwice)
	r.pass()
	r.pass()
	if !r.town.alice.Mutes(r.artist) {
		t.Fatal("not muted")
	}
	r.town.alice.Unmute(r.artist)
	r.restart() // looks at the mutes at once
	r.pass()
	r.pass()
	if r.town.alice.Mutes(r.artist) {
		t.Error("muted again against the subscriber's will")
	}
	r.expire()
	r.pass()
	r.pass()
	if r.town.alice.Mutes(r.artist) {
		t.Error("muted again against the subscriber's will when its time was over")
	}
	r.town.alice.Mute(r.artist) // by hand
	r.restart()
	r.pass()
	r.pass()
	if !r.town.alice.Mutes(r.artist) {
		t.Error("the subscriber's mute was ended")
	}
}

func TestAtTheCapTheTimelineWaitsAndMutesEnd(t *testing.T) {
	var b book
	r := newReader(t, xtest.Options{}, withBook(&b, x.Dollar))
	r.post(0.97)
	r.post(0.96)
	r.join(muteTwice)
	r.pass()
	r.pass()
	if !r.town.alice.Mutes(r.artist) || r.trouble() != "" {
		t.Fatalf("not muted; trouble: %s", r.trouble())
	}
	b.mu.Lock()
	b.cost = x.Dollar
	b.mu.Unlock()
	r.expire()
	next, err := r.filter.Pass(t.Context(), r.scope)
	if err != nil || next > 20*time.Minute {
		t.Errorf("%v, %v", next, err)
	}
	if !strings.Contains(r.trouble(), "nothing more is read there before") {
		t.Errorf("no clear notice: %q", r.trouble())
	}
	if r.town.alice.Mutes(r.artist) {
		t.Error("the cap keeps a mute from ending")
	}
	b.mu.Lock()
	b.cost = 0
	b.mu.Unlock()
	r.pass()
	if r.trouble() != "" {
		t.Errorf("still in trouble: %s", r.trouble())
	}
}

func TestMuteOffEndsOurMutesAndNoOthers(t *testing.T) {
	r := newReader(t, xtest.Options{})
	loud := r.town.AddUser("loud", xtest.UserOptions{})
	r.town.alice.Mute(loud)
	r.post(0.97)
	r.post(0.96)
	r.join(muteTwice)
	r.pass()
	r.pass()
	if !r.town.alice.Mutes(r.artist) {
		t.Fatal("not muted")
	}
	sub, err := r.store.For(r.scope).Subscription().Subscriber()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.filter.Desk().Choose(store.Actor{Name: "operator"}, sub, "mute", "off"); err != nil {
		t.Fatal(err)
	}
	r.pass()
	if r.town.alice.Mutes(r.artist) || !r.town.alice.Mutes(loud) {
		t.Errorf("ours is there: %v; theirs is: %v", r.town.alice.Mutes(r.artist), r.town.alice.Mutes(loud))
	}
}

func TestWhereV1IsRefusedTheSubscribersTroubleNamesTheSetting(t *testing.T) {
	r := newReader(t, xtest.Options{})
	r.version = "v1.1"
	r.restart()
	r.join()
	r.pass()
	if !strings.Contains(r.trouble(), `x.api = "v2"`) {
		t.Errorf("trouble: %q", r.trouble())
	}
}

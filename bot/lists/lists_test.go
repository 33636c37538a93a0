package lists_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/antidote"
	"slugpuppy/antidote/pdq"
	"slugpuppy/bot/feed"
	"slugpuppy/bot/identity"
	"slugpuppy/bot/lists"
	"slugpuppy/bot/timeline"
	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
	"slugpuppy/store"
)

const address = "https://dreams.example/antidote.json"

var reader = identity.Identity{Server: "home.example", ID: "7"}

// maker publishes a list.
type maker struct {
	key    antidote.Key
	before []antidote.Succession
	files  map[string][]byte
}

func (m *maker) Signer() (antidote.Key, []antidote.Succession, error) { return m.key, m.before, nil }

// rig is a desk whose internet has one list.
type rig struct {
	*testing.T
	store *store.Store
	desk  *lists.Desk
	maker *maker
	now   time.Time
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, maker: &maker{}, now: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
	var err error
	if r.maker.key, err = antidote.NewKey(); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return r.now }
	if r.store, err = store.Open(filepath.Join(t.TempDir(), "db"), store.Options{NoSync: true, Now: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.store.Close() })
	r.reopen()
	return r
}

// reopen is what another process has.
func (r *rig) reopen() {
	r.Helper()
	fetch := func(_ context.Context, url string, most int64) ([]byte, error) {
		data, ok := r.maker.files[url]
		if !ok || int64(len(data)) > most {
			return nil, errors.New("HTTP 404")
		}
		return data, nil
	}
	var err error
	if r.desk, err = lists.New(lists.Options{Store: r.store, Fetch: fetch, Now: func() time.Time { return r.now }}); err != nil {
		r.Fatal(err)
	}
}

// publish issues a list of records.
func (r *rig) publish(records ...antidote.Record) {
	r.Helper()
	i, err := feed.Make(records, r.maker, address, r.now)
	if err != nil {
		r.Fatal(err)
	}
	base := strings.TrimSuffix(address, ".json")
	r.maker.files = map[string][]byte{address: i.List, address + ".minisig": i.Signature, base + ".pub": []byte(antidote.PublicFile(i.Public))}
	for name, data := range i.Pages {
		r.maker.files[base+"/"+name] = data
	}
}

type eye struct{}

func (eye) Judge(context.Context, image.Image) (detector.Verdict, error) {
	return detector.Verdict{}, nil
}
func (eye) Likely(float64) float64  { return 0.5 }
func (eye) Certain(float64) float64 { return 0.9 }
func (eye) Model() string           { return "test" }

func (r *rig) eye() *timeline.Eye { return &timeline.Eye{Judge: eye{}, Store: r.store} }

func (r *rig) follow(w lists.Wish) store.List {
	r.Helper()
	p, err := r.desk.Look(r.Context(), w, r.eye())
	if err != nil {
		r.Fatal(err)
	}
	l, err := r.desk.Follow(store.Itself(), p, false)
	if err != nil {
		r.Fatal(err)
	}
	return l
}

// dream is a picture with a seed, and sight what is seen of it.
func dream(seed uint64) image.Image {
	rng := rand.New(rand.NewPCG(seed, 3))
	img := image.NewNRGBA(image.Rect(0, 0, 160, 120))
	for size := 90; size >= 4; size = size * 3 / 4 {
		for range 1 + 8000/(size*size) {
			x, y, l := rng.IntN(160+size)-size, rng.IntN(120+size)-size, uint8(rng.IntN(256))
			draw.Draw(img, image.Rect(x, y, x+size, y+size), image.NewUniform(color.NRGBA{l, l, l, 255}), image.Point{}, draw.Src)
		}
	}
	return img
}

func sight(img image.Image, name string) store.Sight {
	l := antidote.LookOf(img)
	return store.Sight{Picture: name, Score: 0.7, Sketch: l.Sketch, PDQ: l.PDQ.String(), Quality: l.Quality}
}

func record(seed uint64) antidote.Record { return antidote.Of(dream(seed), nil, time.Time{}) }

func (r *rig) match(s store.Sight) []timeline.Listed {
	r.Helper()
	found, err := r.desk.Match(reader, s)
	if err != nil {
		r.Fatal(err)
	}
	return found
}

func TestAListThatIsFollowedKnowsItsPictures(t *testing.T) {
	r := newRig(t)
	r.publish(record(1), record(2))
	if l := r.follow(lists.Wish{URL: address, How: lists.Hide, Owner: reader}); l.Key != r.maker.key.Public() || l.Records != 2 || l.Quarantine != "" {
		t.Errorf("%+v", l)
	}
	for range 2 { // the second time by another process
		found := r.match(sight(dream(2), "two"))
		if len(found) != 1 || found[0] != (timeline.Listed{URL: address, Style: lists.Hide}) {
			t.Errorf("%+v", found)
		}
		if found := r.match(sight(dream(3), "three")); len(found) > 0 {
			t.Errorf("another picture: %+v", found)
		}
		old := store.Sight{Picture: "old", Sketch: picture.SketchOf(dream(1))} // seen before hashes were
		if found := r.match(old); len(found) != 1 {
			t.Errorf("a sketch: %+v", found)
		}
		other, err := r.desk.Match(identity.Identity{Server: "home.example", ID: "8"}, sight(dream(2), "two"))
		if err != nil || len(other) > 0 {
			t.Errorf("for another subscriber: %+v, %v", other, err)
		}
		r.reopen()
	}
	if err := r.desk.Unfollow(store.Itself(), reader, address); err != nil {
		t.Fatal(err)
	}
	if found := r.match(sight(dream(2), "two")); len(found) > 0 {
		t.Errorf("after it was unfollowed: %+v", found)
	}
	if all, err := r.store.Lists().All(); err != nil || len(all) > 0 {
		t.Errorf("%d lists are remembered, %v", len(all), err)
	}
	if err := r.desk.Unfollow(store.Itself(), reader, address); !errors.Is(err, store.ErrNoList) {
		t.Error(err)
	}
}

func TestWhatAReaderBringsAlongCountsSoon(t *testing.T) {
	r := newRig(t)
	r.publish(record(1))
	if err := r.store.Lists().Put(store.List{URL: address, Key: r.maker.key.Public()}, nil); err != nil {
		t.Fatal(err)
	}
	r.refresh()
	r.match(sight(dream(1), "one")) // nobody follows anything yet, which is remembered
	f := store.Following{URL: address, Owner: reader, How: lists.Warn}
	if err := r.store.Lists().Follow(store.Actor{}, f); err != nil { // as a move does
		t.Fatal(err)
	}
	r.now = r.now.Add(2 * time.Minute)
	if found := r.match(sight(dream(1), "one")); len(found) != 1 || found[0].Style != lists.Warn {
		t.Errorf("%+v", found)
	}
}

func TestAListIsReadInPages(t *testing.T) {
	r := newRig(t)
	records := make([]antidote.Record, 2*antidote.PerPage+1)
	for i := range records {
		records[i] = antidote.Record{PDQ: pdq.Hash{uint64(i), 1, 2, 3}, Quality: 100}
	}
	records[1] = record(1)
	r.publish(records...)
	r.follow(lists.Wish{URL: address})
	if found := r.match(sight(dream(1), "one")); len(found) != 1 || found[0].Style != lists.Warn {
		t.Errorf("%+v", found)
	}
}

// refresh looks at the list again and returns what is known of it.
func (r *rig) refresh() store.List {
	r.Helper()
	r.now = r.now.Add(2 * time.Hour)
	if err := r.desk.Refresh(r.Context(), address); err != nil {
		r.Fatal(err)
	}
	l, err := r.store.Lists().Find(address)
	if err != nil {
		r.Fatal(err)
	}
	return l
}

func TestAListIsFetchedAnewAndBelievedOnlyFromItsKey(t *testing.T) {
	r := newRig(t)
	r.publish(record(1))
	old := r.maker.files
	r.follow(lists.Wish{URL: address})
	r.now = r.now.Add(time.Hour)
	r.publish(record(1), record(2))
	if l := r.refresh(); l.Trouble != "" || l.Records != 2 || len(r.match(sight(dream(2), "two"))) != 1 {
		t.Errorf("anew: %+v", l)
	}
	fresh := r.maker.files
	r.maker.files = old
	if l := r.refresh(); !strings.Contains(l.Trouble, "older") || l.Records != 2 {
		t.Errorf("an older issue: %+v", l)
	}
	r.maker.files = map[string][]byte{}
	if l := r.refresh(); !strings.Contains(l.Trouble, "404") || len(r.match(sight(dream(2), "two"))) != 1 {
		t.Errorf("nobody there: %+v", l)
	}
	r.maker.files = fresh
	first := r.maker.key
	next, err := antidote.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	r.maker.key = next
	r.publish(record(3))
	if l := r.refresh(); !strings.Contains(l.Trouble, "another key") || l.Records != 2 || l.Key != first.Public() {
		t.Errorf("another key: %+v", l)
	}
	if _, err := r.desk.Look(t.Context(), lists.Wish{URL: address}, r.eye()); !errors.Is(err, antidote.ErrOtherKey) {
		t.Errorf("followed once more: %v", err)
	}
	if _, err := r.desk.Look(t.Context(), lists.Wish{URL: address, Key: next.Public()}, r.eye()); err != nil {
		t.Errorf("with the operator's word: %v", err)
	}
	r.maker.before = []antidote.Succession{first.Succeed(next)}
	r.publish(record(3))
	if l := r.refresh(); l.Trouble != "" || l.Records != 1 || l.Key != next.Public() {
		t.Errorf("a key that is vouched for: %+v", l)
	}
}

func TestAListThatFloodsIsPutIntoQuarantine(t *testing.T) {
	r := newRig(t)
	r.publish(record(1))
	r.follow(lists.Wish{URL: address})
	records := make([]antidote.Record, 5000)
	for i := range records {
		records[i] = antidote.Record{PDQ: pdq.Hash{uint64(i), 5, 6, 7}, Quality: 100}
	}
	r.publish(append(records, record(1))...)
	if l := r.refresh(); !strings.Contains(l.Quarantine, "it grew by 5000 dreams") {
		t.Errorf("%+v", l)
	}
	if found := r.match(sight(dream(1), "one")); len(found) != 1 || !found[0].Noted {
		t.Errorf("%+v", found)
	}
	if l := r.follow(lists.Wish{URL: address}); l.Quarantine != "" { // the operator's word
		t.Errorf("%+v", l)
	}
}

func TestAListThatKnowsTooMuchOrWhatIsNoneIsPutIntoQuarantine(t *testing.T) {
	for name, tt := range map[string]struct {
		posts, hits, against int
		want                 bool
	}{
		"seldom right":       {80, 9, 2, false},
		"more than it can":   {60, 20, 0, true},
		"too few to say":     {30, 20, 2, false},
		"wrong every second": {20, 6, 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.publish(record(1))
			r.follow(lists.Wish{URL: address})
			known := r.match(sight(dream(1), "one"))
			for i := range tt.posts {
				if i < tt.hits {
					r.desk.Saw(reader, known, i < tt.against)
				} else {
					r.desk.Saw(reader, nil, false)
				}
			}
			if found := r.match(sight(dream(1), "one")); found[0].Noted != tt.want {
				t.Errorf("at once: %+v", found)
			}
		})
	}
}

func TestWhatAListWouldHaveHiddenIsSaidBefore(t *testing.T) {
	r := newRig(t)
	sub := store.Subscriber{Identity: reader, Network: "mastodon", Handle: "reader@home.example", Server: "https://home.example"}
	if _, err := r.store.For(reader).Subscription().Join(store.Itself(), sub); err != nil {
		t.Fatal(err)
	}
	var rows []store.Judged
	for i := range 6 {
		s := sight(dream(uint64(i)), "sha"+string(rune('a'+i)))
		row := store.Judged{Post: string(rune('1' + i)), Author: "artist@a.example", Pictures: []string{s.Picture}, Score: 0.7, Fate: store.Kept}
		switch i {
		case 1:
			row.Author, row.Booster = "other@b.example", "friend@c.example"
		case 2:
			row.Score = 0.1 // clearly none
		case 3:
			row.Fate, row.Kind = store.Noted, "likely"
		}
		if err := r.store.Sights().Put("test", s, "sha:"+s.Picture); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := r.store.For(reader).Timeline().Record("1", rows...); err != nil {
		t.Fatal(err)
	}
	r.publish(record(0), record(1), record(2), record(3))
	p, err := r.desk.Look(t.Context(), lists.Wish{URL: address}, r.eye())
	if err != nil {
		t.Fatal(err)
	}
	if p.Looked != 6 || p.Known != 4 || p.Hidden != 2 || p.People != 2 || p.Followed != 1 || p.Clear != 1 || p.Pinned {
		t.Errorf("%+v", p)
	}
	if all, err := r.store.Lists().All(); err != nil || len(all) > 0 {
		t.Error("it is followed already", err)
	}
}

func TestAddressesOfListsAreLookedAt(t *testing.T) {
	r := newRig(t)
	for _, bad := range []string{"", "dreams.example/antidote.json", "ftp://a.example/a.json", "https://a:b@a.example/a.json",
		"https://a.example/list", "https://a.example/a.json?x=1", "file:///etc/passwd.json", "https://a.example/" + strings.Repeat("a", 400) + ".json"} {
		if _, err := r.desk.Look(t.Context(), lists.Wish{URL: bad}, r.eye()); !errors.Is(err, lists.ErrAddress) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := r.desk.Look(t.Context(), lists.Wish{URL: address, How: "explode"}, r.eye()); !errors.Is(err, lists.ErrHow) {
		t.Error(err)
	}
}

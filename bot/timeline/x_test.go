package timeline_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/network/x/hidelist"
	"slugpuppy/store"
)

// xrig is a keeper on X, where lists for a browser hide posts: a server with a reader and an artist they
// follow.
type xrig struct {
	*keeper
	server         *xtest.Server
	reader, artist *xtest.User
	options        x.Options
	version        string // of the API
	n              int
}

func newXRig(t *testing.T, o xtest.Options, start func(*xtest.Server), edit ...func(*xrig)) *xrig {
	r := &xrig{keeper: newKeeper(t), version: "v2", server: xtest.New(o)}
	start(r.server)
	t.Cleanup(r.server.Close)
	r.client = r.server.Client()
	t.Cleanup(r.client.CloseIdleConnections)
	if o.V1 {
		r.version = "v1.1"
	}
	r.reader, r.artist = r.server.AddUser("alice", xtest.UserOptions{}), r.server.AddUser("artist", xtest.UserOptions{})
	r.reader.Follow(r.artist)
	r.scope, r.handle, r.address = identity.Identity{Server: x.Server, ID: r.reader.ID()}, "alice", "https://x.com"
	r.options = x.Options{API: r.server.URL, Transport: r.client.Transport}
	r.options.Keys.Consumer, r.options.Keys.ConsumerSecret = r.server.Consumer()
	r.options.Keys.Token, r.options.Keys.TokenSecret = r.reader.Token()
	for _, e := range edit {
		e(r)
	}
	r.connect = func(st *store.Store, sub store.Subscriber) (network.Reader, error) {
		return readX(st, sub, r.version, r.options)
	}
	r.open()
	return r
}

// readX connects to a subscriber's account on X.
func readX(st *store.Store, sub store.Subscriber, version string, o x.Options) (network.Reader, error) {
	c, err := x.Open(version, o)
	if err != nil {
		return nil, err
	}
	return x.Reader{Network: c, Hider: &hidelist.Hider{Notes: st.For(sub.Identity).Notes("lists")}}, nil
}

func (r *xrig) post(share float64) string {
	r.t.Helper()
	r.n++
	p, err := r.artist.Post(xtest.PostOptions{Text: fmt.Sprint("look ", r.n), Media: []xtest.Picture{{Data: paint(share, r.n)}}})
	if err != nil {
		r.t.Fatal(err)
	}
	return p.ID
}

// hidden are the posts in the lists.
func (r *xrig) hidden() (ids []string) {
	r.t.Helper()
	notes, err := r.store.For(r.scope).Notes("lists").All()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, data := range notes {
		var l hidelist.List
		if err := json.Unmarshal(data, &l); err != nil {
			r.t.Fatal(err)
		}
		ids = slices.AppendSeq(ids, maps.Keys(l.Posts))
	}
	slices.Sort(ids)
	return ids
}

func TestDreamsOnXAreListedAndNobodyIsTouched(t *testing.T) {
	for name, o := range map[string]xtest.Options{"v1.1": {V1: true}, "the guides' names": {Spelling: xtest.Tweets}, "the specification's names": {Spelling: xtest.Posts}} {
		t.Run(name, func(t *testing.T) {
			onX(t, o, func(t *testing.T, r *xrig) {
				dream := r.post(0.97)
				r.post(0.2)
				far := r.server.AddUser("far", xtest.UserOptions{})
				foreign, err := far.Post(xtest.PostOptions{Text: "x", Media: []xtest.Picture{{Data: paint(0.96, 99)}}})
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
				if !r.reader.Follows(r.artist) || r.reader.Mutes(r.artist) || r.server.Count("GET /2/users/{id}/muting") != 0 {
					t.Error("the artist was touched")
				}
				n := r.server.Usage()[xtest.PostRead]
				r.pass() // nothing new costs nothing
				if r.server.Usage()[xtest.PostRead] != n {
					t.Error("posts are paid for twice")
				}
				r.say("undo all")
				r.pass()
				if got := r.hidden(); len(got) != 0 {
					t.Errorf("after undo: %v", got)
				}
			})
		})
	}
}

func TestReportOnlyListsNothing(t *testing.T) {
	onX(t, xtest.Options{}, func(t *testing.T, r *xrig) {
		dream := r.post(0.97)
		r.join(func(s *store.Subscriber) { s.Mode = store.FilterShadow })
		r.pass()
		if r.fate(dream) != store.Noted || len(r.hidden()) != 0 {
			t.Errorf("%s, %v", r.fate(dream), r.hidden())
		}
	})
}

func TestAListOfAnEarlierProgramGoesOn(t *testing.T) {
	onX(t, xtest.Options{}, func(t *testing.T, r *xrig) {
		old, gone := r.post(0.97), r.post(0.96)
		r.join()
		lists := r.store.For(r.scope).Notes("lists")
		for name, l := range map[string]hidelist.List{ // whose names were drawn by lot
			"K7Q": {Name: "K7Q", Title: network.Title("certain"), Style: network.Warn, Expires: time.Now().Add(24 * time.Hour), Posts: map[string]time.Time{old: time.Now()}},
			"AB3": {Name: "AB3", Title: network.Title("certain"), Style: network.Warn, Expires: time.Now().Add(-time.Hour), Posts: map[string]time.Time{gone: time.Now()}},
		} {
			data, err := json.Marshal(l)
			if err == nil {
				err = lists.Put(name, data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range []string{old, gone} {
			if _, err := r.store.For(r.scope).Timeline().Change(id, func(j *store.Judged) { j.Fate, j.Place = store.Filed, "certain/1999-12" }); err != nil {
				t.Fatal(err)
			}
		}
		r.pass()
		if got := r.hidden(); !slices.Equal(got, []string{old}) || r.judged(old).Place != "K7Q" || r.fate(gone) != store.Gone || len(r.lessons()) != 0 {
			t.Errorf("hidden %v in %s; the other is %s; lessons %v", got, r.judged(old).Place, r.fate(gone), r.lessons())
		}
	})
}

// purse is a ledger that a test fills.
type purse struct{ spent atomic.Int64 }

func (p *purse) Spend(network.Spending) error { return nil }
func (p *purse) Spent(identity.Identity, string) (network.Money, error) {
	return network.Money(p.spent.Load()), nil
}

func TestAtTheCapTheTimelineWaitsAndMutesEnd(t *testing.T) {
	var p purse
	onX(t, xtest.Options{}, func(t *testing.T, r *xrig) {
		r.post(0.97)
		r.post(0.96)
		r.join(muteTwice)
		r.pass()
		r.pass()
		if !r.reader.Mutes(r.artist) || r.sub().Trouble != "" {
			t.Fatalf("not muted; trouble: %s", r.sub().Trouble)
		}
		p.spent.Store(int64(network.Dollar))
		r.sleep(time.Hour)
		next, err := r.filter.Pass(t.Context(), r.scope)
		if err != nil || next > 20*time.Minute {
			t.Errorf("%v, %v", next, err)
		}
		if !strings.Contains(r.sub().Trouble, "nothing more is read there before") {
			t.Errorf("no clear notice: %q", r.sub().Trouble)
		}
		if r.reader.Mutes(r.artist) {
			t.Error("the cap keeps a mute from ending")
		}
		p.spent.Store(0)
		r.pass()
		if r.sub().Trouble != "" {
			t.Errorf("still in trouble: %s", r.sub().Trouble)
		}
	}, func(r *xrig) { r.options.Budget = &x.Budget{Cap: network.Dollar, Ledger: &p} })
}

func TestWhereV1IsRefusedTheSubscribersTroubleNamesTheSetting(t *testing.T) {
	onX(t, xtest.Options{}, func(t *testing.T, r *xrig) {
		r.join()
		r.pass()
		if !strings.Contains(r.sub().Trouble, `x.api = "v2"`) {
			t.Errorf("trouble: %q", r.sub().Trouble)
		}
	}, func(r *xrig) { r.version = "v1.1" })
}

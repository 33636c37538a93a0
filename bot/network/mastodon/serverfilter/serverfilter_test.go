package serverfilter_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon/serverfilter"
)

// server is the filters of an account in memory. It does what the suite of readers cannot have a real
// server do.
type server struct {
	filters map[string]serverfilter.Filter
	n       int
	reads   int
	deaf    bool // answers deletions and does not carry them out
	blurs   bool
	lost    error            // of the next creation, which is carried out
	refused map[string]error // of posts that are not taken
	there   bool             // says of every post that it is there already
	leaves  map[string]bool  // posts that the list of filters leaves out
	tells   bool             // a filter by itself says all that the list leaves out
}

func (s *server) Blurs(context.Context) (bool, error) { return s.blurs, nil }

func (s *server) Filters(context.Context) (list []serverfilter.Filter, err error) {
	s.reads++
	for _, id := range slices.Sorted(maps.Keys(s.filters)) {
		f := s.filters[id]
		all := len(f.Entries)
		f.Entries = maps.Clone(f.Entries)
		maps.DeleteFunc(f.Entries, func(post, _ string) bool { return s.leaves[post] })
		f.Whole = len(f.Entries) == all
		list = append(list, f)
	}
	return list, nil
}

func (s *server) Entries(_ context.Context, id string) (map[string]string, bool, error) {
	if !s.tells {
		return nil, false, &network.Error{Op: "read", Kind: network.NotFound, Err: errors.New("no such call")}
	}
	return maps.Clone(s.filters[id].Entries), true, nil
}

func (s *server) CreateFilter(_ context.Context, title string, style network.Style, _ time.Duration) (serverfilter.Filter, error) {
	s.n++
	f := serverfilter.Filter{ID: fmt.Sprintf("f%03d", s.n), Title: title, Style: style, Entries: map[string]string{}}
	s.filters[f.ID] = f
	err := s.lost
	s.lost = nil
	return f, err
}

func (s *server) ChangeFilter(_ context.Context, id string, style network.Style) error {
	f := s.filters[id]
	f.Style = style
	s.filters[id] = f
	return nil
}

func (s *server) DeleteFilter(_ context.Context, id string) error {
	if !s.deaf {
		delete(s.filters, id)
	}
	return nil
}

func (s *server) AddPost(_ context.Context, id, post string) (string, error) {
	if err := s.refused[post]; err != nil {
		return "", err
	}
	if s.there {
		return "", serverfilter.ErrThere
	}
	if _, ok := s.filters[id]; !ok {
		return "", &network.Error{Op: "add", Kind: network.NotFound, Err: errors.New("no filter")}
	}
	s.filters[id].Entries[post] = id + "/" + post
	return id + "/" + post, nil
}

func (s *server) RemovePost(_ context.Context, entry string) error {
	for _, f := range s.filters {
		maps.DeleteFunc(f.Entries, func(_, e string) bool { return e == entry })
	}
	return nil
}

// notebook is notes in memory.
type notebook map[string][]byte

func (n notebook) All() (map[string][]byte, error)    { return maps.Clone(n), nil }
func (n notebook) Put(name string, data []byte) error { n[name] = data; return nil }
func (n notebook) Drop(name string) error             { delete(n, name); return nil }

// rig is a hider on a server, with a clock.
type rig struct {
	t      *testing.T
	server *server
	notes  notebook
	now    time.Time
	*serverfilter.Hider
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, server: &server{filters: map[string]serverfilter.Filter{}, blurs: true}, notes: notebook{}, now: time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)}
	r.restart()
	return r
}

func (r *rig) restart() {
	r.Hider = serverfilter.New(r.server, r.notes, serverfilter.Options{Now: func() time.Time { return r.now }})
}

// pass is a pass that hides posts, for one reason; want are the places.
func (r *rig) pass(want string, posts ...string) network.Hides {
	r.t.Helper()
	h, err := r.Hidden(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range posts {
		if place, err := r.Hide(r.t.Context(), p, "certain", network.Warn); err != nil || place != want {
			r.t.Fatalf("post %s is hidden in %q, %v; want %q", p, place, err, want)
		}
	}
	if _, err := r.Tidy(r.t.Context(), network.Warn); err != nil {
		r.t.Fatal(err)
	}
	return h
}

func TestWhoHasNothingHiddenIsNotAskedForTheirFilters(t *testing.T) {
	r := newRig(t)
	r.pass("")
	if r.server.reads != 0 {
		t.Errorf("%d reads", r.server.reads)
	}
	r.pass("certain/2026-11", "1", "2")
	if r.server.reads != 1 {
		t.Errorf("%d reads for two posts", r.server.reads)
	}
}

func TestAFilterThatWasThereBeforeIsNobodysButTheOwners(t *testing.T) {
	r := newRig(t)
	old, err := r.server.CreateFilter(t.Context(), network.Title("certain"), network.Warn, 0)
	if err != nil {
		t.Fatal(err)
	}
	r.server.lost = &network.Error{Op: "create", Kind: network.Ambiguous, Err: errors.New("no answer")}
	if _, err := r.Hide(t.Context(), "1", "certain", network.Warn); err == nil {
		t.Fatal("no answer was lost")
	}
	r.restart()
	r.pass("certain/2026-11", "1")
	if len(r.server.filters) != 2 || len(r.server.filters[old.ID].Entries) != 0 {
		t.Errorf("%+v", r.server.filters)
	}
}

func TestNothingIsMadeTwiceWhileNobodyKnowsWhetherItIsThere(t *testing.T) {
	r := newRig(t)
	const killed = `{"name":"certain/2026-11","title":"DeepDream: certain","how":"warn","expires":"2027-02-01T00:00:00Z","created":"2026-11-05T12:00:00Z"}`
	r.notes["certain/2026-11"] = []byte(killed)
	r.pass("", "1") // killed just now: the request may still arrive
	if len(r.server.filters) != 0 {
		t.Fatalf("%+v", r.server.filters)
	}
	r.now = r.now.Add(29 * time.Second)
	r.pass("", "1")
	r.now = r.now.Add(2 * time.Second)
	r.pass("certain/2026-11", "1")
	if len(r.server.filters) != 1 {
		t.Errorf("%+v", r.server.filters)
	}
}

func TestAFullFilterIsFollowedByAnother(t *testing.T) {
	r := newRig(t)
	for i := range 400 {
		r.pass("certain/2026-11", fmt.Sprint(i))
	}
	r.pass("certain/2026-11.2", "400", "401")
	r.restart()
	r.pass("certain/2026-11.2", "402")
}

func TestAMonthLaterAnotherFilterIsBegunAndTheFirstOneStays(t *testing.T) {
	r := newRig(t)
	r.pass("certain/2026-11", "1")
	r.now = time.Date(2026, 12, 1, 0, 0, 1, 0, time.UTC)
	r.pass("certain/2026-12", "2")
	r.now = time.Date(2027, 1, 31, 23, 59, 0, 0, time.UTC)
	if h := r.pass(""); len(h.Posts) != 2 || len(h.Places) != 2 {
		t.Errorf("%+v", h)
	}
	r.now = time.Date(2027, 2, 1, 0, 0, 1, 0, time.UTC)
	r.pass("")
	if h := r.pass(""); len(h.Posts) != 1 || h.Places["certain/2026-11"] || len(h.Dismissed) != 0 {
		t.Errorf("%+v", h)
	}
}

func TestADeletionCountsOnceTheServerListsItNoMore(t *testing.T) {
	r := newRig(t)
	r.pass("certain/2026-11", "1")
	r.server.deaf = true
	if err := r.Clear(t.Context()); !network.Is(err, network.Transient) || len(r.notes) != 1 {
		t.Errorf("%v, %v", err, r.notes)
	}
	r.restart()
	if h := r.pass(""); len(h.Posts) != 1 {
		t.Errorf("%+v", h)
	}
	r.pass("certain/2026-11.2", "2") // one that is being removed takes nothing more
	r.server.deaf = false
	if err := r.Clear(t.Context()); err != nil || len(r.notes)+len(r.server.filters) != 0 {
		t.Errorf("%v, %v, %v", err, r.notes, r.server.filters)
	}
}

func TestAFilterThatSeemsEmptyAndMayNotBeStays(t *testing.T) {
	r := newRig(t)
	r.server.there = true // and yet it is in no list
	r.pass("", "1")
	if len(r.server.filters) != 1 {
		t.Errorf("the filter was removed with the post that is in it: %+v", r.server.filters)
	}
}

func TestAPostIsGoneOnlyIfTheFilterIsThere(t *testing.T) {
	r := newRig(t)
	r.pass("certain/2026-11", "1")
	r.server.refused = map[string]error{"2": &network.Error{Op: "add", Kind: network.Rejected, Err: errors.New("no such post")}}
	if _, err := r.Hidden(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Hide(t.Context(), "2", "certain", network.Warn); !errors.Is(err, network.ErrGone) {
		t.Errorf("%v", err)
	}
	clear(r.server.filters) // the owner does away with it, in the middle of a pass
	if place, err := r.Hide(t.Context(), "3", "certain", network.Warn); err != nil || place != "" {
		t.Errorf("%q, %v", place, err)
	}
	if h := r.pass(""); len(h.Dismissed) != 1 {
		t.Errorf("%+v", h)
	}
}

func TestWhereTheServerCannotBlurItWarns(t *testing.T) {
	r := newRig(t)
	r.server.blurs = false
	if _, err := r.Hide(t.Context(), "1", "certain", network.Blur); err != nil {
		t.Fatal(err)
	}
	for _, f := range r.server.filters {
		if f.Style != network.Warn {
			t.Errorf("%+v", f)
		}
	}
	if h := r.pass(""); len(h.Posts) != 1 {
		t.Errorf("%+v", h)
	}
}

func TestAFilterOfWordsIsTheOwnersWhateverItIsCalled(t *testing.T) {
	r := newRig(t)
	const killed = `{"name":"certain/2026-11","title":"DeepDream: certain","how":"warn","expires":"2027-02-01T00:00:00Z","created":"2026-11-05T12:00:00Z"}`
	r.notes["certain/2026-11"] = []byte(killed)
	r.server.filters["own"] = serverfilter.Filter{ID: "own", Title: network.Title("certain"), Words: 1, Entries: map[string]string{"9": "own/9"}}
	if h := r.pass("", "1"); len(h.Posts)+len(h.Places) != 0 {
		t.Errorf("%+v", h)
	}
}

func TestWhatAListLeavesOutIsAskedForAndElseNotConcludedFrom(t *testing.T) {
	for _, tells := range []bool{true, false} {
		r := newRig(t)
		place, err := r.Hide(t.Context(), "1", "certain", network.Warn)
		if err != nil {
			t.Fatal(err)
		}
		r.server.leaves, r.server.tells = map[string]bool{"1": true}, tells
		for range 2 {
			hides, err := r.Hidden(t.Context())
			if err != nil || !hides.Places[place] || hides.Partial[place] == tells || (hides.Posts["1"] == place) != tells {
				t.Errorf("a filter by itself tells: %v; %+v, %v", tells, hides, err)
			}
			if asked, err := r.Tidy(t.Context(), network.Warn); asked || err != nil {
				t.Errorf("a filter of which nobody knows what is in it is done away with: %v", err)
			}
		}
		if len(r.server.filters) != 1 {
			t.Error("the filter is gone")
		}
	}
}

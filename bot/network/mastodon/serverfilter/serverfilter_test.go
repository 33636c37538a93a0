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
	filters  map[string]serverfilter.Filter
	n        int
	reads    int
	deaf     bool // answers deletions and does not carry them out
	blurs    bool
	lost     error            // of the next creation, which is carried out
	refused  map[string]error // of posts that are not taken
	seen     map[string]bool  // those of them that are there all the same
	unique   bool             // takes no second filter of one title
	closed   error            // of every creation
	brief    bool             // leaves entries out of its list
	mute     bool             // and does not say them elsewhere
	stubborn bool             // answers changes and does not carry them out
	now      func() time.Time
	there    bool // says of every post that it is there already
}

func (s *server) Blurs(context.Context) (bool, error) { return s.blurs, nil }

func (s *server) Filters(context.Context) (list []serverfilter.Filter, err error) {
	s.reads++
	for _, id := range slices.Sorted(maps.Keys(s.filters)) {
		f := s.filters[id]
		f.Entries = maps.Clone(f.Entries)
		f.Whole = !s.brief
		if s.brief {
			f.Entries = nil
		}
		list = append(list, f)
	}
	return list, nil
}

func (s *server) CreateFilter(_ context.Context, title string, style network.Style, lasts time.Duration) (serverfilter.Filter, error) {
	s.n++
	if s.closed != nil {
		return serverfilter.Filter{}, s.closed
	}
	for _, f := range s.filters {
		if s.unique && f.Title == title {
			return serverfilter.Filter{}, rejected("create a filter")
		}
	}
	f := serverfilter.Filter{ID: fmt.Sprintf("f%03d", s.n), Title: title, Style: style, Entries: map[string]string{},
		Context: []string{serverfilter.Home}, Expires: s.now().Add(lasts)}
	s.filters[f.ID] = f
	err := s.lost
	s.lost = nil
	return f, err
}

func (s *server) Entries(_ context.Context, id string) (map[string]string, bool, error) {
	if s.mute {
		return nil, false, rejected("read a filter")
	}
	return maps.Clone(s.filters[id].Entries), true, nil
}

func rejected(op string) error {
	return &network.Error{Op: op, Kind: network.Rejected, Err: errors.New("no")}
}

func (s *server) There(_ context.Context, post string) (bool, error) {
	return s.refused[post] == nil || s.seen[post], nil
}

func (s *server) ChangeFilter(_ context.Context, id string, set serverfilter.Settings) error {
	f := s.filters[id]
	if s.stubborn {
		return nil
	}
	f.Style, f.Expires = set.Style, s.now().Add(set.Lasts)
	if !slices.Contains(f.Context, serverfilter.Home) {
		f.Context = append(f.Context, serverfilter.Home)
	}
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
	r.server.now = func() time.Time { return r.now }
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
	if _, err := r.Tidy(r.t.Context(), network.All(network.Warn)); err != nil {
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
	r.pass("")
	r.now = r.now.Add(time.Minute)
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

// change is what the owner, or somebody, does to the only filter.
func (r *rig) change(do func(*serverfilter.Filter)) {
	r.t.Helper()
	if len(r.server.filters) != 1 {
		r.t.Fatalf("%+v", r.server.filters)
	}
	for id, f := range r.server.filters {
		do(&f)
		r.server.filters[id] = f
	}
}

func TestWhatAListLeavesOutIsNotEmpty(t *testing.T) {
	r := newRig(t)
	r.pass("certain/2026-11", "1")
	r.server.brief = true
	if h := r.pass(""); h.Posts["1"] != "certain/2026-11" || h.Partial["certain/2026-11"] {
		t.Errorf("it says elsewhere what is in it: %+v", h)
	}
	r.server.mute = true
	if h := r.pass("certain/2026-11", "2"); len(h.Posts) != 0 || !h.Partial["certain/2026-11"] || len(r.server.filters) != 1 {
		t.Errorf("nobody says what is in it: %+v, filters %+v", h, r.server.filters)
	}
	if err := r.Unhide(t.Context(), "1"); err != nil || len(r.server.filters) != 1 {
		t.Errorf("%v", err)
	}
}

func TestAListThatIsEmptyForAMomentEndsNothing(t *testing.T) {
	r := newRig(t)
	r.pass("certain/2026-11", "1")
	all := r.server.filters
	r.server.filters = map[string]serverfilter.Filter{}
	for range 2 { // at the same time
		if h := r.pass(""); len(h.Dismissed) != 0 || h.None || !h.Unsure || !h.Partial["certain/2026-11"] {
			t.Errorf("%+v", h)
		}
	}
	if place, err := r.Hide(t.Context(), "2", "certain", network.Warn); err != nil || place != "" {
		t.Errorf("hidden in %q meanwhile, %v", place, err)
	}
	r.server.filters = all
	if h := r.pass(""); h.Posts["1"] == "" || h.Unsure {
		t.Errorf("%+v", h)
	}
	r.server.filters = map[string]serverfilter.Filter{}
	r.pass("")
	r.now = r.now.Add(time.Hour)
	if h := r.pass(""); len(h.Dismissed) != 1 {
		t.Errorf("missing at a second look: %+v", h)
	}
}

func TestAFilterThatIsEmptyForAMomentStays(t *testing.T) {
	r := newRig(t)
	r.pass("certain/2026-11", "1", "2", "3")
	if err := r.Unhide(t.Context(), "1"); err != nil { // one of them we take out ourselves
		t.Fatal(err)
	}
	r.pass("")
	var held map[string]string
	r.change(func(f *serverfilter.Filter) { held, f.Entries = f.Entries, map[string]string{} })
	r.pass("")
	r.change(func(f *serverfilter.Filter) { f.Entries = held })
	r.pass("")
	r.change(func(f *serverfilter.Filter) { f.Entries = map[string]string{} })
	r.pass("")
	if len(r.server.filters) != 1 {
		t.Fatal("it was removed")
	}
	r.now = r.now.Add(time.Minute)
	r.pass("")
	if len(r.server.filters) != 0 {
		t.Error("it is empty and stays")
	}
}

func TestAFilterThatHidesNothingIsPutRight(t *testing.T) {
	for name, change := range map[string]func(r *rig, f *serverfilter.Filter){
		"it ended":                    func(r *rig, f *serverfilter.Filter) { f.Expires = r.now.Add(-time.Minute) },
		"it is for another place":     func(_ *rig, f *serverfilter.Filter) { f.Context = []string{"public"} },
		"it is for no place":          func(_ *rig, f *serverfilter.Filter) { f.Context = []string{} },
		"it will end in half an hour": func(r *rig, f *serverfilter.Filter) { f.Expires = r.now.Add(30 * time.Minute) },
		"it has another action":       func(_ *rig, f *serverfilter.Filter) { f.Style = network.Hide },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.pass("certain/2026-11", "1")
			r.change(func(f *serverfilter.Filter) { change(r, f) })
			first, err := r.Hidden(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			works := name == "it will end in half an hour" || name == "it has another action"
			if idle := first.Idle["certain/2026-11"] != ""; idle == works || first.Posts["1"] == "" {
				t.Errorf("%+v", first)
			}
			if place, err := r.Hide(t.Context(), "2", "certain", network.Warn); err != nil || (place != "") != works {
				t.Errorf("hidden in %q, %v", place, err)
			}
			if _, err := r.Tidy(t.Context(), network.All(network.Warn)); err != nil {
				t.Fatal(err)
			}
			r.change(func(f *serverfilter.Filter) {
				if f.Style != network.Warn || !slices.Contains(f.Context, serverfilter.Home) || f.Expires.Before(r.now.AddDate(0, 2, 0)) {
					t.Errorf("%+v", f)
				}
			})
			if h := r.pass("certain/2026-11", "2"); len(h.Idle) != 0 {
				t.Errorf("%+v", h)
			}
		})
	}
}

func TestAFilterThatCannotBePutRightIsSaidToBeSo(t *testing.T) {
	r := newRig(t)
	r.pass("certain/2026-11", "1")
	r.server.stubborn = true
	r.change(func(f *serverfilter.Filter) { f.Expires = r.now.Add(-time.Minute) })
	var err error
	for range 9 {
		if _, err := r.Hidden(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err = r.Tidy(t.Context(), network.All(network.Warn)); err != nil {
			break
		}
	}
	if !network.Is(err, network.Rejected) {
		t.Errorf("%v", err)
	}
}

func TestATitleThatIsTakenIsNoReasonToWait(t *testing.T) {
	monthly := time.Date(2026, 12, 1, 0, 0, 2, 0, time.UTC)
	ours := serverfilter.Filter{ID: "old", Title: "DeepDream: certain", Style: network.Warn, Context: []string{serverfilter.Home},
		Expires: monthly, Entries: map[string]string{"7": "e7"}}
	for name, c := range map[string]struct {
		change  func(f *serverfilter.Filter)
		adopted bool
	}{
		"one that we made":        {func(*serverfilter.Filter) {}, true},
		"one without an end":      {func(f *serverfilter.Filter) { f.Expires = time.Time{} }, false},
		"one that ends in a week": {func(f *serverfilter.Filter) { f.Expires = monthly.AddDate(0, 0, 7) }, false},
		"one with words":          {func(f *serverfilter.Filter) { f.Words = 1 }, false},
		"one for other places":    {func(f *serverfilter.Filter) { f.Context = []string{"home", "public"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.server.unique = true
			old := ours
			old.Entries = map[string]string{"7": "e7"}
			c.change(&old)
			r.server.filters["old"] = old
			h := r.pass("certain/2026-11", "1")
			if h, err := r.Hidden(t.Context()); err != nil || h.Posts["1"] != "certain/2026-11" || (h.Posts["7"] != "") != c.adopted {
				t.Errorf("%+v, %v", h, err)
			}
			_ = h
			if n := len(r.server.filters); (n == 1) != c.adopted {
				t.Errorf("%d filters: %+v", n, r.server.filters)
			}
			if err := r.Clear(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, there := r.server.filters["old"]; there == c.adopted || !c.adopted && fmt.Sprint(r.server.filters["old"]) != fmt.Sprint(old) {
				t.Errorf("%+v", r.server.filters)
			}
		})
	}
}

func TestWhatAnInstallationBeforeUsHidIsSaidToBeFound(t *testing.T) {
	r := newRig(t)
	r.server.unique = true
	r.server.filters["old"] = serverfilter.Filter{ID: "old", Title: "DeepDream: certain", Style: network.Warn, Context: []string{serverfilter.Home},
		Expires: time.Date(2026, 12, 1, 0, 0, 2, 0, time.UTC), Entries: map[string]string{"7": "e7"}}
	if _, err := r.Hide(t.Context(), "1", "certain", network.Warn); err != nil {
		t.Fatal(err)
	}
	r.restart()
	h, err := r.Hidden(t.Context())
	if err != nil || !h.Found["7"] || h.Found["1"] {
		t.Errorf("%+v, %v", h, err)
	}
	if _, err := r.Tidy(t.Context(), network.All(network.Warn)); err != nil {
		t.Fatal(err)
	}
	if h := r.pass(""); len(h.Found) != 0 || h.Posts["7"] == "" {
		t.Errorf("%+v", h)
	}
}

func TestAServerThatMakesNoFiltersSaysSo(t *testing.T) {
	for _, kind := range []network.ErrorKind{network.Unauthorized, network.Forbidden, network.NotFound, network.Rejected} {
		r := newRig(t)
		r.server.closed = &network.Error{Op: "create a filter", Kind: kind, Err: errors.New("no")}
		for range 3 {
			if _, err := r.Hidden(t.Context()); err != nil {
				t.Fatal(err)
			}
			if place, err := r.Hide(t.Context(), "1", "certain", network.Warn); !network.Is(err, kind) {
				t.Errorf("hidden in %q, %v", place, err)
			}
		}
		r.server.closed = nil // and when it does, one is made at once
		r.pass("certain/2026-11", "1")
	}
}

func TestAPostThatAServerRefusesIsNotGone(t *testing.T) {
	r := newRig(t)
	r.pass("certain/2026-11", "1")
	r.server.refused, r.server.seen = map[string]error{"2": rejected("add")}, map[string]bool{"2": true}
	if _, err := r.Hidden(t.Context()); err != nil {
		t.Fatal(err)
	}
	if place, err := r.Hide(t.Context(), "2", "certain", network.Warn); !network.Is(err, network.Rejected) {
		t.Errorf("hidden in %q, %v", place, err)
	}
}

func TestAFilterIntoWhichWordsWerePutIsItsOwnersInTheEnd(t *testing.T) {
	r := newRig(t)
	r.pass("certain/2026-11", "1")
	r.change(func(f *serverfilter.Filter) { f.Words = 1 })
	if err := r.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.change(func(f *serverfilter.Filter) {
		if len(f.Entries) != 0 {
			t.Errorf("%+v", f)
		}
	})
	if len(r.notes) != 0 {
		t.Errorf("%v", r.notes)
	}
}

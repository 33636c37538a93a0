package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"slugpuppy/store"
)

// judged is a subscriber with posts of these fates, whose ids are the fates.
func judged(t *testing.T, s *store.Store, of ...store.Fate) *store.Account {
	t.Helper()
	a := s.For(neighbours[0])
	_, err := a.Subscription().Join(store.Itself(), store.Subscriber{Handle: "reader@example.social", Mode: store.FilterOn})
	must(t, err)
	for _, f := range of {
		must(t, a.Timeline().Record("c", store.Judged{Post: string(f), Author: "a@b.example", Why: "why", Kind: "kind", Pictures: []string{"p" + string(f)}, Fate: f}))
	}
	return a
}

// uncall is a word that takes hidden posts out.
func uncall(j *store.Judged, _ store.Word) {
	j.Why = "uncalled"
	switch j.Fate {
	case store.Filed, store.Wanted:
		j.Fate = store.Unwanted
	case store.Noted:
		j.Fate = store.Returned
	}
}

func TestAWordCanBeTakenBackAndThatToo(t *testing.T) {
	s := fresh(t)
	a := judged(t, s, store.Filed, store.Noted)
	by := store.Actor{Identity: a.Identity(), Name: "reader"}
	must(t, a.Timeline().PutLesson(store.Lesson{Picture: "pfiled", Dream: true, Score: 0.7}))
	words := []store.Word{
		{Post: "filed", Lessons: []store.Lesson{{Picture: "pfiled"}}},
		{Post: "noted", Lessons: []store.Lesson{{Picture: "pnoted"}}},
	}
	undo, err := a.Timeline().Say(by, "called no dream", words, uncall)
	must(t, err)
	is := func(when string, filed, noted store.Fate, word string, lessons ...bool) {
		t.Helper()
		for post, want := range map[string]store.Fate{"filed": filed, "noted": noted} {
			j, err := a.Timeline().Judged(post)
			if called, _ := j.Called(); err != nil || j.Fate != want || called != word {
				t.Errorf("%s: %s is %s and called %q, want %s and %q: %v", when, post, j.Fate, called, want, word, err)
			}
		}
		all, err := a.Timeline().Lessons()
		must(t, err)
		var dreams []bool
		for _, l := range all {
			dreams = append(dreams, l.Dream)
		}
		if !slices.Equal(dreams, lessons) {
			t.Errorf("%s: lessons %v, want %v", when, dreams, lessons)
		}
	}
	is("after the word", store.Unwanted, store.Returned, store.WordNoDream, false, false)
	_, redo, err := a.Undo(by, undo)
	must(t, err)
	is("after taking it back", store.Wanted, store.Noted, "", true)
	if _, _, err := a.Undo(by, undo); !errors.Is(err, store.ErrUndone) {
		t.Errorf("the same twice: %v", err)
	}
	if _, _, err := s.For(neighbours[1]).Undo(by, redo); !errors.Is(err, store.ErrNoUndo) {
		t.Errorf("by somebody else: %v", err)
	}
	_, _, err = a.Undo(by, redo)
	must(t, err)
	is("after taking that back", store.Unwanted, store.Returned, store.WordNoDream, false, false)
	list, err := a.History(10)
	if err != nil || len(list) != 4 || list[0].Undo == "" || list[1].Undo != "" || !list[1].Undone {
		t.Errorf("%+v %v", list, err)
	}
	if other, err := s.For(neighbours[1]).History(10); err != nil || len(other) != 0 {
		t.Errorf("somebody else sees %+v %v", other, err)
	}
}

func TestAMassUndoCanBeUndoneAndThatToo(t *testing.T) {
	s := fresh(t)
	a := judged(t, s, store.Filed, store.Noted)
	fates := func() (all [2]store.Fate) {
		for i, post := range []string{"filed", "noted"} {
			j, err := a.Timeline().Judged(post)
			must(t, err)
			all[i] = j.Fate
		}
		return all
	}
	_, undo, err := a.Timeline().Return(store.Itself(), time.Time{}, "undo all", nil)
	must(t, err)
	for i, want := range [][2]store.Fate{{store.Wanted, store.Noted}, {store.Unwanted, store.Returned}, {store.Wanted, store.Noted}} {
		if _, undo, err = a.Undo(store.Itself(), undo); err != nil || fates() != want {
			t.Fatalf("undo %d: %v, want %v: %v", i+1, fates(), want, err)
		}
	}
}

// Whatever happened to a post since somebody spoke of it, their word can be taken back.
func TestFromEveryFateThereIsAWayBack(t *testing.T) {
	for _, from := range store.Fates() {
		for _, to := range store.Fates() {
			if back, ok := store.Back(from, to); !ok {
				t.Errorf("from %s towards %s: %s does not follow", from, to, back)
			}
		}
	}
}

func TestEventsOfAPostAreBoundedAndOldRowsHaveThem(t *testing.T) {
	s := fresh(t)
	a := judged(t, s, store.Noted)
	for range 40 {
		_, err := a.Timeline().Say(store.Itself(), "", []store.Word{{Post: "noted", Dream: true}}, func(*store.Judged, store.Word) {})
		must(t, err)
	}
	j, err := a.Timeline().Judged("noted")
	if found, ok := j.Found(); err != nil || len(j.Events) > 16 || !ok || found.IsZero() {
		t.Errorf("%d events, %v", len(j.Events), err)
	}
	old := store.Judged{Fate: store.TakenOut, FiledAt: time.Unix(1, 0), Changed: time.Unix(2, 0)}
	if word, at := old.Called(); word != store.WordNoDream || at != time.Unix(2, 0) || !old.Hid(time.Unix(1, 0)) || old.Hid(time.Unix(2, 0)) {
		t.Errorf("an old row: %q %v %+v", word, at, old.History())
	}
}

func TestWhatIsHeldWaitsUntilItIsLetGo(t *testing.T) {
	s := fresh(t)
	_, err := ours(s).Record("1", store.Job{Source: "5", State: store.Queued, Lane: "words"})
	must(t, err)
	j, err := ours(s).BySource("5")
	must(t, err)
	lease := func() bool {
		_, _, ok, err := ours(s).Lease("words", "me", time.Minute)
		must(t, err)
		return ok
	}
	if held, err := s.Operator().Hold(ada, j.ID, true); err != nil || !held.Held || lease() {
		t.Errorf("%+v %v", held, err)
	}
	if gone, err := s.Operator().Hold(ada, j.ID, false); err != nil || gone.Held || !lease() {
		t.Errorf("%+v %v", gone, err)
	}
	if _, err := s.Operator().Hold(ada, j.ID, true); !errors.Is(err, store.ErrState) {
		t.Errorf("while somebody works on it: %v", err)
	}
}

package store_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"slugpuppy/store"
)

// history drives a timeline at random beside a model of it, on a clock of its own.
type history struct {
	path string
	s    *store.Store
	now  time.Time
	rows map[string]store.Judged
}

func (h *history) timeline() *store.Timeline { return h.s.For(scope).Timeline() }

func (h *history) Record(t *rapid.T) {
	var page []store.Judged
	for range rapid.IntRange(1, 4).Draw(t, "posts") {
		post := rapid.StringMatching(`[0-9]{1,2}`).Draw(t, "post")
		page = append(page, store.Judged{Post: post,
			URL:  rapid.SampledFrom([]string{"", "https://a.example/" + post, "https://same.example"}).Draw(t, "url"),
			Fate: rapid.SampledFrom([]store.Fate{store.Kept, store.Noted, store.Wanted}).Draw(t, "fate")})
	}
	if err := h.timeline().Record("c", page...); err != nil {
		t.Fatal(err)
	}
	for _, j := range page {
		if _, known := h.rows[j.Post]; !known {
			j.Seen, j.Changed = h.now, h.now
			h.rows[j.Post] = j
		}
	}
}

func (h *history) Change(t *rapid.T) {
	post := rapid.StringMatching(`[0-9]{1,2}`).Draw(t, "post")
	fate := rapid.SampledFrom([]store.Fate{store.Kept, store.Noted, store.Wanted, store.Filed, store.Unwanted,
		store.Returned, store.TakenOut, store.Gone}).Draw(t, "fate")
	url := rapid.SampledFrom([]string{"", "https://b.example/" + post}).Draw(t, "url")
	j, err := h.timeline().Change(post, func(j *store.Judged) { j.Fate, j.URL = fate, url })
	switch {
	case errors.Is(err, store.ErrState):
	case err != nil:
		t.Fatal(err)
	default:
		j.Changed = h.now
		h.rows[post] = j
	}
}

func (h *history) Wait(t *rapid.T) {
	h.now = h.now.Add(time.Duration(rapid.IntRange(1, 72).Draw(t, "hours")) * time.Hour)
}

func (h *history) Prune(t *rapid.T) {
	kept, ended := h.now.Add(-24*time.Hour), h.now.Add(-96*time.Hour)
	n, err := h.s.PruneJudged(kept, ended)
	if err != nil {
		t.Fatal(err)
	}
	before := len(h.rows)
	maps.DeleteFunc(h.rows, func(_ string, j store.Judged) bool {
		switch j.Fate {
		case store.Kept:
			return j.Seen.Before(kept)
		case store.Noted, store.Returned, store.TakenOut, store.Gone:
			return j.Changed.Before(ended)
		}
		return false
	})
	if n != before-len(h.rows) {
		t.Fatalf("pruned %d, want %d", n, before-len(h.rows))
	}
}

func (h *history) Reopen(t *rapid.T) {
	if err := h.s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Check(h.path); err != nil {
		t.Fatal(err)
	}
	h.open(t)
}

func (h *history) open(t rapid.TB) {
	s, err := store.Open(h.path, store.Options{NoSync: true, Now: func() time.Time { return h.now }})
	if err != nil {
		t.Fatal(err)
	}
	h.s = s
}

// check asks the indexes and looks through the whole model.
func (h *history) check(t *rapid.T) {
	since := h.now.Add(-time.Duration(rapid.IntRange(0, 200).Draw(t, "since")) * time.Hour)
	fates := rapid.SliceOfNDistinct(rapid.SampledFrom([]store.Fate{store.Kept, store.Noted, store.Wanted,
		store.Filed, store.Gone}), 0, 3, rapid.ID[store.Fate]).Draw(t, "fates")
	var want []string
	for _, j := range h.rows {
		if !j.Seen.Before(since) && (len(fates) == 0 || slices.Contains(fates, j.Fate)) {
			want = append(want, j.Post)
		}
	}
	rows, err := h.timeline().Since(since, fates...)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, j := range rows {
		got = append(got, j.Post)
		if i > 0 && rows[i-1].Seen.Before(j.Seen) {
			t.Fatalf("%s before %s", rows[i-1].Post, j.Post)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("since %s %v: %v, want %v", since, fates, got, want)
	}
	for post, j := range h.rows {
		if j.URL == "" || j.URL == "https://same.example" {
			continue
		}
		if found, err := h.timeline().ByURL(j.URL); err != nil || found.Post != post {
			t.Fatalf("%s is %s, %v", j.URL, found.Post, err)
		}
	}
	if found, err := h.timeline().ByURL("https://same.example"); err == nil &&
		h.rows[found.Post].URL != "https://same.example" {
		t.Fatalf("%s is found by an address it has not", found.Post)
	}
}

func TestPostsAreFoundByFateTimeAndAddress(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		h := &history{path: filepath.Join(dir, fmt.Sprint(n)), now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
			rows: map[string]store.Judged{}}
		h.open(t)
		defer func() { h.s.Close() }()
		for _, who := range append(neighbours[:3:3], scope) { // others have posts of the same ids
			if _, err := h.s.For(who).Subscription().Join(boss, store.Subscriber{Mode: store.FilterOn}); err != nil {
				t.Fatal(err)
			}
			if who != scope {
				if err := h.s.For(who).Timeline().Record("c", store.Judged{Post: "1", URL: "https://a.example/1",
					Fate: store.Wanted}); err != nil {
					t.Fatal(err)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){"record": h.Record, "change": h.Change, "wait": h.Wait, "prune": h.Prune,
			"reopen": h.Reopen, "": h.check})
	})
}

func TestAnOldHistoryIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slugpuppy.db")
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	s, err := store.Open(path, store.Options{NoSync: true, Now: func() time.Time { return now }})
	must(t, err)
	_, err = s.For(scope).Subscription().Join(boss, store.Subscriber{})
	must(t, err)
	must(t, s.For(scope).Timeline().Record("1", store.Judged{Post: "old", URL: "https://a.example/old",
		Fate: store.Wanted}, store.Judged{Post: "kept", Fate: store.Kept}))
	now = now.Add(time.Hour)
	must(t, s.For(scope).Timeline().Record("2", store.Judged{Post: "new", URL: "https://a.example/new",
		Fate: store.Wanted}))
	must(t, s.Close())
	db, err := bolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bolt.Tx) error { // whoever reads these fails
		b := tx.Bucket([]byte("judged"))
		return errors.Join(b.Put([]byte("example.social\x0042\x00old"), []byte("{")),
			b.Put([]byte("example.social\x0042\x00kept"), []byte("{")))
	}))
	must(t, db.Close())
	s = openAt(t, path)
	if rows, err := s.For(scope).Timeline().Since(now, store.Wanted); err != nil || len(rows) != 1 {
		t.Errorf("%+v, %v", rows, err)
	}
	if rows, err := s.For(scope).Timeline().Since(now); err != nil || len(rows) != 1 {
		t.Errorf("of any fate: %+v, %v", rows, err)
	}
	if j, err := s.For(scope).Timeline().ByURL("https://a.example/new"); err != nil || j.Post != "new" {
		t.Errorf("%+v, %v", j, err)
	}
	if _, err := s.For(scope).Timeline().Since(time.Time{}, store.Wanted); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("the old one was not read when it was asked for: %v", err)
	}
}

func TestALongAddressIsOneToo(t *testing.T) {
	s := fresh(t)
	_, err := s.For(scope).Subscription().Join(boss, store.Subscriber{})
	must(t, err)
	long := "https://a.example/" + strings.Repeat("x", 100_000)
	must(t, s.For(scope).Timeline().Record("1", store.Judged{Post: "1", URL: long, Fate: store.Kept}))
	if j, err := s.For(scope).Timeline().ByURL(long); err != nil || j.Post != "1" {
		t.Errorf("%v, %v", j.Post, err)
	}
}

func BenchmarkLatestOfALongHistory(b *testing.B) {
	s := fresh(b)
	if _, err := s.For(scope).Subscription().Join(boss, store.Subscriber{}); err != nil {
		b.Fatal(err)
	}
	for page := range 100 {
		var rows []store.Judged
		for i := range 500 {
			rows = append(rows, store.Judged{Post: fmt.Sprint(page*500 + i),
				URL: fmt.Sprintf("https://a.example/%d", page*500+i), Author: "artist@a.example", Fate: store.Kept})
		}
		if page == 99 {
			rows[0].Fate = store.Wanted
		}
		must(b, s.For(scope).Timeline().Record("c", rows...))
	}
	b.ReportAllocs()
	for b.Loop() {
		if rows, err := s.For(scope).Timeline().Since(time.Time{}, store.Filed, store.Wanted,
			store.Unwanted); err != nil || len(rows) != 1 {
			b.Fatal(len(rows), err)
		}
		if _, err := s.For(scope).Timeline().ByURL("https://a.example/49999"); err != nil {
			b.Fatal(err)
		}
	}
}

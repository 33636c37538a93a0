package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

// process opens the file as the next process does, after another one was killed; the bot begins.
func process(t *testing.T, path string, bots ...identity.Identity) *store.Store {
	t.Helper()
	s, err := store.Open(path, store.Options{NoSync: true})
	must(t, err)
	for _, who := range append([]identity.Identity{scope}, bots...) {
		_, err := s.For(who).Jobs().Reclaim()
		must(t, err)
	}
	return s
}

// take leases what is due in a lane of a bot, as the worker of a process that is named.
func take(t *testing.T, s *store.Store, who identity.Identity) *store.Job {
	t.Helper()
	j, _, ok, err := s.For(who).Jobs().Lease("words", "me", time.Minute)
	must(t, err)
	if !ok {
		return nil
	}
	return &j
}

func TestAJobThatWasNotAloneIsNotToBlame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s := process(t, path)
	record(t, s, "1", "p1", "p2")
	for range 10 { // each time the process dies while it works on both, where it may
		first, second := take(t, s, scope), take(t, s, scope)
		if first == nil || first.Attempts != 1 {
			t.Fatalf("%+v", first)
		}
		if second == nil { // one of them works alone now; finish it
			must(t, ours(s).Release(first.ID, "me", time.Time{}))
		}
		must(t, s.Close())
		s = process(t, path)
	}
	s.Close()
}

func TestAJobThatWasAloneEachTimeIsGivenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s := process(t, path)
	record(t, s, "1", "poison")
	for n := 1; n <= store.MaxAttempts; n++ {
		if j := take(t, s, scope); j == nil || j.Attempts != n || j.Deaths != n-1 {
			t.Fatalf("death %d: %+v", n, j)
		}
		must(t, s.Close())
		s = process(t, path)
	}
	if j := take(t, s, scope); j == nil || j.Attempts <= store.MaxAttempts {
		t.Errorf("it is tried once more: %+v", j)
	}
	s.Close()
}

func TestADeathWithoutAJobClearsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s := process(t, path)
	record(t, s, "1", "p1")
	for range 5 {
		for range store.MaxAttempts - 1 {
			if j := take(t, s, scope); j == nil || j.Attempts > store.MaxAttempts {
				t.Fatalf("%+v", j)
			}
			must(t, s.Close())
			s = process(t, path)
		}
		must(t, s.Close()) // nobody worked on it
		s = process(t, path)
		jobs, err := ours(s).List(store.Filter{})
		if err != nil || len(jobs) != 1 || jobs[0].Attempts != 0 || jobs[0].Deaths != 0 {
			t.Fatalf("%+v, %v", jobs, err)
		}
	}
	s.Close()
}

// A job that kills the process whatever works beside it is found all the same: whoever was there twice in
// a row works alone.
func TestPoisonIsFoundInCompany(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	other := identity.Identity{Server: "other.example", ID: "7"}
	s := process(t, path, other)
	record(t, s, "1", "poison", "innocent")
	if _, err := s.For(other).Jobs().Record("1", queued("elsewhere")); err != nil {
		t.Fatal(err)
	}
	finished := map[string]bool{}
	for deaths := 0; ; deaths++ {
		if deaths > 20 {
			t.Fatalf("never found; finished: %v", finished)
		}
		// Three workers take what they may. The poison kills them all, else all finish.
		var taken []store.Job
		for _, who := range []identity.Identity{other, scope, scope} {
			if j := take(t, s, who); j != nil {
				taken = append(taken, *j)
			}
		}
		var poison *store.Job
		for _, j := range taken {
			if j.Source == "poison" {
				poison = &j
			}
		}
		if poison != nil && poison.Attempts > store.MaxAttempts {
			must(t, ours(s).Bury(poison.ID, "poison", queued("sorry:poison")))
			t.Logf("found after %d deaths", deaths)
			break
		}
		if poison == nil {
			for _, j := range taken {
				must(t, s.For(j.Bot).Jobs().Render(j.ID, "me", []byte(`{}`), nil))
				finished[j.Source] = true
			}
		}
		must(t, s.Close())
		s = process(t, path, other)
	}
	for _, name := range []string{"innocent", "elsewhere"} {
		if j, err := s.For(map[string]identity.Identity{"innocent": scope, "elsewhere": other}[name]).Jobs().BySource(name); err != nil || j.State == store.Dead {
			t.Errorf("%s: %+v, %v", name, j, err)
		}
	}
	if _, err := ours(s).BySource("sorry:poison"); err != nil {
		t.Error(err)
	}
	must(t, s.Close())
	must(t, store.Check(path))
}

func TestWhoWorksAloneIsWaitedForButNotForEver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	open := func() *store.Store {
		s, err := store.Open(path, store.Options{NoSync: true, Now: func() time.Time { return now }})
		must(t, err)
		_, err = ours(s).Reclaim()
		must(t, err)
		return s
	}
	s := open()
	record(t, s, "1", "a", "b")
	for range 2 {
		take(t, s, scope)
		take(t, s, scope)
		must(t, s.Close())
		s = open()
	}
	defer func() { s.Close() }()
	for i := range 3 {
		record(t, s, fmt.Sprint(i), fmt.Sprint("later", i))
	}
	alone := take(t, s, scope)
	if alone == nil || alone.Cut != 2 || alone.Attempts != 1 {
		t.Fatalf("%+v", alone)
	}
	if j := take(t, s, scope); j != nil {
		t.Errorf("%s works beside it", j.Source)
	}
	must(t, ours(s).Render(alone.ID, "me", []byte(`{}`), nil))
	second := take(t, s, scope)
	if second == nil || second.Cut != 2 {
		t.Fatalf("%+v", second)
	}
	// Its worker gives it back for good and nobody asks for it again: others go on.
	must(t, ours(s).Release(second.ID, "me", now.Add(time.Hour)))
	if j := take(t, s, scope); j == nil {
		t.Error("nobody works any more")
	}
}

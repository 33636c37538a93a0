package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

var scope = identity.Identity{Server: "example.social", ID: "42"}

// Some people: two who ask, and one on this machine.
var (
	ada  = store.Actor{Identity: identity.Identity{Server: "example.social", ID: "ada"}, Name: "ada@example.social"}
	bea  = store.Actor{Identity: identity.Identity{Server: "example.social", ID: "bea"}, Name: "bea@example.social"}
	boss = store.Actor{Name: "operator"}
)

// ours are the jobs of the bot that the tests are about.
func ours(s *store.Store) *store.Jobs { return s.For(scope).Jobs() }

func openAt(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func fresh(t testing.TB) *store.Store {
	return openAt(t, filepath.Join(t.TempDir(), "slugpuppy.db"))
}

func queued(source string) store.Job {
	return store.Job{Source: source, Requester: "ada", Handle: "ada@example.social", Lane: "words",
		State: store.Queued, Payload: []byte(`{}`)}
}

func record(t testing.TB, s *store.Store, cursor string, sources ...string) {
	t.Helper()
	var jobs []store.Job
	for _, src := range sources {
		jobs = append(jobs, queued(src))
	}
	if _, err := ours(s).Record(cursor, jobs...); err != nil {
		t.Fatal(err)
	}
}

func lease(t testing.TB, s *store.Store) store.Job {
	t.Helper()
	j, _, ok, err := ours(s).Lease("words", "me", time.Minute)
	if err != nil || !ok {
		t.Fatalf("lease: %v, %v", ok, err)
	}
	return j
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func stateOf(t testing.TB, s *store.Store, id string) store.State {
	t.Helper()
	j, err := ours(s).Job(id)
	must(t, err)
	return j.State
}

func TestEverythingRecordedIsThereAfterReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "slugpuppy.db")
	s := openAt(t, path)
	if _, known, _ := ours(s).Cursor(); known {
		t.Error("a fresh file knows a cursor")
	}
	record(t, s, "c1", "p1", "p2")
	must(t, s.Close())
	s = openAt(t, path)
	cursor, known, err := ours(s).Cursor()
	if cursor != "c1" || !known || err != nil {
		t.Errorf("cursor %q, %v, %v", cursor, known, err)
	}
	jobs, err := ours(s).List(store.Filter{})
	if err != nil || len(jobs) != 2 || jobs[0].Source != "p2" || jobs[1].Created.IsZero() {
		t.Errorf("jobs %+v, %v", jobs, err)
	}
}

func TestAPostBecomesAJobOnce(t *testing.T) {
	s := fresh(t)
	record(t, s, "1", "p1")
	n, err := ours(s).Record("2", queued("p1"), queued("p2"), queued("p2"))
	if n != 1 || err != nil {
		t.Errorf("%d new, %v", n, err)
	}
	other := identity.Identity{Server: "x.com", ID: "42"}
	if n, err := s.For(other).Jobs().Record("1", queued("p1")); n != 1 || err != nil {
		t.Errorf("the same id on another network: %d new, %v", n, err)
	}
}

func TestACursorDoesNotMoveWithoutItsJobs(t *testing.T) {
	s := fresh(t)
	record(t, s, "1", "p1")
	bad := queued("p3")
	bad.State = store.Posted
	if _, err := ours(s).Record("2", queued("p2"), bad); !errors.Is(err, store.ErrState) {
		t.Fatalf("recorded a posted job: %v", err)
	}
	if cursor, _, _ := ours(s).Cursor(); cursor != "1" {
		t.Errorf("the cursor moved to %q", cursor)
	}
	if _, err := ours(s).BySource("p2"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("half the page was recorded: %v", err)
	}
}

func TestOneProcessHasTheFile(t *testing.T) {
	s := fresh(t)
	if _, err := store.Open(s.Path(), store.Options{}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second Open: %v", err)
	}
	_, err := store.Open(filepath.Join(t.TempDir(), "no.db"), store.Options{MustExist: true})
	if !errors.Is(err, store.ErrMissing) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	must(t, os.WriteFile(path, bytes.Repeat([]byte("slug"), 8192), 0o600))
	if _, err := store.Open(path, store.Options{}); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slugpuppy.db")
	s := openAt(t, path)
	record(t, s, "1", "p1")
	must(t, s.Close())

	mark := func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("new")); return err }
	fail := func(*bolt.Tx) error { return errors.New("half way") }
	if _, err := store.OpenNext(path, mark, fail); err == nil || !strings.Contains(err.Error(), "half way") {
		t.Fatalf("a failing step: %v", err)
	}
	s = openAt(t, path) // nothing of it happened: still ours
	must(t, s.Close())

	next, err := store.OpenNext(path, mark)
	must(t, err)
	if _, err := ours(next).BySource("p1"); err != nil {
		t.Errorf("lost by the migration: %v", err)
	}
	must(t, next.Close())

	t.Run("the older program refuses the newer file", func(t *testing.T) {
		_, err := store.Open(path, store.Options{})
		newer := fmt.Sprintf("schema %d,", store.Schema()+1)
		if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), newer) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the backup made before opens in the older program", func(t *testing.T) {
		backups, _ := filepath.Glob(fmt.Sprintf("%s.schema%d-*.bak", path, store.Schema()))
		if len(backups) == 0 {
			t.Fatal("no backup")
		}
		old := openAt(t, backups[0])
		if _, err := ours(old).BySource("p1"); err != nil {
			t.Errorf("not in the backup: %v", err)
		}
	})
	t.Run("a migrated file is not migrated again", func(t *testing.T) {
		again, err := store.OpenNext(path, mark)
		must(t, err)
		must(t, again.Close())
	})
}

func TestBackupUnderLoadIsConsistent(t *testing.T) {
	s := fresh(t)
	stop, written := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			if _, err := ours(s).Record(fmt.Sprint(i), queued(fmt.Sprint("p", i))); err != nil {
				written <- err
				return
			}
			select {
			case <-stop:
				written <- nil
				return
			default:
			}
		}
	}()
	for i := range 5 {
		to := filepath.Join(t.TempDir(), fmt.Sprint(i))
		must(t, s.BackupFile(to))
		must(t, store.Check(to))
		copied := openAt(t, to)
		cursor, _, err := ours(copied).Cursor()
		must(t, err)
		if cursor != "" { // the cursor and its job are in the copy together
			if _, err := ours(copied).BySource("p" + cursor); err != nil {
				t.Errorf("cursor %s without its job: %v", cursor, err)
			}
		}
	}
	close(stop)
	must(t, <-written)
	var b bytes.Buffer
	must(t, s.Backup(&b))
	to := filepath.Join(t.TempDir(), "stream")
	must(t, os.WriteFile(to, b.Bytes(), 0o600))
	must(t, store.Check(to))
}

func TestCompactKeepsEverythingInLessSpace(t *testing.T) {
	s := fresh(t)
	for i := range 200 {
		j := queued(fmt.Sprint("p", i))
		j.Payload = bytes.Repeat([]byte("x"), 4000)
		if i < 190 {
			j.State = store.Skipped
		}
		_, err := ours(s).Record("1", j)
		must(t, err)
	}
	n, err := s.Prune(time.Now())
	if n != 190 || err != nil {
		t.Fatalf("pruned %d, %v", n, err)
	}
	path, to := s.Path(), filepath.Join(t.TempDir(), "small.db")
	if err := store.Compact(t.Context(), path, to); !errors.Is(err, store.ErrLocked) {
		t.Errorf("compacted a file in use: %v", err)
	}
	must(t, s.Close())
	must(t, store.Compact(t.Context(), path, to))
	must(t, store.Check(to))
	before, _ := os.Stat(path)
	after, _ := os.Stat(to)
	if after.Size() > before.Size()/2 {
		t.Errorf("%d bytes, was %d", after.Size(), before.Size())
	}
	jobs, err := ours(openAt(t, to)).List(store.Filter{})
	if len(jobs) != 10 || err != nil {
		t.Errorf("%d jobs, %v", len(jobs), err)
	}
}

func TestCopyingEndsWhenItIsToldTo(t *testing.T) {
	s := fresh(t)
	for i := range 300 {
		j := queued(fmt.Sprint("p", i))
		j.Payload = bytes.Repeat([]byte("x"), 20_000)
		_, err := ours(s).Record("1", j)
		must(t, err)
	}
	path, dir := s.Path(), t.TempDir()
	must(t, s.BackupFile(filepath.Join(dir, "copy.db")))
	must(t, s.Close())
	before, err := os.ReadFile(path)
	must(t, err)
	over, end := context.WithCancelCause(t.Context())
	told := errors.New("told to end")
	end(told)
	if err := store.Compact(over, path, filepath.Join(dir, "small.db")); !errors.Is(err, told) {
		t.Errorf("compacted all the same: %v", err)
	}
	if kept, err := store.Restore(over, filepath.Join(dir, "copy.db"), path); !errors.Is(err, told) || kept != "" {
		t.Errorf("restored all the same: %q, %v", kept, err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the database has changed: %v", err)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	must(t, store.Check(path))
}

func TestCheckFindsAJobOutOfLine(t *testing.T) {
	s := fresh(t)
	record(t, s, "1", "p1")
	path := s.Path()
	must(t, s.Close())
	must(t, store.Check(path))
	db, err := bolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bolt.Tx) error {
		k, _ := tx.Bucket([]byte("due")).Cursor().First()
		return tx.Bucket([]byte("due")).Delete(k)
	}))
	must(t, db.Close())
	if err := store.Check(path); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestList(t *testing.T) {
	s := fresh(t)
	record(t, s, "1", "a", "b", "c")
	other := queued("d")
	other.Requester, other.State = "bea", store.Skipped
	_, err := ours(s).Record("2", other)
	must(t, err)
	lease(t, s)
	for name, c := range map[string]struct {
		f    store.Filter
		want string
	}{
		"all, newest first":     {store.Filter{}, "d c b a"},
		"the newest two":        {store.Filter{Limit: 2}, "d c"},
		"one state":             {store.Filter{States: []store.State{store.Queued}}, "c b"},
		"unfinished, limited":   {store.Filter{States: store.Unfinished(), Limit: 2}, "c b"},
		"unfinished of someone": {store.Filter{States: store.Unfinished(), Requester: "bea"}, ""},
		"of someone":            {store.Filter{Requester: "bea"}, "d"},
		"since the future":      {store.Filter{Since: time.Now().Add(time.Hour)}, ""},
	} {
		jobs, err := ours(s).List(c.f)
		var got []string
		for _, j := range jobs {
			got = append(got, j.Source)
		}
		if strings.Join(got, " ") != c.want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	counts, err := s.Operator().Counts()
	if counts[store.Queued] != 2 || counts[store.Leased] != 1 || counts[store.Skipped] != 1 || err != nil {
		t.Errorf("counts %v, %v", counts, err)
	}
}

func TestWorkersNeverShareAJob(t *testing.T) {
	s := fresh(t)
	var sources []string
	for i := range 50 {
		sources = append(sources, fmt.Sprint(i))
	}
	record(t, s, "1", sources...)
	var mu sync.Mutex
	var got []string
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for {
				j, next, ok, err := ours(s).Lease("words", fmt.Sprint(w), time.Minute)
				if err != nil || !ok && next.After(time.Now()) {
					return
				}
				if ok {
					mu.Lock()
					got = append(got, j.Source)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(got)
	if len(got) != 50 || len(slices.Compact(got)) != 50 {
		t.Errorf("%d leases of 50 jobs", len(got))
	}
}

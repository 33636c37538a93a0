package store_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/store"
)

func TestWhatADiskSaysIsATrouble(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string // of the reason, "" for no trouble
	}{
		"nothing":       {nil, ""},
		"ours":          {store.ErrState, ""},
		"the end":       {io.ErrUnexpectedEOF, ""},
		"no right":      {syscall.EACCES, ""},
		"full":          {&fs.PathError{Op: "write", Path: "db", Err: syscall.ENOSPC}, "full"},
		"wrapped":       {fmt.Errorf("record: %w", &fs.PathError{Op: "sync", Err: syscall.EIO}), "fails"},
		"only words":    {errors.New("file resize error: truncate db: no space left on device"), "full"},
		"quota":         {syscall.EDQUOT, "quota"},
		"a file's size": {syscall.EFBIG, "largest size"},
		"read-only":     {syscall.EROFS, "read-only"},
	} {
		t.Run(name, func(t *testing.T) {
			err := store.Diagnose(c.err)
			var trouble *store.Trouble
			if !errors.As(err, &trouble) {
				if c.want != "" || err != c.err {
					t.Errorf("%v is no trouble", err)
				}
				return
			}
			if c.want == "" || !strings.Contains(trouble.Reason, c.want) || trouble.Remedy == "" || !errors.Is(err, c.err) {
				t.Errorf("%v: %q, %q", err, trouble.Reason, trouble.Remedy)
			}
			if again := store.Diagnose(fmt.Errorf("more: %w", err)); !store.InTrouble(again) {
				t.Errorf("%v is no trouble any more", again)
			}
		})
	}
}

func TestADatabaseThatMayNotGrowLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s, err := store.Open(path, store.Options{NoSync: true, MaxSize: 1 << 20})
	must(t, err)
	defer s.Close()
	if err := s.Trouble(); err != nil {
		t.Fatal(err)
	}
	stored := 0
	for ; ; stored++ {
		if stored > 100 {
			t.Fatal("a megabyte has room for everything")
		}
		j := queued(fmt.Sprint(stored))
		j.Payload = []byte(`"` + strings.Repeat("x", 100_000) + `"`)
		if _, err = ours(s).Record(fmt.Sprint(stored), j); err != nil {
			break
		}
	}
	if !store.InTrouble(err) || !store.InTrouble(s.Trouble()) || !strings.Contains(err.Error(), "largest size") {
		t.Errorf("%v, %v", err, s.Trouble())
	}
	for range 3 { // what is small still goes, and what is there can be read
		record(t, s, "later")
	}
	must(t, s.Close())
	must(t, store.Check(path))
	s = openAt(t, path)
	for i := range stored {
		if _, err := ours(s).BySource(fmt.Sprint(i)); err != nil {
			t.Errorf("job %d of %d: %v", i, stored, err)
		}
	}
	record(t, s, "and on", fmt.Sprint(stored))
}

// broken is a disk that can be made to fail.
type broken struct {
	mu  sync.Mutex
	err error
}

func (b *broken) be(err error) { b.mu.Lock(); defer b.mu.Unlock(); b.err = err }
func (b *broken) say() error   { b.mu.Lock(); defer b.mu.Unlock(); return b.err }

func TestTroubleIsRememberedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d broken
		s, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{NoSync: true, Fault: d.say})
		must(t, err)
		defer s.Close()
		d.be(syscall.ENOSPC)
		if _, err := ours(s).Record("1", queued("p1")); !store.InTrouble(err) {
			t.Fatal(err)
		}
		if _, known, _ := ours(s).Cursor(); known {
			t.Error("what failed was done")
		}
		d.be(nil)
		must(t, s.Probe()) // a small write may find room where a large one does not
		if !store.InTrouble(s.Trouble()) {
			t.Error("one success is believed at once")
		}
		time.Sleep(25 * time.Second)
		if !store.InTrouble(s.Trouble()) {
			t.Error("well by itself")
		}
		must(t, s.Probe())
		if err := s.Trouble(); err != nil {
			t.Errorf("still in trouble: %v", err)
		}
	})
}

func TestADiskThatIsSlowIsATrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		delay := time.Duration(0)
		s, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{NoSync: true,
			Fault: func() error { time.Sleep(delay); return nil }})
		must(t, err)
		defer s.Close()
		delay = 4 * time.Second
		must(t, s.Probe())
		if err := s.Trouble(); err != nil {
			t.Errorf("within the time: %v", err)
		}
		delay = time.Minute
		written := make(chan error, 1)
		go func() { written <- s.Probe() }()
		time.Sleep(30 * time.Second)
		if err := s.Trouble(); !store.InTrouble(err) || !strings.Contains(err.Error(), "waiting for 30s") {
			t.Errorf("while it hangs: %v", err)
		}
		must(t, <-written)
		if err := s.Trouble(); !store.InTrouble(err) || !strings.Contains(err.Error(), "took 1m0s") {
			t.Errorf("after it hung: %v", err)
		}
		delay = 0
		time.Sleep(time.Minute)
		must(t, s.Probe())
		if err := s.Trouble(); err != nil {
			t.Errorf("after it is well: %v", err)
		}
	})
}

// A disk that fails while pages are read stops the reader by a signal; it must not stop the process.
func TestAPageThatCannotBeReadEndsNoProcess(t *testing.T) {
	s := fresh(t)
	for i := range 200 {
		record(t, s, fmt.Sprint(i), fmt.Sprint(i))
	}
	must(t, os.Truncate(s.Path(), int64(2*os.Getpagesize())))
	if _, err := ours(s).List(store.Filter{}); !store.InTrouble(err) {
		t.Errorf("read what is not there: %v", err)
	}
}

func TestWhatOneBeginsNoOtherTakesBeforeTheDatabaseIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	var begun []string
	for range 2 {
		at, err := store.Begin(path)
		must(t, err)
		begun = append(begun, at)
	}
	for _, at := range begun {
		if _, err := os.Stat(at); err != nil || begun[0] == begun[1] {
			t.Errorf("begun %v: %v", begun, err)
		}
	}
	s, err := store.Open(path, store.Options{})
	must(t, err)
	must(t, s.Close())
	for _, at := range begun { // by processes that have died
		if _, err := os.Stat(at); err == nil {
			t.Errorf("left behind: %s", at)
		}
	}
}

func TestManyThatCreateADatabaseAtOnceGetTheSame(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state", "db")
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path+".new", []byte("half of what a dead process wrote"), 0o600))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			s, err := store.Open(path, store.Options{})
			if errors.Is(err, store.ErrLocked) {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if err := s.Probe(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	must(t, store.Check(path))
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Errors a caller decides on.
var (
	ErrLocked   = errors.New("another process has the database open")
	ErrMissing  = errors.New("there is no database")
	ErrNewer    = errors.New("the database was written by a newer slugpuppy")
	ErrDamaged  = errors.New("the database is damaged")
	ErrNotFound = errors.New("no such job")
	ErrState    = errors.New("not possible in the job's state")
	ErrLease    = errors.New("somebody else has the job")
)

// lockPatience is how long Open waits for another process to let go of the file.
const lockPatience = 2 * time.Second

// Options of Open. The zero value creates a missing file.
type Options struct {
	MustExist bool // ErrMissing instead of a new file
	// NoSync leaves writing to the operating system: a killed process loses nothing, a power
	// cut may lose everything. For tests and throw-away demos.
	NoSync  bool
	MaxSize int // largest file in bytes; 0 is no limit
	// Fault fails every write for which it returns an error, such as syscall.ENOSPC; nil fails none. For
	// tests.
	Fault func() error
	// Now is the clock by which everything is written down and due; nil is the machine's.
	Now func() time.Time
}

// Store is one open database, safe for concurrent use. One process can have it open. What belongs to
// an account is reached through For, and through nothing else.
type Store struct {
	db     *bolt.DB
	path   string
	now    func() time.Time
	fault  func() error
	health health
	solo   solo
	deaths deaths
}

// Open opens the database at path, brings an older schema up to date after writing a backup
// beside the file, and refuses a newer one. Errors are ErrLocked, ErrMissing, ErrNewer,
// ErrDamaged or the operating system's.
func Open(path string, opt Options) (*Store, error) { return open(path, opt, schema) }

func open(path string, opt Options, steps []step) (*Store, error) {
	db, err := openFile(path, opt)
	if err != nil {
		return nil, err
	}
	now := opt.Now
	if now == nil {
		now = time.Now
	}
	if err := migrate(db, steps, now()); err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s: %w", path, Diagnose(err))
	}
	return &Store{db: db, path: path, now: now, fault: opt.Fault}, nil
}

// tx is a transaction and the time at which it began.
type tx struct {
	*bolt.Tx
	now time.Time
}

// update runs f in a transaction of its own and makes it durable, or nothing of it. A disk that does not
// take it is a Trouble: the caller may try again, later.
func (s *Store) update(f func(*tx) error) (err error) {
	defer func() { s.health.end(err) }()
	return s.guarded(s.db.Update, func(tx *tx) error {
		s.health.begin()
		if err := f(tx); err != nil || s.fault == nil {
			return err
		}
		return s.fault()
	})
}

func (s *Store) view(f func(*tx) error) error { return s.guarded(s.db.View, f) }

// guarded runs a transaction. Pages that cannot be read make bbolt panic, or the memory that they are
// mapped to fault; neither may end the process: it has other things to do, and a place to say what is wrong.
func (s *Store) guarded(run func(func(*bolt.Tx) error) error, f func(*tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch v := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = &Trouble{diskBroken, lookAtDisk, fmt.Errorf("read the database: %v", v)}
		case runtime.Error:
			panic(v) // a mistake of ours
		default:
			err = fmt.Errorf("%w: %v; restore a backup", ErrDamaged, v)
		}
	}()
	return Diagnose(run(func(b *bolt.Tx) error { return f(&tx{b, s.now()}) }))
}

func openFile(path string, opt Options) (*bolt.DB, error) {
	_, err := os.Stat(path)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case missing && opt.MustExist:
		return nil, fmt.Errorf("%w at %s", ErrMissing, path)
	case missing:
		if err := create(path); err != nil {
			return nil, fmt.Errorf("create the database: %w", Diagnose(err))
		}
	case err != nil:
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return boltOpen(path, &bolt.Options{
		Timeout: lockPatience, FreelistType: bolt.FreelistMapType,
		NoSync: opt.NoSync, MaxSize: opt.MaxSize,
	})
}

// create makes an empty database under a name of its own and links it into place: whatever happens meanwhile,
// there is never half a file, and of several processes that start at once all get the same one. What others began
// is removed only once the database is there, where they find it.
func create(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := begin(dir, filepath.Base(path)+newSuffix)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	if err := os.Link(tmp, path); err != nil {
		if _, there := os.Stat(path); there == nil {
			return nil // another process was quicker
		}
		if err := os.Rename(tmp, path); err != nil { // no links on this file system
			return err
		}
	}
	if err := removeBegun(dir, filepath.Base(path)+newSuffix); err != nil {
		return err
	}
	return syncPath(dir)
}

// removeBegun removes what others, who may have died there, began in a folder.
func removeBegun(dir, name string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), name) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// newSuffix is what is between a database's name and the rest of those that it has before it is there.
const newSuffix = ".new"

// begin makes an empty database with a name that nobody else has.
func begin(dir, name string) (path string, err error) {
	f, err := os.CreateTemp(dir, name+"*") // mode 0600
	if err != nil {
		return "", err
	}
	db, err := boltOpen(f.Name(), &bolt.Options{Timeout: lockPatience, FreelistType: bolt.FreelistMapType})
	if err = errors.Join(err, f.Close()); err == nil {
		err = db.Close()
	}
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// boltOpen opens a file with bbolt and gives the failures people meet our names.
func boltOpen(path string, opt *bolt.Options) (*bolt.DB, error) {
	db, err := bolt.Open(path, 0o600, opt)
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%w: %s", ErrLocked, path)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum),
		errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%w: %s: %v; restore a backup", ErrDamaged, path, err)
	case err != nil:
		return nil, fmt.Errorf("open the database: %w", Diagnose(err))
	}
	return db, nil
}

// Path is the file's path.
func (s *Store) Path() string { return s.path }

// Close waits for running transactions and lets go of the file.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}

// key joins parts so that no two lists of parts make the same key.
func key(parts ...string) []byte {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteByte(0)
		}
		b.WriteString(strings.ReplaceAll(p, "\x00", "\ufffd"))
	}
	return []byte(b.String())
}

// instant is a time as eight bytes that sort by time; the zero time is zero.
func instant(t time.Time) []byte {
	if t.IsZero() {
		return make([]byte, 8)
	}
	return binary.BigEndian.AppendUint64(nil, uint64(max(t.UnixNano(), 0)))
}

func fromInstant(b []byte) time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(b))) }

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Backup writes a consistent copy while the store is in use. It pins the file's pages until w
// has taken everything, so w should be quick.
func (s *Store) Backup(w io.Writer) error {
	return s.db.View(func(tx *bolt.Tx) error {
		if _, err := tx.WriteTo(w); err != nil {
			return fmt.Errorf("copy the database: %w", err)
		}
		return nil
	})
}

// BackupFile writes a consistent copy that is either complete at path or not there.
func (s *Store) BackupFile(path string) error { return copyTo(s.db, path) }

// copyTo writes beside the target, syncs, renames and syncs the folder: after a power cut
// there is the whole copy or none.
func copyTo(db *bolt.DB, path string) error {
	tmp := path + ".part"
	defer os.Remove(tmp)
	dst, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	err = db.View(func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(&steady{file: dst})
		return err
	})
	if err := errors.Join(err, dst.Sync(), dst.Close()); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("finish the copy: %w", err)
	}
	return syncPath(filepath.Dir(path))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}

// Restore, until ctx ends, puts a copy in place of the database at path, whole or not at all; the caller has checked it
// and that nobody has either open. What was there is kept beside it, under the name that is returned,
// "" for nothing.
func Restore(ctx context.Context, from, path string) (kept string, err error) {
	tmp := path + ".part"
	defer os.Remove(tmp)
	if err := copyBytes(ctx, from, tmp); err != nil {
		return "", fmt.Errorf("copy %s: %w", from, err)
	}
	if _, err := os.Stat(path); err == nil {
		kept = path + ".replaced-" + time.Now().UTC().Format("20060102T150405.000")
		if err := os.Link(path, kept); err != nil {
			return "", fmt.Errorf("keep what was there: %w", err)
		}
	}
	if err := os.Rename(tmp, path); err != nil {
		return kept, fmt.Errorf("put the copy in place: %w", err)
	}
	return kept, syncPath(filepath.Dir(path))
}

// copyBytes copies a file to a new one that is safe on the disk, until ctx ends.
func copyBytes(ctx context.Context, from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(&steady{file: dst}, until{ctx, src}); err != nil {
		dst.Close()
		return err
	}
	return errors.Join(dst.Sync(), dst.Close())
}

// syncStep is how many bytes are written before the disk must have them. No process can end in the middle of a
// sync, whatever it is told, and on a slow disk one of a whole database takes many seconds.
const syncStep = 4 << 20

// steady writes to a file no faster than the disk takes it.
type steady struct {
	file interface {
		io.Writer
		Sync() error
	}
	behind int // bytes that the disk may not have yet
}

// Write writes all of b.
func (s *steady) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = s.file.Write(b[n:min(len(b), n+syncStep-s.behind)])
		n += m
		if s.behind += m; s.behind >= syncStep && err == nil {
			s.behind, err = 0, s.file.Sync()
		}
	}
	return n, err
}

// until is a reader that fails when its context has ended.
type until struct {
	ctx context.Context
	io.Reader
}

// Read reads unless the context has ended.
func (u until) Read(b []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, context.Cause(u.ctx)
	}
	return u.Reader.Read(b)
}

// Compact writes the database at path to a new file without its unused pages, until ctx ends. Nobody may
// have it open.
func Compact(ctx context.Context, path, to string) error {
	src, err := openFile(path, Options{MustExist: true})
	if err != nil {
		return err
	}
	dst, err := boltOpen(to, &bolt.Options{Timeout: lockPatience})
	if err != nil {
		src.Close()
		return err
	}
	// Copying cannot be told to end: it is left to itself, and the file that it writes is nobody's.
	copied := make(chan error, 1)
	go func() {
		err := bolt.Compact(dst, src, syncStep)
		copied <- errors.Join(err, dst.Close(), src.Close())
	}()
	select {
	case <-ctx.Done():
		return fmt.Errorf("compact the database: %w", context.Cause(ctx))
	case err = <-copied:
	}
	if err != nil {
		return fmt.Errorf("compact the database: %w", err)
	}
	return nil
}

// Check reads the whole database: bbolt's own pages and, where the schema is this program's, whether
// every job can be read and is indexed where it belongs. A badly damaged file can end the process that maps it:
// run it in a child.
func Check(path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("%w at %s", ErrMissing, path)
	}
	db, err := boltOpen(path, &bolt.Options{Timeout: lockPatience, ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.View(func(b *bolt.Tx) error {
		for err := range b.Check() {
			return fmt.Errorf("%w: %v", ErrDamaged, err)
		}
		switch v := version(b); {
		case v > len(schema):
			return fmt.Errorf("%w: schema %d, this program knows %d", ErrNewer, v, len(schema))
		case v < len(schema):
			return nil // Open brings it up to date
		}
		return errors.Join(checkJobs(&tx{Tx: b}), checkJudged(&tx{Tx: b}))
	})
}

func checkJobs(tx *tx) error {
	c := census{counts: map[string]int{}}
	err := tx.Bucket(jobBucket).ForEach(func(id, data []byte) error {
		j, err := decodeJob(id, data)
		if err != nil {
			return err
		}
		return c.check(tx, j)
	})
	if err != nil {
		return err
	}
	if n := tx.Bucket(dueBucket).Stats().KeyN; n != c.due {
		return fmt.Errorf("%w: %d jobs in line, %d unfinished", ErrDamaged, n, c.due)
	}
	if n := tx.Bucket(orderBucket).Stats().KeyN; n != c.jobs {
		return fmt.Errorf("%w: %d jobs are somebody's, there are %d", ErrDamaged, n, c.jobs)
	}
	return tx.Bucket(countBucket).ForEach(func(k, n []byte) error {
		if c.counts[string(k)] != readCount(n) {
			return fmt.Errorf("%w: %d jobs %q, %d counted", ErrDamaged, c.counts[string(k)], k, readCount(n))
		}
		return nil
	})
}

// census counts jobs in ways that the file has written down, too.
type census struct {
	jobs, due int
	counts    map[string]int // by key of a count
}

// check says whether a job is found wherever it belongs.
func (c *census) check(tx *tx, j Job) error {
	c.jobs++
	c.counts[string(countKey(j.Bot, j.State))]++
	if k := dueKey(j); k != nil {
		c.due++
		if tx.Bucket(dueBucket).Get(k) == nil {
			return fmt.Errorf("%w: job %s (%s) is not in line", ErrDamaged, j.ID, j.State)
		}
	}
	if at := tx.Bucket(sourceBucket).Get(sourceKey(j.Bot, j.Source)); string(at) != j.ID {
		return fmt.Errorf("%w: job %s is not found by its post", ErrDamaged, j.ID)
	}
	if tx.Bucket(orderBucket).Get(orderKey(j.Bot, j.ID)) == nil {
		return fmt.Errorf("%w: job %s is nobody's", ErrDamaged, j.ID)
	}
	return nil
}

// pruneAtOnce bounds the transaction of one Prune.
const pruneAtOnce = 1000

// Prune forgets jobs that were finished before a time, with everything they hold, the oldest
// first and not more than a thousand, and uses of limits that no longer count. It returns how many
// jobs.
func (s *Store) Prune(before time.Time) (n int, err error) {
	err = s.update(func(tx *tx) error {
		old, err := finishedBefore(tx, before)
		if err != nil {
			return err
		}
		n = len(old)
		for _, j := range old {
			if err := forget(tx, j); err != nil {
				return fmt.Errorf("forget job %s: %w", j.ID, err)
			}
		}
		return dropLimits(tx, tx.now.Add(-LongestWindow))
	})
	return n, err
}

func finishedBefore(tx *tx, before time.Time) (old []Job, err error) {
	c := tx.Bucket(jobBucket).Cursor()
	for id, data := c.First(); id != nil && len(old) < pruneAtOnce; id, data = c.Next() {
		j, err := decodeJob(id, data)
		if err != nil {
			return nil, err
		}
		if !j.Created.Before(before) {
			break // ids sort by arrival
		}
		if j.State.Finished() && j.Updated.Before(before) {
			old = append(old, j)
		}
	}
	return old, nil
}

func forget(tx *tx, j Job) error {
	if err := tx.Bucket(sourceBucket).Delete(sourceKey(j.Bot, j.Source)); err != nil {
		return err
	}
	if err := tx.Bucket(orderBucket).Delete(orderKey(j.Bot, j.ID)); err != nil {
		return err
	}
	if j.PostID != "" {
		if err := tx.Bucket(postBucket).Delete(sourceKey(j.Bot, j.PostID)); err != nil {
			return err
		}
	}
	if err := count(tx, j.Bot, j.State, -1); err != nil {
		return err
	}
	return tx.Bucket(jobBucket).Delete([]byte(j.ID))
}

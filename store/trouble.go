package store

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"

	bolterrors "go.etcd.io/bbolt/errors"
)

// Trouble is why a disk does not take what is written, or give back what was: nothing is wrong with the
// request, and it can be repeated when there is room again.
type Trouble struct {
	Reason string // such as "the disk is full"
	Remedy string
	Err    error // what the system said; nil where it says nothing
}

func (t *Trouble) Error() string {
	if t.Err == nil {
		return t.Reason
	}
	return t.Reason + ": " + t.Err.Error()
}

func (t *Trouble) Unwrap() error { return t.Err }

// InTrouble says whether an error is a Trouble: whoever meets one pauses and tries again.
func InTrouble(err error) bool {
	var t *Trouble
	return errors.As(err, &t)
}

// The reasons, and what helps.
const (
	diskFull   = "the disk is full"
	quotaFull  = "the disk quota is used up"
	tooLarge   = "the database has reached the largest size it may have"
	readOnly   = "the file system is read-only"
	diskBroken = "the disk fails"

	makeRoom   = "make room on the disk, or give it a larger one; work goes on by itself"
	allowMore  = "raise store.max_size, or run `slugpuppy db compact` while the daemon is stopped"
	remount    = "look into the system's log why it is read-only, mend that and mount it writable; work goes on by itself"
	lookAtDisk = "look into the system's log, check the disk, and take a backup elsewhere: `slugpuppy db backup FILE`"
)

// known are the system's errors that are a Trouble.
var known = []struct {
	err            error
	reason, remedy string
}{
	{bolterrors.ErrMaxSizeReached, tooLarge, allowMore},
	{syscall.ENOSPC, diskFull, makeRoom},
	{syscall.EDQUOT, quotaFull, makeRoom},
	{syscall.EFBIG, tooLarge, "raise the limit of file sizes (ulimit -f), or move the database to another file system"},
	{syscall.EROFS, readOnly, remount},
	{syscall.EIO, diskBroken, lookAtDisk},
	{syscall.ENXIO, diskBroken, lookAtDisk},
	{syscall.ENODEV, diskBroken, lookAtDisk},
	{syscall.ESTALE, diskBroken, lookAtDisk},
	{syscall.ENOTCONN, diskBroken, lookAtDisk},
}

// Diagnose returns err as a Trouble if a disk is the reason for it, else as it is. bbolt keeps only the
// words of some errors, so words count too.
func Diagnose(err error) error {
	if err == nil || InTrouble(err) {
		return err
	}
	for _, k := range known {
		if errors.Is(err, k.err) || strings.Contains(err.Error(), k.err.Error()) {
			return &Trouble{k.reason, k.remedy, err}
		}
	}
	return err
}

const (
	// slowWrite is how long a write may take on a disk that is well.
	slowWrite = 5 * time.Second
	// doubt is how long after a failure one success does not count: a small write may find room where a
	// large one did not.
	doubt = 20 * time.Second
)

// health is how the latest writes went.
type health struct {
	mu     sync.Mutex
	began  time.Time // of the write under way, zero for none
	failed time.Time
	why    *Trouble // of the last failure, nil once all is well
}

// begin notes that a write has the file for itself.
func (h *health) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.began = time.Now()
}

// end notes how a write went. A transaction that was given up says nothing about the disk.
func (h *health) end(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	var t *Trouble
	took := time.Duration(0)
	if !h.began.IsZero() {
		took = now.Sub(h.began)
	}
	h.began = time.Time{}
	switch {
	case errors.As(err, &t):
		h.failed, h.why = now, t
	case took > slowWrite:
		h.failed, h.why = now, slow("the last write to the database took %s", took)
	case err == nil && now.Sub(h.failed) >= doubt:
		h.why = nil
	}
}

// trouble is why not all is well, nil if it is.
func (h *health) trouble() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if took := time.Since(h.began); !h.began.IsZero() && took > slowWrite {
		return slow("a write to the database has been waiting for %s", took)
	}
	if h.why == nil {
		return nil
	}
	return h.why
}

func slow(what string, took time.Duration) *Trouble {
	return &Trouble{Reason: "the disk is slow: " + fmt.Sprintf(what, took.Round(time.Second)), Remedy: lookAtDisk}
}

// Trouble is why the database could not be written lately, or not in time; nil if it could.
func (s *Store) Trouble() error { return s.health.trouble() }

// Probe writes nothing in particular, so that Trouble knows how the disk is when nobody else writes.
func (s *Store) Probe() error { return s.update(func(*tx) error { return nil }) }

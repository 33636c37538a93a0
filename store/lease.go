package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// idLength is the length of every job id: a letter and nine digits.
const idLength = 10

func dueID(k []byte) []byte { return k[len(k)-idLength:] }

func dueAt(k []byte) time.Time { return fromInstant(k[len(k)-idLength-8 : len(k)-idLength]) }

func compareIDs(a, b string) int { return strings.Compare(a, b) }

// first is the head of a line, with when it is due; nil for an empty line.
func first(tx *bolt.Tx, prefix []byte) (id []byte, at time.Time) {
	k, _ := tx.Bucket(dueBucket).Cursor().Seek(prefix)
	if !bytes.HasPrefix(k, prefix) {
		return nil, time.Time{}
	}
	return dueID(k), dueAt(k)
}

// errIdle ends a transaction that turned out to have nothing to change.
var errIdle = errors.New("nothing is due")

// Lease hands the job that is due first in a lane to a worker for a time and counts the
// attempt, in one transaction, before any work is done. A lease that ran out is due again.
// Without one due, ok is false and next is when one will be, zero for an empty lane. A job
// with more than MaxAttempts attempts is handed out to be buried.
func (s *Store) Lease(who identity.Identity, lane, owner string, d time.Duration) (job Job, next time.Time, ok bool, err error) {
	prefix := line(workPhase, who, lane)
	if next, ok, err = s.peek(prefix); err != nil || !ok {
		return Job{}, next, false, err
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		id, at := first(tx, prefix)
		if id == nil || at.After(time.Now()) {
			return errIdle // another worker was quicker
		}
		old, err := load(tx, id)
		if err != nil {
			return err
		}
		job = old
		job.State, job.LeaseOwner, job.LeaseUntil = Leased, owner, time.Now().Add(d)
		job.Attempts++
		return put(tx, &old, job)
	})
	if errors.Is(err, errIdle) {
		return Job{}, time.Time{}, false, nil
	}
	return job, time.Time{}, err == nil, err
}

// peek looks at the head of a line without a write transaction.
func (s *Store) peek(prefix []byte) (at time.Time, due bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		var id []byte
		id, at = first(tx, prefix)
		due = id != nil && !at.After(time.Now())
		return nil
	})
	return at, due, err
}

// Reclaim ends all leases of an account. A starting daemon calls it: it holds the file, so
// whoever leased before is dead. The attempts stay counted.
func (s *Store) Reclaim(who identity.Identity) (n int, err error) {
	leased, err := s.List(Filter{States: []State{Leased}})
	if err != nil {
		return 0, err
	}
	for _, j := range leased {
		if j.Bot != who {
			continue
		}
		if _, err := s.move(j.ID, Queued, held(j.LeaseOwner, unlease)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// change edits a job inside its transaction.
type change func(*bolt.Tx, *Job) error

// move takes a job over one edge, or refuses with ErrState; changing a job in its state is no
// edge: see edit.
func (s *Store) move(id string, to State, changes ...change) (job Job, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		old, err := load(tx, []byte(id))
		if err != nil {
			return err
		}
		if !old.State.Allows(to) {
			return fmt.Errorf("job %s from %s to %s: %w", id, old.State, to, ErrState)
		}
		job = old
		for _, c := range changes {
			if err := c(tx, &job); err != nil {
				return fmt.Errorf("job %s to %s: %w", id, to, err)
			}
		}
		job.State = to
		if to.Finished() {
			if err := dropBlobs(tx, id); err != nil {
				return err
			}
		}
		return put(tx, &old, job)
	})
	return job, err
}

// edit changes a job that stays in its state.
func (s *Store) edit(id string, c change) (job Job, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		old, err := load(tx, []byte(id))
		if err != nil {
			return err
		}
		job = old
		if err := c(tx, &job); err != nil {
			return fmt.Errorf("job %s: %w", id, err)
		}
		return put(tx, &old, job)
	})
	return job, err
}

// held makes sure that the worker still has the job before it is changed.
func held(owner string, c change) change {
	return func(tx *bolt.Tx, j *Job) error {
		if j.State != Leased || j.LeaseOwner != owner {
			return ErrLease
		}
		return c(tx, j)
	}
}

// from refuses an edge that starts elsewhere: several operations end in the same state.
func from(states ...State) change {
	return func(_ *bolt.Tx, j *Job) error {
		if !slices.Contains(states, j.State) {
			return fmt.Errorf("not from %s: %w", j.State, ErrState)
		}
		return nil
	}
}

func unlease(_ *bolt.Tx, j *Job) error {
	j.LeaseOwner, j.LeaseUntil = "", time.Time{}
	return nil
}

// follow records jobs that a change causes, on the same network.
func follow(jobs []Job) change {
	return func(tx *bolt.Tx, j *Job) error {
		for i := range jobs {
			jobs[i].Network = j.Network
		}
		_, err := insert(tx, j.Bot, jobs)
		return err
	}
}

// Extend keeps a lease for d from now, or says ErrLease.
func (s *Store) Extend(id, owner string, d time.Duration) error {
	_, err := s.edit(id, held(owner, func(_ *bolt.Tx, j *Job) error {
		j.LeaseUntil = time.Now().Add(d)
		return nil
	}))
	return err
}

// Release gives a job back that could not be done for no fault of its own, such as a server
// that is away: the attempt does not count. It is due again at the given time.
func (s *Store) Release(id, owner string, at time.Time) error {
	_, err := s.move(id, Queued, held(owner, func(tx *bolt.Tx, j *Job) error {
		j.Attempts, j.NotBefore = max(j.Attempts-1, 0), at
		return unlease(tx, j)
	}))
	return err
}

// Fail gives a job back whose work failed; the attempt counts.
func (s *Store) Fail(id, owner, reason string, at time.Time) error {
	_, err := s.move(id, Queued, held(owner, func(tx *bolt.Tx, j *Job) error {
		j.Reason, j.NotBefore = reason, at
		return unlease(tx, j)
	}))
	return err
}

// Bury ends a job that failed for good and records what follows from it, such as an apology.
func (s *Store) Bury(id, reason string, next ...Job) error {
	_, err := s.move(id, Dead, because(reason), unlease, follow(next))
	return err
}

// Wait parks a leased job until Answer names its topic or the deadline passes, and records
// the jobs that ask for the answer. The attempt does not count.
func (s *Store) Wait(id, owner, topic string, deadline time.Time, payload []byte, next ...Job) error {
	_, err := s.move(id, Waiting, held(owner, func(tx *bolt.Tx, j *Job) error {
		j.Awaits, j.Deadline, j.Payload = topic, deadline, payload
		j.Attempts = max(j.Attempts-1, 0)
		return unlease(tx, j)
	}), follow(next))
	return err
}

// Answer queues the jobs that wait for a topic and returns how many.
func (s *Store) Answer(who identity.Identity, topic string) (n int, err error) {
	waiting, err := s.List(Filter{States: []State{Waiting}})
	if err != nil {
		return 0, err
	}
	for _, j := range waiting {
		if j.Bot != who || j.Awaits != topic {
			continue
		}
		if _, err := s.move(j.ID, Queued, from(Waiting)); err != nil && !errors.Is(err, ErrState) {
			return n, err
		}
		n++
	}
	return n, nil
}

// Expire skips the waiting jobs whose deadline has passed.
func (s *Store) Expire(who identity.Identity, reason string) (n int, err error) {
	for {
		prefix := line(consentPhase, who, "")
		_, due, err := s.peek(prefix)
		if err != nil || !due {
			return n, err
		}
		var id []byte
		err = s.db.View(func(tx *bolt.Tx) error { k, _ := first(tx, prefix); id = bytes.Clone(k); return nil })
		if err != nil || id == nil {
			return n, err
		}
		if err := s.Skip(string(id), reason); err != nil && !errors.Is(err, ErrState) {
			return n, err
		}
		n++
	}
}

func because(reason string) change {
	return func(_ *bolt.Tx, j *Job) error { j.Reason = reason; return nil }
}

// Skip ends an unfinished job without an answer.
func (s *Store) Skip(id, reason string) error {
	_, err := s.move(id, Skipped, because(reason), unlease)
	return err
}

// Cancel ends a job that has not been sent yet; ErrState says it is too late. With a
// requester it must be his, else ErrNotFound. Who asked is audited.
func (s *Store) Cancel(id, requester, reason string) (Job, error) {
	mine := func(_ *bolt.Tx, j *Job) error {
		if requester != "" && j.Requester != requester {
			return ErrNotFound
		}
		return nil
	}
	return s.move(id, Cancelled, mine, audited("cancel", requester, reason), because(reason), unlease)
}

// Revive queues a dead job again, as if it were new; ErrState when it is not dead.
func (s *Store) Revive(id string) (Job, error) {
	return s.move(id, Queued, from(Dead), audited("retry", "", ""), func(_ *bolt.Tx, j *Job) error {
		j.Attempts, j.NotBefore, j.Reason, j.MediaIDs, j.Reply = 0, time.Time{}, "", nil, nil
		return nil
	})
}

package store

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// idLength is the length of every job id: a letter and nine digits.
const idLength = 10

func dueID(k []byte) []byte { return k[len(k)-idLength:] }

func dueAt(k []byte) time.Time { return fromInstant(k[len(k)-idLength-8 : len(k)-idLength]) }

func compareIDs(a, b string) int { return strings.Compare(a, b) }

// first is the head of a line, with when it is due; nil for an empty line.
func first(tx *tx, prefix []byte) (id []byte, at time.Time) {
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
func (a *Jobs) Lease(lane, owner string, d time.Duration) (job Job, next time.Time, ok bool, err error) {
	prefix := line(workPhase, a.who, lane)
	if next, ok, err = a.peek(prefix); err != nil || !ok {
		return Job{}, next, false, err
	}
	err = a.s.update(func(tx *tx) error {
		next = time.Time{}
		id, at := first(tx, prefix)
		if id == nil || at.After(tx.now) {
			return errIdle // another worker was quicker
		}
		old, err := load(tx, id)
		if err != nil {
			return err
		}
		if alone, err := a.admits(tx, old); err != nil || !alone {
			next = tx.now.Add(solitudePoll)
			return cmp.Or(err, errIdle)
		}
		job = old
		job.State, job.LeaseOwner, job.LeaseUntil = Leased, owner, tx.now.Add(d)
		job.Attempts++
		return put(tx, &old, job)
	})
	if errors.Is(err, errIdle) {
		return Job{}, next, false, nil
	}
	return job, time.Time{}, err == nil, err
}

// peek looks at the head of a line without a write transaction.
func (a *Jobs) peek(prefix []byte) (at time.Time, due bool, err error) {
	err = a.s.view(func(tx *tx) error {
		var id []byte
		id, at = first(tx, prefix)
		due = id != nil && !at.After(tx.now)
		return nil
	})
	return at, due, err
}

// change edits a job inside its transaction.
type change func(*tx, *Job) error

// move takes a job over one edge, or refuses with ErrState; changing a job in its state is no
// edge: see edit.
func (a *Jobs) move(id string, to State, changes ...change) (job Job, err error) {
	err = a.s.update(func(tx *tx) error {
		old, err := a.load(tx, id)
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
func (a *Jobs) edit(id string, c change) (job Job, err error) {
	err = a.s.update(func(tx *tx) error {
		old, err := a.load(tx, id)
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
	return func(tx *tx, j *Job) error {
		if j.State != Leased || j.LeaseOwner != owner {
			return ErrLease
		}
		return c(tx, j)
	}
}

// from refuses an edge that starts elsewhere: several operations end in the same state.
func from(states ...State) change {
	return func(_ *tx, j *Job) error {
		if !slices.Contains(states, j.State) {
			return fmt.Errorf("not from %s: %w", j.State, ErrState)
		}
		return nil
	}
}

func unlease(_ *tx, j *Job) error {
	j.LeaseOwner, j.LeaseUntil = "", time.Time{}
	return nil
}

// follow records jobs that a change causes, on the same network.
func follow(jobs []Job) change {
	return func(tx *tx, j *Job) error {
		caused := slices.Clone(jobs)
		for i := range caused {
			caused[i].Network = j.Network
		}
		_, err := insert(tx, j.Bot, caused)
		return err
	}
}

// Extend keeps a lease for d from now, or says ErrLease.
func (a *Jobs) Extend(id, owner string, d time.Duration) error {
	_, err := a.edit(id, held(owner, func(tx *tx, j *Job) error {
		j.LeaseUntil = tx.now.Add(d)
		return nil
	}))
	return err
}

// Release gives a job back that could not be done for no fault of its own, such as a server
// that is away: the attempt does not count. It is due again at the given time.
func (a *Jobs) Release(id, owner string, at time.Time) error {
	_, err := a.move(id, Queued, held(owner, func(tx *tx, j *Job) error {
		j.Attempts, j.NotBefore = max(j.Attempts-1, 0), at
		return unlease(tx, j)
	}))
	return err
}

// Fail gives a job back whose work failed; the attempt counts.
func (a *Jobs) Fail(id, owner, reason string, at time.Time) error {
	_, err := a.move(id, Queued, held(owner, func(tx *tx, j *Job) error {
		j.Reason, j.NotBefore, j.Deaths, j.Cut = reason, at, 0, 0
		return unlease(tx, j)
	}))
	return err
}

// Bury ends a job that failed for good and records what follows from it, such as an apology.
func (a *Jobs) Bury(id, reason string, next ...Job) error {
	_, err := a.move(id, Dead, because(reason), unlease, follow(next))
	return err
}

// Wait parks a leased job until Answer names its topic or the deadline passes, and records
// the jobs that ask for the answer. The attempt does not count.
func (a *Jobs) Wait(id, owner, topic string, deadline time.Time, payload []byte, next ...Job) error {
	_, err := a.move(id, Waiting, held(owner, func(tx *tx, j *Job) error {
		j.Awaits, j.Deadline, j.Payload = topic, deadline, payload
		j.Attempts = max(j.Attempts-1, 0)
		return unlease(tx, j)
	}), follow(next))
	return err
}

// Answer queues the jobs that wait for a topic and returns how many.
func (a *Jobs) Answer(topic string) (n int, err error) {
	waiting, err := a.List(Filter{States: []State{Waiting}})
	if err != nil {
		return 0, err
	}
	for _, j := range waiting {
		if j.Awaits != topic {
			continue
		}
		if _, err := a.move(j.ID, Queued, from(Waiting)); err != nil && !errors.Is(err, ErrState) {
			return n, err
		}
		n++
	}
	return n, nil
}

// Expire skips the waiting jobs whose deadline has passed.
func (a *Jobs) Expire(reason string) (n int, err error) {
	for {
		prefix := line(consentPhase, a.who, "")
		_, due, err := a.peek(prefix)
		if err != nil || !due {
			return n, err
		}
		var id []byte
		err = a.s.view(func(tx *tx) error { k, _ := first(tx, prefix); id = bytes.Clone(k); return nil })
		if err != nil || id == nil {
			return n, err
		}
		if err := a.Skip(string(id), reason); err != nil && !errors.Is(err, ErrState) {
			return n, err
		}
		n++
	}
}

func because(reason string) change {
	return func(_ *tx, j *Job) error { j.Reason = reason; return nil }
}

// Skip ends an unfinished job without an answer.
func (a *Jobs) Skip(id, reason string) error {
	_, err := a.move(id, Skipped, because(reason), unlease)
	return err
}

// Cancel ends a job that has not been sent yet, for the person who asked for it; ErrState says that it
// is too late, ErrNotFound that it is somebody else's. Who asked is audited.
func (a *Jobs) Cancel(by Actor, id, reason string) (Job, error) {
	theirs := func(_ *tx, j *Job) error {
		if by.Identity != j.Person() {
			return ErrNotFound
		}
		return nil
	}
	return a.move(id, Cancelled, theirs, audited(by, JobCancelled, reason), because(reason), unlease)
}

// cancel is an operator's.
func (a *Jobs) cancel(by Actor, id, reason string) (Job, error) {
	return a.move(id, Cancelled, audited(by, JobCancelled, reason), because(reason), unlease)
}

// forever is when a job that is held is due; times are kept as nanoseconds, which end in 2262.
var forever = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// hold keeps an unfinished job where it is, or lets it go on; ErrState while somebody works on it, or it waits
// for somebody's consent.
func (a *Jobs) hold(by Actor, id string, yes bool) (Job, error) {
	action, due := JobHeld, forever
	if !yes {
		action, due = JobLetGo, a.s.now()
	}
	return a.edit(id, func(tx *tx, j *Job) error {
		if j.State != Queued && j.State != Rendered && j.State != Uploaded || j.Held == yes {
			return fmt.Errorf("%s a job that is %s: %w", action, j.State, ErrState)
		}
		j.Held, j.NotBefore = yes, due
		return audited(by, action, "")(tx, j)
	})
}

// revive queues a dead job again, as if it were new; ErrState when it is not dead.
func (a *Jobs) revive(by Actor, id string) (Job, error) {
	return a.move(id, Queued, from(Dead), audited(by, JobRetried, ""), func(_ *tx, j *Job) error {
		j.Attempts, j.Deaths, j.Cut, j.NotBefore, j.Reason, j.MediaIDs, j.Reply, j.Held = 0, 0, 0, time.Time{}, "", nil, nil, false
		return nil
	})
}

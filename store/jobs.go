package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// Record writes down what arrived, and the cursor behind it, in one transaction: either all
// of it is known after a crash or none. A job whose source is known already is left out; how
// many were new is returned. New jobs are Queued, Waiting or Skipped; their ids and times are
// set here.
func (s *Store) Record(who identity.Identity, cursor string, jobs ...Job) (added int, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		if err := tx.Bucket(cursorBucket).Put(key(who.Server, who.ID), []byte(cursor)); err != nil {
			return fmt.Errorf("move the cursor: %w", err)
		}
		added, err = insert(tx, who, jobs)
		return err
	})
	return added, err
}

// Enqueue adds a job that nobody's post asked for. One whose source is known already is left as
// it is.
func (s *Store) Enqueue(who identity.Identity, job Job) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		_, err := insert(tx, who, []Job{job})
		return err
	})
}

// Cursor is where Record left it; known is false for an account never recorded.
func (s *Store) Cursor(who identity.Identity) (cursor string, known bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		v := tx.Bucket(cursorBucket).Get(key(who.Server, who.ID))
		cursor, known = string(v), v != nil
		return nil
	})
	return cursor, known, err
}

func insert(tx *bolt.Tx, who identity.Identity, jobs []Job) (added int, err error) {
	for _, j := range jobs {
		j.Bot = who
		if tx.Bucket(sourceBucket).Get(sourceKey(who, j.Source)) != nil {
			continue
		}
		if j.State != Queued && j.State != Waiting && j.State != Skipped {
			return added, fmt.Errorf("record a job as %s: %w", j.State, ErrState)
		}
		n, err := tx.Bucket(jobBucket).NextSequence()
		if err != nil {
			return added, fmt.Errorf("number a job: %w", err)
		}
		j.ID = fmt.Sprintf("j%09d", n)
		j.Created = time.Now()
		if err := tx.Bucket(sourceBucket).Put(sourceKey(who, j.Source), []byte(j.ID)); err != nil {
			return added, fmt.Errorf("remember post %s: %w", j.Source, err)
		}
		if err := put(tx, nil, j); err != nil {
			return added, err
		}
		added++
	}
	return added, nil
}

func sourceKey(who identity.Identity, post string) []byte { return key(who.Server, who.ID, post) }

// The phases in which something is due, by who does it.
const (
	workPhase    = "work"    // a worker
	outPhase     = "out"     // the sender
	consentPhase = "consent" // Expire
)

// dueKey is a job's place in its line, nil for one that is finished. Keys of one line sort by
// when the job is due.
func dueKey(j Job) []byte {
	at := j.NotBefore
	if at.IsZero() {
		at = j.Created
	}
	phase, lane := outPhase, ""
	switch j.State {
	case Queued:
		phase, lane = workPhase, j.Lane
	case Leased:
		phase, lane, at = workPhase, j.Lane, j.LeaseUntil
	case Waiting:
		phase, at = consentPhase, j.Deadline
	case Posted, Skipped, Cancelled, Dead:
		return nil
	}
	return append(append(line(phase, j.Bot, lane), instant(at)...), j.ID...)
}

// line is what the keys of one line begin with.
func line(phase string, who identity.Identity, lane string) []byte {
	return append(key(phase, who.Server, who.ID, lane), 0)
}

// put writes a job and moves it in the lines and the counts; old is what it was, nil for a
// new one.
func put(tx *bolt.Tx, old *Job, j Job) error {
	j.Updated = time.Now()
	if old != nil {
		if k := dueKey(*old); k != nil {
			if err := tx.Bucket(dueBucket).Delete(k); err != nil {
				return fmt.Errorf("take job %s out of line: %w", j.ID, err)
			}
		}
		if err := count(tx, old.State, -1); err != nil {
			return err
		}
	}
	if k := dueKey(j); k != nil {
		if err := tx.Bucket(dueBucket).Put(k, nil); err != nil {
			return fmt.Errorf("put job %s in line: %w", j.ID, err)
		}
	}
	if err := count(tx, j.State, 1); err != nil {
		return err
	}
	data, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("encode job %s: %w", j.ID, err)
	}
	if err := tx.Bucket(jobBucket).Put([]byte(j.ID), data); err != nil {
		return fmt.Errorf("write job %s: %w", j.ID, err)
	}
	return nil
}

func count(tx *bolt.Tx, state State, by int) error {
	b := tx.Bucket(countBucket)
	n := readCount(b.Get([]byte(state))) + by
	if err := b.Put([]byte(state), binary.BigEndian.AppendUint64(nil, uint64(n))); err != nil {
		return fmt.Errorf("count jobs: %w", err)
	}
	return nil
}

func readCount(v []byte) int {
	if len(v) != 8 {
		return 0
	}
	return int(binary.BigEndian.Uint64(v))
}

func readCounts(tx *bolt.Tx) map[State]int {
	counts := map[State]int{}
	c := tx.Bucket(countBucket).Cursor()
	for state, n := c.First(); state != nil; state, n = c.Next() {
		counts[State(state)] = readCount(n)
	}
	return counts
}

// Counts is how many jobs there are in each state.
func (s *Store) Counts() (counts map[State]int, err error) {
	err = s.db.View(func(tx *bolt.Tx) error { counts = readCounts(tx); return nil })
	return counts, err
}

func decodeJob(id, data []byte) (Job, error) {
	var j Job
	if err := json.Unmarshal(data, &j); err != nil {
		return j, fmt.Errorf("%w: job %s: %v", ErrDamaged, id, err)
	}
	return j, nil
}

func load(tx *bolt.Tx, id []byte) (Job, error) {
	data := tx.Bucket(jobBucket).Get(id)
	if data == nil {
		return Job{}, fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	return decodeJob(id, data)
}

// Job reads one job, or ErrNotFound.
func (s *Store) Job(id string) (j Job, err error) {
	err = s.db.View(func(tx *bolt.Tx) error { j, err = load(tx, []byte(id)); return err })
	return j, err
}

// BySource finds the job that a post became, or ErrNotFound.
func (s *Store) BySource(who identity.Identity, post string) (Job, error) {
	return s.find(sourceBucket, who, post)
}

// ByPost finds the job that a reply of the bot answered, or ErrNotFound.
func (s *Store) ByPost(who identity.Identity, reply string) (Job, error) {
	return s.find(postBucket, who, reply)
}

func (s *Store) find(bucket []byte, who identity.Identity, post string) (j Job, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		id := tx.Bucket(bucket).Get(sourceKey(who, post))
		if id == nil {
			return fmt.Errorf("%w for post %s", ErrNotFound, post)
		}
		j, err = load(tx, id)
		return err
	})
	return j, err
}

// Filter picks jobs. A zero field picks all.
type Filter struct {
	States    []State
	Requester string // account id
	Since     time.Time
	Limit     int
}

func (f Filter) picks(j Job) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, j.State)) &&
		(f.Requester == "" || f.Requester == j.Requester)
}

// List returns jobs, newest first. Asking only for unfinished ones does not read the others.
func (s *Store) List(f Filter) (jobs []Job, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		if len(f.States) > 0 && !slices.ContainsFunc(f.States, State.Finished) {
			jobs, err = listDue(tx, f)
			return err
		}
		jobs, err = listAll(tx, f)
		return err
	})
	return jobs, err
}

func listAll(tx *bolt.Tx, f Filter) (jobs []Job, err error) {
	c := tx.Bucket(jobBucket).Cursor()
	for id, data := c.Last(); id != nil && (f.Limit <= 0 || len(jobs) < f.Limit); id, data = c.Prev() {
		j, err := decodeJob(id, data)
		if err != nil {
			return nil, err
		}
		if j.Created.Before(f.Since) {
			break
		}
		if f.picks(j) {
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

func listDue(tx *bolt.Tx, f Filter) (jobs []Job, err error) {
	err = tx.Bucket(dueBucket).ForEach(func(k, _ []byte) error {
		j, err := load(tx, dueID(k))
		if err == nil && f.picks(j) && !j.Created.Before(f.Since) {
			jobs = append(jobs, j)
		}
		return err
	})
	slices.SortFunc(jobs, func(a, b Job) int { return -compareIDs(a.ID, b.ID) })
	if f.Limit > 0 && len(jobs) > f.Limit {
		jobs = jobs[:f.Limit]
	}
	return jobs, err
}

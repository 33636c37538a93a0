package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
)

// Jobs are the requests that one bot answers. To it the jobs of others do not exist.
type Jobs Account

// Record writes down what arrived, and the cursor behind it, in one transaction: either all
// of it is known after a crash or none. A job whose source is known already is left out; how
// many were new is returned. New jobs are Queued, Waiting or Skipped; their ids and times are
// set here.
func (a *Jobs) Record(cursor string, jobs ...Job) (added int, err error) {
	err = a.s.update(func(tx *tx) error {
		if err := tx.Bucket(cursorBucket).Put(key(a.who.Server, a.who.ID), []byte(cursor)); err != nil {
			return fmt.Errorf("move the cursor: %w", err)
		}
		added, err = insert(tx, a.who, jobs)
		return err
	})
	return added, err
}

// Enqueue adds a job that nobody's post asked for. One whose source is known already is left as
// it is.
func (a *Jobs) Enqueue(job Job) error {
	return a.s.update(func(tx *tx) error {
		_, err := insert(tx, a.who, []Job{job})
		return err
	})
}

// Cursor is where Record left it; known is false for an account never recorded.
func (a *Jobs) Cursor() (cursor string, known bool, err error) {
	err = a.s.view(func(tx *tx) error {
		v := tx.Bucket(cursorBucket).Get(key(a.who.Server, a.who.ID))
		cursor, known = string(v), v != nil
		return nil
	})
	return cursor, known, err
}

// Trail is what SetTrail left: how the cursor came to where it is, as the bot notes it; nil for nothing.
func (a *Jobs) Trail() (record []byte, err error) {
	err = a.s.view(func(tx *tx) error {
		record = bytes.Clone(tx.Bucket(cursorBucket).Get(key(a.who.Server, a.who.ID, trailKey)))
		return nil
	})
	return record, err
}

// SetTrail notes how the cursor came to where it is.
func (a *Jobs) SetTrail(record []byte) error {
	return a.s.update(func(tx *tx) error {
		return tx.Bucket(cursorBucket).Put(key(a.who.Server, a.who.ID, trailKey), record)
	})
}

// trailKey ends the key of a trail, which stands behind that of its cursor.
const trailKey = "trail"

func insert(tx *tx, who identity.Identity, jobs []Job) (added int, err error) {
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
		j.Created = tx.now
		if err := tx.Bucket(sourceBucket).Put(sourceKey(who, j.Source), []byte(j.ID)); err != nil {
			return added, fmt.Errorf("remember post %s: %w", j.Source, err)
		}
		if err := tx.Bucket(orderBucket).Put(orderKey(who, j.ID), nil); err != nil {
			return added, fmt.Errorf("remember whose job %s is: %w", j.ID, err)
		}
		if err := put(tx, nil, j); err != nil {
			return added, err
		}
		added++
	}
	return added, nil
}

func sourceKey(who identity.Identity, post string) []byte { return key(who.Server, who.ID, post) }

func orderKey(who identity.Identity, id string) []byte { return key(who.Server, who.ID, id) }

// The phases in which something is due, by who does it.
const (
	workPhase    = "work"    // a worker
	outPhase     = "out"     // the sender
	consentPhase = "consent" // Expire
)

var phases = []string{workPhase, outPhase, consentPhase}

// phase is that in which jobs of a state are, "" for those that are finished.
func (s State) phase() string {
	switch s {
	case Queued, Leased:
		return workPhase
	case Waiting:
		return consentPhase
	case Posted, Skipped, Cancelled, Dead:
		return ""
	}
	return outPhase
}

// dueKey is a job's place in its line, nil for one that is finished. Keys of one line sort by
// when the job is due.
func dueKey(j Job) []byte {
	at := j.NotBefore
	if at.IsZero() {
		at = j.Created
	}
	phase, lane := j.State.phase(), ""
	switch j.State {
	case Queued:
		lane = j.Lane
	case Leased:
		lane, at = j.Lane, j.LeaseUntil
	case Waiting:
		at = j.Deadline
	}
	if phase == "" {
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
func put(tx *tx, old *Job, j Job) error {
	j.Updated = tx.now
	if old != nil {
		if k := dueKey(*old); k != nil {
			if err := tx.Bucket(dueBucket).Delete(k); err != nil {
				return fmt.Errorf("take job %s out of line: %w", j.ID, err)
			}
		}
		if err := count(tx, j.Bot, old.State, -1); err != nil {
			return err
		}
	}
	if k := dueKey(j); k != nil {
		if err := tx.Bucket(dueBucket).Put(k, nil); err != nil {
			return fmt.Errorf("put job %s in line: %w", j.ID, err)
		}
	}
	if err := count(tx, j.Bot, j.State, 1); err != nil {
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

func countKey(who identity.Identity, state State) []byte {
	return key(who.Server, who.ID, string(state))
}

func count(tx *tx, who identity.Identity, state State, by int) error {
	b, k := tx.Bucket(countBucket), countKey(who, state)
	n := readCount(b.Get(k)) + by
	if err := b.Put(k, binary.BigEndian.AppendUint64(nil, uint64(n))); err != nil {
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

// readCounts adds up the counts whose keys begin with prefix, by state.
func readCounts(tx *tx, prefix []byte) map[State]int {
	counts := map[State]int{}
	c := tx.Bucket(countBucket).Cursor()
	for k, n := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, n = c.Next() {
		counts[State(k[bytes.LastIndexByte(k, 0)+1:])] += readCount(n)
	}
	return counts
}

// Counts is how many jobs there are in each state.
func (a *Jobs) Counts() (counts map[State]int, err error) {
	err = a.s.view(func(tx *tx) error { counts = readCounts(tx, prefix(a.who.Server, a.who.ID)); return nil })
	return counts, err
}

func decodeJob(id, data []byte) (Job, error) {
	var j Job
	if err := json.Unmarshal(data, &j); err != nil {
		return j, fmt.Errorf("%w: job %s: %v", ErrDamaged, id, err)
	}
	return j, nil
}

func load(tx *tx, id []byte) (Job, error) {
	data := tx.Bucket(jobBucket).Get(id)
	if data == nil {
		return Job{}, fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	return decodeJob(id, data)
}

// load reads a job of the account's, or ErrNotFound.
func (a *Jobs) load(tx *tx, id string) (Job, error) {
	j, err := load(tx, []byte(id))
	if err == nil && j.Bot != a.who {
		err = fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	return j, err
}

// Job reads one job, or ErrNotFound.
func (a *Jobs) Job(id string) (j Job, err error) {
	err = a.s.view(func(tx *tx) error { j, err = a.load(tx, id); return err })
	return j, err
}

// BySource finds the job that a post became, or ErrNotFound.
func (a *Jobs) BySource(post string) (Job, error) {
	return a.find(sourceBucket, post)
}

// ByPost finds the job that a reply of the bot answered, or ErrNotFound.
func (a *Jobs) ByPost(reply string) (Job, error) {
	return a.find(postBucket, reply)
}

func (a *Jobs) find(bucket []byte, post string) (j Job, err error) {
	err = a.s.view(func(tx *tx) error {
		id := tx.Bucket(bucket).Get(sourceKey(a.who, post))
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
func (a *Jobs) List(f Filter) (jobs []Job, err error) {
	err = a.s.view(func(tx *tx) error {
		if f.unfinished() {
			for _, phase := range f.phases() {
				if err := eachDue(tx, prefix(phase, a.who.Server, a.who.ID), f.into(&jobs)); err != nil {
					return err
				}
			}
			jobs = f.cut(jobs)
			return nil
		}
		c, own := tx.Bucket(orderBucket).Cursor(), prefix(a.who.Server, a.who.ID)
		for k := last(c, own); k != nil && bytes.HasPrefix(k, own); k, _ = c.Prev() {
			j, err := load(tx, k[len(own):])
			if err != nil || f.over(j, jobs) {
				return err
			}
			if f.picks(j) {
				jobs = append(jobs, j)
			}
		}
		return nil
	})
	return jobs, err
}

// last moves a cursor to the last key that begins with prefix, which ends in 0, or before where that
// would be.
func last(c *bolt.Cursor, prefix []byte) []byte {
	after := bytes.Clone(prefix)
	after[len(after)-1] = 1
	if k, _ := c.Seek(after); k == nil {
		k, _ = c.Last()
		return k
	}
	k, _ := c.Prev()
	return k
}

// unfinished says that only jobs on their way can be picked.
func (f Filter) unfinished() bool {
	return len(f.States) > 0 && !slices.ContainsFunc(f.States, State.Finished)
}

// phases are those in which what can be picked is.
func (f Filter) phases() []string {
	return slices.DeleteFunc(slices.Clone(phases), func(phase string) bool {
		return !slices.ContainsFunc(f.States, func(s State) bool { return s.phase() == phase })
	})
}

// over says that a list, newest first, ends before j.
func (f Filter) over(j Job, sofar []Job) bool {
	return f.Limit > 0 && len(sofar) >= f.Limit || j.Created.Before(f.Since)
}

// into returns a function that collects what the filter picks.
func (f Filter) into(jobs *[]Job) func(Job) {
	return func(j Job) {
		if f.picks(j) && !j.Created.Before(f.Since) {
			*jobs = append(*jobs, j)
		}
	}
}

// cut puts the newest first and leaves out what is too much.
func (f Filter) cut(jobs []Job) []Job {
	slices.SortFunc(jobs, func(a, b Job) int { return -compareIDs(a.ID, b.ID) })
	if f.Limit > 0 && len(jobs) > f.Limit {
		jobs = jobs[:f.Limit]
	}
	return jobs
}

// eachDue calls f for the jobs in the lines whose keys begin with prefix.
func eachDue(tx *tx, prefix []byte, f func(Job)) error {
	c := tx.Bucket(dueBucket).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		j, err := load(tx, dueID(k))
		if err != nil {
			return err
		}
		f(j)
	}
	return nil
}

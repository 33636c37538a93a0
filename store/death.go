package store

import (
	"sync"
	"time"

	"slugpuppy/bot/identity"
)

// deaths knows what dead processes left: whatever is leased when the first bot begins.
type deaths struct {
	reclaiming sync.Mutex
	met        bool // that the first bot began, and left is known
	left       int  // leases, of all bots

	mu    sync.Mutex
	awake map[identity.Identity]bool // bots that began to work in this process
}

// wake notes that a bot begins.
func (d *deaths) wake(who identity.Identity) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.awake == nil {
		d.awake = map[identity.Identity]bool{}
	}
	d.awake[who] = true
}

func (d *deaths) isAwake(who identity.Identity) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.awake[who]
}

// Reclaim ends the leases of a process that died. A bot that begins calls it before its first Lease: the
// process holds the file, so whoever leased before is dead.
//
// Processes die for many reasons: they are killed, the power fails, memory runs out, or a job is poison.
// Only a job that was alone in work is a suspect, and its attempt counts; others were cut off by no
// fault of theirs and are tried again, those that were there twice in a row alone. A death at which a job
// was not in work clears it.
func (a *Jobs) Reclaim() (n int, err error) {
	d := &a.s.deaths
	d.reclaiming.Lock()
	defer d.reclaiming.Unlock()
	if !d.met {
		counts, err := a.s.Operator().Counts()
		if err != nil {
			return 0, err
		}
		d.left, d.met = counts[Leased], true
	}
	err = a.s.update(func(tx *tx) error {
		var jobs []Job
		if err := eachDue(tx, prefix(workPhase, a.who.Server, a.who.ID), func(j Job) { jobs = append(jobs, j) }); err != nil {
			return err
		}
		n = 0
		for _, j := range jobs {
			if j.State == Leased {
				n++
			}
		}
		alone := d.left == 1
		if d.isAwake(a.who) { // and died without the process: all that is leased is its own
			alone = n == 1
		}
		for _, j := range jobs {
			if after := survivor(j, alone); after.State != j.State || after.Cut != j.Cut {
				if err := put(tx, &j, after); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	d.wake(a.who)
	return n, nil
}

// survivor is an unfinished job after the process died, maybe while it worked on the job, maybe on it alone.
func survivor(j Job, alone bool) Job {
	switch {
	case j.State != Leased:
		j.Attempts, j.Deaths, j.Cut = max(j.Attempts-j.Deaths, 0), 0, 0
		return j
	case alone:
		j.Deaths++
	default:
		j.Attempts = max(j.Attempts-1, 0)
	}
	j.Cut++
	j.State, j.LeaseOwner, j.LeaseUntil = Queued, "", time.Time{}
	return j
}

const (
	// companyDeaths is how many deaths in a row make a job work alone.
	companyDeaths = 2
	solitudePoll  = time.Second // between looks whether a job may begin that works alone
	// solitudeAsked is how long the others wait for a job that wants to be alone, and whose worker no
	// longer asks for it.
	solitudeAsked = time.Minute
)

// solo is the job that works alone or waits for that: it was in work each time the process died lately, so
// the next death must tell whether it was the reason. Write transactions, of which there is one at a
// time, guard it.
type solo struct {
	id    string // "" for none
	asked time.Time
}

// admits says whether work on a job may begin beside what is worked on.
func (a *Jobs) admits(tx *tx, j Job) (bool, error) {
	s := &a.s.solo
	if s.id != "" && s.id != j.ID {
		other, err := load(tx, []byte(s.id))
		waits := other.State == Queued && !other.NotBefore.After(tx.now) && tx.now.Sub(s.asked) < solitudeAsked
		if err == nil && (other.State == Leased || waits) {
			return false, nil
		}
		s.id = "" // over, or forgotten
	}
	if j.Cut < companyDeaths {
		return true, nil
	}
	s.id, s.asked = j.ID, tx.now
	return a.s.deaths.working(tx) == 0, nil
}

// working is how many jobs this process works on.
func (d *deaths) working(tx *tx) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for who := range d.awake {
		n += readCounts(tx, prefix(who.Server, who.ID))[Leased]
	}
	return n
}

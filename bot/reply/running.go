package reply

import (
	"context"
	"sync"
	"time"

	"slugpuppy/dream"
	"slugpuppy/store"
)

// running is what the workers are doing right now, so that a person can cancel it and an
// operator can see it.
type running struct {
	mu   sync.Mutex
	jobs map[string]*runningJob
}

type runningJob struct {
	job      store.Job
	since    time.Time
	cancel   context.CancelCauseFunc
	progress dream.Progress
	told     time.Time     // when that was
	after    time.Duration // what the pieces of it take that are not begun
}

// add registers a job and returns what takes it off again.
func (r *running) add(job store.Job, cancel context.CancelCauseFunc) (done func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.jobs == nil {
		r.jobs = map[string]*runningJob{}
	}
	r.jobs[job.ID] = &runningJob{job: job, since: time.Now(), cancel: cancel}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.jobs, job.ID)
	}
}

// has says whether a job runs here.
func (r *running) has(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.jobs[id] != nil
}

// cancel ends a job if it runs here.
func (r *running) cancel(id string, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if j, ok := r.jobs[id]; ok {
		j.cancel(cause)
	}
}

// later is how long those pieces of a job take that are not begun. begun is false before the first of them is.
func (r *running) later(id string) (after time.Duration, begun bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j, ok := r.jobs[id]
	if !ok || j.told.IsZero() {
		return 0, false
	}
	return j.after, true
}

// report notes how far a job is, and how long those pieces of it take that are not begun.
func (r *running) report(id string, p dream.Progress, after time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Look = nil // which is only for now
	if j, ok := r.jobs[id]; ok {
		j.progress, j.told, j.after = p, time.Now(), after
	}
}

// snapshot copies what runs.
func (r *running) snapshot() []Running {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Running, 0, len(r.jobs))
	for _, j := range r.jobs {
		out = append(out, Running{Job: j.job.ID, Source: j.job.Source, Handle: j.job.Handle, Since: j.since, Progress: j.now()})
	}
	return out
}

// now is the progress with what is left of it by now.
func (j *runningJob) now() dream.Progress {
	p := j.progress
	if p.Left > 0 {
		p.Left = max(time.Second, p.Left-time.Since(j.told))
	}
	return p
}

// pace is how long pictures take here, as a moving average, to tell people when theirs is due where nobody knows better.
type pace struct {
	mu   sync.Mutex
	mean time.Duration
}

func (p *pace) note(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mean == 0 {
		p.mean = took
	}
	p.mean += (took - p.mean) / 4
}

// of is about how long n pictures take; 0 when nobody knows yet.
func (p *pace) of(n int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Duration(n) * p.mean
}

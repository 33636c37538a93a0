package reply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/backoff"
	"slugpuppy/bot/pulse"
	"slugpuppy/dream"
	"slugpuppy/store"
)

// outcome is what a worker made of a job: a reply, a question to somebody else, or a reason
// why there is nothing to say.
type outcome struct {
	reply *reply            // render and hand to the sender
	blobs map[string][]byte // the reply's pictures by blob name
	ask   *question         // wait for the author's yes
	skip  string            // close without an answer
	again time.Duration     // work on it once more, after so long
}

// The causes with which a running job is ended.
var (
	errCancelled = errors.New("cancelled by the requester")
	errLeaseLost = errors.New("the lease ran out")
	errTooLong   = errors.New("the job took too long")
)

// probation is how long a process must have lived before it works on a job that two others in a row died
// of, as it seems: one that is killed all the time does not live so long, and a third death would be the
// job's last.
const probation = 10 * time.Second

// work takes jobs of one lane, one at a time, until ctx ends.
func (d *Daemon) work(ctx context.Context, lane string) error {
	turn := d.Pulse.Loop("worker of " + lane)
	defer turn.End()
	for ctx.Err() == nil {
		turn.Rest()
		if !d.mayWork(ctx) {
			return nil
		}
		turn.Within(idle)
		if err := d.followClock(); err != nil {
			return err
		}
		job, next, ok, err := d.bot.Jobs().Lease(lane, d.owner, d.Lease)
		if err != nil {
			return fmt.Errorf("lease a job: %w", err)
		}
		if !ok {
			d.queue[lane].wait(ctx, d.untilNext(next))
			continue
		}
		turn.Within(d.JobTime + d.Lease)
		if err := d.do(ctx, job); err != nil {
			return fmt.Errorf("job %s: %w", job.ID, err)
		}
	}
	return nil
}

// do runs one leased job and writes down what came of it. Only a failing store is an error.
func (d *Daemon) do(parent context.Context, job store.Job) error {
	switch {
	case d.running.has(job.ID): // its lease ran out meanwhile: the clock jumped, or the disk was full for long
		return nil
	case job.Attempts > store.MaxAttempts:
		return d.persist(parent, func() error {
			return d.bury(job, cmp.Or(job.Reason, "the daemon died three times while working on it"))
		})
	case job.Deaths >= store.MaxAttempts-1 && time.Since(d.born) < probation:
		return d.taken(d.bot.Jobs().Release(job.ID, d.owner, d.now().Add(probation-time.Since(d.born))))
	}
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	ctx, stop := context.WithTimeoutCause(ctx, d.JobTime, errTooLong)
	defer stop()
	done := d.running.add(job, cancel)
	defer done()

	beat := make(chan struct{})
	go func() { defer close(beat); d.heartbeat(ctx, job, cancel) }()
	out, err := d.handleSafely(ctx, job)
	cause := context.Cause(ctx)
	cancel(nil)
	<-beat

	switch {
	case err == nil:
		return d.persist(parent, func() error { return d.settle(job, out) })
	case parent.Err() != nil:
		return d.taken(d.bot.Jobs().Release(job.ID, d.owner, time.Time{}))
	case errors.Is(cause, errCancelled), errors.Is(cause, errLeaseLost):
		return nil // whoever ended it wrote down why
	}
	return d.persist(parent, func() error { return d.failed(job, err) })
}

// settle writes down what came of a job.
func (d *Daemon) settle(job store.Job, out outcome) error {
	if out.again > 0 {
		d.retries.add(job.ID + " again")
		return d.taken(d.bot.Jobs().Release(job.ID, d.owner, d.now().Add(out.again)))
	}
	d.retries.forget(job.ID, job.ID+" again")
	switch {
	case out.ask != nil:
		return d.taken(d.waitFor(job, *out.ask))
	case out.reply == nil:
		d.Log.Info("no answer", "job", job.ID, "reason", out.skip)
		return d.taken(d.bot.Jobs().Skip(job.ID, out.skip))
	}
	err := d.bot.Jobs().Render(job.ID, d.owner, encode(out.reply), out.blobs)
	d.outbox.send()
	return d.taken(err)
}

// taken forgives that somebody else, such as an operator or the requester, ended the job
// first.
func (d *Daemon) taken(err error) error {
	if errors.Is(err, store.ErrState) || errors.Is(err, store.ErrLease) {
		return nil
	}
	return err
}

// heartbeat keeps the lease while the job runs, and ends the job when the lease is lost. While the disk is
// in trouble nobody can take the job either.
func (d *Daemon) heartbeat(ctx context.Context, job store.Job, cancel context.CancelCauseFunc) {
	for backoff.Sleep(ctx, d.Lease/3) {
		err := d.bot.Jobs().Extend(job.ID, d.owner, d.Lease)
		if store.InTrouble(err) {
			d.Log.Warn("cannot keep the lease of a running job", "job", job.ID, "error", err)
			continue
		}
		if err != nil {
			d.Log.Warn("lost the lease of a running job", "job", job.ID, "error", err)
			cancel(errLeaseLost)
			return
		}
	}
}

// handleSafely turns a panic into an error that counts as a failed attempt.
func (d *Daemon) handleSafely(ctx context.Context, job store.Job) (out outcome, err error) {
	err = pulse.Safely(func() (err error) {
		out, err = d.handle(ctx, job)
		return err
	})
	if stack := pulse.StackOf(err); stack != "" {
		d.Log.Error("a job panicked", "job", job.ID, "panic", err, "stack", stack)
	}
	return out, err
}

// failed decides what a failed attempt costs. A disk that is full, a server that is away or nobody who can dream
// is not the job's fault: it waits and the attempt is not counted. Anything else counts, and the third one is the
// last; what others died of three times already has no more attempts.
func (d *Daemon) failed(job store.Job, err error) error {
	at := d.now().Add(d.pause(job, err))
	switch {
	case !network.Failed(err) && store.InTrouble(store.Diagnose(err)): // the database's, or of a file on its way
		d.Log.Warn("the disk is in trouble; the job waits", "job", job.ID, "error", err, "until", at)
		return d.taken(d.bot.Jobs().Release(job.ID, d.owner, at))
	case network.Is(err, network.Unauthorized):
		d.suspend(err)
		return d.taken(d.bot.Jobs().Release(job.ID, d.owner, d.now()))
	case errors.Is(err, dream.ErrNotNow) && d.now().Sub(job.Created) < d.StaleAfter:
		d.Log.Warn("nobody can dream now; the job waits", "job", job.ID, "error", err, "until", at)
		return d.taken(d.bot.Jobs().Release(job.ID, d.owner, at))
	case network.MayPass(err) && d.now().Sub(job.Created) < d.StaleAfter: // then the person has long gone on
		d.Log.Warn("the server does not answer; the job waits", "job", job.ID, "error", err, "until", at)
		return d.taken(d.bot.Jobs().Release(job.ID, d.owner, at))
	case job.Attempts < store.MaxAttempts && !errors.Is(err, dream.ErrPoison):
		d.Log.Error("a job failed and is tried again", "job", job.ID, "attempt", job.Attempts, "error", err)
		return d.taken(d.bot.Jobs().Fail(job.ID, d.owner, err.Error(), at))
	}
	return d.bury(job, err.Error())
}

// pause is how long a job waits after one more failure in this run of the daemon.
func (d *Daemon) pause(job store.Job, err error) time.Duration {
	return d.Backoff.Wait(d.retries.add(job.ID), err)
}

// bury gives a job up. The requester is told once, the operator in the log.
func (d *Daemon) bury(job store.Job, reason string) error {
	d.Log.Error("a job failed for good", "job", job.ID, "error", reason,
		"remedy", "see `slugpuppy jobs show "+job.ID+"`, mend the cause, then `slugpuppy jobs retry "+job.ID+"`")
	d.retries.forget(job.ID)
	e, err := decodeEvent(job)
	if err != nil || e.Sorry || e.Ask != nil {
		return d.taken(d.bot.Jobs().Bury(job.ID, reason))
	}
	sorry := store.Job{Source: "sorry:" + job.Source, Requester: job.Requester, Handle: job.Handle,
		Payload: encode(event{Post: e.Post, Sorry: true}), State: store.Queued, Lane: wordLane}
	err = d.bot.Jobs().Bury(job.ID, reason, sorry)
	d.queue[wordLane].send()
	return d.taken(err)
}

package reply

import (
	"context"
	"fmt"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/backoff"
	"slugpuppy/bot/pulse"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/store"
)

// catchUpPage is how many mentions one request brings.
const catchUpPage = 40

// mostPages is how many pages are read in a row: what is left is read the next time.
const mostPages = 250

// hiccup is how long a server may answer badly before the operator sees it at a glance.
const hiccup = 10 * time.Minute

// longestPage is more than any request for one page can take.
const longestPage = 10 * time.Minute

// intake writes down every mention, oldest first, for ever. Hints and the clock only say when
// to look; what is there is what the server says after the stored cursor.
func (d *Daemon) intake(ctx context.Context) error {
	turn := d.Pulse.Loop("intake")
	defer turn.End()
	wake := d.Platform.Wake(ctx)
	failures, since := 0, time.Time{}
	for ctx.Err() == nil {
		wait := d.Backoff.Around(d.Poll)
		switch err := d.catchUp(ctx, turn); {
		case err == nil:
			failures = 0
			d.resume()
			d.held.say("")
		case ctx.Err() != nil:
			return nil
		case !network.Failed(err): // our own store: nothing gets better by trying again
			return err
		default:
			failures++
			wait = d.Backoff.Wait(failures, err)
			if failures == 1 {
				since = time.Now()
			}
			if notice := network.NoticeOf(err); notice != "" {
				d.held.say(notice)
			} else if time.Since(since) >= hiccup {
				d.held.say(fmt.Sprintf("no mentions were read since %s: %v", since.UTC().Format("2 January 15:04 MST"), err))
			}
			if network.Is(err, network.Unauthorized) {
				d.suspend(err)
			}
			d.Log.Warn("cannot fetch mentions", "error", err, "retry_in", wait)
			turn.Within(wait)
			if !backoff.Sleep(ctx, wait) { // hints do not shorten a backoff
				return nil
			}
			continue
		}
		turn.Within(wait)
		if wake = d.pauseFor(ctx, wait, wake); ctx.Err() != nil {
			return nil
		}
	}
	return nil
}

// pauseFor waits for the clock or a hint. A closed wake channel is replaced by nil: then
// only the clock counts.
func (d *Daemon) pauseFor(ctx context.Context, wait time.Duration, wake <-chan struct{}) <-chan struct{} {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case _, open := <-wake:
		if !open {
			return nil
		}
	}
	return wake
}

// catchUp records everything after the cursor. The cursor moves in the transaction that
// records the jobs, so a kill between two pages repeats a question to the server and nothing
// else.
func (d *Daemon) catchUp(ctx context.Context, turn *pulse.Loop) error {
	turn.Within(longestPage)
	cursor, err := d.cursor(ctx)
	if err != nil {
		return err
	}
	been := map[string]bool{cursor: true}
	for range mostPages {
		turn.Within(longestPage)
		page, err := d.Platform.Mentions(ctx, cursor, catchUpPage)
		if err != nil {
			return fmt.Errorf("fetch mentions: %w", err)
		}
		if len(page) == 0 {
			if err := d.overlap(ctx, turn, cursor); err != nil {
				return err
			}
			return d.recount(ctx, cursor)
		}
		jobs := make([]store.Job, 0, len(page))
		for _, m := range page {
			job, err := d.arriveSafely(ctx, m.Post)
			if err != nil {
				return err
			}
			jobs = append(jobs, job)
		}
		next := page[len(page)-1].Cursor
		if err := d.take(cursor, next, jobs); err != nil {
			return err
		}
		if cursor = next; been[cursor] {
			d.Log.Warn("the list of mentions comes back to where it was; the rest of it is for later")
			return nil
		}
		been[cursor] = true
	}
	return nil
}

// take writes down what arrived between two cursors, as far as there is room for it, and has it worked on.
func (d *Daemon) take(cursor, next string, jobs []store.Job) error {
	if len(jobs) == 0 {
		return nil
	}
	if err := d.makeRoom(jobs); err != nil {
		return err
	}
	if err := d.record(cursor, next, jobs); err != nil {
		return fmt.Errorf("record %d mentions: %w", len(jobs), err)
	}
	for _, s := range d.queue {
		s.send()
	}
	return nil
}

// record stores mentions with the cursor after them. Where the store does not take them all it is asked for
// each, from the cursor before them: one that it cannot hold must not keep the bot from all that come later.
func (d *Daemon) record(cursor, next string, jobs []store.Job) error {
	_, err := d.bot.Jobs().Record(next, jobs...)
	if err == nil || store.InTrouble(err) {
		return err
	}
	for _, j := range jobs {
		if _, err := d.bot.Jobs().Record(cursor, j); store.InTrouble(err) {
			return err
		} else if err != nil {
			d.Log.Error("a mention cannot be written down and is passed over", "post", j.Source, "error", err)
		}
	}
	_, err = d.bot.Jobs().Record(next)
	return err
}

// cursor is where to go on. A fresh account starts at what is newest now: nobody wants to be
// answered for last year.
func (d *Daemon) cursor(ctx context.Context) (string, error) {
	cursor, known, err := d.bot.Jobs().Cursor()
	if err != nil || known {
		return cursor, err
	}
	if cursor, err = d.Platform.Newest(ctx); err != nil {
		return "", fmt.Errorf("find where to start: %w", err)
	}
	_, err = d.bot.Jobs().Record(cursor)
	return cursor, err
}

// arriveSafely is arrive, but that a mention at which we have a bug is skipped: it must not keep the bot
// from all that come later.
func (d *Daemon) arriveSafely(ctx context.Context, p network.Post) (job store.Job, err error) {
	err = pulse.Safely(func() (err error) {
		job, err = d.arrive(ctx, p)
		return err
	})
	if stack := pulse.StackOf(err); stack != "" {
		d.Log.Error("a mention cannot be read for a bug and is skipped", "post", p.ID, "panic", err, "stack", stack)
		return store.Job{Network: d.Platform.Name(), Source: p.ID, Requester: p.Author.ID, Handle: p.Author.Handle,
			Payload: encode(event{Post: p}), State: store.Skipped, Reason: "a bug was met when it was read", Lane: wordLane}, nil
	}
	return job, err
}

// arrive turns one mention into the job that is recorded. What needs no answer is recorded
// as skipped, with the reason; nothing is dropped.
func (d *Daemon) arrive(ctx context.Context, p network.Post) (store.Job, error) {
	job := store.Job{
		Network: d.Platform.Name(), Source: p.ID, Requester: p.Author.ID, Handle: p.Author.Handle,
		Payload: encode(event{Post: p}), State: store.Queued, Lane: d.lane(ctx, p),
	}
	reason, err := d.ignore(p)
	if err != nil {
		return job, err
	}
	if reason != "" {
		job.State, job.Reason = store.Skipped, reason
	}
	return job, nil
}

// lane is which workers take a mention.
func (d *Daemon) lane(ctx context.Context, p network.Post) string {
	if d.ordered(p) {
		return wordLane
	}
	req, err := d.parse(p)
	if err != nil || !makesPicture(req.Verb) {
		return wordLane
	}
	if word, _ := d.word(p); word != mention.Bare { // an error comes again where the talk is looked at
		return wordLane
	}
	if req.Model != "" { // whose words take time to find
		return dreamLane
	}
	if _, _, err := req.Recipe(ctx, d.Vocabulary, 0); err != nil { // nobody waits to hear of a word that we do not know
		return wordLane
	}
	return dreamLane
}

// parse understands a post. What is to be drawn or imagined without a word what, beside a picture, is that picture: "paint this".
func (d *Daemon) parse(p network.Post) (mention.Request, error) {
	req, err := mention.Parse(p.Text, p.Language, d.self.Handle)
	if req.Verb == mention.Imagine && len(req.Words)+len(req.Layers)+len(req.Channels) == 0 && req.Token == "" && len(d.stills(p)) > 0 {
		req.Verb = mention.Dream
	}
	return req, err
}

// makeRoom skips what would make the queue longer than the cap.
func (d *Daemon) makeRoom(jobs []store.Job) error {
	if d.Caps.Queue < 0 {
		return nil
	}
	counts, err := d.bot.Jobs().Counts()
	if err != nil {
		return fmt.Errorf("measure the queue: %w", err)
	}
	waiting := counts[store.Queued] + counts[store.Leased]
	for i := range jobs {
		if jobs[i].State == store.Queued {
			if waiting++; waiting > d.Caps.Queue {
				jobs[i].State, jobs[i].Reason = store.Skipped, "the queue is full"
			}
		}
	}
	return nil
}

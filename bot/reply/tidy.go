package reply

import (
	"context"
	"fmt"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/backoff"
	"slugpuppy/store"
)

// chore is how often the daemon looks for small things to tidy up.
const chore = time.Minute

// sweptPosts is how many answers one sweep looks after.
const sweptPosts = 30

// tidy ends questions nobody answered, takes back answers whose question was deleted, and
// forgets what is old.
func (d *Daemon) tidy(ctx context.Context) error {
	swept, pruned := time.Now(), time.Time{}
	for backoff.Sleep(ctx, min(chore, d.Sweep, d.ConsentFor)) {
		if _, err := d.bot.Jobs().Expire("the author did not answer"); err != nil {
			return fmt.Errorf("end questions nobody answered: %w", err)
		}
		if time.Since(swept) >= d.Sweep && d.mayWork(ctx) {
			if err := d.sweep(ctx); err != nil {
				return fmt.Errorf("look after answered posts: %w", err)
			}
			swept = time.Now()
		}
		if time.Since(pruned) >= 24*time.Hour {
			if _, err := d.Store.Prune(d.now().Add(-d.Keep)); err != nil {
				return fmt.Errorf("forget old jobs: %w", err)
			}
			pruned = time.Now()
		}
	}
	return nil
}

// sweep takes back answers of the last day whose request or original was deleted. The network
// does not tell us, so the latest few are looked up; a post must be missing twice in a row,
// for servers have bad moments.
func (d *Daemon) sweep(ctx context.Context) error {
	jobs, err := d.bot.Jobs().List(store.Filter{States: []store.State{store.Posted}, Since: d.now().Add(-24 * time.Hour), Limit: sweptPosts})
	if err != nil {
		return err
	}
	for _, j := range jobs {
		r, err := decodeReply(j)
		if err != nil || r.Made == nil || j.Reason != "" {
			continue
		}
		if err := d.sweepOne(ctx, j, r); err != nil {
			return err
		}
	}
	return nil
}

func (d *Daemon) sweepOne(ctx context.Context, j store.Job, r reply) error {
	missing, id := false, "missing "+j.ID
	for _, post := range []string{r.To.ID, r.Made.SourcePost} {
		if post == "" {
			continue
		}
		_, err := d.Platform.Post(ctx, post)
		missing = missing || network.Is(err, network.NotFound)
	}
	if !missing {
		d.retries.forget(id)
		return nil
	}
	if d.retries.add(id) < 2 {
		return nil
	}
	if err := d.Platform.Delete(ctx, j.PostID); err != nil {
		d.Log.Warn("cannot take back an answer to a deleted post", "job", j.ID, "error", err)
		return nil
	}
	d.retries.forget(id)
	return d.bot.Jobs().Retract(store.Itself(), j.ID, "the post it answered was deleted")
}

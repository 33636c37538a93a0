package reply

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"slugpuppy/bot/pulse"
	"slugpuppy/store"
)

// A server may tell of mentions in another order than it gave them ids: what it wrote down last has a lower
// one than what was read before, and stands below the cursor. So the mentions of the last minutes are read
// once more. A post becomes a job once, however often it is read.
const (
	overlap      = 10 * time.Minute
	overlapEvery = time.Minute
	stepsApart   = 30 * time.Second
)

// step is a cursor, and when it was reached.
type step struct {
	Cursor string    `json:"cursor"`
	At     time.Time `json:"at"`
}

// trail are the cursors of the last minutes, oldest first. The last one is where mentions are read on from,
// the first one where they are read again from.
type trail []step

// reach adds a cursor, and forgets what is too long ago.
func (t trail) reach(cursor string, now time.Time) trail {
	n := len(t)
	switch {
	case n > 0 && t[n-1].Cursor == cursor:
	case n > 1 && now.Sub(t[n-2].At) < stepsApart:
		t[n-1] = step{cursor, now}
	default:
		t = append(t, step{cursor, now})
	}
	for len(t) > 1 && now.Sub(t[1].At) >= overlap {
		t = t[1:]
	}
	return t
}

// follow notes how far mentions were read, also for the next run of the daemon.
func (d *Daemon) follow(cursor string) error {
	if d.trail == nil {
		record, err := d.bot.Jobs().Trail()
		if err != nil {
			return err
		}
		if len(record) > 0 && json.Unmarshal(record, &d.trail) != nil {
			d.trail = nil // of a version that wrote it otherwise
		}
	}
	before := len(d.trail)
	last := step{}
	if before > 0 {
		last = d.trail[before-1]
	}
	d.trail = d.trail.reach(cursor, time.Now())
	if now := d.trail[len(d.trail)-1]; len(d.trail) == before && now == last {
		return nil
	}
	return d.bot.Jobs().SetTrail(encode(d.trail))
}

// overlap reads the mentions of the last minutes again, and writes down those that were not there before.
func (d *Daemon) overlap(ctx context.Context, turn *pulse.Loop, cursor string) error {
	if d.Platform.Facts().Ordered {
		return nil
	}
	if err := d.follow(cursor); err != nil {
		return fmt.Errorf("note how far mentions were read: %w", err)
	}
	if len(d.trail) < 2 || time.Since(d.overlapped) < overlapEvery {
		return nil
	}
	d.overlapped = time.Now()
	for from, n := d.trail[0].Cursor, 0; n < mostPages; n++ {
		turn.Within(longestPage)
		page, err := d.Platform.Mentions(ctx, from, catchUpPage)
		if err != nil {
			return fmt.Errorf("fetch the mentions of the last minutes again: %w", err)
		}
		var late []store.Job
		for _, m := range page {
			if known, err := d.bySource(m.Post.ID); err != nil {
				return err
			} else if known != nil {
				continue
			}
			job, err := d.arriveSafely(ctx, m.Post)
			if err != nil {
				return err
			}
			late = append(late, job)
		}
		if err := d.take(cursor, cursor, late); err != nil {
			return err
		}
		if len(page) == 0 || page[len(page)-1].Cursor == from {
			return nil
		}
		from = page[len(page)-1].Cursor
	}
	return nil
}

// recountEvery is how often a bot that hears nothing looks whether its server still counts as it did.
const recountEvery = 10 * time.Minute

// recount looks for mentions that are newer than the cursor by the clock and older by their ids: a server that
// was restored from a backup, or whose software was changed, counts from below, and one that went wrong may have
// named ids that it reaches in years. Reading goes on from where the server counts now.
func (d *Daemon) recount(ctx context.Context, cursor string) error {
	if d.Platform.Facts().Ordered || len(d.trail) == 0 {
		return nil
	}
	last := d.trail[len(d.trail)-1]
	if time.Since(last.At) < recountEvery || time.Since(d.recounted) < recountEvery {
		return nil
	}
	d.recounted = time.Now()
	page, err := d.Platform.Latest(ctx, catchUpPage)
	if err != nil {
		return fmt.Errorf("look at the latest mentions: %w", err)
	}
	var missed []store.Job
	for _, m := range page {
		known, err := d.bySource(m.Post.ID)
		if err != nil {
			return err
		}
		if known != nil || !m.Post.Created.After(last.At) {
			continue
		}
		job, err := d.arriveSafely(ctx, m.Post)
		if err != nil {
			return err
		}
		missed = append(missed, job)
	}
	if len(missed) == 0 {
		return nil
	}
	next := page[len(page)-1].Cursor
	if next != cursor {
		d.Log.Warn("the server counts otherwise than it did; mentions are read on from where it counts now",
			"was", cursor, "now", next, "missed", len(missed))
	}
	d.trail = trail{{Cursor: next, At: time.Now()}}
	if err := d.bot.Jobs().SetTrail(encode(d.trail)); err != nil {
		return fmt.Errorf("note how far mentions were read: %w", err)
	}
	return d.take(next, next, missed)
}

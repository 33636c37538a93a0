package reply

import (
	"context"
	"fmt"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/backoff"
	"slugpuppy/bot/reply/words"
	"slugpuppy/store"
)

// signRest is the time between two changes of the profile: it is pushed to every follower's server.
const signRest = 5 * time.Minute

// sign keeps a field of the profile at how many requests wait, where the operator wants that.
func (d *Daemon) sign(ctx context.Context) error {
	board, ok := d.Platform.(network.Signboard)
	if !ok || d.QueueField == "" {
		<-ctx.Done()
		return nil
	}
	shown := ""
	for failures := 0; ; {
		text, err := d.waiting()
		if err != nil {
			return err
		}
		wait := signRest
		if text != shown && d.mayWork(ctx) {
			if err := board.ShowField(ctx, d.QueueField, text); err == nil {
				shown, failures = text, 0
			} else if failures++; ctx.Err() == nil {
				wait = max(signRest, d.Backoff.Wait(failures, err))
				d.Log.Warn("the profile cannot tell how many wait", "error", err, "retry_in", wait,
					"remedy", "log in again: the right to change the profile is asked for since bot.queue_field is set")
			}
		}
		if !backoff.Sleep(ctx, wait) {
			return nil
		}
	}
}

func (d *Daemon) waiting() (string, error) {
	counts, err := d.bot.Jobs().Counts()
	if err != nil {
		return "", fmt.Errorf("count who waits: %w", err)
	}
	return words.QueueLength(counts[store.Queued] + counts[store.Leased]), nil
}

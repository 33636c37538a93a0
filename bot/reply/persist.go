package reply

import (
	"context"
	"time"

	"slugpuppy/bot/network/backoff"
	"slugpuppy/store"
)

// untilRoom is how long to wait before what could not be written is written again.
var untilRoom = backoff.Law{First: time.Second, Longest: 15 * time.Second}

// persist writes down what has happened already: a dream that was made, a reply that is out. While the
// disk does not take it, it is kept here and tried again, until ctx ends. What is lost then is found out
// again, as after a kill.
func (d *Daemon) persist(ctx context.Context, write func() error) error {
	for failures := 1; ; failures++ {
		err := write()
		if !store.InTrouble(err) {
			return err
		}
		if failures == 1 {
			d.Log.Error("the database cannot be written; what was done is kept and written later", "error", err)
		}
		if !backoff.Sleep(ctx, untilRoom.Wait(failures, nil)) {
			return err
		}
	}
}

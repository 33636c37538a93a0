package reply_test

import (
	"fmt"
	"testing"
	"time"

	"slugpuppy/bot/reply"
	"slugpuppy/dream"
	"slugpuppy/store"
)

func TestAJobWaitsWhileNobodyCanDreamAndNoAttemptIsCounted(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.dreamer.behave(0, func(n int) error {
			if n <= 8 {
				return fmt.Errorf("%w: the broker is gone", dream.ErrNotNow)
			}
			return nil
		})
		p := r.ada.post("@dreambot eyes", r.ada.withPicture(photo(1), ""))
		r.bot.hint()
		later(time.Hour)
		r.answered(p, "I dreamed")
		if j := r.job(p); j.Attempts > 1 {
			t.Errorf("%d attempts were counted", j.Attempts)
		}
	}, func(o *reply.Options) { o.Backoff.Longest = time.Minute })
}

func TestAJobThatEndedWorkersIsBuriedAtOnce(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.dreamer.behave(0, func(int) error { return fmt.Errorf("%w: 3 of them", dream.ErrPoison) })
		p := r.ada.post("@dreambot eyes", r.ada.withPicture(photo(1), ""))
		r.bot.hint()
		settle()
		if j := r.job(p); j.State != store.Dead || j.Attempts != 1 {
			t.Errorf("after %d attempts it is %s", j.Attempts, r.describe(p))
		}
		if n := r.dreamer.calls.Load(); n != 1 {
			t.Errorf("it was tried %d times", n)
		}
		if r.answer(p) == nil {
			t.Error("nobody was told")
		}
	})
}

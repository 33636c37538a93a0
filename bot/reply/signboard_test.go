package reply_test

import (
	"slices"
	"testing"
	"time"

	"slugpuppy/bot/reply"
)

func TestTheProfileTellsHowManyWait(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.dreamer.behave(6*time.Minute, nil)
		r.ask(r.ada, "@dreambot imagine banana")
		r.ask(r.ada, "@dreambot imagine castle")
		time.Sleep(30 * time.Minute)
		var said []string
		r.w.with(func() { said = slices.Clone(r.w.signs) })
		want := []string{"Queue: nobody waits", "Queue: 2 pictures", "Queue: 1 picture", "Queue: nobody waits"}
		if !slices.Equal(said, want) {
			t.Errorf("the profile said %q, want %q", said, want)
		}
	}, func(o *reply.Options) { o.QueueField = "Queue" })
	inWorld(t, func(r *rig) {
		r.ask(r.ada, "@dreambot imagine banana")
		time.Sleep(30 * time.Minute)
		r.w.with(func() {
			if len(r.w.signs) > 0 {
				t.Errorf("unasked the profile said %q", r.w.signs)
			}
		})
	})
}

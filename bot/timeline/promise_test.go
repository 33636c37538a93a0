package timeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/store"
)

func TestALimitTightensByItselfWhereCorrectionsSayThatTheBudgetIsBroken(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		r.pass()
		for range 30 {
			r.post(r.stranger, 0.1, "plain")
		}
		wrong := []string{r.post(r.artist, 0.82, "a"), r.post(r.artist, 0.83, "b"), r.post(r.artist, 0.95, "c")}
		r.pass()
		before := r.judged(wrong[0]).Limit
		r.want("DeepDream: likely", wrong[0], wrong[1])

		r.say("not a dream " + r.judged(wrong[0]).URL)
		r.later()
		if r.sub().Tightened != 0 || len(r.told) > 0 {
			t.Fatalf("one mistake tightened the limit: %v", r.told)
		}
		r.say("not a dream " + r.judged(wrong[1]).URL)
		r.later()
		sub := r.sub()
		if sub.Tightened != 1 || sub.Budget != 0.001 || sub.Allowed() != 0.00025 {
			t.Fatalf("%d times, %g of %g", sub.Tightened, sub.Allowed(), sub.Budget)
		}
		if len(r.told) != 1 || !strings.Contains(r.told[0], "2 posts") || !strings.Contains(r.told[0], "4000") {
			t.Errorf("they were told %q", r.told)
		}
		// The next picture has to score higher, and the answers say so.
		next := r.post(r.artist, 0.82, "d")
		r.later()
		if j := r.judged(next); j.Limit <= before || j.Fate != store.Kept {
			t.Errorf("the limit is %g, was %g; the post is %s", j.Limit, before, j.Fate)
		}
		if why := r.say("why " + r.judged(next).URL); !strings.Contains(why, "1 wrong hide in 4000") || !strings.Contains(why, "corrected") {
			t.Errorf("why: %s", why)
		}
		if said := r.say("filter"); !strings.Contains(said, "4000") {
			t.Errorf("said %s", said)
		}
		// What led to it does not count again, and nothing is said again.
		r.say("not a dream " + r.judged(wrong[2]).URL)
		r.later()
		if r.sub().Tightened != 1 || len(r.told) != 1 {
			t.Errorf("%d times, told %q", r.sub().Tightened, r.told)
		}
		// What they choose holds again.
		r.say("budget 1 in 1000")
		if sub := r.sub(); sub.Tightened != 0 || sub.Allowed() != 0.001 {
			t.Errorf("%d times, %g", sub.Tightened, sub.Allowed())
		}
		r.later()
		if r.sub().Tightened != 0 {
			t.Error("what was corrected before they chose counts")
		}
	})
}

func TestATightenedLimitCanBeTakenBack(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		r.pass()
		a, b := r.post(r.artist, 0.82, "a"), r.post(r.artist, 0.83, "b")
		r.pass()
		r.say("not a dream " + r.judged(a).URL)
		r.say("not a dream " + r.judged(b).URL)
		r.later()
		if r.sub().Tightened != 1 {
			t.Fatal("the limit was not tightened")
		}
		r.say("how hide") // another change on top, which is no reason to forget it when it is taken back
		own := r.store.For(r.scope)
		entries, err := own.History(10)
		if err != nil {
			t.Fatal(err)
		}
		undo := func(reason string) {
			t.Helper()
			for _, e := range entries {
				if e.Undo != "" && strings.HasPrefix(e.Reason, reason) {
					if _, _, err := own.Undo(store.Actor{Identity: r.scope, Name: r.handle}, e.Undo); err != nil {
						t.Fatal(err)
					}
					return
				}
			}
			t.Fatalf("nothing to take back of %q in %v", reason, fmt.Sprint(entries))
		}
		undo("how hide")
		if r.sub().Tightened != 1 {
			t.Error("another choice that was taken back took the tightening along")
		}
		undo("budget tightened")
		later(time.Minute)
		r.pass()
		if sub := r.sub(); sub.Tightened != 0 {
			t.Errorf("it is tightened again: %d", sub.Tightened)
		}
	})
}

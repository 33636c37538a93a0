package reply_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/reply"
	"slugpuppy/store"
)

// elsewhere is a bot on another network that shares the store.
var elsewhere = identity.Identity{Server: "x.com", ID: "12"}

// answerElsewhere has the other bot answer a request of somebody's.
func (r *rig) answerElsewhere(source, requester string, answer []byte) {
	r.t.Helper()
	jobs := r.store.For(elsewhere).Jobs()
	must := func(err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
	}
	_, err := jobs.Record("c", store.Job{Source: source, Requester: requester, State: store.Queued, Lane: "dreams",
		Payload: []byte("{}")})
	must(err)
	j, _, ok, err := jobs.Lease("dreams", "o", time.Hour)
	must(err)
	if !ok {
		r.t.Fatal("the other bot has nothing to do")
	}
	must(jobs.Render(j.ID, "o", answer, nil))
	must(jobs.StartPost(j.ID, "k"))
	must(jobs.Posted(j.ID, "p"+source, answer))
}

// Two networks share one store. Busy answers on the other network must not keep this one from sweeping.
func TestSweepIsNotStarvedByTheOtherNetwork(t *testing.T) {
	for _, others := range []int{0, 29, 30, 40} {
		t.Run(fmt.Sprint(others), func(t *testing.T) {
			inWorld(t, func(r *rig) {
				p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
				a := r.answered(p)
				for i := range others {
					r.answerElsewhere(fmt.Sprint("x", i), "99", []byte("{}"))
				}
				r.w.vanish(p)
				time.Sleep(3 * time.Hour)
				if !r.w.gone(a) {
					t.Errorf("with %d answers on X the answer stands without its question", others)
				}
			})
		})
	}
}

// Account ids are unique on a server only: "again" must not go on from a stranger's dream.
func TestAgainIsNotAnotherPersonsOnAnotherNetwork(t *testing.T) {
	inWorld(t, func(r *rig) {
		p := r.ask(r.w.join("bob"), "imagine banana")
		r.answered(p)
		r.answerElsewhere("x1", r.ada.self.ID, r.job(p).Reply)
		r.answered(r.ask(r.ada, "again"), "no dream of mine") // ada here never had one
	})
}

func TestTheQueueIsAsLongAsTheBotsOwn(t *testing.T) {
	inWorld(t, func(r *rig) {
		var crowd []store.Job
		for i := range 5 {
			crowd = append(crowd, store.Job{Source: fmt.Sprint("x", i), Requester: r.ada.self.ID,
				State: store.Queued, Lane: "dreams", Payload: []byte("{}")})
		}
		if _, err := r.store.For(elsewhere).Jobs().Record("c", crowd...); err != nil {
			t.Fatal(err)
		}
		r.answered(r.ask(r.ada, "imagine banana"))
		r.answered(r.ask(r.ada, "queue"), "Nothing of yours is waiting")
	}, func(o *reply.Options) { o.Caps.Queue = 2 })
}

func TestWhatWasWrittenDownBeforeServersWereIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		before := identity.Identity{Server: "mastodon", ID: r.bot.self.ID}
		if _, err := r.store.For(before).Jobs().Record("0"); err != nil {
			t.Fatal(err)
		}
		p := r.ada.post("@dreambot help") // a bot that begins afresh begins after it
		r.wake()
		settle()
		r.answered(p, "Send me a picture")
		r.stop()
		r.sound()
	})
}

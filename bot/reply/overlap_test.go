package reply_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// publishLate has the bot told of a post below one that it was told of before.
func (w *world) publishLate(id string, below string) {
	w.with(func() {
		inbox := w.inbox["acct-dreambot"]
		inbox = slices.DeleteFunc(inbox, func(p string) bool { return p == id })
		w.inbox["acct-dreambot"] = slices.Insert(inbox, slices.Index(inbox, below), id)
	})
}

func TestAMentionThatTheServerTellsOfLateIsNotLost(t *testing.T) {
	for _, after := range []time.Duration{0, time.Minute, 5 * time.Minute} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprint(after, restart), func(t *testing.T) {
				inWorld(t, func(r *rig) {
					first := r.ask(r.ada, "help")
					bea := r.w.join("bea")
					late := bea.post("@dreambot help") // not told of yet
					r.w.with(func() { r.w.inbox["acct-dreambot"] = r.w.inbox["acct-dreambot"][:1] })
					second := r.ask(r.w.join("cid"), "help")
					later(after)
					if restart {
						r.stop()
						r.wake()
					}
					r.w.publishLate(late.ID, second.ID)
					later(5 * time.Minute)
					for _, p := range []string{first.ID, late.ID, second.ID} {
						if n := len(r.w.repliesTo(r.bot.self.ID, p)); n != 1 {
							t.Errorf("%d answers to %s", n, p)
						}
					}
				})
			})
		}
	}
}

func TestAQuietBotReadsNothingTwice(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.ask(r.ada, "help")
		later(time.Hour)
		before := r.w.count("mentions")
		later(time.Hour)
		if n := r.w.count("mentions") - before; n > 130 {
			t.Errorf("%d reads in an hour, at one in half a minute", n)
		}
	})
}

func TestAServerThatCountsFromBelowIsHeard(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint(restart), func(t *testing.T) {
			inWorld(t, func(r *rig) {
				var asked []string
				for range 3 {
					asked = append(asked, r.ask(r.ada, "help").ID)
					later(time.Minute)
				}
				later(time.Hour)
				r.w.with(func() { r.w.inbox["acct-dreambot"] = nil }) // as restored from a backup
				if restart {
					r.stop()
					r.wake()
				}
				for range 2 {
					asked = append(asked, r.ask(r.ada, "help").ID)
					later(2*recountEvery + time.Minute)
				}
				for i, p := range asked {
					if n := len(r.w.repliesTo(r.bot.self.ID, p)); n != 1 {
						t.Errorf("%d answers to mention %d", n, i)
					}
				}
			})
		})
	}
}

// recountEvery is how often a quiet bot looks where its server counts.
const recountEvery = 10 * time.Minute

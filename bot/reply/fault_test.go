package reply_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/store"
)

// every n-th call of an operation meets a fate.
func every(n int, op string, f fate) func(string, int) fate {
	return func(o string, nth int) fate {
		if o == op && (nth-1)%n == 0 {
			return f
		}
		return fate{}
	}
}

// firstCalls of an operation meet a fate.
func firstCalls(n int, op string, f fate) func(string, int) fate {
	return func(o string, nth int) fate {
		if o == op && nth <= n {
			return f
		}
		return fate{}
	}
}

func TestEveryRequestIsAnsweredOnceWhateverFails(t *testing.T) {
	lost := failure("reply", network.Ambiguous, 0)
	soon := &network.Error{Op: "x", Kind: network.RateLimited, Status: 429, RetryAt: time.Date(2000, 1, 1, 0, 20, 0, 0, time.UTC)}
	for _, c := range []struct {
		name  string
		fault func(string, int) fate
		keys  bool
	}{
		{"the answer to a post is lost", every(2, "reply", fate{after: lost}), true},
		{"the answer to a post is lost, keys ignored", every(2, "reply", fate{after: lost}), false},
		{"the post is lost before it arrives", every(2, "reply", fate{before: lost}), true},
		{"the post is lost before it arrives, keys ignored", every(2, "reply", fate{before: lost}), false},
		{"all first answers are lost and so are look-ups", func(op string, nth int) fate {
			switch {
			case op == "reply" && nth <= 10:
				return fate{after: lost}
			case op == "replies" && nth%3 != 0:
				return fate{before: failure(op, network.Transient, 503)}
			}
			return fate{}
		}, false},
		{"posts are refused for a while", firstCalls(4, "reply", fate{before: failure("reply", network.Transient, 503)}), true},
		{"uploads fail and fail again", every(2, "upload", fate{before: failure("upload", network.Transient, 500)}), true},
		{"uploads work and their answers are lost", every(2, "upload", fate{after: failure("upload", network.Ambiguous, 0)}), true},
		{"pictures cannot be fetched at first", every(3, "fetch", fate{before: failure("fetch", network.Transient, 502)}), true},
		{"mentions cannot be read for a while", firstCalls(5, "mentions", fate{before: failure("mentions", network.Transient, 0)}), true},
		{"the rate limit is reached", firstCalls(3, "reply", fate{before: soon}), true},
		{"favourites never work", every(1, "favourite", fate{before: failure("favourite", network.Forbidden, 403)}), true},
		{"the server is slow", every(1, "reply", fate{wait: 20 * time.Second}), true},
		{"the server does not say its limits at first", firstCalls(2, "limits", fate{before: failure("limits", network.Transient, 500)}), true},
		{"it does not even say who we are", firstCalls(3, "self", fate{before: failure("self", network.Transient, 500)}), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(r *rig) {
				r.stop()
				r.w.with(func() { r.w.useKeys, r.w.fault = c.keys, c.fault })
				var posts []network.Post
				for i := range 8 {
					person := r.w.join(fmt.Sprint("person", i))
					posts = append(posts, person.post("@dreambot eyes", person.withPicture(photo(i), "")))
				}
				r.wake()
				later(12 * time.Hour)
				for _, p := range posts {
					r.answered(p, "I dreamed")
				}
			})
		})
	}
}

func TestAnUncertainPostIsNotSentAgainWhileNobodyKnows(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.breaks(func(op string, nth int) fate {
			switch op {
			case "reply":
				return fate{after: failure(op, network.Ambiguous, 0)}
			case "replies":
				return fate{before: failure(op, network.Transient, 503)}
			}
			return fate{}
		})
		p := r.ask(r.ada, "help")
		later(6 * time.Hour)
		if n := r.w.count("reply"); n != 1 {
			t.Errorf("%d requests", n)
		}
		if j := r.job(p); j.State != store.Uncertain {
			t.Errorf("%s", r.describe(p))
		}
		r.w.breaks(nil)
		later(time.Hour)
		if j := r.job(p); j.State != store.Posted {
			t.Errorf("%s after the look-up worked", r.describe(p))
		}
	})
}

func TestARefusedTokenSuspendsAndLosesNothing(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.breaks(func(op string, _ int) fate {
			return fate{before: failure(op, network.Unauthorized, 401)}
		})
		p := r.ask(r.ada, "help")
		later(time.Hour)
		if r.d.Ready() == nil {
			t.Error("ready with a refused token")
		}
		r.w.breaks(nil)
		later(time.Hour)
		r.answered(p)
		if err := r.d.Ready(); err != nil {
			t.Errorf("not ready again: %v", err)
		}
	})
}

func TestWhereMentionsMayNotBeReadTheReasonIsSaid(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.breaks(func(op string, _ int) fate {
			return fate{before: &network.Error{Op: op, Kind: network.RateLimited, RetryAt: time.Now().Add(time.Hour), Err: errors.New("no"), Notice: "the money is spent"}}
		})
		p := r.ask(r.ada, "help")
		later(10 * time.Minute)
		if r.d.Held() != "the money is spent" || r.d.Ready() != nil {
			t.Errorf("%q, %v", r.d.Held(), r.d.Ready())
		}
		r.w.breaks(nil)
		later(2 * time.Hour)
		r.answered(p)
		if r.d.Held() != "" {
			t.Errorf("still: %s", r.d.Held())
		}
	})
}

func TestAServerThatRefusesUsFromTheStartIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var asked atomic.Int32
		r.w.breaks(func(op string, _ int) fate {
			asked.Add(1)
			return fate{before: &network.Error{Op: op, Kind: network.Unauthorized, Err: errors.New("no"), Remedy: "set the other option"}}
		})
		r.wake()
		later(time.Hour)
		if asked := asked.Load(); asked > 6 {
			t.Errorf("asked %d times in an hour", asked)
		}
		if err := r.d.Ready(); err == nil || !strings.Contains(err.Error(), "suspended since") {
			t.Errorf("ready: %v", err)
		}
		r.w.breaks(nil)
		later(time.Hour)
		if err := r.d.Ready(); err != nil {
			t.Errorf("not ready again: %v", err)
		}
		r.stop()
	})
}

func TestARefusedPictureIsAnsweredInWords(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.breaks(every(1, "upload", fate{before: failure("upload", network.Rejected, 422)}))
		a := r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), "")), "would not take the picture")
		if len(a.Media) != 0 {
			t.Errorf("media %+v", a.Media)
		}
	})
}

func TestExpiredUploadsAreRepeated(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.breaks(func(op string, nth int) fate {
			if op == "reply" && nth == 1 { // the server has forgotten the media
				return fate{before: failure(op, network.Rejected, 422)}
			}
			return fate{}
		})
		r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), "")), "I dreamed")
		if n := r.w.count("upload"); n != 2 {
			t.Errorf("%d uploads", n)
		}
	})
}

func TestAReplyTheServerWillNeverTakeIsBuriedAndMayBeRetried(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.breaks(every(1, "reply", fate{before: failure("reply", network.Rejected, 422)}))
		p := r.ask(r.ada, "help")
		if j := r.job(p); j.State != store.Dead {
			t.Fatalf("%s", r.describe(p))
		}
		r.w.breaks(nil)
		if _, err := r.store.Operator().Revive(store.Actor{Name: "operator"}, r.job(p).ID); err != nil {
			t.Fatal(err)
		}
		settle()
		r.answered(p, "Send me a picture")
	})
}

func TestTwoThousandMentionsWaitAfterAnOutage(t *testing.T) {
	mentions := 400
	if long() {
		mentions = 2000
	}
	inWorld(t, func(r *rig) {
		r.w.breaks(func(op string, _ int) fate {
			return fate{before: failure(op, network.Transient, 0)}
		})
		var posts []network.Post
		for i := range mentions {
			if i%100 == 0 {
				later(time.Minute)
			}
			person := r.w.join(fmt.Sprint("person", i))
			text, edit := "@dreambot help", person.withPicture(nil, "")
			switch i % 4 {
			case 1:
				text, edit = "@dreambot imagine banana", func(*network.Post) {}
			case 2:
				text, edit = "@dreambot eyes", person.withPicture(photo(i), "")
			case 3:
				edit = func(p *network.Post) { p.Created = time.Now().Add(-30 * time.Hour) }
			}
			posts = append(posts, person.post(text, edit))
		}
		r.w.breaks(every(7, "reply", fate{after: failure("reply", network.Ambiguous, 0)}))
		later(24 * time.Hour)
		for i, p := range posts {
			if i%4 == 3 {
				r.ignored(p, "stale")
				continue
			}
			r.answered(p)
		}
		if jobs, _ := r.store.Operator().Jobs(store.Filter{}); len(jobs) != mentions {
			t.Errorf("%d jobs for %d mentions", len(jobs), mentions)
		}
	}, func(o *reply.Options) {
		o.Caps.Queue, o.Caps.Uploads, o.Dreams = -1, -1, 2
		o.StaleAfter = 24 * time.Hour
	})
}

func TestToldToStopItSendsWhatIsDone(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.breaks(every(1, "reply", fate{wait: 2 * time.Second}))
		var posts []network.Post
		for i := range 3 {
			posts = append(posts, r.w.join(fmt.Sprint("person", i)).post("@dreambot help"))
		}
		r.bot.hint()
		later(time.Second) // the first is on its way, the others are ready
		began := time.Now()
		r.stop()
		if d := time.Since(began); d > 10*time.Second {
			t.Errorf("stopping took %v", d)
		}
		for _, p := range posts {
			r.answered(p)
		}
	})
}

func TestToldToStopItDoesNotWaitForAServerThatHangs(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.breaks(every(1, "reply", fate{wait: time.Hour}))
		p := r.ask(r.ada, "help")
		began := time.Now()
		r.stop()
		if d := time.Since(began); d > 10*time.Second {
			t.Errorf("stopping took %v", d)
		}
		if j := r.job(p); j.State.Finished() {
			t.Errorf("%s", r.describe(p))
		}
	})
}

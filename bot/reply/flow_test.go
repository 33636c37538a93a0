package reply_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/store"
)

func TestAPictureIsDreamedAndAnsweredOnce(t *testing.T) {
	inWorld(t, func(r *rig) {
		p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), "My cat on a quilt"), func(p *network.Post) {
			p.Warning, p.Sensitive, p.Language = "cats", true, "de"
		})
		a := r.answered(p, "@ada@example.social", "I saw: tabby cat.", "I dreamed: starfish, pagoda.", "gen 1", "dd3-")
		if a.Visibility != network.Unlisted || a.Warning != "re: cats" || !a.Sensitive || a.Language != "de" {
			t.Errorf("visibility %s, warning %q, sensitive %v, language %s", a.Visibility, a.Warning, a.Sensitive, a.Language)
		}
		if len(a.Media) != 1 || !strings.HasPrefix(a.Media[0].Alt, "My cat on a quilt. ") || !strings.Contains(a.Media[0].Alt, "starfish") {
			t.Errorf("media %+v", a.Media)
		}
		if !r.w.liked(p) {
			t.Error("the request was not favourited")
		}
		r.stop()
		r.wake() // with the same store
		settle()
	})
}

func TestWhatIsSensitiveWithoutAWarningStaysSo(t *testing.T) {
	inWorld(t, func(r *rig) {
		for _, sensitive := range []bool{true, false} {
			p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""), func(p *network.Post) { p.Sensitive = sensitive })
			if a := r.answered(p); a.Sensitive != sensitive || a.Warning != "" {
				t.Errorf("sensitive %v is answered %v, %q", sensitive, a.Sensitive, a.Warning)
			}
		}
	})
}

func TestVisibilityIsNeverWiderThanTheRequest(t *testing.T) {
	for asked, want := range map[network.Visibility]network.Visibility{
		network.Public: network.Unlisted, network.Unlisted: network.Unlisted, network.Followers: network.Followers, network.Direct: network.Direct,
	} {
		inWorld(t, func(r *rig) {
			p := r.ask(r.ada, "see", r.ada.withPicture(photo(1), ""), func(p *network.Post) { p.Visibility = asked })
			if a := r.answered(p); a.Visibility != want {
				t.Errorf("%s is answered %s", asked, a.Visibility)
			}
		})
	}
}

func TestAnswersInWords(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"help", "help", "Send me a picture"},
		{"help on one thing", "help dive", "falls into it"},
		{"a bare mention without a picture", "", "Send me a picture"},
		{"presets", "presets", "slug, eyes"},
		{"words", "words", "banana"},
		{"a word it knows", "words banana", "Yes, I know"},
		{"an empty queue", "queue", "Nothing of yours"},
		{"nothing to cancel", "cancel", "nothing of yours"},
		{"no picture to see", "see", "I see no picture"},
		{"no picture to dream", "dream", "I see no picture"},
		{"no dream to explain", "info", "no dream of mine"},
		{"no dream to undo", "undream", "no dream of mine"},
		{"start", "start", "here for you again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(r *rig) { r.answered(r.ask(r.ada, c.text), c.want) })
		})
	}
}

func TestAPictureIsFoundUpTheThread(t *testing.T) {
	inWorld(t, func(r *rig) {
		top := r.ada.post("look at this", r.ada.withPicture(photo(1), "a hill"))
		middle := r.ada.post("no picture here", replyTo(top))
		r.answered(r.ask(r.ada, "see", replyTo(middle)), "I see: tabby cat 70 %")
		gone := r.ada.post("see this", r.ada.withPicture(photo(2), ""))
		r.answered(r.ask(r.ada, "dream", func(p *network.Post) { p.Quote = gone.ID }), "I dreamed")
	})
}

func TestGoingOnFromADream(t *testing.T) {
	inWorld(t, func(r *rig) {
		first := r.ask(r.ada, "slug", r.ada.withPicture(photo(1), "a hill"))
		dream := r.answered(first, "gen 1")

		deeper := r.answered(r.ask(r.ada, "deeper", replyTo(dream)), "gen 2")
		if !strings.HasPrefix(deeper.Media[0].Alt, "a hill. ") {
			t.Errorf("the original's words are lost: %q", deeper.Media[0].Alt)
		}
		deepest := r.answered(r.ask(r.ada, "deeper", replyTo(deeper)), "gen 3")
		r.answered(r.ask(r.ada, "again", replyTo(dream)), "gen 1")
		r.answered(r.ask(r.ada, "info", replyTo(deepest)), "Generation 3", "dd3-")
		r.answered(r.ask(r.ada, "undream", replyTo(deepest)), first.URL)
	})
}

func TestOurOwnPicturesAreNotDreamedByAccident(t *testing.T) {
	inWorld(t, func(r *rig) {
		a := r.answered(r.ask(r.ada, "imagine banana"))
		r.answered(r.ask(r.ada, "dream", replyTo(a)), "a dream already")
		if n := r.dreamer.calls.Load(); n != 1 {
			t.Errorf("%d dreams", n)
		}
	})
}

func TestClipsAndNoise(t *testing.T) {
	inWorld(t, func(r *rig) {
		a := r.answered(r.ask(r.ada, "imagine banana"), "dd3-")
		if len(a.Media) != 1 || !strings.Contains(a.Media[0].Alt, "noise") {
			t.Errorf("media %+v", a.Media)
		}
		r.answered(r.ask(r.ada, "undream", replyTo(a)), "out of noise")
		deeper := r.answered(r.ask(r.ada, "deeper", replyTo(a)), "gen 2")
		r.answered(r.ask(r.ada, "undream", replyTo(deeper)), "out of noise")
		for _, verb := range []string{"dive", "wander"} {
			clip := r.answered(r.ask(r.ada, verb, r.ada.withPicture(photo(1), "")), verb)
			if up := r.w.uploaded(clip.Media[0]); up.Type != "image/gif" || len(up.Data) == 0 {
				t.Errorf("%s is %s", verb, up.Type)
			}
		}
	})
}

func TestWhatIsIgnored(t *testing.T) {
	inWorld(t, func(r *rig) {
		robot := r.w.join("robot")
		r.w.change(robot.self.ID, func(a *network.Account) { a.Bot = true })
		r.ignored(r.ask(robot, "help"), "automated")
		r.ignored(r.ask(r.ada, "help", func(p *network.Post) { p.Created = time.Now().Add(-25 * time.Hour) }), "stale")
		boost := r.ada.post("boosted")
		r.ignored(r.ask(r.ada, "help", func(p *network.Post) { p.Boosts = &boost }), "boost")

		about := r.ada.post("@bea you should try what @dreambot does")
		r.bot.hint()
		settle()
		r.ignored(about, "not to us")

		a := r.answered(r.ask(r.ada, "help"))
		r.ignored(r.ask(r.ada, "wow thank you so much", replyTo(a)), "conversation")
		r.ignored(r.ask(r.ada, "", replyTo(a)), "conversation")
		r.ignored(r.ask(r.ada, "no way", replyTo(a)), "conversation")
		r.answered(r.ask(r.ada, "imagine a bananna", replyTo(a)), "I dreamed")
		r.ignored(r.ask(r.ada, "yes"), "nothing we asked")

		r.ignored(r.ask(r.ada, "stop"), "said stop")
		r.ignored(r.ask(r.ada, "help"), "said stop")
		r.answered(r.ask(r.ada, "start"))
		r.answered(r.ask(r.ada, "help"))
	})
}

func TestTwoBotsThatLookLikePeopleStopTalking(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.change(r.bot.self.ID, func(a *network.Account) { a.Bot = false })
		other := newRigIn(r, "otherdream")
		other.wake()
		r.bot.post("@otherdream help")
		other.bot.hint()
		later(6 * time.Hour)
		n := len(r.w.repliesTo(r.bot.self.ID, "")) + len(r.w.repliesTo(other.bot.self.ID, ""))
		if n > 4 { // the first post, and at most one answer each
			t.Errorf("%d posts", n)
		}
		other.stop()
		other.store.Close()
	})
}

// newRigIn is a second bot in the same world.
func newRigIn(r *rig, name string) *rig {
	o := &rig{t: r.t, w: r.w, bot: r.w.join(name), dreamer: &cheap{}}
	o.opt = options(o.bot, o.dreamer)
	o.reopen(r.store.Path() + name)
	return o
}

func TestDelete(t *testing.T) {
	inWorld(t, func(r *rig) {
		bea, friend := r.w.join("bea"), r.w.join("friend")
		mine := r.ask(r.ada, "eyes with @friend", r.ada.withPicture(photo(1), ""))
		a := r.answered(mine)
		r.answered(r.ask(bea, "delete", replyTo(a)), "Only those who asked")
		gone := r.ask(friend, "delete", replyTo(a)) // tagged in the picture's post
		if !r.w.gone(a) || !r.w.liked(gone) {
			t.Error("not deleted for somebody who is named with the picture")
		}
		second := r.ask(r.ada, "eyes", r.ada.withPicture(photo(2), ""))
		b := r.answered(second)
		r.ask(r.ada, "delete", replyTo(second)) // under their own request
		if !r.w.gone(b) {
			t.Error("not deleted for the requester")
		}
		if j := r.job(second); j.State != store.Posted || !strings.Contains(j.Reason, "deleted") {
			t.Errorf("job %+v", j)
		}
	})
}

// A request that has left the bot's own line may still wait for the maker, which others use too.
func TestQueueTellsThePlaceAtTheMaker(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.dreamer.behave(time.Hour, nil)
		r.dreamer.ahead = 3
		r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
		r.answered(r.ask(r.ada, "queue"), "Yours (1): place 3")
		r.answered(r.ask(r.ada, "cancel"), "Cancelled 1")
	})
}

func TestCancelStopsARunningDream(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.dreamer.behave(time.Hour, nil)
		p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
		later := r.ask(r.ada, "eyes", r.ada.withPicture(photo(2), ""))
		r.answered(r.ask(r.ada, "queue"), "Yours (2)", "dreaming now", "place")
		r.answered(r.ask(r.ada, "cancel"), "Cancelled 1")
		r.answered(r.ask(r.ada, "cancel"), "Cancelled 1")
		for _, p := range []network.Post{p, later} {
			if j := r.job(p); j.State != store.Cancelled {
				t.Errorf("%s", r.describe(p))
			}
		}
		if n := r.dreamer.active.Load(); n != 0 {
			t.Errorf("%d dreams still run", n)
		}
	}, func(o *reply.Options) { o.JobTime = 2 * time.Hour })
}

func TestWordsDoNotWaitBehindDreams(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.dreamer.behave(time.Hour, nil)
		r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
		r.answered(r.ask(r.ada, "help"))
		if r.dreamer.active.Load() != 1 {
			t.Error("nothing is being dreamed")
		}
	}, func(o *reply.Options) { o.JobTime = 2 * time.Hour })
}

func TestAPoisonousRequestIsBuriedAfterThreeAttempts(t *testing.T) {
	for name, fail := range map[string]func(int) error{
		"panic": func(int) error { panic("boom") },
		"error": func(int) error { return errors.New("no dream") },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(r *rig) {
				r.dreamer.behave(0, fail)
				p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
				later(time.Hour)
				r.answered(p, "could not finish")
				if j := r.job(p); j.State != store.Dead || r.dreamer.calls.Load() != 3 {
					t.Errorf("%s after %d calls", r.describe(p), r.dreamer.calls.Load())
				}
				r.dreamer.behave(0, nil)
				r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(2), "")), "I dreamed")
			})
		})
	}
}

func TestAStopInTheMiddleOfADreamCostsNothing(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.dreamer.behave(10*time.Minute, nil)
		p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
		for range 5 {
			began := time.Now()
			r.stop()
			if d := time.Since(began); d > 10*time.Second {
				t.Errorf("stopping took %v", d)
			}
			if j := r.job(p); j.State != store.Queued || j.Attempts != 0 {
				t.Errorf("%s, %d attempts", r.describe(p), j.Attempts)
			}
			r.wake()
			settle()
		}
		r.dreamer.behave(0, nil)
		later(time.Hour)
		r.answered(p, "I dreamed")
	})
}

func TestCaps(t *testing.T) {
	t.Run("a person's hour", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			ask := func() network.Post { return r.ask(r.ada, "imagine banana") }
			for range 3 {
				r.answered(ask(), "I dreamed")
			}
			r.answered(ask(), "I can go on for you at")
			r.ignored(ask(), "hourly limit")
			later(time.Hour)
			r.answered(ask(), "I dreamed")
		}, func(o *reply.Options) { o.Caps.PerUserHour = 3 })
	})
	t.Run("a thread", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			top := r.ada.post("let us all try it")
			for i := range 5 {
				p := r.ask(r.w.join(fmt.Sprint("person", i)), "help", replyTo(top))
				if i < 4 {
					r.answered(p)
				} else {
					r.ignored(p, "had enough")
				}
			}
		}, func(o *reply.Options) { o.Caps.PerThread = 4 })
	})
	t.Run("a pair in a thread", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			top := r.ada.post("me again")
			for range 2 {
				r.answered(r.ask(r.ada, "help", replyTo(top)))
			}
			r.ignored(r.ask(r.ada, "help", replyTo(top)), "had enough")
		}, func(o *reply.Options) { o.Caps.PerPair = 2 })
	})
	t.Run("the queue", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			r.stop()
			var posts []network.Post
			for i := range 5 {
				posts = append(posts, r.w.join(fmt.Sprint("person", i)).post("@dreambot help"))
			}
			r.wake()
			settle()
			r.answered(posts[0])
			r.ignored(posts[4], "queue is full")
		}, func(o *reply.Options) { o.Caps.Queue = 3 })
	})
}

func TestNobodyWaitsBehindADreamToHearOfAnUnknownWord(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.dreamer.behave(time.Hour, nil)
		r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
		r.answered(r.ask(r.ada, "more xyzzy", r.ada.withPicture(photo(2), "")), "I do not know")
	})
}

func TestAMistakeIsExplainedOnceInTenMinutesAndOnlySoMany(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.answered(r.ask(r.ada, "see"), "I see no picture")
		r.ignored(r.ask(r.ada, "see"), "told minutes ago")
		r.answered(r.ask(r.ada, "imagine xyzzy"), "I do not know")
		later(10 * time.Minute)
		var posts []network.Post
		for _, word := range []string{"xyzzy", "plugh", "frobozz", "quux", "zork"} {
			posts = append(posts, r.ada.post("@dreambot imagine "+word))
		}
		r.bot.hint()
		settle()
		for _, p := range posts[:4] {
			r.answered(p, "I do not know")
		}
		r.ignored(posts[4], "told minutes ago")
		later(10 * time.Minute)
		p := r.ask(r.ada, "see", func(p *network.Post) { p.ReplyTo = "00000000" })
		r.answered(p, "private or deleted")
	})
}

func TestTheMediaBudgetIsKept(t *testing.T) {
	inWorld(t, func(r *rig) {
		for i := range 35 {
			person := r.w.join(fmt.Sprint("person", i))
			person.post("@dreambot eyes", person.withPicture(photo(i), ""))
		}
		r.bot.hint()
		later(20 * time.Minute)
		if n := r.w.count("upload"); n != store.UploadBudget {
			t.Errorf("%d uploads in the first half hour", n)
		}
		later(30 * time.Minute)
		if n := len(r.w.repliesTo(r.bot.self.ID, "")); n != 35 {
			t.Errorf("%d answers", n)
		}
	})
}

func TestWhatIsDeletedMeanwhile(t *testing.T) {
	t.Run("the request, before it is answered", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			r.dreamer.behave(10*time.Minute, nil)
			p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
			r.w.vanish(p)
			later(time.Hour)
			r.ignored(p, "gone")
		})
	})
	t.Run("the request, after it was answered", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
			a := r.answered(p)
			r.w.vanish(p)
			later(time.Hour)
			if !r.w.gone(a) {
				t.Error("the answer stands without its question")
			}
		})
	})
	t.Run("the request, at one look", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			start := time.Now() // there is a look every quarter of an hour
			p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
			a := r.answered(p)
			later(time.Until(start.Add(20 * time.Minute)))
			r.w.vanish(p)
			later(time.Until(start.Add(40 * time.Minute)))
			r.w.with(func() { r.w.posts[p.ID] = p })
			later(time.Hour)
			if r.w.gone(a) {
				t.Error("the answer was taken back for a bad moment of the server")
			}
		})
	})
}

func TestFinishedRequestsAreForgotten(t *testing.T) {
	inWorld(t, func(r *rig) {
		p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
		r.answered(p)
		for _, at := range []struct {
			hours int
			known bool
		}{{40, true}, {100, false}} {
			later(time.Duration(at.hours) * time.Hour)
			if _, err := r.store.Operator().JobOf(p.ID); errors.Is(err, store.ErrNotFound) == at.known {
				t.Errorf("after %d hours more: %v", at.hours, err)
			}
		}
	}, func(o *reply.Options) { o.Keep, o.Poll = 48*time.Hour, time.Hour })
}

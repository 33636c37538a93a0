package reply_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// stranger has ada ask for a picture of bea's.
func stranger(r *rig) (bea *client, picture, request network.Post) {
	bea = r.w.join("bea")
	picture = bea.post("my garden", bea.withPicture(photo(1), "a garden"))
	return bea, picture, r.ask(r.ada, "eyes", replyTo(picture))
}

func TestSomebodyElsesPictureWaitsForTheirWord(t *testing.T) {
	t.Run("a yes of theirs", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			bea, picture, request := stranger(r)
			question := r.answered(picture, "@bea@", "ada@example.social", "\"yes\" or \"no\"")
			if r.job(request).State != store.Waiting || r.answer(request) != nil {
				t.Fatal("did not wait")
			}
			other := r.w.join("carl")
			second := r.ask(other, "birds", replyTo(picture)) // no second question
			r.ignored(r.ask(other, "yes", replyTo(question)), "somebody else")
			r.ask(bea, "yes", replyTo(question))
			r.answered(request, "I dreamed")
			r.answered(second, "I dreamed")
			later(time.Hour)
			r.answered(r.ask(r.ada, "swirl", replyTo(picture)), "I dreamed") // still good
		})
	})
	t.Run("a no of theirs", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			bea, picture, request := stranger(r)
			r.ask(bea, "no", replyTo(r.answered(picture)))
			r.answered(request, "rather not")
		})
	})
	t.Run("a yes in their words", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			bea, picture, request := stranger(r)
			r.ask(bea, "Sure, go ahead!", replyTo(r.answered(picture)))
			r.answered(request, "I dreamed")
		})
	})
	t.Run("a no in their words", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			bea, picture, request := stranger(r)
			r.ask(bea, "I'd rather not, sorry", replyTo(r.answered(picture)))
			r.answered(request, "rather not")
		})
	})
	t.Run("a wish of their own", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			bea, picture, request := stranger(r)
			r.answered(r.ask(bea, "no castles please", replyTo(r.answered(picture))), "I dreamed")
			if r.job(request).State != store.Waiting {
				t.Errorf("the request is %s", r.describe(request))
			}
		})
	})
	t.Run("what others say in their words", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			_, picture, request := stranger(r)
			r.ask(r.w.join("carl"), "sure, go ahead", replyTo(r.answered(picture)))
			if r.job(request).State != store.Waiting {
				t.Errorf("the request is %s", r.describe(request))
			}
		})
	})
	t.Run("a stop of theirs", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			bea, picture, request := stranger(r)
			r.ask(bea, "stop", replyTo(r.answered(picture)))
			r.answered(request, "rather not")
		})
	})
	t.Run("a stop after a no", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			bea, picture, request := stranger(r)
			r.ignored(r.ask(bea, "no! never ask me again", replyTo(r.answered(picture))), "said stop")
			r.answered(request, "rather not")
		})
		inWorld(t, func(r *rig) {
			bea, picture, request := stranger(r)
			r.ignored(r.ask(bea, "please don't dream my pictures", replyTo(r.answered(picture))), "said stop")
			r.answered(request, "rather not")
		})
	})
	t.Run("silence", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			_, _, request := stranger(r)
			later(25 * time.Hour)
			r.ignored(request, "did not answer")
		})
	})
	t.Run("a yes after a restart", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			bea, picture, request := stranger(r)
			r.stop()
			bea.post("@dreambot yes", replyTo(r.answered(picture)))
			r.wake()
			settle()
			r.answered(request, "I dreamed")
		})
	})
	t.Run("their picture deleted after the yes", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			bea, picture, request := stranger(r)
			r.dreamer.behave(5*time.Minute, nil)
			r.ask(bea, "yes", replyTo(r.answered(picture)))
			r.w.vanish(picture)
			later(time.Hour)
			r.ignored(request, "gone")
		})
	})
}

func TestWhoIsNeverAskedAndNeverDreamed(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *rig, bea *client)
		want string
	}{
		{"#nobot in the profile", func(r *rig, bea *client) {
			r.w.change(bea.self.ID, func(a *network.Account) { a.Bio = "painter. #NoBot, please" })
		}, "rather not"},
		{"#noai in the profile", func(r *rig, bea *client) {
			r.w.change(bea.self.ID, func(a *network.Account) { a.Bio = "#noai" })
		}, "rather not"},
		{"a bot", func(r *rig, bea *client) {
			r.w.change(bea.self.ID, func(a *network.Account) { a.Bot = true })
		}, "other bots"},
		{"said stop", func(r *rig, bea *client) { r.ask(bea, "stop") }, "rather not"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(r *rig) {
				bea := r.w.join("bea")
				picture := bea.post("my garden", bea.withPicture(photo(1), ""))
				c.do(r, bea)
				r.answered(r.ask(r.ada, "eyes", replyTo(picture)), c.want)
				if a := r.answer(picture); a != nil {
					t.Errorf("was asked: %q", a.Text)
				}
				if r.dreamer.calls.Load() != 0 {
					t.Error("was dreamed")
				}
			})
		})
	}
}

func TestSomebodyWhoSaidStartNeedsNoQuestion(t *testing.T) {
	inWorld(t, func(r *rig) {
		bea := r.w.join("bea")
		r.ask(bea, "start")
		picture := bea.post("my garden", bea.withPicture(photo(1), ""))
		r.answered(r.ask(r.ada, "eyes", replyTo(picture)), "I dreamed")
	})
}

func TestFriendsMayGoOnFromAPictureTheAuthorHadDreamed(t *testing.T) {
	inWorld(t, func(r *rig) {
		bea := r.w.join("bea")
		dream := r.answered(r.ask(bea, "eyes", bea.withPicture(photo(1), "")))
		r.answered(r.ask(r.ada, "deeper", replyTo(dream)), "gen 2")
		r.ask(bea, "stop")
		r.answered(r.ask(r.ada, "deeper", replyTo(dream)), "rather not")
	})
}

func TestTwoUncertainRepliesToOnePostAreNotMixedUp(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.breaks(func(op string, nth int) fate {
			switch {
			case op == "reply" && nth <= 2:
				return fate{after: failure(op, network.Ambiguous, 0)}
			case op == "replies" && nth <= 4:
				return fate{before: failure(op, network.Transient, 503)}
			}
			return fate{}
		})
		bea := r.w.join("bea")
		picture := bea.post("@dreambot see", bea.withPicture(photo(1), ""))
		request := r.ada.post("@dreambot eyes", replyTo(picture)) // has us ask bea, under the same post
		r.twice = picture.ID
		r.bot.hint()
		later(time.Hour)

		replies := r.w.repliesTo(r.bot.self.ID, picture.ID)
		if len(replies) != 2 {
			t.Fatalf("%d replies", len(replies))
		}
		for _, p := range replies {
			j, err := r.store.For(identity.Identity{Server: "example.social", ID: r.bot.self.ID}).Jobs().ByPost(p.ID)
			if err != nil || strings.Contains(p.Text, "I see") != (j.Source == picture.ID) {
				t.Errorf("%q belongs to job %s, %v", p.Text, j.Source, err)
			}
		}
		question := replies[slices.IndexFunc(replies, func(p network.Post) bool { return strings.Contains(p.Text, "yes") })]
		r.ask(bea, "yes", replyTo(question))
		r.answered(request, "I dreamed")
	})
}

func TestNobodyIsAskedWhereOnlyCallersMayBeAnswered(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.with(func() { r.w.closed = true })
		_, picture, request := stranger(r)
		r.answered(request, "cannot ask them")
		if a := r.answer(picture); a != nil {
			t.Errorf("the author was asked: %q", a.Text)
		}
	})
}

func TestAnOriginalIsNotLinkedToWhereLinksAreUnwelcome(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.with(func() { r.w.closed = true })
		dreamed := r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), "a hill")))
		if a := r.answered(r.ask(r.ada, "undream", replyTo(dreamed)), "further up"); strings.Contains(a.Text, "://") {
			t.Errorf("%q", a.Text)
		}
	})
}

func TestAnOriginalWithoutAnAddressIsNoNoise(t *testing.T) {
	inWorld(t, func(r *rig) {
		p := r.ada.post("@dreambot eyes", r.ada.withPicture(photo(1), "a hill"))
		r.w.with(func() {
			p.URL = ""
			r.w.posts[p.ID] = p
		})
		r.bot.hint()
		settle()
		r.answered(r.ask(r.ada, "undream", replyTo(r.answered(p))), "further up")
	})
}

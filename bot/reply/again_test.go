package reply_test

import (
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// held keeps a request from being worked on while something is done, and lets it go on.
func (r *rig) held(text string, meanwhile func(p network.Post)) network.Post {
	r.w.breaks(func(op string, _ int) fate {
		if op == "limits" {
			return fate{before: failure(op, network.Transient, 503)}
		}
		return fate{}
	})
	p := r.ada.post("@dreambot "+text, r.ada.withPicture(photo(1), ""))
	r.bot.hint()
	later(time.Minute)
	meanwhile(p)
	r.w.breaks(nil)
	later(20 * time.Minute)
	return p
}

// edit changes a post.
func (w *world) edit(p network.Post, f func(*network.Post)) {
	w.with(func() {
		now := w.posts[p.ID]
		f(&now)
		w.posts[p.ID] = now
	})
}

func TestAPostIsReadAgainBeforeWork(t *testing.T) {
	t.Run("deleted", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			r.ignored(r.held("eyes", r.w.vanish), "deleted")
			if n := r.w.count("upload") + r.w.count("reply") + r.w.count("fetch"); n > 0 {
				t.Errorf("%d calls for a post that was deleted", n)
			}
		})
	})
	t.Run("edited", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			r.answered(r.held("eyes", func(p network.Post) {
				r.w.edit(p, func(p *network.Post) { p.Text = "@dreambot help" })
			}), "Send me a picture")
		})
	})
	t.Run("edited so that it is not for us", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			r.ignored(r.held("eyes", func(p network.Post) {
				r.w.edit(p, func(p *network.Post) { p.Text, p.Mentions = "never mind", nil })
			}), "edited")
		})
	})
	t.Run("deleted while it is dreamed", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			var p network.Post
			r.w.breaks(func(op string, nth int) fate {
				if op == "fetch" {
					return fate{wait: 30 * time.Second}
				}
				return fate{}
			})
			p = r.ada.post("@dreambot eyes", r.ada.withPicture(photo(1), ""))
			r.bot.hint()
			later(10 * time.Second)
			r.w.vanish(p)
			settle()
			r.ignored(p, "gone")
			if n := r.w.count("upload"); n > 0 {
				t.Errorf("%d uploads", n)
			}
		})
	})
}

func TestWhatComesLateIsFoundAHalfMinuteLater(t *testing.T) {
	late := func(hide, show func(r *rig, parent network.Post), want string) func(t *testing.T) {
		return func(t *testing.T) {
			inWorld(t, func(r *rig) {
				parent := r.ada.post("look", r.ada.withPicture(photo(1), ""))
				hide(r, parent)
				p := r.ada.post("@dreambot eyes", replyTo(parent))
				r.bot.hint()
				later(20 * time.Second)
				if a := r.answer(p); a != nil {
					t.Fatalf("answered too early: %q", a.Text)
				}
				show(r, parent)
				later(2 * time.Minute)
				r.answered(p, want)
			})
		}
	}
	vanish := func(r *rig, p network.Post) { r.w.vanish(p) }
	back := func(r *rig, p network.Post) { r.w.with(func() { r.w.posts[p.ID] = p }) }
	raw := func(r *rig, p network.Post) {
		r.w.edit(p, func(p *network.Post) { p.Media = []network.Media{{ID: "1", Kind: network.Other}} })
	}
	none := func(r *rig, p network.Post) { r.w.edit(p, func(p *network.Post) { p.Media = nil }) }
	never := func(*rig, network.Post) {}
	t.Run("the parent", late(vanish, back, "I dreamed"))
	t.Run("its picture is processed", late(raw, back, "I dreamed"))
	t.Run("its picture is added", late(none, back, "I dreamed"))
	t.Run("the parent never", late(vanish, never, "I cannot see the post"))
	t.Run("its picture never", late(none, never, "I see no picture here"))
}

func TestAReplyToAPostThatIsGoneEnds(t *testing.T) {
	inWorld(t, func(r *rig) {
		var p network.Post
		r.w.breaks(func(op string, nth int) fate {
			if op == "reply" { // as GoToSocial answers where the post is gone
				return fate{before: failure(op, network.Ambiguous, 500)}
			}
			return fate{}
		})
		p = r.ada.post("@dreambot help")
		r.bot.hint()
		later(5 * time.Second)
		r.w.vanish(p)
		later(time.Hour)
		if j := r.job(p); j.State != store.Skipped {
			t.Errorf("it is %s", r.describe(p))
		}
		if n := r.w.count("reply"); n > 2 {
			t.Errorf("%d tries", n)
		}
	})
}

// Servers show a post before they say that they have it: who answers at once is answered all the same.
func TestWhoAnswersBeforeADreamIsWrittenDownWaitsAMoment(t *testing.T) {
	inWorld(t, func(r *rig) {
		_, dream := r.leaving(t, 6*time.Second)
		p := r.ada.post("@dreambot deeper", replyTo(*dream))
		r.bot.hint()
		later(10 * time.Second)
		r.answered(p, "gen 2")
	})
}

func TestAnAnswerThatIsNotWrittenDownYetIsFound(t *testing.T) {
	below := func(request, dream network.Post) string { return dream.ID }
	beside := func(request, dream network.Post) string { return request.ID }
	nowhere := func(request, dream network.Post) string { return "" }
	for _, c := range []struct {
		said  string
		where func(request, dream network.Post) string
		want  string // "" for a deletion
	}{
		{"deeper", below, "gen 2"},
		{"again", below, "I dreamed"},
		{".. strength=8", below, "I dreamed"},
		{"info", below, "dd3-"},
		{"delete", below, ""},
		{"delete", beside, ""},
		{"again", nowhere, "I dreamed"},
	} {
		t.Run(c.said, func(t *testing.T) {
			inWorld(t, func(r *rig) {
				request, dream := r.leaving(t, 20*time.Second)
				p := r.ask(r.ada, c.said, func(p *network.Post) { p.ReplyTo = c.where(request, *dream) })
				switch {
				case c.want != "":
					r.answered(p, c.want)
				case r.answer(request) != nil:
					t.Errorf("not deleted; %v", r.answer(p))
				}
			})
		})
	}
}

// leaving is a request whose dream is out, while the server says so that much later: it is not written down yet.
func (r *rig) leaving(t *testing.T, late time.Duration) (request network.Post, dream *network.Post) {
	t.Helper()
	r.w.breaks(func(op string, nth int) fate {
		if op == "reply" && nth == 1 {
			return fate{late: late}
		}
		return fate{}
	})
	request = r.ada.post("@dreambot eyes", r.ada.withPicture(photo(1), ""))
	r.bot.hint()
	later(5 * time.Second)
	if dream = r.answer(request); dream == nil || r.job(request).State != store.Posting {
		t.Fatalf("answer %v, job %s", dream, r.describe(request))
	}
	return request, dream
}

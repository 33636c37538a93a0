package reply_test

import (
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
)

// Whatever of a request nothing is made of, the answer tells it.
func TestNoPartOfARequestIsLeftOutWithoutAWord(t *testing.T) {
	for text, test := range map[string]struct {
		pictures int
		says     string
	}{
		"dream, deeper 2, dive, wander": {1, `"wander" (I grant 3 wishes at a time)`},
		"gallery yes, eyes, dive":       {1, `"eyes" ("gallery" has no use for it)`},
		"help, dream":                   {1, `"dream" (it wants a post of its own)`},
		"presets, dream":                {1, `"dream" (it wants a post of its own)`},
		"eyes strength=3 strength=9":    {1, `"strength=3" (you said "strength=9" as well)`},
		"dive keep top 3s":              {1, `"keep top" ("dive" has no use for it)`},
		"eyes, deeper flurbs":           {1, `I do not know "flurbs"`},
		"eyes":                          {3, `2 pictures (say "all" for them)`},
		"see":                           {3, `2 pictures (say "image 2" for them)`},
		"see all":                       {2, `a picture (say "image 2" for it)`},
		"eyes all":                      {6, "2 pictures (I dream 4 at a time)"},
		"eyes public":                   {1, `"public" (this answer is unlisted)`},
		"see public":                    {1, `"public" (this answer is unlisted)`},
		"eyes as=mp4":                   {1, `"as=mp4" (this is a PNG, which does not move)`},
		"dive size=700":                 {1, `"size=700" (it came out at one pixel)`},
	} {
		t.Run(text, func(t *testing.T) {
			inWorld(t, func(r *rig) {
				a := r.answered(r.ask(r.ada, text, func(p *network.Post) {
					for i := range test.pictures {
						r.ada.withPicture(photo(i), "")(p)
					}
				}), test.says)
				if n := strings.Count(a.Text, "I left out"); n > 1 {
					t.Errorf("said %d times: %s", n, a.Text)
				}
			})
		})
	}
	t.Run("more pictures than the server takes", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			r.w.with(func() { r.w.attachments = 2 })
			a := r.answered(r.ask(r.ada, "eyes all", func(p *network.Post) {
				for i := range 3 {
					r.ada.withPicture(photo(i), "")(p)
				}
			}), "a picture (this server takes 2 in a post)")
			if len(a.Media) != 2 {
				t.Errorf("%d pictures", len(a.Media))
			}
		})
	})
	t.Run("what is left out is not held back", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			a := r.answered(r.ask(r.ada, "wander more banana, no goldfish", r.ada.withPicture(photo(1), "")), `"no goldfish" ("wander" has no use for it)`)
			if strings.Contains(a.Text, "held back") {
				t.Error(a.Text)
			}
		})
	})
	t.Run("and once more", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			picture := r.ada.post("a hill", r.ada.withPicture(photo(1), ""))
			r.answered(r.ask(r.ada, "eyes strength=3 strength=9", replyTo(picture)), `"strength=3"`)
			r.answered(r.ask(r.ada, "eyes strength=3 strength=9", replyTo(picture)), "exactly that already", `"strength=3"`)
		})
	})
	t.Run("again and deeper", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			a := r.answered(r.ask(r.ada, "eyes strength=10", r.ada.withPicture(photo(1), "")))
			r.answered(r.ask(r.ada, "again but stronger", replyTo(a)), `"stronger" ("strength=10" is as far as it goes)`)
			r.answered(r.ask(r.ada, "again guide seconds=4", replyTo(a)), `"seconds=4" ("dream" has no use for it)`, `"guide" ("again" has no use for it)`)
			r.answered(r.ask(r.ada, "deeper guide", replyTo(a)), `"guide" ("deeper" has no use for it)`)
			r.answered(r.ask(r.ada, "delete, eyes", replyTo(a)), `"eyes" ("delete" has no use for it)`)
		})
	})
	for says, frames := range map[string]reply.FrameDecoder{
		"what moves in your clip (that is for a dream of it and nothing more)": projector{moving(6)},
		"what moves in your clip (I cannot read films like this one)":          nil,
	} {
		t.Run(says, func(t *testing.T) {
			inWorld(t, func(r *rig) {
				r.answered(r.ask(r.ada, "dive", attached(r.w, network.Still, moving(6))), says)
				later(time.Hour)
				r.answered(r.ask(r.ada, "wander", attached(r.w, network.Gifv, []byte("video"))), says)
			}, func(o *reply.Options) {
				if frames != nil {
					o.Frames = frames
				}
			})
		})
	}
}

package reply_test

import (
	"context"
	"image"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

func TestSeveralPicturesInOnePost(t *testing.T) {
	inWorld(t, func(r *rig) {
		three := func(p *network.Post) {
			for i, alt := range []string{"one", "two", "three"} {
				r.ada.withPicture(photo(i), alt)(p)
			}
		}
		alts := func(p network.Post) (all string) {
			for _, m := range p.Media {
				all += strings.SplitN(m.Alt, ".", 2)[0] + " "
			}
			return all
		}
		if got := alts(r.answered(r.ask(r.ada, "eyes", three))); got != "one " {
			t.Errorf("without a word: %s", got)
		}
		if got := alts(r.answered(r.ask(r.ada, "eyes image 2", three))); got != "two " {
			t.Errorf("image 2: %s", got)
		}
		if got := alts(r.answered(r.ask(r.ada, "eyes all", three))); got != "one two three " {
			t.Errorf("all: %s", got)
		}
		r.answered(r.ask(r.ada, "eyes image 3", r.ada.withPicture(photo(1), "")), "fewer pictures")

		first := r.answered(r.ask(r.ada, "eyes", three), `say "all" for them`) // in answer to this
		for words, want := range map[string]string{"all": "one two three ", "image 2": "two ", "No, the other picture": "two ", "the 3rd one, please": "three "} {
			a := r.answered(r.ask(r.ada, words, replyTo(first)))
			if made, err := dream.ParseToken(token.FindString(a.Text)); alts(a) != want || err != nil || made.Preset != "eyes" {
				t.Errorf("%s, below a dream: %s, %+v, %v", words, alts(a), made, err)
			}
		}
	})
}

func TestWhatIsToBePaintedIsThePictureBesideIt(t *testing.T) {
	inWorld(t, func(r *rig) {
		if a := r.answered(r.ask(r.ada, "paint this!", r.ada.withPicture(photo(1), "a hill")), "I dreamed"); !strings.HasPrefix(a.Media[0].Alt, "a hill") {
			t.Errorf("its alt text is %q", a.Media[0].Alt)
		}
		if a := r.answered(r.ask(r.ada, "paint a banana", r.ada.withPicture(photo(2), "a lake"))); strings.Contains(a.Media[0].Alt, "a lake") {
			t.Errorf("its alt text is %q", a.Media[0].Alt)
		}
	})
}

func TestAGuideIsTheSecondPicture(t *testing.T) {
	inWorld(t, func(r *rig) {
		two := func(p *network.Post) { r.ada.withPicture(photo(1), "")(p); r.ada.withPicture(photo(2), "")(p) }
		r.answered(r.ask(r.ada, "guide", two), "I dreamed")
		if r.dreamer.guided.Load() != 1 {
			t.Error("no guide")
		}
		quoted := r.ada.post("in this style", r.ada.withPicture(photo(3), ""))
		r.answered(r.ask(r.ada, "guide", r.ada.withPicture(photo(1), ""), func(p *network.Post) { p.Quote = quoted.ID }), "I dreamed")
		if r.dreamer.guided.Load() != 2 {
			t.Error("the quoted picture did not guide")
		}
		r.answered(r.ask(r.ada, "guide", r.ada.withPicture(photo(1), "")), "second picture")
	})
}

func TestOneWishAfterAnother(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.answered(r.ask(r.ada, "dream, deeper 2", r.ada.withPicture(photo(1), "")), "gen 3")
		if n, files := r.dreamer.calls.Load(), r.dreamer.encoded.Load(); n != 2 || files != 1 {
			t.Errorf("%d dreams and %d files of them, want 2 and 1", n, files)
		}
		made := r.dreamer.calls.Load()
		r.answered(r.ask(r.ada, "dream, deeper, deeper, deeper, deeper", r.ada.withPicture(photo(3), "")), "gen 3")
		if n := r.dreamer.calls.Load() - made; n != 3 {
			t.Errorf("%d dreams for one request", n)
		}
		clip := r.answered(r.ask(r.ada, "dream, dive", r.ada.withPicture(photo(1), "")), "dive")
		if up := r.w.uploaded(clip.Media[0]); up.Type != "image/gif" {
			t.Errorf("type %s", up.Type)
		}
		r.answered(r.ask(r.ada, "deeper", replyTo(clip)), "still pictures only")
		time.Sleep(time.Hour) // the same refusal twice in a few minutes is not said
		made = r.dreamer.calls.Load()
		r.answered(r.ask(r.ada, "dive, deeper", r.ada.withPicture(photo(2), "")), "after a clip")
		if n := r.dreamer.calls.Load() - made; n != 0 {
			t.Errorf("%d dreams before the wish after a clip was refused", n)
		}
	})
}

func TestAgainWithoutAThreadIsAboutTheLastDream(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.answered(r.ask(r.ada, "again"), "no dream of mine")
		time.Sleep(time.Hour)
		r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), "")), "eyes")
		r.answered(r.ask(r.ada, "again"), "I dreamed")
		r.answered(r.ask(r.w.join("bea"), "again"), "no dream of mine") // not of somebody else's
	})
}

func TestARecipeIsReplayed(t *testing.T) {
	inWorld(t, func(r *rig) {
		a := r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), "")))
		i := strings.Index(a.Text, "dd3-")
		token := strings.Fields(a.Text[i:])[0]
		bea := r.w.join("bea")
		r.answered(r.ask(bea, token, bea.withPicture(photo(2), "")), token)
	})
}

func TestPicturesThatCannotBeDreamed(t *testing.T) {
	for _, c := range []struct {
		kind picture.Kind
		want string
	}{{picture.TooBig, "too big"}, {picture.Unsupported, "JPEG, PNG"}, {picture.Corrupt, "damaged"}, {picture.Empty, "empty"},
		{picture.Modern, "screenshot"}, {picture.TimedOut, "ran out of time"}, {picture.Failed, "my own fault"}, {picture.TooCostly, "far more work"}} {
		t.Run(c.kind.String(), func(t *testing.T) {
			inWorld(t, func(r *rig) {
				r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), "")), c.want)
			}, func(o *reply.Options) {
				o.Decode = func(context.Context, []byte) (image.Image, error) {
					return nil, &picture.Problem{Kind: c.kind, Reason: "test"}
				}
			})
		})
	}
	for _, c := range []struct {
		why  string
		err  error
		want string
	}{
		{"its server gives it to nobody", failure("fetch", network.Forbidden, 403), "not given to me"},
		{"it is gone", failure("fetch", network.NotFound, 404), "not given to me"},
		{"it is refused", failure("fetch", network.Rejected, 400), "not given to me"},
		{"it is too large", failure("fetch", network.TooLarge, 0), "at most 0.5 MB"},
		{"nobody answers for long", failure("fetch", network.Transient, 0), "nobody answers just now"},
	} {
		t.Run(c.why, func(t *testing.T) {
			inWorld(t, func(r *rig) {
				r.w.breaks(func(op string, _ int) fate {
					if op == "fetch" {
						return fate{before: c.err}
					}
					return fate{}
				})
				p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
				time.Sleep(30 * time.Minute)
				r.answered(p, c.want)
			}, func(o *reply.Options) { o.FetchBytes = 512 << 10 })
		})
	}
	t.Run("only a clip", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			r.answered(r.ask(r.ada, "eyes", func(p *network.Post) { p.Media = []network.Media{{Kind: network.Video}} }), "pictures and GIFs work")
		})
	})
	t.Run("one of our own that somebody posts again", func(t *testing.T) {
		inWorld(t, func(r *rig) {
			a := r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), "")))
			ours := r.w.uploaded(a.Media[0]).Data
			r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(ours, "")), "a dream already")
		})
	})
}

func TestAStopWhileADreamIsMade(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.dreamer.behave(10*time.Minute, nil)
		p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
		r.ask(r.ada, "stop")
		time.Sleep(time.Hour)
		r.ignored(p, "said stop")
	})
}

func TestADeleteBeforeTheAnswer(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.dreamer.behave(10*time.Minute, nil)
		p := r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), ""))
		r.answered(r.ask(r.w.join("bea"), "delete", replyTo(p)), "Only those who asked")
		if d := r.ask(r.ada, "delete", replyTo(p)); !r.w.liked(d) {
			t.Error("not confirmed")
		}
		time.Sleep(time.Hour)
		if j := r.job(p); j.State != store.Cancelled || r.answer(p) != nil {
			t.Errorf("%s", r.describe(p))
		}
	})
}

func TestAnAnswerFitsASmallServer(t *testing.T) {
	inWorld(t, func(r *rig) {
		r.w.with(func() { r.w.textRunes = 120 })
		long := strings.Repeat("a very long description of a hill ", 100)
		a := r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), long)), "dd3-")
		if n := len([]rune(a.Text)); n > 120 {
			t.Errorf("%d runes: %q", n, a.Text)
		}
		if n := len([]rune(a.Media[0].Alt)); n > 1500 || !strings.Contains(a.Media[0].Alt, "I dreamed") {
			t.Errorf("alt text of %d runes", n)
		}
		if a := r.answered(r.ask(r.ada, "help"), "Send me"); len([]rune(a.Text)) > 120 {
			t.Errorf("%q", a.Text)
		}
	})
}

func TestOptionsThatAreMissing(t *testing.T) {
	for name, take := range map[string]func(*reply.Options){
		"platform": func(o *reply.Options) { o.Platform = nil },
		"store":    func(o *reply.Options) { o.Store = nil },
		"dreamer":  func(o *reply.Options) { o.Dreamer = nil },
		"decoder":  func(o *reply.Options) { o.Decode = nil },
		"secret":   func(o *reply.Options) { o.Secret = nil },
	} {
		r := newRig(t)
		take(&r.opt)
		if _, err := reply.New(r.opt); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without a %s: %v", name, err)
		}
	}
}

func TestADreamThatIsQuotedIsMeant(t *testing.T) {
	inWorld(t, func(r *rig) {
		dreamed := r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), "a hill")))
		quoting := func(p *network.Post) { p.Quote = dreamed.ID }
		r.answered(r.ask(r.ada, "deeper", quoting), "gen 2")
		r.answered(r.ask(r.ada, "info", quoting), "Generation 1")
		r.answered(r.ask(r.ada, "undream", quoting), "original is here")
		r.ask(r.w.join("eve"), "delete", quoting)
		if r.w.gone(dreamed) {
			t.Error("deleted for a stranger")
		}
		r.ask(r.ada, "delete", quoting)
		if !r.w.gone(dreamed) {
			t.Error("not deleted")
		}
		r.answered(r.ask(r.ada, "info", quoting), "no dream of mine")
	})
}

func TestAgainWithANewPictureIsForThatPicture(t *testing.T) {
	inWorld(t, func(r *rig) {
		dreamed := r.answered(r.ask(r.ada, "swirl strength=3", r.ada.withPicture(photo(1), "a hill")))
		a := r.answered(r.ask(r.ada, "the same with bananas", r.ada.withPicture(photo(2), "a lake"), replyTo(dreamed)), "I dreamed")
		made, err := dream.ParseToken(token.FindString(a.Text))
		if err != nil || made.Preset != "swirl" || made.Strength != 3 || len(made.Words) != 1 || !strings.HasPrefix(a.Media[0].Alt, "a lake") {
			t.Errorf("%+v of %q, %v", made, a.Media[0].Alt, err)
		}
	})
}

func TestAChangeOfADreamIsForThatDream(t *testing.T) {
	inWorld(t, func(r *rig) {
		dreamed := r.answered(r.ask(r.ada, "swirl strength=5", r.ada.withPicture(photo(1), "a hill")))
		for words, want := range map[string]int{"a bit stronger please": 7, "not so strong": 3, "strength=8": 8, "no castles please": 5, "keep the top": 5} {
			a := r.answered(r.ask(r.ada, words, replyTo(dreamed)))
			if made, err := dream.ParseToken(token.FindString(a.Text)); err != nil || made.Preset != "swirl" || made.Strength != want {
				t.Errorf("%s: %+v, %v", words, made, err)
			}
		}
	})
}

package reply_test

import (
	"strings"
	"testing"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
)

// letters are the private messages to somebody that answer no post.
func (r *rig) letters(to string) (all []network.Post) {
	for _, p := range r.w.repliesTo(r.bot.self.ID, "") {
		if p.ReplyTo == "" && p.Visibility == network.Direct && strings.Contains(p.Text, "@"+to+"@") {
			all = append(all, p)
		}
	}
	return all
}

func TestWhoAsksForAnothersPictureIsToldThatTheAuthorIsAsked(t *testing.T) {
	inWorld(t, func(r *rig) {
		_, picture, request := stranger(r)
		told := r.letters("ada")
		if len(told) != 1 || !strings.Contains(told[0].Text, "bea@example.social") || !strings.Contains(told[0].Text, "a day") {
			t.Fatalf("told: %+v", told)
		}
		if len(told[0].Mentions) != 1 {
			t.Errorf("it reaches %v", told[0].Mentions)
		}
		r.ask(r.w.join("carl"), "birds", replyTo(picture))
		if n := len(r.letters("carl")); n != 1 {
			t.Errorf("the second one who asks is told %d times", n)
		}
		if a := r.answer(request); a != nil {
			t.Errorf("answered: %q", a.Text)
		}
	})
}

func TestADreamThatThereIsAlreadyIsLinked(t *testing.T) {
	inWorld(t, func(r *rig) {
		picture := r.ada.post("my garden", r.ada.withPicture(photo(1), ""))
		first := r.answered(r.ask(r.ada, "eyes", replyTo(picture)), "I dreamed")
		r.answered(r.ask(r.ada, "dream eyes", replyTo(picture)), first.URL)
		r.answered(r.ask(r.ada, "birds", replyTo(picture)), "I dreamed")
		r.answered(r.ask(r.ada, "eyes strength=9", replyTo(picture)), "I dreamed")
		r.answered(r.ask(r.ada, "again", replyTo(first)), "I dreamed")
		if n := r.dreamer.calls.Load(); n != 4 {
			t.Errorf("%d dreams", n)
		}
		r.w.vanish(first)
		r.answered(r.ask(r.ada, "dream eyes", replyTo(picture)), "I dreamed")
	}, func(o *reply.Options) { o.Caps.PerPair = -1 })
}

func TestAnswersInWordsUseUpNoPictures(t *testing.T) {
	inWorld(t, func(r *rig) {
		for range 4 {
			r.answered(r.ask(r.ada, "help"), "Send me a picture")
			r.answered(r.ask(r.ada, "queue"), "Nothing of yours")
		}
		r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(1), "")), "I dreamed")
		r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(2), "")), "I dreamed")
		r.answered(r.ask(r.ada, "eyes", r.ada.withPicture(photo(3), "")), "for an hour")
		r.answered(r.ask(r.ada, "presets"), "My looks")
	}, func(o *reply.Options) { o.Caps.PerUserHour = 2 })
}

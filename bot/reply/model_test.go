package reply_test

import (
	"testing"

	"slugpuppy/bot/reply"
	"slugpuppy/classifier"
	"slugpuppy/dream"
)

func TestARequestMayNameAnotherNetwork(t *testing.T) {
	other := dream.NewVocabulary([]classifier.Label{{ID: "n8", Names: []string{"tulip"}}, {ID: "n9", Names: []string{"teapot"}}})
	inWorld(t, func(r *rig) {
		ask := func(text string) string {
			p := r.ask(r.w.join(text[:5]+text[len(text)-4:]), text, r.ada.withPicture(photo(len(text)), ""))
			return r.answered(p).Text
		}
		words := func(answer string) []dream.WordTerm {
			recipe, err := dream.ParseToken(token.FindString(answer))
			if err != nil {
				t.Fatalf("%s: %v", answer, err)
			}
			return recipe.Words
		}
		if got := words(ask("more teapots model=other")); len(got) != 1 || got[0].Label != 1 {
			t.Errorf("a word of the other network is %v", got)
		}
		if got := words(ask("more castles")); len(got) != 1 || got[0].Label != 3 {
			t.Errorf("a word of the usual network is %v", got)
		}
		r.answered(r.ask(r.ada, "more teapots", r.ada.withPicture(photo(90), "")), "I do not know")
		r.answered(r.ask(r.w.join("bea"), "eyes model=nosuch", r.ada.withPicture(photo(91), "")), "no network called", "there is other")
	}, func(o *reply.Options) {
		o.Words = func(model string) (*dream.Vocabulary, error) {
			switch model {
			case "":
				return o.Vocabulary, nil
			case "other":
				return other, nil
			}
			return nil, &dream.Problem{Kind: dream.UnknownNetwork, Name: model, Known: []string{"other"}}
		}
	})
}

package dream_test

import (
	"strings"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/dream/lexicon"
)

// signs are the labels that words raise and lower, by their names.
func signs(all []classifier.Label, words ...dream.WordTerm) (up, down []string) {
	for _, w := range dream.Expand(all, words) {
		switch name := all[w.Label].Names[0]; {
		case w.Weight > 0:
			up = append(up, name)
		case w.Weight < 0:
			down = append(down, name)
		}
	}
	return up, down
}

func TestAKindIsLoweredAsAWholeAndRaisedByWhatShowsIt(t *testing.T) {
	all := labels(t)
	dog, poodle := lexicon.Meaning("dog"), lexicon.Meaning("poodle")
	up, down := signs(all, dream.WordTerm{Kind: dog, Weight: -1})
	if len(up) > 0 || len(down) < 110 {
		t.Errorf("no dogs raises %v and lowers %d labels", up, len(down))
	}
	up, down = signs(all, dream.WordTerm{Kind: dog, Weight: 1})
	if len(up) != 12 || len(down) > 0 || !strings.Contains(strings.Join(up, ", "), "golden retriever") {
		t.Errorf("more dogs raises %v and lowers %v", up, down)
	}
	up, _ = signs(all, dream.WordTerm{Kind: lexicon.Meaning("animal"), Weight: 1})
	if dogs, _ := signs(all, dream.WordTerm{Kind: dog, Weight: 1}); len(up) != 12 || len(dogs) != 12 || strings.Join(up, "") == strings.Join(dogs, "") {
		t.Errorf("more animals raises %v", up)
	}
	up, down = signs(all, dream.WordTerm{Kind: dog, Weight: -1}, dream.WordTerm{Kind: poodle, Weight: 1})
	if strings.Join(up, ", ") != "toy poodle, miniature poodle, standard poodle" || len(down) < 110 {
		t.Errorf("no dogs, more poodles raises %v and lowers %d labels", up, len(down))
	}
	up, down = signs(all, dream.WordTerm{Kind: dog, Weight: 1}, dream.WordTerm{Kind: poodle, Weight: -1})
	if len(down) != 3 || strings.Contains(strings.Join(up, ", "), "poodle") {
		t.Errorf("more dogs, no poodles raises %v and lowers %v", up, down)
	}
	if up, down = signs(all, dream.WordTerm{Label: 3, Weight: 1}); len(up) != 1 || len(down) > 0 {
		t.Errorf("a label raises %v and lowers %v", up, down)
	}
}

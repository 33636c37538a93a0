package lexicon_test

import (
	"testing"

	"slugpuppy/dream/lexicon"
)

func TestASynsetHasAWord(t *testing.T) {
	for id, want := range map[string]string{"n02084071": "dog", "n01503061": "bird"} {
		s, ok := lexicon.ParseSynset(id)
		if !ok {
			t.Fatalf("no %s", id)
		}
		if got := s.Noun(); got != want || lexicon.Meaning(got) != s {
			t.Errorf("%s is called %q, want %q", id, got, want)
		}
	}
	if got := lexicon.Synset(0).Noun(); got != "" {
		t.Errorf("nothing is called %q", got)
	}
}

package words_test

import (
	"strings"
	"testing"

	"slugpuppy/bot/reply/words"
	"slugpuppy/classifier"
	"slugpuppy/dream"
)

// What is said of a picture is as sure as the network is.
func TestOnlyWhatIsSureIsSaid(t *testing.T) {
	guesses := []classifier.Guess{{Label: "pug", P: 0.4}, {Label: "boxer dog", P: 0.3}, {Label: "teddy", P: 0.1}, {Label: "sock", P: 0.05}}
	for name, tt := range map[string]struct {
		sure              dream.Certainty
		see, caption, not string
	}{
		"a label":    {dream.Certainty{What: "pug", P: 0.4}, "I see: pug 40 %, boxer dog 30 %, teddy 10 %, sock 5 %.", "I saw: pug.", "boxer"},
		"a kind":     {dream.Certainty{What: "dog", P: 0.7, Kind: true}, "I see some kind of dog, I am 70 % sure; perhaps pug 40 %, boxer dog 30 % or teddy 10 %.", "I saw some kind of dog, perhaps pug or boxer dog.", "I saw: "},
		"no one":     {dream.Certainty{}, "I am not sure what I see; perhaps pug 40 %, boxer dog 30 % or teddy 10 %.", "I am not sure what I saw; perhaps pug or boxer dog.", "I saw"},
		"not at all": {dream.Certainty{}, "I see nothing that I have a word for.", "", "saw"},
	} {
		t.Run(name, func(t *testing.T) {
			sight := dream.Sight{Guesses: guesses, Sure: tt.sure}
			if name == "not at all" {
				sight.Guesses = nil
			}
			if got := words.See(sight); got != tt.see {
				t.Errorf("see: %s, want %s", got, tt.see)
			}
			made := words.Made{Piece: dream.Piece{Saw: sight, Recipe: dream.Recipe{Verb: dream.Dream, Preset: "slug"}}}
			for _, text := range []string{words.Caption(made, 240), words.Alt("", made, 300)} {
				if rest := strings.Replace(text, tt.caption, "", 1); !strings.Contains(text, tt.caption) || name != "no one" && strings.Contains(rest, tt.not) {
					t.Errorf("%s, want %q", text, tt.caption)
				}
			}
		})
	}
}

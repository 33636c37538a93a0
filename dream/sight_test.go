package dream_test

import (
	"math"
	"slices"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/dream/lexicon"
)

// guessed are guesses of all labels: those named have the probabilities, the others share the rest.
func guessed(t *testing.T, all []classifier.Label, p map[string]float64) []classifier.Guess {
	t.Helper()
	rest := 1.0
	for _, v := range p {
		rest -= v
	}
	var first, out []classifier.Guess
	for i, l := range all {
		g := classifier.Guess{Index: i, Label: l.Names[0], P: rest / float64(len(all)-len(p))}
		if v, ok := p[g.Label]; ok {
			g.P = v
			if len(first) > 0 && first[0].P < v {
				first = append([]classifier.Guess{g}, first...)
			} else {
				first = append(first, g)
			}
			continue
		}
		out = append(out, g)
	}
	if len(first) != len(p) {
		t.Fatalf("not all of %v are labels", p)
	}
	return append(first, out...)
}

// What is said is the most special thing that is likelier than not.
func TestOnlyWhatIsLikelyIsSure(t *testing.T) {
	all := labels(t)
	for _, tt := range []struct {
		name string
		p    map[string]float64
		want dream.Certainty
	}{
		{"one label", map[string]float64{"banana": 0.8, "lemon": 0.1}, dream.Certainty{What: "banana", P: 0.8}},
		{"two dogs", map[string]float64{"pug": 0.4, "beagle": 0.4, "banana": 0.1}, dream.Certainty{What: "dog", Kind: true, P: 0.8}},
		{"two terriers", map[string]float64{"Airedale": 0.4, "cairn": 0.3, "banana": 0.2}, dream.Certainty{What: "terrier", Kind: true, P: 0.7}},
		{"a dog or a cat", map[string]float64{"pug": 0.3, "tabby": 0.4, "banana": 0.2}, dream.Certainty{What: "mammal", Kind: true, P: 0.7}},
		{"two fruits", map[string]float64{"banana": 0.3, "lemon": 0.4, "pug": 0.2}, dream.Certainty{What: "fruit", Kind: true, P: 0.7}},
		{"a fruit or a dog", map[string]float64{"banana": 0.4, "pug": 0.4}, dream.Certainty{}},
		{"nothing", map[string]float64{"banana": 0.1}, dream.Certainty{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := dream.SightOf(all, guessed(t, all, tt.p), 3)
			if got.Sure.What != tt.want.What || got.Sure.Kind != tt.want.Kind || math.Abs(got.Sure.P-tt.want.P) > 0.1 || got.Sure.Known() && got.Sure.P < tt.want.P-1e-9 {
				t.Errorf("sure of %+v, want %+v", got.Sure, tt.want)
			}
			if len(got.Guesses) != 3 {
				t.Errorf("%d guesses", len(got.Guesses))
			}
		})
	}
	if got := dream.SightOf([]classifier.Label{{ID: "0", Names: []string{"a"}}}, nil, 3); got.Sure.Known() || len(got.Guesses) > 0 {
		t.Errorf("of nothing: %+v", got)
	}
}

// Every kind that is said is one of WordNet's, and who asks for it by its word means something of it.
func TestKindsThatAreSaidAreKinds(t *testing.T) {
	all := thousand(t)
	v := dream.NewVocabulary(all)
	for s, word := range dream.SaidKinds() {
		if got, ok := lexicon.ParseSynset(s.String()); !ok || got != s {
			t.Errorf("%s: the lexicon has no %v", word, s)
			continue
		}
		m, ok := v.Find(word)
		belongs := func(l int) bool {
			own, ok := lexicon.ParseSynset(all[l].ID)
			return ok && own.Is(s)
		}
		if ok && !slices.ContainsFunc(v.Labels(m.Terms), belongs) {
			t.Errorf("%v is called %q, which means %v", s, word, v.Names(m.Terms, 5))
		}
	}
}

// A network's class for what is no thing is neither said nor asked for.
func TestNobodyAsksForTheBackground(t *testing.T) {
	all := append([]classifier.Label{{ID: classifier.Background, Names: []string{"background", "nought"}}}, labels(t)...)
	v := dream.NewVocabulary(all)
	for _, word := range []string{"background", "nought", "backgrounds"} {
		if m, ok := v.Find(word); ok {
			t.Errorf("%q is read as %+v", word, m)
		}
	}
	for _, w := range append(v.Words(), v.Examples(len(all))...) {
		if w == "background" {
			t.Error("it is offered")
		}
	}
}

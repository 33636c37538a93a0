package dream_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
)

// labels reads the default network's label file.
func labels(t testing.TB) []classifier.Label {
	t.Helper()
	data, err := os.ReadFile("../classifier/model/labels.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []classifier.Label
	for line := range strings.Lines(string(data)) {
		id, names, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			t.Fatalf("no tab in label line %q", line)
		}
		out = append(out, classifier.Label{ID: id, Names: strings.Split(names, ", ")})
	}
	return out
}

// names are the first names of the labels a word stands for.
func names(t testing.TB, all []classifier.Label, v *dream.Vocabulary, word string) []string {
	t.Helper()
	terms, err := v.Lookup(word)
	if err != nil {
		t.Errorf("%s: %v", word, err)
	}
	var out []string
	for _, term := range terms {
		if term.Weight != 1 {
			t.Errorf("%s: weight %v, want 1", word, term.Weight)
		}
		out = append(out, all[term.Label].Names[0])
	}
	return out
}

func TestEveryNameOfEveryLabelIsAWord(t *testing.T) {
	all := labels(t)
	v := dream.NewVocabulary(all)
	for _, l := range all {
		if got := names(t, all, v, l.Names[0]); !slices.Contains(got, l.Names[0]) {
			t.Errorf("%q means %v", l.Names[0], got)
		}
		for _, name := range l.Names {
			names(t, all, v, name)
		}
	}
}

func TestWordsMeanWhatPeopleMean(t *testing.T) {
	all := labels(t)
	v := dream.NewVocabulary(all)
	for word, want := range map[string]string{
		"banana":              "banana",
		"a banana":            "banana",
		"Bananas":             "banana",
		"BANANA'S":            "banana",
		"birds":               "house finch, robin, toucan, goose, black stork, king penguin, albatross",
		"dogs":                "Chihuahua, beagle, Yorkshire terrier, golden retriever, Labrador retriever, Border collie, German shepherd, Siberian husky, pug, Samoyed, Pomeranian, standard poodle",
		"puppies":             "Chihuahua, beagle, Yorkshire terrier, golden retriever, Labrador retriever, Border collie, German shepherd, Siberian husky, pug, Samoyed, Pomeranian, standard poodle",
		"cats":                "tabby, Persian cat, Egyptian cat",
		"the kitten":          "tabby, Persian cat, Egyptian cat",
		"geese":               "goose",
		"oxen":                "ox",
		"butterflies":         "monarch, sulphur butterfly",
		"big cats":            "cougar, lion",
		"fruit":               "orange, lemon, banana, pomegranate",
		"fruits":              "orange, lemon, banana, pomegranate",
		"dumb-bells":          "dumbbell",
		"dumbbells":           "dumbbell",
		"sea slugs":           "sea slug",
		"slugs":               "slug",
		"cars":                "beach wagon, convertible, limousine, sports car",
		"buses":               "school bus, trolleybus",
		"spiders":             "black widow, tarantula",
		"poles":               "flagpole, maypole, pole",
		"glasses":             "binoculars, sunglasses",
		"café espresso":       "",
		"golden   Retrievers": "golden retriever",
		"mountains":           "alp",
		"wagon":               "beach wagon, police van",
		"huskies":             "Eskimo dog, malamute, Siberian husky",
		"corgi":               "Pembroke, Cardigan Welsh corgi",
		"cardigans":           "cardigan",
		"hot dogs":            "hotdog",
		"eyes":                "bullfrog, koala, Chihuahua, tabby, Persian cat, Egyptian cat, lion",
	} {
		t.Run(word, func(t *testing.T) {
			if want == "" {
				if _, err := v.Lookup(word); err == nil {
					t.Fatal("known, though it is not")
				}
				return
			}
			if got := strings.Join(names(t, all, v, word), ", "); got != want {
				t.Errorf("means %s, want %s", got, want)
			}
		})
	}
}

func TestEveryWordFitsARecipe(t *testing.T) {
	m := maker(t, dream.Options{})
	v := dream.NewVocabulary(labels(t))
	for _, word := range v.Words() {
		terms, err := v.Lookup(word)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Complete(dream.Recipe{Verb: dream.Dream, Words: terms, Preset: "nightmare", Seed: 1 << 60}); err != nil {
			t.Errorf("%q stands for %d labels: %v", word, len(terms), err)
		}
	}
}

func TestEveryLineOfTheTableIsAboutLabelsThatExist(t *testing.T) {
	all := labels(t)
	table, err := os.ReadFile("words.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen, first := map[string]bool{}, map[string]bool{}
	for _, l := range all {
		for _, n := range l.Names {
			first[n] = true
		}
	}
	v := dream.NewVocabulary(all)
	for line := range strings.Lines(string(table)) {
		word, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || strings.HasPrefix(word, "#") {
			continue
		}
		if seen[word] {
			t.Errorf("%q has two lines", word)
		}
		for name := range strings.SplitSeq(rest, ",") {
			name = strings.TrimSpace(name)
			if w, ok := strings.CutPrefix(name, "="); ok {
				if !seen[w] {
					t.Errorf("%q points at %q, which is not above it", word, w)
				}
			} else if !first[name] {
				t.Errorf("%q stands for %q, which is no label", word, name)
			}
		}
		seen[word] = true
		for _, form := range []string{word, word + "s", "the " + word} {
			if _, err := v.Lookup(form); err != nil {
				t.Errorf("%q: %v", form, err)
			}
		}
	}
}

func TestAnUnknownWordGetsTheThreeNearest(t *testing.T) {
	v := dream.NewVocabulary(labels(t))
	_, err := v.Lookup("bannana")
	var unknown *dream.UnknownWord
	if !errors.As(err, &unknown) {
		t.Fatalf("got %v, want an UnknownWord", err)
	}
	if unknown.Word != "bannana" || unknown.Nearest[0] != "banana" || slices.Contains(unknown.Nearest[:], "") {
		t.Errorf("got %+v", unknown)
	}
	if meant, ok := unknown.Meant(); !ok || meant != "banana" {
		t.Errorf("meant %q, %v", meant, ok)
	}
	_, err = v.Lookup("quasar")
	if !errors.As(err, &unknown) {
		t.Fatalf("got %v, want an UnknownWord", err)
	}
	if meant, ok := unknown.Meant(); ok {
		t.Errorf("quasar was taken for %q", meant)
	}
}

func TestEveryOfferedWordIsKnown(t *testing.T) {
	v := dream.NewVocabulary(labels(t))
	for _, w := range v.Words() {
		if _, err := v.Lookup(w); err != nil {
			t.Error(err)
		}
	}
}

func FuzzLookup(f *testing.F) {
	for _, s := range []string{"", "birds", "a", "the the", "ﬁsh", "e\u0301", "'s", strings.Repeat("s", 200), "\xff\xfe", "ies"} {
		f.Add(s)
	}
	v := dream.NewVocabulary(labels(f))
	f.Fuzz(func(t *testing.T, word string) {
		terms, err := v.Lookup(word)
		if (err == nil) != (len(terms) > 0) {
			t.Fatalf("%q: %v, %v", word, terms, err)
		}
	})
}

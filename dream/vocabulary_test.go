package dream_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/dream/lexicon"
)

// labels are those of a network that knows 385 things: much is unknown to it.
func labels(t testing.TB) []classifier.Label { return labelsIn(t, "testdata/few.txt") }

// thousand are the classes that nearly all networks know (ILSVRC 2012), and the background.
func thousand(t testing.TB) []classifier.Label { return labelsIn(t, "../classifier/model/labels.txt") }

func labelsIn(t testing.TB, file string) []classifier.Label {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := classifier.ParseLabels(string(data))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// names are the first names of the labels a word stands for, all of them.
func names(t testing.TB, v *dream.Vocabulary, all []classifier.Label, word string) []string {
	t.Helper()
	m, err := v.Lookup(word)
	if err != nil {
		t.Errorf("%s: %v", word, err)
	}
	var out []string
	for _, l := range v.Labels(m.Terms) {
		out = append(out, all[l].Names[0])
	}
	return out
}

// homonyms are names of labels that people use for something else, or that are told apart aloud.
var homonyms = []string{"painter", "hopper", "darning needle", "sewing needle", "squealer", "carrier", "wagon", "bullet", "board", "horn",
	"missile", "drop", "ear", "spike", "Cardigan", "man-eater", "torpedo", "snowbird", "dipper", "sand viper", "crawfish", "crane", "killer",
	"catamount", "panther", "hedgehog", "Sus scrofa", "polecat", "panda", "amphibian", "beam", "bob", "groin", "mole", "bulwark", "hack", "cell",
	"mail", "gong", "chopper", "trump", "napkin", "blower", "boa", "nursery", "harp", "claw", "light", "maillot", "scope", "essence", "plane",
	"pot", "rule", "spot", "trolley", "rig", "tub", "press", "site", "jack", "head"}

func TestTheNamesOfEveryLabelMeanIt(t *testing.T) {
	for _, all := range [][]classifier.Label{labels(t), thousand(t)} {
		v := dream.NewVocabulary(all)
		for i, l := range all {
			for _, name := range l.Names {
				if !l.Thing() || slices.Contains(homonyms, name) {
					continue
				}
				m, err := v.Lookup(name)
				if err != nil || !slices.Contains(v.Labels(m.Terms), i) {
					t.Errorf("of %d labels, %q means %v, not %s; %v", len(all), name, v.Names(m.Terms, 5), l.Names[0], err)
				}
			}
		}
	}
}

// Whatever a label is called first, there is a word for it, alone or with a few that people call the same.
func TestEveryOneOfTheThousandCanBeAskedFor(t *testing.T) {
	all := thousand(t)
	v := dream.NewVocabulary(all)
	for i, l := range all {
		if !l.Thing() {
			continue
		}
		least := len(all)
		for _, name := range l.Names {
			if m, ok := v.Find(name); ok {
				if found := v.Labels(m.Terms); slices.Contains(found, i) {
					least = min(least, len(found))
				}
			}
		}
		if least > 4 {
			t.Errorf("%s (%s) can be asked for with %d others at best", l.Names[0], l.ID, least-1)
		}
	}
}

// Words for kinds act on all that belong to them, by WordNet.
func TestGroupsAreAllTheirMembers(t *testing.T) {
	all := thousand(t)
	v := dream.NewVocabulary(all)
	for word, want := range map[string]struct {
		kind  lexicon.Synset
		least int
	}{
		"dogs": {2084071, 118}, "birds": {1503061, 59}, "vehicles": {4524313, 67}, "fruits": {7705931, 9}, "cats": {2121808, 5},
		"insects": {2159955, 27}, "buildings": {2913152, 12}, "snakes": {1726692, 17}, "spiders": {1772222, 6}, "monkeys": {2484322, 13},
		"fish": {2512053, 16}, "reptiles": {1661091, 36}, "furniture": {3405725, 21}, "musical instruments": {3800933, 26}, "shops": {4202417, 8},
		"trucks": {4490091, 7}, "cars": {2958343, 10}, "mushrooms": {12992868, 1}, "clothes": {3051540, 46}, "tools": {4451818, 13},
		"terriers": {2092468, 25}, "bears": {2131653, 4}, "butterflies": {2274259, 6}, "lizards": {1674464, 11}, "vegetables": {7707451, 12},
		"weapons": {4565375, 7}, "boats": {2858304, 6}, "bottles": {2876657, 7}, "computers": {3082979, 4}, "foxes": {2118333, 4},
	} {
		m, err := v.Lookup(word)
		got := v.Labels(m.Terms)
		if err != nil || m.As != "" || len(got) < want.least {
			t.Errorf("%s are %d labels, want %d; as %q, %v", word, len(got), want.least, m.As, err)
		}
		for _, l := range got {
			if s, ok := lexicon.ParseSynset(all[l].ID); !ok || want.least > 1 && !s.Is(want.kind) && word != "clothes" && word != "tools" {
				t.Errorf("%s are %s too", word, all[l].Names[0])
			}
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
		"cats":                "tabby, Persian cat, Egyptian cat",
		"the kitten":          "tabby, Persian cat, Egyptian cat",
		"geese":               "goose",
		"oxen":                "ox",
		"butterflies":         "monarch, sulphur butterfly",
		"felines":             "tabby, Persian cat, Egyptian cat, cougar, lion",
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
		"glasses":             "sunglasses",
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
			if got := strings.Join(names(t, v, all, word), ", "); got != want {
				t.Errorf("means %s, want %s", got, want)
			}
		})
	}
}

func TestAKindHasAllThatBelongToIt(t *testing.T) {
	all := labels(t)
	v := dream.NewVocabulary(all)
	breeds := 0
	for _, l := range all {
		if "n02085620" <= l.ID && l.ID <= "n02113978" { // WordNet numbers the breeds one after another
			breeds++
		}
	}
	for _, word := range []string{"dogs", "puppies", "doggo", "canines"} {
		got := names(t, v, all, word)
		if len(got) != breeds || slices.Contains(got, "tabby") {
			t.Errorf("%s are %d labels of %d breeds", word, len(got), breeds)
		}
	}
	if got := names(t, v, all, "animals"); len(got) < breeds+50 || slices.Contains(got, "banana") {
		t.Errorf("animals are %d labels", len(got))
	}
}

// What is not exactly what was typed is told.
func TestWhatIsReadAsSomethingElseIsTold(t *testing.T) {
	v := dream.NewVocabulary(labels(t))
	for word, want := range map[string]string{
		"boxer": "boxer dog", "bumblebees": "bee", "monkey": "baboon", "mini": "miniskirt", "upright": "upright piano", "chest": "treasure chest",
		"grizzly": "brown bear", "hat": "sombrero", "crane": "construction crane",
		"penguins": "", "dog": "", "puppy": "", "bus": "", "ladybird": "", "fridge": "",
	} {
		if m, err := v.Lookup(word); err != nil || m.As != want {
			t.Errorf("%s is read as %q, %v; want %q", word, m.As, err, want)
		}
	}
}

// A thing is not something that resembles it, belongs to it or is spelt like it.
func TestWhatTheNetworkHasNotLearntIsUnknown(t *testing.T) {
	v := dream.NewVocabulary(labels(t))
	for word, want := range map[string]string{
		"duck": "goose", "apple": "banana", "tiger": "lion", "gorilla": "chimpanzee", "kangaroo": "koala", "moth": "monarch", "wing": "goose",
		"ear": "ear of corn", "painter": "cougar", "tree": "acorn", "snow": "alp", "bicycles": "", "cow": "ox", "tigers": "lion",
		"dragon": "American alligator", "avocado": "guacamole", "broccoli": "cauliflower", "wasp": "bee", "octopus": "snail",
	} {
		_, err := v.Lookup(word)
		var unknown *dream.UnknownWord
		if !errors.As(err, &unknown) {
			t.Errorf("%s is known", word)
			continue
		}
		if len(unknown.Nearest) != 3 || want != "" && !slices.Contains(unknown.Nearest, want) {
			t.Errorf("%s comes near %v, want %s", word, unknown.Nearest, want)
		}
	}
	for _, word := range []string{"thing", "beautiful", "qzx", "café espresso"} {
		if _, ok := v.Find(word); ok {
			t.Errorf("%s is known", word)
		}
	}
}

func TestWhatMeansNoThingIsAnsweredWithExamples(t *testing.T) {
	v := dream.NewVocabulary(labels(t))
	_, err := v.Lookup("beautiful")
	var unknown *dream.UnknownWord
	if !errors.As(err, &unknown) || len(unknown.Nearest) != 0 || len(unknown.Known) != 3 {
		t.Errorf("got %+v", unknown)
	}
}

func TestOnlyWhatIsNoWordIsCorrected(t *testing.T) {
	v := dream.NewVocabulary(labels(t))
	for typed, want := range map[string]string{
		"bananna": "banana", "brids": "birds", "retreiver": "retriever", "chihuauha": "chihuahua", "spidres": "spiders", "jellyfihs": "jellyfish",
		"dram": "", "bride": "", "cot": "", "bandana": "", "banana": "", "quasar": "", "zebar": "", "xy": "", "goldfishes": "", "bananananana": "", "ctas": "cats",
	} {
		if got, ok := v.Correct(typed); got != want || ok != (want != "") {
			t.Errorf("%s is corrected to %q, want %q", typed, got, want)
		}
	}
}

func TestEveryWordFitsARecipe(t *testing.T) {
	m := maker(t, dream.Options{})
	v := dream.NewVocabulary(load(t).Labels())
	for _, word := range v.Words() {
		found, err := v.Lookup(word)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Complete(dream.Recipe{Verb: dream.Dream, Words: found.Terms, Preset: "nightmare", Seed: 1 << 60}); err != nil {
			t.Errorf("%q stands for %d terms: %v", word, len(found.Terms), err)
		}
	}
}

// Every line of the table is about something: a label of the thousand that most networks know, or a
// meaning.
func TestEveryThingOfTheTableExists(t *testing.T) {
	table, err := os.ReadFile("words.txt")
	if err != nil {
		t.Fatal(err)
	}
	few, all := dream.NewVocabulary(labels(t)), dream.NewVocabulary(thousand(t))
	known := func(name string) bool {
		_, here := few.Find(name)
		_, there := all.Find(name)
		return here || there || lexicon.Exists(strings.ToLower(name))
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(table)) {
		line = strings.TrimSpace(line)
		i := strings.IndexAny(line, ":~?")
		if line == "" || line[0] == '#' || line[0] == '-' {
			continue
		}
		if i < 0 {
			t.Fatalf("no line of the table: %s", line)
		}
		for thing := range strings.SplitSeq(line[i+1:], ",") {
			name, comment, _ := strings.Cut(strings.TrimSpace(thing), " (")
			if _, ok := lexicon.ParseSynset(name); ok {
				if comment == "" {
					t.Errorf("%s: nobody can read %s", line, name)
				}
			} else if !known(name) {
				t.Errorf("%s: nothing is called %q", line, name)
			}
		}
		key := line[:i+1]
		if seen[key] && line[i] == '~' {
			t.Errorf("two lines begin with %s", key)
		}
		seen[key] = true
	}
}

func TestWordsThatAreOfferedAreKnown(t *testing.T) {
	for _, all := range [][]classifier.Label{labels(t), thousand(t)} {
		v := dream.NewVocabulary(all)
		for _, w := range append(v.Words(), v.Examples(100)...) {
			if _, ok := v.Find(w); !ok {
				t.Errorf("of %d labels, %s is offered and unknown", len(all), w)
			}
		}
		if n := len(v.Examples(6)); n != 6 {
			t.Errorf("%d examples", n)
		}
	}
}

// Labels without numbers of WordNet are known by their names.
func TestOtherNetworksAreKnownByTheirNames(t *testing.T) {
	v := dream.NewVocabulary([]classifier.Label{{ID: "0", Names: []string{"red apple"}}, {ID: "1", Names: []string{"dog"}}})
	for word, want := range map[string]bool{"red apples": true, "dogs": true, "apple": false, "animal": false} {
		if _, ok := v.Find(word); ok != want {
			t.Errorf("%s known: %v", word, ok)
		}
	}
}

func FuzzLookup(f *testing.F) {
	for _, s := range []string{"", "birds", "a", "the the", "ﬁsh", "e\u0301", "'s", strings.Repeat("s", 200), "\xff\xfe", "ies"} {
		f.Add(s)
	}
	v := dream.NewVocabulary(labels(f))
	f.Fuzz(func(t *testing.T, word string) {
		m, err := v.Lookup(word)
		if (err == nil) != (len(m.Terms) > 0) {
			t.Fatalf("%q: %v, %v", word, m, err)
		}
		if better, ok := v.Correct(word); ok && better == "" {
			t.Fatalf("%q is corrected to nothing", word)
		}
	})
}

package lexicon_test

import (
	"strings"
	"testing"

	"slugpuppy/dream/lexicon"
)

func TestWordsThatExistAreFound(t *testing.T) {
	for word, want := range map[string]bool{
		"banana": true, "dram": true, "dreams": true, "oxen": true, "castles": true, "bananas": true, "everywhere": true, "ice cream": true, "color": true, "bandana": true, "a": true,
		"qzx": false, "bananna": false, "brids": false, "": false, "octvaes": false, "swril": false, "banana dog": false,
	} {
		if got := lexicon.Exists(word); got != want {
			t.Errorf("%q exists: %v", word, got)
		}
	}
}

func TestWordsAreThingsOrSayHowThingsAre(t *testing.T) {
	for _, word := range []string{"dog", "hot dog", "quasar", "castle"} {
		if !lexicon.IsThing(word) || lexicon.IsAdverb(word) {
			t.Errorf("%s is no thing", word)
		}
	}
	for _, word := range []string{"everywhere", "really", "often"} {
		if lexicon.IsThing(word) || !lexicon.IsAdverb(word) {
			t.Errorf("%s is a thing or no adverb", word)
		}
	}
	for _, word := range []string{"red", "golden", "flying", "beautiful", "swim", "qzx"} {
		if lexicon.IsThing(word) && word != "swim" || lexicon.IsAdverb(word) {
			t.Errorf("%s is a thing or an adverb", word)
		}
	}
}

// A meaning is named by a word that lies above it and by what it is.
func TestNounsMeanWhatAPictureOfThemShows(t *testing.T) {
	for noun, kind := range map[string]string{
		"dog": "animal", "tiger": "animal", "whale": "animal", "lobster": "animal", "cherry": "fruit", "apple": "fruit", "squash": "vegetable",
		"table": "furniture", "castle": "building", "banana": "fruit", "sea lion": "animal", "nurse": "person", "tulip": "plant",
		"thursday": "", "running": "", "beautiful": "", "success": "", "hope": "",
	} {
		got := lexicon.Meaning(noun)
		if kind == "" {
			if got != 0 {
				t.Errorf("%q means %v", noun, got)
			}
			continue
		}
		if want := kinds[kind]; !got.Is(want) {
			t.Errorf("%q means %v, which is no %s", noun, got, kind)
		}
	}
}

var kinds = map[string]lexicon.Synset{"animal": 15388, "fruit": 7705931, "vegetable": 7707451, "furniture": 3405725, "building": 2913152,
	"bread": 7679356, "person": 7846, "plant": 17222}

func TestSynsetsAreReadAndLieBelowOthers(t *testing.T) {
	beagle, ok := lexicon.ParseSynset("n02088364")
	if !ok || beagle.String() != "n02088364" {
		t.Fatalf("read %v, %v", beagle, ok)
	}
	dog := lexicon.Meaning("dog")
	if !beagle.Is(dog) || dog.Is(beagle) {
		t.Error("a beagle is a dog and not the other way round")
	}
	if steps := beagle.Above(); steps[beagle] != 0 || steps[dog] < 2 {
		t.Errorf("steps up: %d to itself, %d to dog", steps[beagle], steps[dog])
	}
	if n := dog.Breadth(); n < 110 || n > 300 || beagle.Breadth() != 1 {
		t.Errorf("%d kinds of dogs, %d of beagles", n, beagle.Breadth())
	}
	for _, id := range []string{"", "n1", "n00000001", "02088364", "nabcdefgh", "n99999999"} {
		if s, ok := lexicon.ParseSynset(id); ok {
			t.Errorf("%q was read as %v", id, s)
		}
	}
	if car := lexicon.Meaning("car"); car.Is(lexicon.Meaning("container")) {
		t.Error("a car is a container")
	}
}

func FuzzLook(f *testing.F) {
	for _, s := range []string{"", "a", "zygote", "\x00", "\xff", strings.Repeat("z", 1000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if lexicon.Meaning(word) != 0 && !lexicon.Exists(word) {
			t.Fatalf("%q means something and does not exist", word)
		}
	})
}

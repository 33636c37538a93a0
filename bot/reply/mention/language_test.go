package mention_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/classifier"
	"slugpuppy/dream/lexicon"
)

// fewestOther is how many phrases there are at least of each language beside English.
const fewestOther = 40

func TestOtherLanguagesAreReadAsTheyAreMeant(t *testing.T) {
	for _, language := range []string{"de", "fr", "es", "ja"} {
		t.Run(language, func(t *testing.T) { readings(t, "testdata/phrases."+language+".txt", language, fewestOther) })
	}
}

// A post's language says how it is read, and no other, unless all it says is of another.
func TestWordsAreReadInThePostsLanguage(t *testing.T) {
	for _, c := range []struct{ language, text, want string }{
		{"de", "mehr Vögel", "dream; +bird"},
		{"de-AT", "mehr Vögel", "dream; +bird"},
		{"DE", "mehr Vögel", "dream; +bird"},
		{"", "more birds", "dream; +bird"},
		{"pt", "more birds", "dream; +bird"},
		{"de", "more birds", "dream; +bird"},
		{"", "mehr Vögel bitte", "dream; +bird"},
		{"und", "sans chiens", "dream; -dog"},
		{"", "sueña con plátanos", "dream; +banana"},
		{"", "もう一度、犬なしで", "again; -dog"},
		{"", "deeper, Mimi", "deeper; unknown Mimi"},
		{"", "die chair", "nothing"},
		{"", "imagin a banana", "imagine; +banana; read imagin as imagine"},
		{"pt", "mehr Vögel", "nothing"},
		{"en", "träum das bitte", "dream"},
		{"en", "déjame en paz", "stop"},
		{"en", "die chair", "nothing"}, // no article here
		{"en", "fort", "nothing"},
	} {
		if got := reading(c.text, c.language); got != sorted(c.want) {
			t.Errorf("%s in %q is %s, want %s", c.text, c.language, got, c.want)
		}
	}
}

// Every label but the breeds of dogs has a name in every language, by which it, or a kind of it, is found.
func TestLabelsHaveNamesInEveryLanguage(t *testing.T) {
	n, err := classifier.Default()
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("lang/things.txt")
	if err != nil {
		t.Fatal(err)
	}
	named := map[int]bool{}
	for line := range strings.Lines(string(table)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 2 || cells[0][0] == '#' {
			continue
		}
		if len(cells) != 5 {
			t.Errorf("%d languages: %s", len(cells), line)
		}
		m, err := vocabulary().Lookup(strings.TrimSpace(cells[0]))
		if err != nil {
			continue // of other networks; said like any word that this one lacks
		}
		for _, l := range vocabulary().Labels(m.Terms) {
			named[l] = true
		}
	}
	for i, l := range n.Labels() {
		if s, ok := lexicon.ParseSynset(l.ID); ok && !s.Is(lexicon.Meaning("dog")) && !named[i] {
			t.Errorf("%s has no name in other languages", l.Names[0])
		}
	}
}

func TestThePackedTablesAreThoseOfTheFolder(t *testing.T) {
	files, err := filepath.Glob("lang/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	packed := mention.Tables()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if packed[filepath.Base(file)] != string(text) {
			t.Errorf("%s is packed otherwise: run go generate ./bot/reply/mention", file)
		}
	}
}

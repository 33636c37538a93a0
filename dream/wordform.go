package dream

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// normal is the form under which a word is kept: lower case, no accents, no article, no
// possessive, words parted by single spaces.
func normal(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(cut(s))) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’':
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(b.String())
	for len(words) > 1 && articles[words[0]] {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

var articles = map[string]bool{"a": true, "an": true, "the": true, "some": true, "my": true, "any": true, "of": true}

// maxWord is the longest word looked at, in runes.
const maxWord = 48

func cut(s string) string {
	n := 0
	for i := range s {
		if n == maxWord {
			return s[:i]
		}
		n++
	}
	return s
}

// irregular plurals that no ending explains.
var irregular = map[string]string{
	"geese": "goose", "oxen": "ox", "mice": "mouse", "dormice": "dormouse", "lice": "louse", "dice": "die", "wolves": "wolf",
	"men": "man", "women": "woman", "children": "child", "people": "person", "feet": "foot", "teeth": "tooth",
	"fungi": "fungus", "cacti": "cactus", "octopi": "octopus", "nuclei": "nucleus", "larvae": "larva", "koi": "goldfish",
	"doggies": "doggy", "puppies": "puppy", "kitties": "kitty", "stuccoes": "stucco", "loaves": "loaf",
}

// endings of plurals and what the singular has instead.
var endings = []struct{ plural, singular string }{
	{"ies", "y"}, {"ves", "f"}, {"ves", "fe"}, {"sses", "ss"}, {"shes", "sh"}, {"ches", "ch"}, {"xes", "x"},
	{"zes", "z"}, {"oes", "o"}, {"ses", "s"}, {"men", "man"}, {"s", ""},
}

// shortestStem is the shortest singular that an s makes a plural of: gas and bus are none.
const shortestStem = 3

// singulars are the forms a normal word may have in the table, most likely first: itself, then
// without an ending of the plural. A possessive has lost its apostrophe and looks like one.
func singulars(word string) []string {
	out := []string{word}
	head, last := "", word
	if i := strings.LastIndexByte(word, ' '); i >= 0 {
		head, last = word[:i+1], word[i+1:]
	}
	if s, ok := irregular[last]; ok {
		out = append(out, head+s)
	}
	for _, e := range endings {
		stem, ok := strings.CutSuffix(last, e.plural)
		if ok && len(stem)+len(e.singular) >= shortestStem && !strings.HasSuffix(stem, "s") && !strings.HasSuffix(last, "us") {
			out = append(out, head+stem+e.singular)
		}
	}
	return out
}

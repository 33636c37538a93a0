package dream

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"slugpuppy/classifier"
	"slugpuppy/dream/spelling"
)

// synonyms is the table of words people use for what the network knows.
//
//go:embed words.txt
var synonyms string

// Vocabulary turns words as people type them into labels of the network.
type Vocabulary struct {
	labels map[string][]int // normal form of a word -> labels, rising
	words  []string         // what a person may be offered, sorted
}

// UnknownWord is a word that stands for nothing the network knows.
type UnknownWord struct {
	Word    string    // as asked for, tidied
	Nearest [3]string // by spelling, best first
}

// Error names the word and what comes near it.
func (e *UnknownWord) Error() string {
	return fmt.Sprintf("unknown word %q, nearest are %s", e.Word, strings.Join(e.Nearest[:], ", "))
}

// Meant is the nearest word, if the unknown one looks like a slip of the finger on it.
func (e *UnknownWord) Meant() (string, bool) {
	return e.Nearest[0], spelling.Slip(e.Word, e.Nearest[0])
}

// NewVocabulary knows the labels' names, their plurals and the words of the built-in table
// that stand for them. Table entries about labels that are missing are left out.
func NewVocabulary(labels []classifier.Label) *Vocabulary {
	v := &Vocabulary{labels: map[string][]int{}}
	first := map[string]int{} // by first name, which is how the table points at labels
	for i, l := range labels {
		for n, name := range l.Names {
			key := normal(name)
			if n == 0 {
				first[key] = i
				v.words = append(v.words, strings.ToLower(name))
			}
			v.add(key, i)
		}
	}
	for word, names := range synonymTable(synonyms) {
		known := v.resolve(first, names)
		if len(known) == 0 {
			continue
		}
		v.words = append(v.words, word)
		v.labels[normal(word)] = nil // the table knows better than a stray second name, as "pole"
		v.add(normal(word), known...)
	}
	slices.Sort(v.words)
	v.words = slices.Compact(v.words)
	return v
}

func (v *Vocabulary) add(key string, labels ...int) {
	all := append(v.labels[key], labels...)
	slices.Sort(all)
	v.labels[key] = slices.Compact(all)
}

// resolve finds labels by first name and, after "=", what an earlier word stands for.
func (v *Vocabulary) resolve(first map[string]int, names []string) []int {
	var out []int
	for _, name := range names {
		if word, ok := strings.CutPrefix(name, "="); ok {
			out = append(out, v.labels[normal(word)]...)
		} else if i, ok := first[normal(name)]; ok {
			out = append(out, i)
		}
	}
	return out
}

// synonymTable yields words and what they stand for, in the file's order.
func synonymTable(table string) func(yield func(string, []string) bool) {
	return func(yield func(string, []string) bool) {
		for line := range strings.Lines(table) {
			word, names, ok := strings.Cut(strings.TrimSpace(line), ":")
			if !ok || strings.HasPrefix(word, "#") {
				continue
			}
			list := strings.Split(names, ",")
			for i := range list {
				list[i] = strings.TrimSpace(list[i])
			}
			if !yield(word, list) {
				return
			}
		}
	}
}

// Lookup returns the labels a word stands for, as Find does. The error is an *UnknownWord; to
// find what is near takes a thousand times as long as to find a word.
func (v *Vocabulary) Lookup(word string) ([]WordTerm, error) {
	if terms, ok := v.Find(word); ok {
		return terms, nil
	}
	unknown := &UnknownWord{Word: cut(normal(word))}
	copy(unknown.Nearest[:], spelling.Nearest(unknown.Word, v.words, len(unknown.Nearest)))
	return nil, unknown
}

// Find returns the labels a word stands for, each with weight one: "banana" is one label,
// "birds" are several. Capitals, articles, plurals, hyphens and accents do not matter.
func (v *Vocabulary) Find(word string) ([]WordTerm, bool) {
	for _, form := range singulars(normal(word)) {
		if labels := v.labels[form]; len(labels) > 0 {
			terms := make([]WordTerm, len(labels))
			for i, l := range labels {
				terms[i] = WordTerm{Label: l, Weight: 1}
			}
			return terms, true
		}
	}
	return nil, false
}

// Words lists every word a person may be offered, sorted; the slice is the caller's own.
func (v *Vocabulary) Words() []string { return slices.Clone(v.words) }

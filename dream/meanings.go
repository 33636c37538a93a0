package dream

import (
	_ "embed"
	"strings"
)

// meanings is the table of what words mean where neither labels nor WordNet say it right.
//
//go:embed words.txt
var meanings string

// reading is one line's word: what it means.
type reading struct {
	things []string // labels by first name, nouns, synsets
	shown  string   // what people are told it was read as, "" for nothing
}

// table is words.txt.
type table struct {
	order    []string             // words with readings, in the file's order
	readings map[string][]reading // by normal form; the first that the network knows counts
	near     map[string][]string
	void     map[string]bool
}

// readTable reads the format that words.txt explains.
func readTable(text string) table {
	t := table{readings: map[string][]reading{}, near: map[string][]string{}, void: map[string]bool{}}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if words, ok := strings.CutPrefix(line, "- "); ok {
			for _, w := range list(words) {
				t.void[normal(w)] = true
			}
			continue
		}
		i := strings.IndexAny(line, ":~?")
		words, things := line[:i], list(line[i+1:])
		words, shown, _ := strings.Cut(words, "=")
		for _, w := range list(words) {
			key := normal(w)
			if line[i] != ':' {
				t.near[key] = append(t.near[key], things...)
				t.void[key] = t.void[key] || line[i] == '~'
				continue
			}
			if t.readings[key] == nil {
				t.order = append(t.order, w)
			}
			t.readings[key] = append(t.readings[key], reading{things, strings.TrimSpace(shown)})
		}
	}
	return t
}

// list is what stands between commas; what is in brackets is for people.
func list(s string) []string {
	var out []string
	for item := range strings.SplitSeq(s, ",") {
		item, _, _ = strings.Cut(item, "(")
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// What a word is: lexicon.go has the same bits.
const (
	thing   byte = 1 << iota // a noun, and no adjective
	adverb                   // and nothing else
	vouched                  // every English word that is one slip of the finger away is in the book, too
)

// entry is a word, or several with spaces between, and its meaning if it has one.
type entry struct {
	class   byte
	meaning string // of a node, "" for none
}

// book is what is written.
type book struct {
	entries map[string]*entry
	nodes   map[string]*node
	nouns   int
}

// node is a synset that networks have labels of or below, or a place beside those.
type node struct {
	offset  int // in WordNet's file, 0 for a place
	parents []string
	breadth int // how many synsets of WordNet lie below it, itself included
}

// imagenet are the thousand classes that nearly all networks know (ILSVRC 2012), some by names that
// nobody types; grammar are words of requests.
var (
	//go:embed imagenet.txt
	imagenet string
	//go:embed grammar.txt
	grammar string
)

// sources is where the words are from.
type sources struct {
	nouns *wordnet
	words map[string]int             // of SCOWL, with their sizes
	kinds map[string]map[string]bool // kind of word -> words of WordNet
	// names are those of labels and the words that the program explains itself: what people may mean
	// whose finger slipped.
	names []string
}

// newBook takes the nouns that people know and the words that might be taken for slips.
func newBook(s sources) (*book, error) {
	b := &book{entries: map[string]*entry{}, nodes: map[string]*node{}}
	for label := range strings.FieldsSeq(imagenet) {
		offset, err := strconv.Atoi(label)
		if _, ok := s.nouns.synsets[offset]; err != nil || !ok {
			return nil, fmt.Errorf("imagenet.txt: no synset %q", label)
		}
		b.keep(s.nouns, offset)
	}
	for offset, n := range s.nouns.breadths() {
		if known := b.nodes[name(offset)]; known != nil {
			known.breadth = n
		}
	}
	b.addNouns(s)
	b.vouch(s)
	b.classify(s)
	return b, nil
}

func name(offset int) string { return strconv.Itoa(offset) }

// keep takes a synset and all above it.
func (b *book) keep(nouns *wordnet, offset int) {
	if b.nodes[name(offset)] != nil {
		return
	}
	n := &node{offset: offset}
	b.nodes[name(offset)] = n
	for _, p := range nouns.synsets[offset].parents {
		b.keep(nouns, p)
		n.parents = append(n.parents, name(p))
	}
}

// Sizes of SCOWL that nouns of one word, and the words of longer ones, may have.
const (
	commonNoun   = 60
	commonWords  = 50
	longestLemma = 5
)

// addNouns takes every noun that has a meaning. One of several words is needed only where its last words
// would be read as something that it is not, as a hot dog, or for a meaning that networks know.
func (b *book) addNouns(s sources) {
	meanings := map[string]int{}
	for lemma := range s.nouns.lemmas {
		m := s.nouns.meaning(lemma)
		if m != 0 && (b.nodes[name(m)] != nil || common(lemma, s.words)) {
			meanings[lemma] = m
		}
	}
	for lemma, m := range meanings {
		if strings.Contains(lemma, " ") && b.nodes[name(m)] == nil && !b.misleads(s.nouns, lemma, m, meanings) {
			continue
		}
		b.entries[lemma] = &entry{meaning: b.place(s.nouns, m)}
		b.nouns++
	}
}

func common(lemma string, words map[string]int) bool {
	most := commonNoun
	parts := strings.Fields(lemma)
	if len(parts) > 1 {
		most = commonWords
	}
	return len(parts) <= longestLemma && !slices.ContainsFunc(parts, func(w string) bool {
		size, ok := words[w]
		return !ok || size > most
	})
}

// misleads says whether the last words of a name have a meaning that networks know, and the name another.
func (b *book) misleads(nouns *wordnet, lemma string, meaning int, meanings map[string]int) bool {
	for {
		_, rest, ok := strings.Cut(lemma, " ")
		if !ok {
			return false
		}
		lemma = rest
		if m, ok := meanings[rest]; ok {
			return !nouns.isA(meaning, m) && b.readable(nouns, m) && !slices.Equal(b.attached(nouns, meaning), b.attached(nouns, m))
		}
	}
}

// readable says whether a network may know a meaning, or a label that it is a kind of.
func (b *book) readable(nouns *wordnet, meaning int) bool {
	at := b.attached(nouns, meaning)
	return at[0] == meaning || slices.ContainsFunc(at, func(offset int) bool { return b.isLabel(offset) })
}

func (b *book) isLabel(offset int) bool {
	return slices.Contains(strings.Fields(imagenet), name(offset))
}

// attached are the lowest kept synsets at or above a meaning.
func (b *book) attached(nouns *wordnet, meaning int) []int {
	if b.nodes[name(meaning)] != nil {
		return []int{meaning}
	}
	var all []int
	for _, p := range nouns.synsets[meaning].parents {
		all = append(all, b.attached(nouns, p)...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(slices.Clone(all), func(offset int) bool {
		return slices.ContainsFunc(all, func(other int) bool { return other != offset && nouns.isA(other, offset) })
	})
}

// farthest is how many steps above a word a label may be that the word is still read as: a bumblebee is a bee.
const farthestLabel = 3

// place is the node of a meaning: its own, or a place that it shares with others that lie below the same synsets.
func (b *book) place(nouns *wordnet, meaning int) string {
	at := b.attached(nouns, meaning)
	if at[0] == meaning {
		return name(meaning)
	}
	var parents []string
	for _, offset := range at {
		if !b.isLabel(offset) || nouns.steps(meaning, offset) <= farthestLabel {
			parents = append(parents, name(offset))
			continue
		}
		for _, p := range nouns.synsets[offset].parents { // too special to be called that
			parents = append(parents, name(p))
		}
	}
	key := "below " + strings.Join(parents, " ")
	b.nodes[key] = &node{parents: parents, breadth: 1}
	return key
}

// vouch adds every word that is one slip away from one that a slip may be corrected to.
func (b *book) vouch(s sources) {
	real := func(w string) bool {
		_, ok := s.words[w]
		return ok || s.kinds["noun"][w] || s.kinds["verb"][w] || s.kinds["adj"][w] || s.kinds["adv"][w]
	}
	names := append(strings.Fields(grammar), s.names...)
	for lemma := range s.nouns.lemmas {
		if m := s.nouns.meaning(lemma); m != 0 && b.nodes[name(m)] != nil {
			names = append(names, lemma)
		}
	}
	targets := map[string]bool{}
	for _, n := range names {
		for w := range strings.FieldsSeq(strings.ReplaceAll(fold(n), "'", "")) {
			if len(w)+1 >= shortestSlip {
				targets[w] = true
			}
		}
	}
	for w := range targets {
		b.entry(w).class |= vouched
	}
	near := map[string]bool{}
	for w := range targets {
		for _, form := range []string{w, w + "s"} {
			if len(form) < shortestSlip {
				continue
			}
			for _, n := range slips(form) {
				near[n] = near[n] || real(n)
			}
		}
	}
	var plurals []string
	for w, ok := range near {
		switch {
		case ok && strings.HasSuffix(w, "s"):
			plurals = append(plurals, w)
		case ok:
			b.entry(w)
		}
	}
	slices.Sort(plurals)
	for _, w := range plurals { // a singular stands for its plural
		if b.entries[strings.TrimSuffix(w, "s")] == nil {
			b.entry(w)
		}
	}
}

func (b *book) entry(w string) *entry {
	if b.entries[w] == nil {
		b.entries[w] = &entry{}
	}
	return b.entries[w]
}

// shortestSlip is how short a word may be in which a slip is seen.
const shortestSlip = 4

// slips are all that a slip of the finger makes of a word: two letters in each other's place, one missing, one
// more, one wrong.
func slips(w string) []string {
	var out []string
	for i := range len(w) + 1 {
		if i+1 < len(w) {
			out = append(out, w[:i]+w[i+1:i+2]+w[i:i+1]+w[i+2:])
		}
		if i < len(w) {
			out = append(out, w[:i]+w[i+1:])
		}
		for c := 'a'; c <= 'z'; c++ {
			out = append(out, w[:i]+string(c)+w[i:])
			if i < len(w) {
				out = append(out, w[:i]+string(c)+w[i+1:])
			}
		}
	}
	return out
}

// commonAdverb is the size of SCOWL up to which adverbs are taken.
const commonAdverb = 50

// classify notes what words are by the indexes of WordNet that list them.
func (b *book) classify(s sources) {
	only := func(w string) bool { return !s.kinds["noun"][w] && !s.kinds["verb"][w] && !s.kinds["adj"][w] }
	for w := range s.kinds["adv"] {
		if size, ok := s.words[w]; ok && size <= commonAdverb && only(w) {
			b.entry(w).class |= adverb
		}
	}
	for w, e := range b.entries {
		if s.kinds["noun"][w] && !s.kinds["adj"][w] {
			e.class |= thing
		}
	}
}

// readKinds reads which words are nouns, verbs, adjectives and adverbs.
func readKinds(dir string) (map[string]map[string]bool, error) {
	kinds := map[string]map[string]bool{}
	for _, kind := range []string{"noun", "verb", "adj", "adv"} {
		kinds[kind] = map[string]bool{}
		err := eachLine(filepath.Join(dir, "index."+kind), func(line string) error {
			lemma, _, _ := strings.Cut(line, " ")
			kinds[kind][fold(strings.ReplaceAll(lemma, "_", " "))] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return kinds, nil
}

// order is the nodes as they are written: synsets by their offsets, then places.
func (b *book) order() []string {
	var out []string
	for key := range b.nodes {
		out = append(out, key)
	}
	slices.SortFunc(out, func(x, y string) int {
		a, c := b.nodes[x], b.nodes[y]
		return cmp.Or(cmp.Compare(min(c.offset, 1), min(a.offset, 1)), cmp.Compare(a.offset, c.offset), cmp.Compare(x, y))
	})
	return out
}

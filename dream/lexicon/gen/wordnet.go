package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// synset is a meaning in WordNet's file of nouns.
type synset struct {
	field    int // which lexicographer's file it is from, see lexnames(5WN)
	parents  []int
	instance bool // one of its kind, such as a person of history
}

// wordnet is the nouns: meanings by their offset in the file, and the meanings of each lemma, the
// commonest first.
type wordnet struct {
	synsets map[int]synset
	lemmas  map[string][]int
}

// cut are hypernyms that are no help to anybody: a car is no container, mash no potato.
var cut = map[[2]int]bool{
	{4576211, 3094503}: true, // wheeled vehicle -> container
	{7711569, 7710616}: true, // mashed potato -> potato
}

func readNouns(dir string) (*wordnet, error) {
	w := &wordnet{synsets: map[int]synset{}, lemmas: map[string][]int{}}
	err := eachLine(filepath.Join(dir, "data.noun"), func(line string) error {
		data, _, _ := strings.Cut(line, "|")
		return w.addSynset(strings.Fields(data))
	})
	if err != nil {
		return nil, err
	}
	return w, eachLine(filepath.Join(dir, "index.noun"), func(line string) error { return w.addLemma(strings.Fields(line)) })
}

// eachLine calls f with the lines of a file but for the licence, which is indented.
func eachLine(file string, f func(string) error) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "  ") {
			continue
		}
		if err := f(lines.Text()); err != nil {
			return fmt.Errorf("%s: %w: %.60s", file, err, lines.Text())
		}
	}
	return lines.Err()
}

// addSynset reads: offset field type words(hex) {word id} pointers {symbol offset type source/target}.
func (w *wordnet) addSynset(f []string) error {
	offset, err := strconv.Atoi(f[0])
	if err != nil {
		return err
	}
	field, err := strconv.Atoi(f[1])
	if err != nil {
		return err
	}
	words, err := strconv.ParseInt(f[3], 16, 0)
	if err != nil {
		return err
	}
	at := 4 + 2*int(words)
	pointers, err := strconv.Atoi(f[at])
	if err != nil {
		return err
	}
	s := synset{field: field}
	for p := f[at+1:]; pointers > 0; p, pointers = p[4:], pointers-1 {
		if p[0] != "@" && p[0] != "@i" {
			continue
		}
		parent, err := strconv.Atoi(p[1])
		if err != nil {
			return err
		}
		s.instance = s.instance || p[0] == "@i"
		if !cut[[2]int{offset, parent}] {
			s.parents = append(s.parents, parent)
		}
	}
	w.synsets[offset] = s
	return nil
}

// addLemma reads: lemma type synsets pointers {symbol} senses tagged {offset}.
func (w *wordnet) addLemma(f []string) error {
	pointers, err := strconv.Atoi(f[3])
	if err != nil {
		return err
	}
	lemma := fold(strings.ReplaceAll(f[0], "_", " "))
	for _, s := range f[4+pointers+2:] {
		offset, err := strconv.Atoi(s)
		if err != nil {
			return err
		}
		w.lemmas[lemma] = append(w.lemmas[lemma], offset)
	}
	return nil
}

// Fields of WordNet whose meanings can be in a picture, and how much their meanings count against
// commoner ones of the same word: who asks for a picture of a tiger means the animal, though the
// fierce person comes first.
var fields = map[int]float64{
	3:  0,    // tops: animal, plant, food and the like, if physical
	5:  -0.6, // animal
	6:  0,    // artifact
	8:  0,    // body
	13: 0.5,  // food
	17: 0,    // object
	18: 1.5,  // person
	19: 0,    // phenomenon
	20: 0,    // plant
	27: 0.5,  // substance
}

// produce is fruit and vegetables as food, which are meant before the plants and the woods that have the same name.
var produce = []int{7705931, 7707451}

const produceFirst = 3

// farthest is the most a meaning may cost: a success that is a person is none that people think of.
const farthest = 3

// physical is the synset above all that can be seen.
const physical = 1930

// meaning is what a picture of a lemma would show, 0 for what no picture shows.
func (w *wordnet) meaning(lemma string) int {
	best, least := 0, 0.0
	for rank, offset := range w.lemmas[lemma] {
		s := w.synsets[offset]
		cost, concrete := fields[s.field]
		if !concrete || s.instance || s.field == 3 && !w.isA(offset, physical) {
			continue
		}
		cost += float64(rank)
		if s.field == 13 && slices.ContainsFunc(produce, func(p int) bool { return w.isA(offset, p) }) {
			cost -= produceFirst
		}
		if cost <= farthest && (best == 0 || cost < least) {
			best, least = offset, cost
		}
	}
	return best
}

// isA says whether a synset is another or below it.
func (w *wordnet) isA(offset, other int) bool {
	return offset == other || slices.ContainsFunc(w.synsets[offset].parents, func(p int) bool { return w.isA(p, other) })
}

// steps is how far a synset is below another, one that is above it.
func (w *wordnet) steps(offset, above int) int {
	for n, row := 0, []int{offset}; ; n++ {
		if slices.Contains(row, above) {
			return n
		}
		var next []int
		for _, o := range row {
			next = append(next, w.synsets[o].parents...)
		}
		row = next
	}
}

// breadths are how many synsets lie below each, itself included.
func (w *wordnet) breadths() map[int]int {
	n := map[int]int{}
	for offset := range w.synsets {
		seen := map[int]bool{}
		var climb func(int)
		climb = func(at int) {
			if !seen[at] {
				seen[at] = true
				n[at]++
				for _, p := range w.synsets[at].parents {
					climb(p)
				}
			}
		}
		climb(offset)
	}
	return n
}

package dream

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"slugpuppy/classifier"
	"slugpuppy/dream/lexicon"
)

// Vocabulary turns words as people type them into labels of the network, and kinds of them: words
// mean what they say. A word is what the network has a label of, or a kind of thing that labels
// belong to; what is a kind of a label itself, or has another meaning than the usual, is read too and
// people are told. It is safe for concurrent use.
type Vocabulary struct {
	labels []classifier.Label
	names  map[string][]int // normal form of a name -> labels, rising
	table  table
	kinds  func() *kinds
	spelt  func() map[string]bool // words that names are made of, for slips
}

// Meaning is what a word stands for.
type Meaning struct {
	Terms []WordTerm // each with weight one
	As    string     // what it was read as, when that is not what was typed
}

// UnknownWord is a word that stands for nothing the network knows.
type UnknownWord struct {
	Word    string   // as asked for, tidied
	Nearest []string // up to three that are known and come nearest in meaning, best first
	Known   []string // some that are known, when nothing is near
	Thing   bool     // it means something that can be seen
}

// Error names the word and what comes near it.
func (e *UnknownWord) Error() string {
	if len(e.Nearest) == 0 {
		return fmt.Sprintf("unknown word %q", e.Word)
	}
	return fmt.Sprintf("unknown word %q, nearest are %s", e.Word, strings.Join(e.Nearest, ", "))
}

// NewVocabulary knows the labels' names and what WordNet and the built-in table say of them. Table
// entries about labels that are missing are left out.
func NewVocabulary(labels []classifier.Label) *Vocabulary {
	v := &Vocabulary{labels: labels, names: map[string][]int{}, table: readTable(meanings)}
	for i, l := range labels {
		if !l.Thing() {
			continue
		}
		for _, name := range l.Names {
			key := normal(name)
			v.names[key] = append(v.names[key], i)
		}
	}
	v.kinds = sync.OnceValue(func() *kinds { return newKinds(labels) })
	v.spelt = sync.OnceValue(v.allWords)
	return v
}

// Lookup returns what a word stands for, as Find does. The error is an *UnknownWord; to find what is
// near takes a thousand times as long as to find a word.
func (v *Vocabulary) Lookup(word string) (Meaning, error) {
	if m, ok := v.Find(word); ok {
		return m, nil
	}
	return Meaning{}, v.unknown(word)
}

// Find returns what a word, or a name of several words, stands for: "banana" is one label, "birds"
// are several. Capitals, articles, plurals, hyphens and accents do not matter.
func (v *Vocabulary) Find(word string) (Meaning, bool) {
	key := normal(word)
	forms := singulars(key)
	for _, form := range forms {
		if m, ok := v.named(form); ok {
			return m, true
		}
	}
	for _, form := range append(forms[1:], key) { // the cows are cows before they are cattle
		if m, ok := v.meant(form); ok {
			return m, true
		}
	}
	return Meaning{}, false
}

// named is what the table or a label's name says of a word.
func (v *Vocabulary) named(form string) (Meaning, bool) {
	for _, r := range v.table.readings[form] {
		if m := v.read(form, r); len(m.Terms) > 0 {
			return m, true
		}
	}
	if v.table.void[form] || len(v.names[form]) == 0 {
		return Meaning{}, false
	}
	labels := v.names[form]
	if s := lexicon.Meaning(form); s != 0 { // of a plane's two meanings the usual one, if there is any of it
		usual := v.kinds().below[s]
		if len(usual) > 0 && !slices.ContainsFunc(labels, func(l int) bool { return slices.Contains(usual, l) }) {
			return v.kind(form, s), true
		}
		if both := slices.DeleteFunc(slices.Clone(labels), func(l int) bool { return !slices.Contains(usual, l) }); len(both) > 0 {
			labels = both
		}
	}
	return Meaning{Terms: labelTerms(labels)}, true
}

// meant is what WordNet says of a noun.
func (v *Vocabulary) meant(form string) (Meaning, bool) {
	if v.table.void[form] || v.table.readings[form] != nil {
		return Meaning{}, false
	}
	s := lexicon.Meaning(form)
	if s == 0 {
		return Meaning{}, false
	}
	if len(v.kinds().below[s]) > 0 {
		return v.kind(form, s), true
	}
	if l, ok := v.label(s); ok {
		return Meaning{labelTerms([]int{l}), v.labels[l].Names[0]}, true
	}
	return Meaning{}, false
}

// kind is a word for a kind of thing. One that the network has a single sort of is told as that,
// unless its name says it: a king penguin is a penguin.
func (v *Vocabulary) kind(form string, s lexicon.Synset) Meaning {
	labels := v.kinds().below[s]
	if len(labels) > 1 {
		return Meaning{Terms: []WordTerm{{Kind: s, Weight: 1}}}
	}
	return Meaning{Terms: labelTerms(labels), As: v.told(form, labels[0])}
}

// told is what people are told that a word was read as, "" if a name of the label has the word.
func (v *Vocabulary) told(form string, label int) string {
	for _, name := range v.labels[label].Names {
		if strings.Contains(" "+normal(name)+" ", " "+form+" ") {
			return ""
		}
	}
	return v.labels[label].Names[0]
}

// mostGeneral is how many steps above a word its label may be: a bumblebee is a bee.
const mostGeneral = 3

// label finds the label that a special meaning is a kind of.
func (v *Vocabulary) label(s lexicon.Synset) (int, bool) {
	best, least := 0, mostGeneral+1
	steps := s.Above()
	for i, own := range v.kinds().synsets {
		if n, ok := steps[own]; ok && own != 0 && n < least {
			best, least = i, n
		}
	}
	return best, least <= mostGeneral
}

func labelTerms(labels []int) []WordTerm {
	terms := make([]WordTerm, len(labels))
	for i, l := range labels {
		terms[i] = WordTerm{Label: l, Weight: 1}
	}
	return terms
}

// read is what a line of the table means in this network.
func (v *Vocabulary) read(form string, r reading) Meaning {
	m := Meaning{As: r.shown}
	for _, thing := range r.things {
		for _, t := range v.thing(form, thing, &m) {
			if !slices.Contains(m.Terms, t) {
				m.Terms = append(m.Terms, t)
			}
		}
	}
	switch {
	case len(m.Terms) > 1:
		m.As = r.shown
	case len(m.Terms) == 1 && len(r.things) > 1 && m.As == "" && m.Terms[0].Kind == 0: // of bread only the pretzel
		m.As = v.told(form, m.Terms[0].Label)
	}
	return m
}

// thing is a label by its first name, whatever there is at or below a synset, or labels by other names.
func (v *Vocabulary) thing(form, name string, m *Meaning) []WordTerm {
	for _, i := range v.names[normal(name)] {
		if v.labels[i].Names[0] == name {
			return labelTerms([]int{i})
		}
	}
	s, ok := lexicon.ParseSynset(name)
	if !ok {
		s = lexicon.Meaning(normal(name))
	}
	if len(v.kinds().below[s]) == 0 {
		return labelTerms(v.names[normal(name)]) // by another name of theirs
	}
	kind := v.kind(form, s)
	m.As = cmp.Or(m.As, kind.As)
	return kind.Terms
}

// Labels are what terms are about, rising: all of a kind.
func (v *Vocabulary) Labels(terms []WordTerm) []int {
	var out []int
	for _, t := range terms {
		if t.Kind == 0 {
			out = append(out, t.Label)
		} else {
			out = append(out, v.kinds().below[t.Kind]...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Names are up to n labels of those that terms are about, by the names people know, the best known first.
func (v *Vocabulary) Names(terms []WordTerm, n int) []string {
	return v.firstNames(v.kinds().typical(v.Labels(terms), n))
}

// Examples are up to n labels of all kinds.
func (v *Vocabulary) Examples(n int) []string {
	var all []int
	for i, l := range v.labels {
		if l.Thing() {
			all = append(all, i)
		}
	}
	return v.firstNames(v.kinds().typical(all, n))
}

// Label is the first name of a label, "" where there is none of that number.
func (v *Vocabulary) Label(n int) string {
	if n < 0 || n >= len(v.labels) {
		return ""
	}
	return v.labels[n].Names[0]
}

// Size is how many labels there are.
func (v *Vocabulary) Size() int { return len(v.labels) }

func (v *Vocabulary) firstNames(labels []int) []string {
	var out []string
	for _, l := range labels {
		if name := v.labels[l].Names[0]; !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// mostNear is how many words an unknown one is answered with.
const mostNear = 3

// unknown finds what comes nearest in meaning.
func (v *Vocabulary) unknown(word string) *UnknownWord {
	key := normal(word)
	e := &UnknownWord{Word: cut(key)}
	add := func(names ...string) {
		for _, n := range names {
			if len(e.Nearest) < mostNear && !slices.Contains(e.Nearest, n) && normal(n) != key {
				e.Nearest = append(e.Nearest, n)
			}
		}
	}
	forms := singulars(key)
	for _, form := range forms {
		for _, thing := range v.table.near[form] {
			if _, ok := v.Find(thing); ok {
				add(thing)
			}
		}
	}
	for _, form := range append(forms[1:], key) {
		add(v.firstNames(v.names[form])...)
		if s := v.sense(form); s != 0 {
			add(v.firstNames(v.around(s, mostNear))...)
			break
		}
	}
	if len(e.Nearest) == 0 {
		add(v.firstNames(v.naming(forms[len(forms)-1]))...)
	}
	e.Thing = slices.ContainsFunc(forms, func(f string) bool {
		return v.table.near[f] != nil || !v.table.void[f] && (v.sense(f) != 0 || len(v.naming(f)) > 0)
	})
	if len(e.Nearest) == 0 && !lexicon.Exists(key) {
		add(v.slips(key)...)
	}
	if len(e.Nearest) == 0 {
		e.Known = v.Examples(mostNear)
	}
	return e
}

// naming are labels that have the word in a name of theirs.
func (v *Vocabulary) naming(word string) []int {
	var out []int
	for i, l := range v.labels {
		if l.Thing() && slices.ContainsFunc(l.Names, func(n string) bool { return slices.Contains(strings.Fields(normal(n)), word) }) {
			out = append(out, i)
		}
	}
	return v.kinds().typical(out, mostNear)
}

// sense is what a word means, known to the network or not.
func (v *Vocabulary) sense(form string) lexicon.Synset {
	for _, r := range v.table.readings[form] {
		for _, thing := range r.things {
			if s, ok := lexicon.ParseSynset(thing); ok {
				return s
			}
			if s := lexicon.Meaning(normal(thing)); s != 0 {
				return s
			}
		}
	}
	return lexicon.Meaning(form)
}

// tooBroad are kinds that things have nothing in common for being of: substance, artifact, living thing
// and the like. Who asks for blood would not have espresso.
var tooBroad = map[lexicon.Synset]bool{1740: true, 1930: true, 2684: true, 3553: true, 4258: true, 4475: true, 7347: true, 19128: true, 19613: true,
	20827: true, 20090: true, 21939: true, 2137: true, 23100: true, 24264: true, 27167: true, 31921: true, 7846: true}

// around are the n labels nearest to a meaning: those that share the most special kind with it, of
// these the ones with the fewest steps to it (Resnik, IJCAI 1995, with numbers of kinds for frequencies).
func (v *Vocabulary) around(s lexicon.Synset, n int) []int {
	k := v.kinds()
	if below := k.below[s]; len(below) > 0 { // a word too general to be read
		return k.typical(below, n)
	}
	type near struct{ label, breadth, steps, place int }
	own := s.Above()
	var all []near
	for l, other := range k.synsets {
		if other == 0 {
			continue
		}
		best := near{label: l, breadth: -1, place: slices.Index(drawnWell, other)}
		if best.place < 0 {
			best.place = len(drawnWell)
		}
		for above, steps := range other.Above() {
			up, shared := own[above]
			if b := above.Breadth(); shared && !tooBroad[above] && (best.breadth < 0 || b < best.breadth || b == best.breadth && up+steps < best.steps) {
				best.breadth, best.steps = b, up+steps
			}
		}
		if best.breadth >= 0 {
			all = append(all, best)
		}
	}
	slices.SortFunc(all, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.breadth, b.breadth), cmp.Compare(a.steps, b.steps), cmp.Compare(a.place, b.place), cmp.Compare(a.label, b.label))
	})
	var out []int
	for _, x := range all[:min(n, len(all))] {
		out = append(out, x.label)
	}
	return out
}

// Words lists the names of labels and the words of the table that this network knows, sorted; the
// slice is the caller's own. Other words for kinds of things are known as well.
func (v *Vocabulary) Words() []string {
	var out []string
	for _, l := range v.labels {
		if name := strings.ToLower(l.Names[0]); v.known(name) {
			out = append(out, name)
		}
	}
	for _, w := range v.table.order {
		if v.known(w) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (v *Vocabulary) known(word string) bool {
	_, ok := v.Find(word)
	return ok
}

package dream

import (
	"slices"
	"strings"

	"slugpuppy/dream/lexicon"
)

// Lengths of words in which a slip of the finger is clear: in short ones one letter makes another word.
const (
	shortestSwap = 4 // two neighbours have changed places
	shortestSlip = 5 // a letter is missing, too many or another
	longestSlip  = 24
)

// Correct finds the word that somebody meant whose finger slipped: the only known one that is one
// letter, or a swap of neighbours, away from what is no word at all. What exists is never corrected.
func (v *Vocabulary) Correct(word string) (string, bool) {
	word = normal(word)
	if v.exists(word) {
		return "", false
	}
	for _, near := range [][]string{v.amid(swaps(word)), v.slips(word)} { // swapped letters are the clearest slip
		if len(near) == 1 {
			return near[0], true
		}
	}
	return "", false
}

// exists says whether a word is one: of English, or part of a name that is known.
func (v *Vocabulary) exists(word string) bool {
	return lexicon.Exists(word) || slices.ContainsFunc(singulars(word), func(f string) bool { return v.spelt()[f] })
}

// slips are the known words one slip away from a word, each with another meaning.
func (v *Vocabulary) slips(word string) []string {
	return v.amid(append(swaps(word), oneLetter(word)...))
}

// amid are the words among some that are known, each with another meaning, if all that English has near them is known. What is only a kind of
// something known is left out: nobody mistypes brads.
func (v *Vocabulary) amid(words []string) []string {
	var out []string
	var seen [][]WordTerm
	for _, c := range words {
		if !lexicon.IsVouched(c) || !v.exists(c) {
			continue
		}
		m, ok := v.Find(c)
		if ok && (m.As != "" || slices.ContainsFunc(seen, func(t []WordTerm) bool { return slices.Equal(t, m.Terms) })) {
			continue
		}
		if !ok && !slices.ContainsFunc(singulars(c), func(f string) bool { return v.spelt()[f] }) {
			continue
		}
		seen = append(seen, m.Terms)
		out = append(out, c)
	}
	return out
}

// allWords are the words that names and the table's words are made of.
func (v *Vocabulary) allWords() map[string]bool {
	all := map[string]bool{}
	add := func(name string) {
		for word := range strings.FieldsSeq(name) {
			if len(word) >= shortestSwap {
				all[word] = true
			}
		}
	}
	for name := range v.names {
		add(name)
	}
	for _, w := range v.table.order {
		if v.known(w) {
			add(normal(w))
		}
	}
	return all
}

// swaps is every word that two neighbours changing places turn into this one.
func swaps(word string) []string {
	if !plainWord(word) {
		return nil
	}
	var out []string
	for i := range len(word) - 1 {
		if word[i] != word[i+1] {
			out = append(out, word[:i]+word[i+1:i+2]+word[i:i+1]+word[i+2:])
		}
	}
	return out
}

// oneLetter is every word that a letter too few, too many or wrong turns into this one, in a fixed order.
func oneLetter(word string) []string {
	n := len(word)
	if n < shortestSlip || !plainWord(word) {
		return nil
	}
	var out []string
	for i := range n {
		out = append(out, word[:i]+word[i+1:])
	}
	for i := range n + 1 {
		for c := byte('a'); c <= 'z'; c++ {
			out = append(out, word[:i]+string(c)+word[i:])
			if i < n && word[i] != c {
				out = append(out, word[:i]+string(c)+word[i+1:])
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// plainWord says whether a word is of a length and of letters in which slips are looked for.
func plainWord(word string) bool {
	return len(word) >= shortestSwap && len(word) <= longestSlip && strings.IndexFunc(word, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
}

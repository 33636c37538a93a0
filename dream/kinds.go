package dream

import (
	"cmp"
	"math"
	"slices"

	"slugpuppy/classifier"
	"slugpuppy/dream/lexicon"
)

// kinds is what the labels of a network are kinds of. Labels that WordNet does not number are of no
// kind.
type kinds struct {
	synsets []lexicon.Synset         // of each label, 0 for none
	below   map[lexicon.Synset][]int // labels that are a synset or lie below it, rising
}

func newKinds(labels []classifier.Label) *kinds {
	k := &kinds{synsets: make([]lexicon.Synset, len(labels)), below: map[lexicon.Synset][]int{}}
	for i, l := range labels {
		s, ok := lexicon.ParseSynset(l.ID)
		if !ok {
			continue
		}
		k.synsets[i] = s
		for above := range s.Above() {
			k.below[above] = append(k.below[above], i)
		}
	}
	return k
}

// mostRaised is how many labels stand for a kind that is raised: the mean of many looks like none of them.
const mostRaised = 12

// expand is words as labels, in the order of a completed recipe. Where terms overlap the narrower one
// counts: "no dogs, more poodles" raises poodles.
func (k *kinds) expand(words []WordTerm) []WordTerm {
	lowered := map[int]bool{}
	for _, w := range words {
		if w.Kind != 0 && w.Weight < 0 {
			for _, l := range k.below[w.Kind] {
				lowered[l] = true
			}
		}
	}
	words = slices.Clone(words)
	slices.SortStableFunc(words, func(a, b WordTerm) int { return cmp.Compare(k.breadth(b), k.breadth(a)) })
	weights, by := map[int]float32{}, map[int]int{}
	for _, w := range words {
		breadth := k.breadth(w)
		for _, l := range k.labels(w, lowered) {
			if by[l] > breadth {
				weights[l] = 0
			}
			weights[l] += w.Weight
			by[l] = breadth
		}
	}
	var out []WordTerm
	for l, w := range weights {
		if w != 0 {
			out = append(out, WordTerm{Label: l, Weight: w})
		}
	}
	return sortedWords(out)
}

// breadth is how many labels a term is about.
func (k *kinds) breadth(w WordTerm) int {
	if w.Kind == 0 {
		return 1
	}
	return len(k.below[w.Kind])
}

// labels are what a term is about. All of a kind are lowered; to raise it, those that show it best do,
// without such as a wider term lowers.
func (k *kinds) labels(w WordTerm, lowered map[int]bool) []int {
	switch all := k.below[w.Kind]; {
	case w.Kind == 0:
		return []int{w.Label}
	case w.Weight < 0 || len(all) <= mostRaised:
		return all
	default:
		wanted := slices.DeleteFunc(slices.Clone(all), func(l int) bool { return lowered[l] })
		if len(wanted) == 0 {
			wanted = all
		}
		return k.typical(wanted, mostRaised)
	}
}

// shared is how many labels the narrowest kind has that two labels are both of; many if there is none.
func (k *kinds) shared(a, b int) int {
	if a == b {
		return 1
	}
	best, of := math.MaxInt, k.synsets[b].Above()
	for s := range k.synsets[a].Above() {
		if _, both := of[s]; both {
			best = min(best, len(k.below[s]))
		}
	}
	return best
}

// typical chooses up to n labels: those that networks draw well, or see often, as different as they
// come, then others from all over the list.
func (k *kinds) typical(labels []int, n int) []int {
	var best, others []int
	for _, s := range drawnWell {
		for _, l := range labels {
			if k.synsets[l] == s {
				best = append(best, l)
			}
		}
	}
	for _, l := range labels {
		if !slices.Contains(best, l) {
			others = append(others, l)
		}
	}
	out := evenly(best, n)
	out = append(out, evenly(others, n-len(out))...)
	slices.Sort(out)
	return out
}

// evenly takes n of a list at even distances, or all of a shorter one.
func evenly(list []int, n int) []int {
	if len(list) <= n {
		return list
	}
	out := make([]int, n)
	for i := range out {
		out[i] = list[i*len(list)/n]
	}
	return out
}

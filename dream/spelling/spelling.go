// Package spelling compares words as people mistype them.
package spelling

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// MaxRunes is the longest word compared; longer ones are cut, so that hostile input costs little.
const MaxRunes = 48

// Distance is how many letters must be inserted, dropped, replaced or swapped with their
// neighbour to turn a into b (optimal string alignment; Damerau, CACM 7(3), 1964).
func Distance(a, b string) int {
	x, y := runes(a), runes(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}

func runes(s string) []rune {
	r := []rune(s)
	return r[:min(len(r), MaxRunes)]
}

// Slip says whether typed is meant to be the word want: one mistake in a word of five letters
// or more, two in one of nine or more. Short words must be exact.
func Slip(typed, want string) bool {
	if typed == want {
		return true
	}
	n := utf8.RuneCountInString(want)
	switch d := n - utf8.RuneCountInString(typed); {
	case n < 5, d > 2, d < -2:
		return false
	}
	if n >= 9 {
		return Distance(typed, want) <= 2
	}
	return Distance(typed, want) <= 1
}

// Nearest returns the n words of a list nearest to word, best first. Among equally near ones
// those that start alike come first, then the alphabet decides.
func Nearest(word string, list []string, n int) []string {
	type near struct {
		word         string
		dist, shared int
	}
	all := make([]near, 0, len(list))
	for _, w := range list {
		all = append(all, near{w, Distance(word, w), shared(word, w)})
	}
	slices.SortFunc(all, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(b.shared, a.shared), cmp.Compare(a.word, b.word))
	})
	var out []string
	for _, w := range all[:min(n, len(all))] {
		out = append(out, w.word)
	}
	return out
}

// shared is the length of the common beginning in bytes.
func shared(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

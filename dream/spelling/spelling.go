// Package spelling compares words as people mistype them.
package spelling

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

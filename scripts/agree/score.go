package main

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"slugpuppy/dream"
	"slugpuppy/dream/lexicon"
)

// answer is what a network says of one picture: classes by their WordNet ids, the likeliest first.
type answer struct {
	five []string
	p    float64 // of the first
	sure dream.Certainty
}

// compare is how answers are to those that are taken for right, where there are any.
func compare(own, right []answer) Score {
	var s Score
	var hits []hit
	labels, kinds, labelsRight, kindsRight := 0, 0, 0, 0
	for i, a := range own {
		if len(right[i].five) == 0 {
			continue
		}
		first := right[i].five[0]
		s.Pictures++
		s.First += count(a.five[0] == first)
		s.InFive += count(slices.Contains(a.five, first))
		s.TheirFive += count(slices.Contains(right[i].five, a.five[0]))
		hits = append(hits, hit{a.p, a.five[0] == first})
		switch {
		case a.sure.Kind:
			kinds++
			kindsRight += int(count(isA(first, a.sure.What)))
		case a.sure.Known():
			labels++
			labelsRight += int(count(a.five[0] == first))
		}
	}
	n := float64(max(1, s.Pictures))
	s.First, s.InFive, s.TheirFive = round(s.First/n), round(s.InFive/n), round(s.TheirFive/n)
	s.Calibration, s.Chance = round(calibration(hits)), round(byChance(hits))
	s.SureRight, s.SureKindRight = round(share(labelsRight, labels)), round(share(kindsRight, kinds))
	return s
}

// isA says whether a class is of a kind that is said by a word.
func isA(id, word string) bool {
	s, ok := lexicon.ParseSynset(id)
	return ok && slices.ContainsFunc(dream.KindsCalled(word), s.Is)
}

// hit is how sure one was and whether one was right.
type hit struct {
	p     float64
	right bool
}

// bins of sureness, as in Guo et al., "On calibration of modern neural networks", 2017.
const bins = 15

// calibration is the expected error of calibration: how far sureness is from being right, over bins of sureness.
func calibration(hits []hit) float64 {
	var n, p, right [bins]float64
	for _, h := range hits {
		b := min(bins-1, int(h.p*bins))
		n[b]++
		p[b] += h.p
		right[b] += count(h.right)
	}
	total := 0.0
	for b := range n {
		total += math.Abs(p[b] - right[b])
	}
	return total / float64(max(1, len(hits)))
}

// byChance is the error of calibration that answers with these surenesses have on the average when they are right exactly as
// often as they say: what is left in bins of few, whatever one does.
func byChance(hits []hit) float64 {
	const draws = 500
	rng := rand.New(rand.NewPCG(1, uint64(len(hits))))
	total := 0.0
	for range draws {
		drawn := slices.Clone(hits)
		for i := range drawn {
			drawn[i].right = rng.Float64() < drawn[i].p
		}
		total += calibration(drawn)
	}
	return total / draws
}

// commonest is the part of first answers that the n commonest ones are.
func commonest(own []answer, n int) float64 {
	times := map[string]int{}
	for _, a := range own {
		times[a.five[0]]++
	}
	var all []int
	for _, c := range times {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b int) int { return cmp.Compare(b, a) })
	sum := 0
	for _, c := range all[:min(n, len(all))] {
		sum += c
	}
	return round(share(sum, len(own)))
}

func sureOf(own []answer) Sure {
	labels, kinds := 0, 0
	for _, a := range own {
		switch {
		case a.sure.Kind:
			kinds++
		case a.sure.Known():
			labels++
		}
	}
	n := len(own)
	return Sure{round(share(labels, n)), round(share(kinds, n)), round(share(n-labels-kinds, n))}
}

func count(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func share(part, of int) float64 { return float64(part) / float64(max(1, of)) }

func round(v float64) float64 { return math.Round(1e4*v) / 1e4 }

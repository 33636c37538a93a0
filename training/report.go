package training

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"slugpuppy/classifier/detector"
)

// Reports measures the usual comparisons.
func Reports(samples []detector.Sample, scores []float64) []detector.Report {
	class := func(names ...string) func(detector.Sample) bool {
		return func(s detector.Sample) bool { return slices.Contains(names, s.Class) }
	}
	var all []detector.Report
	for _, against := range []struct {
		name    string
		classes []string
	}{{"photographs and hard negatives", []string{detector.Photograph, "hard"}}, {"photographs", []string{detector.Photograph}}, {"hard negatives", []string{"hard"}}} {
		for _, dreams := range []string{"dream", "dream-weak", "classviz", own, posted} {
			r := detector.Measure(samples, scores, dreams, against.name, class(dreams), class(against.classes...))
			if r.Dreams > 0 && r.Others > 0 {
				all = append(all, r)
			}
		}
	}
	return all
}

// generated tells dreams of the corpus from those made for training.
func generated(s detector.Sample) bool { return s.Class == own || s.Class == posted }

// judging says whether a sample is a picture of the corpus itself, by which heads are judged.
func judging(s detector.Sample) bool { return s.Copy == 0 && !s.Extra && !generated(s) }

// WriteReports prints a table.
func WriteReports(w io.Writer, reports []detector.Report) {
	fmt.Fprintf(w, "%-32s %-11s %6s %6s %7s %7s %7s %7s\n", "against", "class", "n", "others", "AUC", "0.1 %", "1 %", "5 %")
	for _, r := range reports {
		fmt.Fprintf(w, "%-32s %-11s %6d %6d %7.4f %6.1f%% %6.1f%% %6.1f%%\n", r.Against, r.Class, r.Dreams, r.Others, r.AUC,
			100*r.Found[0], 100*r.Found[1], 100*r.Found[2])
	}
}

// Mistake is a picture that scored on the wrong side.
type Mistake struct {
	Sample detector.Sample
	Score  float64
}

// Worst lists the others that score highest and the clear dreams that score lowest.
func Worst(samples []detector.Sample, scores []float64, n int) (hides, misses []Mistake) {
	for i, s := range samples {
		if !judging(s) {
			continue
		}
		switch {
		case !s.Dream:
			hides = append(hides, Mistake{s, scores[i]})
		case s.Clear:
			misses = append(misses, Mistake{s, scores[i]})
		}
	}
	slices.SortStableFunc(hides, func(a, b Mistake) int { return cmp.Compare(b.Score, a.Score) })
	slices.SortStableFunc(misses, func(a, b Mistake) int { return cmp.Compare(a.Score, b.Score) })
	return hides[:min(n, len(hides))], misses[:min(n, len(misses))]
}

// Reliability is one bin of a reliability diagram.
type Reliability struct {
	Lo, Hi float64
	N      int
	Mean   float64 // score
	Dreams float64 // share that were dreams
}

// Reliabilities bins left-out scores of originals of the corpus.
func Reliabilities(samples []detector.Sample, scores []float64, bins int) []Reliability {
	all := make([]Reliability, bins)
	for i, s := range samples {
		if !judging(s) {
			continue
		}
		b := &all[min(bins-1, int(scores[i]*float64(bins)))]
		b.N++
		b.Mean += scores[i]
		if s.Dream {
			b.Dreams++
		}
	}
	for k := range all {
		all[k].Lo, all[k].Hi = float64(k)/float64(bins), float64(k+1)/float64(bins)
		if n := float64(all[k].N); n > 0 {
			all[k].Mean, all[k].Dreams = all[k].Mean/n, all[k].Dreams/n
		}
	}
	return all
}

// Confusion is what becomes of one kind of pictures.
type Confusion struct {
	Kind    string
	N       int
	Certain int // how many in each band
	Likely  int
	Worst   float64 // highest score
}

// Confusions counts bands by kind of picture, originals of the corpus only: others first, by how
// many are taken for dreams, then dreams.
func Confusions(h *detector.Head, samples []detector.Sample, scores []float64) []Confusion {
	type kind struct {
		Confusion
		dream bool
	}
	at := map[string]*kind{}
	for i, s := range samples {
		if !judging(s) {
			continue
		}
		name := cmp.Or(s.Kind, s.Class)
		k := at[name]
		if k == nil {
			k = &kind{Confusion: Confusion{Kind: name}, dream: s.Dream}
			at[name] = k
		}
		k.N++
		k.Worst = max(k.Worst, scores[i])
		switch h.Band(scores[i], detector.Usual) {
		case detector.Certain:
			k.Certain++
		case detector.Likely:
			k.Likely++
		}
	}
	share := func(k *kind) float64 { return float64(k.Certain+k.Likely) / float64(k.N) }
	order := slices.SortedFunc(maps.Values(at), func(a, b *kind) int {
		if a.dream != b.dream {
			if a.dream {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(share(b), share(a)), cmp.Compare(a.Kind, b.Kind))
	})
	var all []Confusion
	for _, k := range order {
		all = append(all, k.Confusion)
	}
	return all
}

// OrdinaryConfusions counts bands by kind of the ordinary pictures that promises were measured on.
func (f Fitted) OrdinaryConfusions() []Confusion {
	samples, scores := make([]detector.Sample, len(f.Ordinary)), make([]float64, len(f.Ordinary))
	for i, m := range f.Ordinary {
		samples[i], scores[i] = m.Sample, m.Score
	}
	return Confusions(f.Head, samples, scores)
}

// Examples picks originals of every class, by rising score, as references for explanations.
func Examples(samples []detector.Sample, scores []float64, each int) []detector.Sample {
	of := map[string][]int{}
	for i, s := range samples {
		if s.Copy == 0 {
			of[s.Class] = append(of[s.Class], i)
		}
	}
	var picked []detector.Sample
	for _, class := range slices.Sorted(maps.Keys(of)) {
		ids := of[class]
		slices.SortStableFunc(ids, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
		n := min(each, len(ids))
		for k := range n {
			picked = append(picked, samples[ids[k*len(ids)/n]])
		}
	}
	return picked
}

// Stated is what a budget of one wrong hide in so many pictures comes to.
type Stated struct {
	In float64
	detector.Promise
}

// How says how a promise is known.
func (s Stated) How() string {
	if s.Measured {
		return "measured"
	}
	return "beyond what was measured"
}

// Promises are those of a head for budgets that people ask for, and some beyond.
func Promises(h *detector.Head) (all []Stated) {
	for _, n := range []float64{20, 100, 500, 1000, 2000, 10000} {
		all = append(all, Stated{n, h.Promise(1 / n)})
	}
	return all
}

// SettingBudgets are the budgets, one in so many, at which pictures are looked for in settings.
var SettingBudgets = []float64{100, 1000}

// Kept is what a head keeps of a promise in one setting: how many dreams it finds alone, and there, and how many of the
// photographs it takes for dreams.
type Kept struct {
	Setting            string
	Dreams, Alone, Set int
	Photographs, Wrong int
}

// Settled counts what is found in settings from a score on.
func Settled(settings []Setting, score float64) (all []Kept) {
	from := func(scores []float64) (n int) {
		for _, v := range scores {
			if v >= score {
				n++
			}
		}
		return n
	}
	for _, s := range settings {
		all = append(all, Kept{s.Name, len(s.Set), from(s.Alone), from(s.Set), len(s.Others), from(s.Others)})
	}
	return all
}

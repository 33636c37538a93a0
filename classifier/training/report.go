package training

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

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
	}{{"photographs and hard negatives", []string{"natural", "hard"}}, {"photographs", []string{"natural"}}, {"hard negatives", []string{"hard"}}} {
		for _, dreams := range []string{"dream", "dream-weak", "classviz", "own"} {
			r := detector.Measure(samples, scores, dreams, against.name, class(dreams), class(against.classes...))
			if r.Dreams > 0 && r.Others > 0 {
				all = append(all, r)
			}
		}
	}
	return all
}

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
		if s.Copy > 0 || s.Class == "own" {
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
		if s.Copy > 0 || s.Class == "own" {
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

// WriteROC draws the ROC as SVG, wrong hides on a logarithmic axis.
func WriteROC(w io.Writer, points []detector.Point) error {
	const side, pad = 400.0, 40.0
	x := func(share float64) float64 { // 0.0005 .. 1
		return pad + side*(1+math.Log10(max(share, 0.0005))/3.301)
	}
	y := func(share float64) float64 { return pad + side*(1-share) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`, side+2*pad, side+2*pad)
	fmt.Fprintf(&b, `<rect x="%g" y="%g" width="%g" height="%g" fill="none" stroke="#888"/>`, pad, pad, side, side)
	for _, v := range []float64{0.001, 0.01, 0.1, 1} {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">%g</text>`, x(v), side+pad+16, v)
	}
	for _, v := range []float64{0, 0.5, 1} {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="end">%g</text>`, pad-4, y(v)+4, v)
	}
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="middle">share of other pictures hidden</text>`, pad+side/2, side+2*pad-6)
	b.WriteString(`<polyline fill="none" stroke="#06c" stroke-width="2" points="`)
	for _, p := range points {
		fmt.Fprintf(&b, "%.1f,%.1f ", x(p.WrongHides), y(p.Found))
	}
	b.WriteString(`"/></svg>` + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

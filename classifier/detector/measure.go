package detector

import "slices"

// Report is how well scores tell dreams from others.
type Report struct {
	Class   string  // of the dreams
	Against string  // of the others
	Dreams  int     // how many of each
	Others  int     //
	AUC     float64 // chance that a dream scores higher than another picture
	// Found is the share of dreams found where 0.1 %, 1 % and 5 % of the others are hidden.
	Found [3]float64
}

// Budgets are the shares of wrong hides that reports are made for.
var Budgets = [3]float64{0.001, 0.01, 0.05}

// Measure compares dreams of a class with others. Changed copies do not count, nor what is only learned from.
func Measure(samples []Sample, scores []float64, class, against string, dream, other func(Sample) bool) Report {
	r := Report{Class: class, Against: against}
	var d, o []float64
	for i, s := range samples {
		switch {
		case s.Copy > 0 || s.Extra:
		case dream(s):
			d = append(d, scores[i])
		case other(s):
			o = append(o, scores[i])
		}
	}
	r.Dreams, r.Others = len(d), len(o)
	if len(d) == 0 || len(o) == 0 {
		return r
	}
	slices.Sort(o)
	for _, v := range d {
		lo, _ := slices.BinarySearch(o, v)
		hi, _ := slices.BinarySearchFunc(o, v, func(x, y float64) int {
			if x <= y {
				return -1
			}
			return 1
		})
		r.AUC += float64(lo) + float64(hi-lo)/2
	}
	r.AUC /= float64(len(d)) * float64(len(o))
	for k, budget := range Budgets {
		allowed := int(budget * float64(len(o)))
		threshold := o[len(o)-1-allowed] // found is what scores above it
		for _, v := range d {
			if v > threshold {
				r.Found[k] += 1 / float64(len(d))
			}
		}
	}
	return r
}

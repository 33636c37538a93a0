package timeline

import (
	"math"
	"testing"
)

// tail is the chance of k or more among n, counted out.
func tail(k, n int, p float64) float64 {
	below := 0.0
	for i := range k {
		lgN, _ := math.Lgamma(float64(n + 1))
		lgI, _ := math.Lgamma(float64(i + 1))
		lgR, _ := math.Lgamma(float64(n - i + 1))
		below += math.Exp(lgN - lgI - lgR + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return 1 - below
}

func TestABudgetIsBrokenWhereSoManyMistakesAreUnlikely(t *testing.T) {
	for _, p := range []float64{0.001, 0.01, 0.1} {
		for _, n := range []int{5, 40, 300, 5000} {
			for k := range min(n, 40) {
				want := k >= 2 && tail(k, n, p) < 0.01
				if got := broken(k, n, p); got != want {
					t.Errorf("%d of %d at %g: %v, the chance is %g", k, n, p, got, tail(k, n, p))
				}
			}
		}
	}
}

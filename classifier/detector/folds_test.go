package detector

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestGroupsAreNeverSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := make([]Sample, rapid.IntRange(1, 80).Draw(t, "n"))
		for i := range samples {
			samples[i].Group = fmt.Sprint(rapid.IntRange(0, 20).Draw(t, "group"))
			samples[i].Class = []string{"dream", "natural"}[rapid.IntRange(0, 1).Draw(t, "class")]
		}
		of := map[string]int{}
		for i, k := range folds(samples, 5, 1) {
			g := samples[i].Group
			if old, ok := of[g]; ok && old != k {
				t.Fatalf("group %s is in folds %d and %d", g, old, k)
			}
			if of[g] = k; k < 0 || k >= 5 {
				t.Fatalf("fold %d", k)
			}
		}
	})
}

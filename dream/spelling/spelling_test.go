package spelling_test

import (
	"testing"

	"pgregory.net/rapid"

	"slugpuppy/dream/spelling"
)

func TestDistanceCountsSlipsOfTheFinger(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"cat", "cat", 0}, {"cat", "", 3}, {"cat", "car", 1},
		{"brid", "bird", 1}, {"bananna", "banana", 1}, {"kitten", "sitting", 3}, {"été", "ete", 2},
	} {
		if got := spelling.Distance(c.a, c.b); got != c.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestDistanceIsSymmetricAndBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringMatching(`[a-e]{0,12}`).Draw(t, "a"), rapid.StringMatching(`[a-e]{0,12}`).Draw(t, "b")
		d := spelling.Distance(a, b)
		if d != spelling.Distance(b, a) {
			t.Fatalf("not symmetric: %q %q", a, b)
		}
		if (d == 0) != (a == b) || d > max(len(a), len(b)) || d < max(len(a)-len(b), len(b)-len(a)) {
			t.Fatalf("Distance(%q, %q) = %d", a, b, d)
		}
	})
}

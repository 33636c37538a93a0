package detector

import (
	"image"
	"image/color"
	"slices"
	"testing"
)

func TestAPartIsADreamIfItsMidstIsOneToo(t *testing.T) {
	part := image.Rect(10, 20, 110, 120)
	in, further := image.Rect(20, 30, 100, 110), image.Rect(28, 38, 92, 102)
	for name, c := range map[string]struct {
		logits []float64 // of the part, its midst and that one's midst
		at     image.Rectangle
		want   float64
		looks  int
	}{
		"none":                             {[]float64{-3}, part, -3, 1},
		"a dream all over":                 {[]float64{4, 3.5}, part, 3.5, 2},
		"by chance":                        {[]float64{3, 0.5}, part, 0.5, 2},
		"by chance, and no longer at all":  {[]float64{3, -5}, part, doubtful, 2},
		"something else at its rim":        {[]float64{0, 3, 2.5}, in, 2.5, 3},
		"by chance, and more so by chance": {[]float64{1, 3, 0}, part, 1, 3},
	} {
		var seen []image.Rectangle
		got, err := confirmed(part, func(r image.Rectangle) (closeup, error) {
			seen = append(seen, r)
			return closeup{at: r, logit: c.logits[len(seen)-1]}, nil
		})
		if err != nil || got.at != c.at || got.logit != c.want || len(seen) != c.looks {
			t.Errorf("%s: %g at %v after %d looks, want %g at %v after %d: %v", name, got.logit, got.at, len(seen), c.want, c.at, c.looks, err)
		}
		for i, r := range []image.Rectangle{part, in, further}[:len(seen)] {
			if seen[i] != r {
				t.Errorf("%s: look %d is at %v, want %v", name, i+1, seen[i], r)
			}
		}
	}
}

func TestAPaneIsLookedAtIfAllInItLooksAlike(t *testing.T) {
	s := sheet(406, 400, color.White) // two panes beside each other
	left, right := image.Rect(0, 0, 200, 400), image.Rect(206, 0, 406, 400)
	s.waves(left)
	s.waves(right)
	g := &glance{picture: s.NRGBA, at: s.Rect, grid: gridOf(406, 400)}
	g.windows = g.grid.windows()
	of := func(dream image.Rectangle) (best int, margins []float64) {
		margins, best = make([]float64, len(g.windows)), 1
		for i, w := range g.windows {
			in := g.grid.in(w, g.at)
			margins[i] = 8*area(in.Intersect(dream))/area(in) - 4
			if i > 0 && margins[i] > margins[best] {
				best = i
			}
		}
		return best, margins
	}
	if got := g.part(of(left)); got != left {
		t.Errorf("a dream that fills a pane: %v, want %v", got, left)
	}
	spot := image.Rect(0, 240, 162, 400)
	if got := g.part(of(spot)); got == left || !spot.Overlaps(got) || area(got) > 0.5*area(left) {
		t.Errorf("a dream in a corner of a pane: %v is looked at", got)
	}
}

func TestALargerWindowIsLookedAtWhereItLooksNearlyAsDreamed(t *testing.T) {
	g := gridOf(700, 500)
	windows := g.windows()
	at := func(w Window) int { return slices.Index(windows, w) }
	small, around, other, apart := at(Window{1, 1, 2, 2}), at(Window{1, 1, 3, 3}), at(Window{0, 1, 3, 3}), at(Window{2, 2, 3, 3})
	for name, c := range map[string]struct {
		margins map[int]float64
		want    int
	}{
		"nearly as much":         {map[int]float64{small: 5, around: 3.1}, around},
		"the more of two":        {map[int]float64{small: 5, around: 3.1, other: 3.2}, other},
		"the more of two, later": {map[int]float64{small: 5, around: 3.2, other: 3.1}, around},
		"much less":              {map[int]float64{small: 5, around: 2.9}, small},
		"another one's":          {map[int]float64{small: 5, apart: 4.9}, small},
		"the whole's":            {map[int]float64{small: 5, 0: 4.9}, small},
		"large already":          {map[int]float64{around: 5, small: 4}, around},
		"none looks like dreams": {map[int]float64{small: -1, around: -2}, small},
	} {
		margins := slices.Repeat([]float64{-9}, len(windows))
		for i, v := range c.margins {
			margins[i] = v
		}
		best := most(margins)
		if got := wider(windows, margins, best); got != c.want {
			t.Errorf("%s: %v, want %v", name, windows[got], windows[c.want])
		}
	}
	margins := slices.Repeat([]float64{-9}, len(windows))
	margins[small], margins[around] = 9, 8
	if best, got := picked(windows, margins); best != small || got != around {
		t.Errorf("%v is picked and %v looked at, want %v and %v", windows[best], windows[got], windows[small], windows[around])
	}
}

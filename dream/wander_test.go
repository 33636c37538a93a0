package dream_test

import (
	"image"
	"slices"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// Each station of a wander is dreamed from the one before into what the network saw there.
func TestWanderDreamsOnFromWhatItSaw(t *testing.T) {
	n := load(t)
	m := dream.New(n, dream.Options{ClipSide: 64})
	src, frames, dreamed := tellingWander(t, n, m)
	var stations []*image.NRGBA
	for i := 0; i < len(frames); i += dream.StationFrames {
		stations = append(stations, frames[i])
	}
	if len(stations) != 4 || len(dreamed) != 3 || distance(stations[0], src, nil) > 1 {
		t.Fatalf("%d stations, dreamed %v", len(stations), dreamed)
	}
	sure := func(img *image.NRGBA, label int) float64 { return measured(t, n, img, classifier.Logits, label) }
	for i, goal := range dreamed {
		saw, err := n.See(t.Context(), picture.FromImage(stations[i]), len(n.Labels()))
		if err != nil {
			t.Fatal(err)
		}
		saw = slices.DeleteFunc(saw, func(g classifier.Guess) bool {
			return slices.ContainsFunc(dreamed[:i], func(been classifier.Guess) bool { return been.Index == g.Index })
		})
		// Rounded to eight bits, two that are nearly as likely may change places.
		if at := slices.IndexFunc(saw, func(g classifier.Guess) bool { return g.Index == goal.Index }); at < 0 || saw[at].P < 0.9*saw[0].P {
			t.Errorf("station %d shows %v, dreamed was %v", i, saw[:2], goal)
		}
		if before, after := sure(stations[i], goal.Index), sure(stations[i+1], goal.Index); after < before+0.5 {
			t.Errorf("station %d takes %v from %.2f to %.2f", i+1, goal, before, after)
		}
		if i == 0 {
			continue
		}
		if last, first := distance(stations[i+1], stations[i], nil), distance(stations[i+1], stations[0], nil); first < 1.1*last {
			t.Errorf("station %d differs by %.2f from the one before and by %.2f from the first", i+1, last, first)
		}
	}
}

// tellingWander is a wander whose second goal the source did not show second already: else it would tell nothing of the
// first station.
func tellingWander(t *testing.T, n *classifier.Network, m *dream.Maker) (src *image.NRGBA, frames []*image.NRGBA, dreamed []classifier.Guess) {
	t.Helper()
	for seed := range uint64(8) {
		src = picture.Landscape(64, 48, seed)
		var err error
		frames, dreamed, err = m.Frames(t.Context(), dream.Order{Source: src,
			Recipe: dream.Recipe{Verb: dream.Wander, Repeat: 3, Octaves: 1, Steps: 6, Strength: 6}})
		if err != nil {
			t.Fatal(err)
		}
		if first, err := n.See(t.Context(), picture.FromImage(frames[0]), 3); err == nil && dreamed[1].Index != first[1].Index {
			return src, frames, dreamed
		}
	}
	t.Fatal("of no source is the second goal what only the first station shows")
	return
}

// A word of the recipe is where a wander goes first.
func TestWanderBeginsWithItsWord(t *testing.T) {
	m := light(t, dream.Options{ClipSide: 64})
	r := dream.Recipe{Verb: dream.Wander, Repeat: 2, Octaves: 1, Steps: 1, Words: []dream.WordTerm{{Label: 4, Weight: 1}}}
	_, dreamed, err := m.Frames(t.Context(), dream.Order{Source: picture.Landscape(64, 48, 3), Recipe: r})
	if err != nil {
		t.Fatal(err)
	}
	if dreamed[0].Index != 4 || dreamed[1].Index == 4 {
		t.Errorf("was at %v", dreamed)
	}
}

// The last frames of a wander become the first one.
func TestWanderReturnsToItsStart(t *testing.T) {
	m := light(t, dream.Options{ClipSide: 64})
	frames, _, err := m.Frames(t.Context(), dream.Order{Source: picture.Landscape(64, 48, 3), Recipe: dream.Recipe{Verb: dream.Wander, Repeat: 2, Octaves: 1, Steps: 4}})
	if err != nil {
		t.Fatal(err)
	}
	last := len(frames) - 1
	if seam, whole := distance(frames[last], frames[0], nil), distance(frames[last-dream.StationFrames/2], frames[0], nil); seam > whole/3 || whole < 1 {
		t.Errorf("the last frame is %.2f from the first, the last station %.2f", seam, whole)
	}
}

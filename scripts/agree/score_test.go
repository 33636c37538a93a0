package main

import (
	"math"
	"slices"
	"testing"

	"slugpuppy/dream"
)

func TestSurenessThatIsRightAsOftenAsItSaysIsCalibrated(t *testing.T) {
	var hits []hit
	for i := range 100 {
		hits = append(hits, hit{0.7, i < 70})
	}
	if e := calibration(hits); e > 1e-9 {
		t.Errorf("right 70 times of 100 at 0.7: %g", e)
	}
	for i := range hits {
		hits[i].right = i < 40
	}
	if e := calibration(hits); math.Abs(e-0.3) > 1e-9 {
		t.Errorf("right 40 times of 100 at 0.7: %g", e)
	}
}

func TestFewPicturesLookUncalibratedByChance(t *testing.T) {
	for n, want := range map[int]float64{1: 0.42, 100: 0.0365, 10000: 0.00366} { // sqrt(2/pi * 0.7 * 0.3 / n), and 2 * 0.7 * 0.3 of one
		if e := byChance(slices.Repeat([]hit{{p: 0.7}}, n)); math.Abs(e-want) > want/8 {
			t.Errorf("of %d pictures %.4f, want about %.4f", n, e, want)
		}
	}
	if e := byChance([]hit{{p: 1}, {p: 0}}); e != 0 {
		t.Errorf("of what is certain %g", e)
	}
}

func TestAnswersAreComparedByTheirClasses(t *testing.T) {
	pug, beagle, banana := "n02110958", "n02088364", "n07753592"
	own := []answer{
		{five: []string{pug, beagle}, p: 0.8, sure: dream.Certainty{What: "pug", P: 0.8}},
		{five: []string{pug, banana}, p: 0.4, sure: dream.Certainty{What: "dog", P: 0.6, Kind: true}},
		{five: []string{banana}, p: 0.1},
		{five: []string{pug}, p: 0.2, sure: dream.Certainty{What: "dog", P: 0.6, Kind: true}},
	}
	right := []answer{{five: []string{pug}}, {five: []string{beagle, pug}}, {}, {five: []string{banana}}}
	want := Score{Pictures: 3, First: 0.3333, InFive: 0.3333, TheirFive: 0.6667, SureRight: 1, SureKindRight: 0.5, Calibration: 0.2667}
	got := compare(own, right)
	if math.Abs(got.Chance-0.3733) > 0.03 { // a third of 2p(1-p) of each
		t.Errorf("by chance %g", got.Chance)
	}
	if got.Chance = 0; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := commonest(own, 1); got != 0.75 {
		t.Errorf("the commonest answer is %g of all", got)
	}
	if got := (Sure{0.25, 0.5, 0.25}); sureOf(own) != got {
		t.Errorf("%+v, want %+v", sureOf(own), got)
	}
	if got := trueName("/a/n01440764_tench.JPEG"); len(got) != 1 || got[0] != "n01440764" || trueName("/b/a.jpg") != nil {
		t.Errorf("named %v", got)
	}
}

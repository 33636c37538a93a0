package detector_test

import (
	"math"
	"testing"

	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
)

func TestAnExplanationNamesChannelsAndExamples(t *testing.T) {
	d, img := embedded(t), picture.Landscape(320, 240, 5)
	judged, err := d.Judge(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	v, why, err := d.Explain(t.Context(), img)
	if err != nil || v != judged {
		t.Fatalf("%v: explained %+v, judged %+v", err, v, judged)
	}
	if len(why.Channels) != 8 || why.Channels[0].Channel == "" {
		t.Errorf("channels: %+v", why.Channels)
	}
	for i, c := range why.Channels[1:] {
		if math.Abs(c.Says) > math.Abs(why.Channels[i].Says) {
			t.Errorf("%+v is louder than %+v", c, why.Channels[i])
		}
	}
	classes := map[string]int{}
	for i, n := range why.Nearest {
		classes[n.Class]++
		if n.Label == "" || n.Distance < 0 || i > 0 && n.Distance < why.Nearest[i-1].Distance {
			t.Errorf("neighbour %d: %+v", i, n)
		}
	}
	for _, class := range []string{"dream", "natural", "hard"} {
		if classes[class] != 2 {
			t.Errorf("%d examples of class %s: %+v", classes[class], class, why.Nearest)
		}
	}
}

func TestExamplesHoldNoNamesOfPictures(t *testing.T) {
	h := embedded(t).Head()
	if len(h.Examples) == 0 {
		t.Fatal("no examples")
	}
	for _, e := range h.Examples {
		if len(e.Label) > 40 || len(e.At) != 64 {
			t.Errorf("%+v", e)
		}
	}
}

func TestAPictureIsMostLikeItself(t *testing.T) {
	samples := cloud(60, 30, 4)
	trained, err := detector.Train("abc", samples, detector.TrainOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	h := trained.Head
	samples = samples[:20]
	if err := h.Remember(samples); err != nil {
		t.Fatal(err)
	}
	for i, s := range samples {
		near, err := h.Nearest(s.Print)
		if err != nil {
			t.Fatal(err)
		}
		if near[0].Label != h.Examples[i].Label || near[0].Distance > 0.1 {
			t.Errorf("%s is most like %+v", h.Examples[i].Label, near[0])
		}
	}
}

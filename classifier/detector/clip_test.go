package detector_test

import (
	"context"
	"errors"
	"image"
	"testing"

	"slugpuppy/classifier/detector"
)

// numbered is a picture that is its number wide.
func numbered(n int) image.Image { return image.NewGray(image.Rect(0, 0, n, 1)) }

// scores judges pictures by their number.
func scores(of func(n int) float64) func(context.Context, image.Image) (detector.Verdict, error) {
	return func(_ context.Context, img image.Image) (detector.Verdict, error) {
		return detector.Verdict{Score: of(img.Bounds().Dx())}, nil
	}
}

func TestAClipIsWhatAThirdOfItsFramesAre(t *testing.T) {
	for name, test := range map[string]struct {
		frames int
		score  func(n int) float64
		want   float64
	}{
		"one frame":                         {1, func(int) float64 { return 0.7 }, 0.7},
		"all alike":                         {300, func(int) float64 { return 0.4 }, 0.4},
		"it begins plainly":                 {100, func(n int) float64 { return map[bool]float64{true: 0.9, false: 0.1}[n > 60] }, 0.9},
		"one odd frame":                     {8, func(n int) float64 { return map[bool]float64{true: 0.9, false: 0.1}[n == 5] }, 0.1},
		"a moment of a long one is a dream": {500, func(n int) float64 { return map[bool]float64{true: 0.9, false: 0.1}[n > 240 && n < 270] }, 0.1},
	} {
		var c detector.Clip
		for n := range test.frames {
			c.Add(numbered(n + 1))
		}
		v, err := c.Judge(t.Context(), scores(test.score))
		if err != nil || v.Score != test.want {
			t.Errorf("%s: %v, %v, want %v", name, v.Score, err, test.want)
		}
	}
}

func TestFewFramesOfAClipAreKeptAndJudged(t *testing.T) {
	var c detector.Clip
	for n := range 1000 {
		c.Add(numbered(n + 1))
	}
	looks, last := 0, 0
	_, err := c.Judge(t.Context(), scores(func(n int) float64 { looks++; last = max(last, n); return 0 }))
	if err != nil || looks > 8 || last < 600 {
		t.Errorf("%d looks, the last at frame %d, %v", looks, last, err)
	}
	if c.First().Bounds().Dx() != 1 {
		t.Error("the first is lost")
	}
	if _, err := new(detector.Clip).Judge(t.Context(), scores(nil)); err == nil {
		t.Error("nothing is something")
	}
	broken := errors.New("broken")
	if _, err := c.Judge(t.Context(), func(context.Context, image.Image) (detector.Verdict, error) { return detector.Verdict{}, broken }); err != broken {
		t.Errorf("got %v", err)
	}
}

package training

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"slugpuppy/picture"
)

func TestPatternsAreManyColouredAndTheSameForASeed(t *testing.T) {
	for n, p := range patterns {
		one := patternOf(n, 120, 90, rand.New(rand.NewPCG(1, 2)))
		if again := patternOf(n, 120, 90, rand.New(rand.NewPCG(1, 2))); !bytes.Equal(one.Pix, again.Pix) {
			t.Errorf("%s differs from itself", p.name)
		}
		colours := map[[3]byte]bool{}
		for i := 0; i < len(one.Pix); i += 4 {
			colours[[3]byte(one.Pix[i:i+3])] = true
		}
		if len(colours) < 10 {
			t.Errorf("%s has %d colours", p.name, len(colours))
		}
	}
}

func TestPreviewsAreAsSmallAsMastodons(t *testing.T) {
	big := pattern(0, rand.New(rand.NewPCG(1, 2)))
	big = resize(big, 1600, 900)
	if got := preview(big).Rect.Size(); got.X != 640 || got.Y != 360 {
		t.Errorf("%v", got)
	}
	if small := resize(big, 300, 200); preview(small) != small {
		t.Error("a small picture is changed")
	}
}

func TestRedrawingsDifferFromThePhotograph(t *testing.T) {
	img := picture.Landscape(120, 90, 1)
	for n := range redrawings {
		out := redrawn(n, img, rand.New(rand.NewPCG(1, 2)))
		if out.Rect != img.Rect || bytes.Equal(out.Pix, img.Pix) {
			t.Errorf("redrawing %d is %v, the photograph %v", n, out.Rect, img.Rect)
		}
		if !bytes.Equal(out.Pix, redrawn(n, img, rand.New(rand.NewPCG(1, 2))).Pix) {
			t.Errorf("redrawing %d differs from itself", n)
		}
	}
}

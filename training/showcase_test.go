package training_test

import (
	"image"
	"slices"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/training"
)

func TestASheetHasThePictureEveryLayerEveryPresetAndTheWords(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	net, err := classifier.Default()
	if err != nil {
		t.Fatal(err)
	}
	s := training.Showcase{Net: net, Maker: dream.New(net, dream.Options{}), Seed: 1, Size: 64, Steps: 1}
	var told []string
	sheet, err := s.Sheet(t.Context(), picture.Landscape(64, 48, 1), dream.NewVocabulary(net.Labels()), []string{"banana", " slug"}, 40, func(i training.Imagined) error {
		told = append(told, i.Word)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told, []string{"banana", "slug"}) {
		t.Errorf("told of %q", told)
	}
	cells := 1 + len(net.Layers()) - 1 + len(dream.Presets()) + 2
	if want := image.Rect(0, 0, 240, (cells+5)/6*(40+16)); sheet.Rect != want {
		t.Errorf("the sheet is %v, want %v", sheet.Rect, want)
	}
}

func TestAnImaginedWordIsJudgedByItsWorstCopy(t *testing.T) {
	net, err := classifier.Default()
	if err != nil {
		t.Fatal(err)
	}
	s := training.Showcase{Net: net, Maker: dream.New(net, dream.Options{}), Seed: 1, Size: 96, Steps: 8}
	v := dream.NewVocabulary(net.Labels())
	got, err := s.Imagine(t.Context(), v, "banana")
	if err != nil {
		t.Fatal(err)
	}
	if got.Drawn < 0.1 || got.Least > got.Drawn || got.Least <= 0 {
		t.Errorf("banana came out as %+v", got)
	}
	if _, err := s.Imagine(t.Context(), v, "xyzzy"); err == nil {
		t.Error("a word nobody knows was imagined")
	}
}

func TestTrialsAreSmallerOrTheSame(t *testing.T) {
	trials, err := training.Trials(t.Context(), picture.Landscape(100, 60, 1))
	if err != nil {
		t.Fatal(err)
	}
	want := []image.Point{{100, 60}, {40, 24}, {50, 30}, {80, 48}}
	for i, img := range trials {
		if img.Rect.Size() != want[i] {
			t.Errorf("trial %d is %v, want %v", i, img.Rect.Size(), want[i])
		}
	}
}

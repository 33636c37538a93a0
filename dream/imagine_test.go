package dream_test

import (
	"image"
	"math"
	"slices"
	"testing"

	"slugpuppy/dream"
	"slugpuppy/picture"
)

// A thing is begun plainly, and then seen through noise.
func TestWhatIsImaginedIsSeenThroughNoise(t *testing.T) {
	p := picture.FromImage(picture.Landscape(96, 96, 1))
	looks, err := maker(t, dream.Options{}).Looks(t.Context(), label(t, banana), slices.Repeat([]*picture.Planar{p}, dream.Plainly+1))
	if err != nil {
		t.Fatal(err)
	}
	first, last, through := looks[0], looks[dream.Plainly-1], looks[dream.Plainly]
	if !slices.Equal(first.Pix, last.Pix) {
		t.Error("the first looks are not plain")
	}
	if c := correlation(first.Pix, through.Pix); c < 0.05 || c > 0.95 {
		t.Errorf("what is seen through noise wants what is seen without it to %.3f", c)
	}
}

// What a thing is taken for instead is known for a few looks, and then looked at anew.
func TestWhatAThingIsTakenForIsLookedAtNowAndThen(t *testing.T) {
	before, after := picture.FromImage(picture.Landscape(96, 96, 1)), picture.NewPlanar(96, 96)
	looks, err := maker(t, dream.Options{}).Looks(t.Context(), label(t, banana),
		append([]*picture.Planar{before}, slices.Repeat([]*picture.Planar{after}, dream.Renewed)...))
	if err != nil {
		t.Fatal(err)
	}
	if known := looks[1:dream.Renewed]; !slices.Equal(known[0].Pix, known[len(known)-1].Pix) {
		t.Error("the next looks are of other things")
	}
	if slices.Equal(looks[dream.Renewed].Pix, looks[1].Pix) {
		t.Error("what it is taken for is never looked at anew")
	}
}

// What moves by chance comes to rest before the end.
func TestAnImaginingComesToRest(t *testing.T) {
	const steps = 12
	seen := make([]*picture.Planar, steps+1)
	r := dream.Recipe{Verb: dream.Imagine, Steps: steps, Size: 64, Words: []dream.WordTerm{{Label: label(t, banana), Weight: 1}}}
	_, err := maker(t, dream.Options{}).Make(t.Context(), dream.Order{Recipe: r}, func(p dream.Progress) {
		if p.Look != nil && p.Octaves == 1 {
			seen[p.Step] = picture.FromImage(image.Image(p.Look()))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	moved := func(step int) (sum float64) {
		for i, v := range seen[step].Pix {
			sum += math.Abs(float64(v - seen[step-1].Pix[i]))
		}
		return sum
	}
	if before, last := moved(steps*2/3), moved(steps); last > before/2 {
		t.Errorf("the last step moves %.0f, one before the rate falls %.0f", last, before)
	}
}

// The file carries the recipe that makes it, and not that of the sharpening at its end.
func TestAnImaginedFileCarriesItsRecipe(t *testing.T) {
	r := dream.Recipe{Verb: dream.Imagine, Steps: 2, Size: 64, Words: []dream.WordTerm{{Label: label(t, banana), Weight: 1}}}
	p, err := maker(t, dream.Options{}).Make(t.Context(), dream.Order{Recipe: r, Accept: []dream.Format{{MIME: dream.PNG}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := picture.Comment(p.File.Data), dream.Signature+p.Recipe.Token(); got != want || p.Recipe.Steps != 2 {
		t.Errorf("the file of %s says %q", want, got)
	}
}

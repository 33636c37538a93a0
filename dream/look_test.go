package dream_test

import (
	"image"
	"testing"

	"slugpuppy/dream"
	"slugpuppy/picture"
)

func TestADreamCanBeLookedAtOnItsWay(t *testing.T) {
	t.Parallel()
	var looks []*image.NRGBA
	m := maker(t, dream.Options{})
	r, err := m.Complete(dream.Recipe{Verb: dream.Dream, Preset: "slug", Octaves: 2, Steps: 2, Strength: 5})
	if err != nil {
		t.Fatal(err)
	}
	src := picture.Landscape(96, 72, 1)
	p, err := m.Make(t.Context(), dream.Order{Recipe: r, Source: src}, func(p dream.Progress) {
		if p.Look != nil {
			looks = append(looks, p.Look())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(looks) != 4 {
		t.Fatalf("%d looks at 2 octaves of 2 steps", len(looks))
	}
	if first, last := looks[0].Rect.Dx(), looks[3].Rect.Dx(); first >= last || last != 96 {
		t.Errorf("the first look is %d pixels wide, the last %d", first, last)
	}
	if far := distance(looks[3], p.Image, nil); far > 1 {
		t.Errorf("the last look is %.2f levels from the dream", far)
	}
	if far := distance(looks[2], src, nil); far == 0 {
		t.Error("a look shows the source")
	}
}

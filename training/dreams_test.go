package training

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// Each manner has what it is called after, whatever is drawn.
func TestDreamsForTrainingAreMadeInEveryManner(t *testing.T) {
	inner := []classifier.Layer{{Name: "a", Channels: 4}, {Name: "b", Channels: 8}, {Name: "c", Channels: 16}, {Name: "d", Channels: 32}}
	img, other := picture.Landscape(80, 60, 1), picture.Landscape(80, 60, 2)
	holds := map[string]func(in *image.NRGBA, r dream.Recipe, out *image.NRGBA) bool{
		"plain": func(in *image.NRGBA, r dream.Recipe, out *image.NRGBA) bool {
			return in == img && out == other && r.Strength == 7 && r.Preset == "puppy"
		},
		"weak": func(in *image.NRGBA, r dream.Recipe, _ *image.NRGBA) bool {
			return in == img && r.Strength <= 3 && r.Steps <= 8
		},
		"grey": func(in *image.NRGBA, _ dream.Recipe, _ *image.NRGBA) bool { return colourless(in) },
		"shallow": func(_ *image.NRGBA, r dream.Recipe, _ *image.NRGBA) bool {
			return r.Preset == "" && len(r.Words) == 0 && len(r.Layers) == 1 && slices.Contains([]string{"a", "b"}, r.Layers[0].Layer)
		},
		"in a part": func(_ *image.NRGBA, _ dream.Recipe, out *image.NRGBA) bool {
			kept := func(x, y int) bool { return out.NRGBAAt(x, y) == img.NRGBAAt(x, y) }
			return (kept(0, 0) || kept(79, 59)) && dreamedPixels(out, other) > 80*60/20
		},
		"from noise": func(in *image.NRGBA, r dream.Recipe, _ *image.NRGBA) bool {
			return in.Rect == img.Rect && in.NRGBAAt(3, 3) != in.NRGBAAt(4, 3) && r.Steps >= 12 && (len(r.Layers) == 0 || r.Layers[0].Layer != "a")
		},
	}
	met := map[string]int{}
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 1))
		for _, m := range manners {
			r := dream.Recipe{Preset: "puppy", Strength: 7, Steps: 10, Words: []dream.WordTerm{{Label: 1, Weight: 1}}}
			in, out := m.before(img, &r, inner, rng), other
			if m.after != nil {
				out = m.after(in, other, rng)
			}
			if !holds[m.name](in, r, out) {
				t.Fatalf("seed %d: %s with %+v", seed, m.name, r)
			}
			if m.name == "grey" && colourless(out) {
				met["grey dreams"]++
			}
		}
	}
	if n := met["grey dreams"]; n < 8 || n > 32 {
		t.Errorf("of 40 dreams of grey pictures %d have no colours", n)
	}
}

func colourless(img *image.NRGBA) bool {
	for i := 0; i < len(img.Pix); i += 4 {
		if img.Pix[i] != img.Pix[i+1] || img.Pix[i] != img.Pix[i+2] {
			return false
		}
	}
	return true
}

// dreamedPixels counts the pixels that are another picture's.
func dreamedPixels(img, dream *image.NRGBA) (n int) {
	for i := 0; i < len(img.Pix); i += 4 {
		if [4]uint8(img.Pix[i:]) == [4]uint8(dream.Pix[i:]) {
			n++
		}
	}
	return n
}

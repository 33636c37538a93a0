package dream_test

import (
	"os"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// stranger is a small network whose layers are nobody's: what PyTorch calls them.
func stranger(t *testing.T) *classifier.Network {
	t.Helper()
	file, err := os.ReadFile("../classifier/graph/testdata/torch/channels-13/model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	n, err := classifier.Open(file, classifier.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEveryPresetDreamsWithAnyNetwork(t *testing.T) {
	m := dream.New(stranger(t), dream.Options{})
	in := picture.Landscape(80, 64, 1)
	for _, p := range dream.Presets() {
		res, err := m.Make(t.Context(), dream.Order{Source: in, Recipe: dream.Recipe{Preset: p.Name, Octaves: 1, Steps: 2}}, nil)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		changed := 0
		for i, v := range res.Image.Pix {
			if v != in.Pix[i] {
				changed++
			}
		}
		if changed < len(in.Pix)/10 {
			t.Errorf("%s changes only %d of %d values", p.Name, changed, len(in.Pix))
		}
	}
}

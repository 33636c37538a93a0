package dream_test

import (
	"errors"
	"os"
	"slices"
	"sync"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// stranger is a small network whose layers are nobody's: what PyTorch calls them.
func stranger(t testing.TB) *classifier.Network {
	t.Helper()
	n, err := strange()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var strange = sync.OnceValues(func() (*classifier.Network, error) { return strangeOf(classifier.Spec{}) })

func strangeOf(s classifier.Spec) (*classifier.Network, error) {
	file, err := os.ReadFile("../classifier/graph/testdata/torch/channels-13/model.onnx")
	if err != nil {
		return nil, err
	}
	return classifier.Open(file, s)
}

// light is a Maker for tests of what does not depend on what a network knows: it answers in a fifth of
// the time.
func light(t testing.TB, o dream.Options) *dream.Maker { return dream.New(stranger(t), o) }

func TestEveryPresetDreamsWithAnyNetwork(t *testing.T) {
	m := light(t, dream.Options{})
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

// A class for what is no thing, which is never guessed, is not dreamed of either; things that come after it are.
func TestANetworkWithABackgroundDreamsOfThings(t *testing.T) {
	things := []classifier.Label{{ID: classifier.Background, Names: []string{"background"}}, {ID: "1", Names: []string{"a"}},
		{ID: "2", Names: []string{"b"}}, {ID: "3", Names: []string{"c"}}, {ID: "4", Names: []string{"d"}}}
	n, err := strangeOf(classifier.Spec{Labels: things})
	if err != nil {
		t.Fatal(err)
	}
	m := dream.New(n, dream.Options{})
	last := len(things) - 1
	p := dreamt(t, m, nil, dream.Recipe{Verb: dream.Imagine, Steps: 3, Size: 64, Words: []dream.WordTerm{{Label: last, Weight: 1}, {Label: 1, Weight: -1}}})
	if len(p.Dreamed) != last || slices.ContainsFunc(p.Dreamed, func(g classifier.Guess) bool { return g.Index == 0 }) {
		t.Errorf("dreamed %v", p.Dreamed)
	}
	for name, r := range map[string]dream.Recipe{
		"as a word":    {Words: []dream.WordTerm{{Label: 0, Weight: 1}}},
		"as a channel": {Layers: []dream.LayerTerm{{Layer: classifier.Logits, Channel: 0, Weight: 1}}},
	} {
		var problem *dream.Problem
		if _, err := m.Complete(r); !errors.As(err, &problem) || problem.Kind != dream.UnknownKind {
			t.Errorf("the background %s: %v", name, err)
		}
	}
}

func TestPresetsKnowTheLayersOfTheNetworkInside(t *testing.T) {
	net, err := network()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range net.Layers() {
		if l.Name != classifier.Logits {
			names = append(names, l.Name)
		}
	}
	if !slices.Equal(names, dream.Home) {
		t.Errorf("the network has %v, other networks' depths are reckoned by %v", names, dream.Home)
	}
}

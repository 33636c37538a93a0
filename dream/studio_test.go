package dream_test

import (
	"errors"
	"image"
	"slices"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
)

// shelf has the embedded network under another name, and one that cannot be read.
type shelf struct{ opened []string }

func (s *shelf) List() ([]string, error) { return []string{"broken", "twin"}, nil }

func (s *shelf) Open(name string) (*classifier.Network, error) {
	s.opened = append(s.opened, name)
	if name == "broken" {
		return nil, errors.New("no network")
	}
	return classifier.Default()
}

func TestARecipeMayNameANetworkThatIsInstalled(t *testing.T) {
	net, err := classifier.Default()
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{}
	studio := dream.NewStudio(dream.New(net, dream.Options{}), dream.NewVocabulary(net.Labels()), s, dream.Options{})
	order := func(model string) error {
		r := dream.Recipe{Verb: dream.Dream, Model: model, Octaves: 1, Steps: 1, Size: 64}
		_, err := studio.Make(t.Context(), dream.Order{Recipe: r, Source: image.NewNRGBA(image.Rect(0, 0, 64, 64))}, nil)
		return err
	}
	for _, model := range []string{"", "slugnet", "SLUGNET", net.Hash()[:8]} {
		if err := order(model); err != nil || len(s.opened) > 0 {
			t.Errorf("%q: %v, opened %v", model, err, s.opened)
		}
	}
	for range 2 {
		if err := order("Twin"); err != nil {
			t.Errorf("twin: %v", err)
		}
	}
	if v, err := studio.Words("twin"); err != nil || v.Size() != len(net.Labels()) {
		t.Errorf("words of twin: %v", err)
	}
	if !slices.Equal(s.opened, []string{"twin"}) {
		t.Errorf("opened %v", s.opened)
	}
	for model, kind := range map[string]dream.ProblemKind{"nosuch": dream.UnknownNetwork, "broken": dream.UnknownNetwork, "12345678": dream.OtherNetwork} {
		var p *dream.Problem
		if err := order(model); !errors.As(err, &p) || p.Kind != kind || p.Name != model {
			t.Errorf("%s: %v", model, err)
		}
		if _, err := studio.Words(model); !errors.As(err, &p) {
			t.Errorf("words of %s: %v", model, err)
		}
	}
}

package training

import (
	"context"
	"fmt"
	"image"
	"math/rand/v2"

	"slugpuppy/classifier"
	"slugpuppy/dream"
)

// dreamSide is the long side of the dreams that are made for training.
const dreamSide = 400

// postedSide is that of dreams as they are posted.
const postedSide = 512

// randomRecipe draws a dream as people make them: looks, layers, words, all strengths.
func randomRecipe(net *classifier.Network, rng *rand.Rand) dream.Recipe {
	r := dream.Recipe{
		Octaves: 2 + rng.IntN(4), OctaveScale: 1.25 + 0.35*rng.Float64(), Steps: 6 + rng.IntN(9),
		Strength: 4 + rng.IntN(6), Seed: rng.Uint64(),
	}
	looks := dream.Presets()
	r.Preset = looks[rng.IntN(len(looks))].Name
	layers := net.Layers()
	inner := layers[2 : len(layers)-1] // the stem makes only grain
	switch rng.IntN(4) {
	case 0: // the look as it is
	case 1:
		r.Layers = []dream.LayerTerm{{Layer: inner[rng.IntN(len(inner))].Name, Channel: -1, Weight: 1}}
	case 2:
		l := inner[rng.IntN(len(inner))]
		for range 1 + rng.IntN(3) {
			r.Layers = append(r.Layers, dream.LayerTerm{Layer: l.Name, Channel: rng.IntN(l.Channels), Weight: 1})
		}
	case 3:
		labels := net.Labels()
		n := rng.IntN(len(labels))
		if !labels[n].Thing() {
			n = (n + 1) % len(labels)
		}
		r.Words = []dream.WordTerm{{Label: n, Weight: 1}}
	}
	return r
}

// dreamOf dreams a photograph.
func dreamOf(ctx context.Context, net *classifier.Network, src *image.NRGBA, r dream.Recipe) (*image.NRGBA, error) {
	res, err := dream.New(net, dream.Options{}).Make(ctx, dream.Order{Recipe: r, Source: src}, nil)
	if err != nil {
		return nil, fmt.Errorf("dream for training: %w", err)
	}
	return res.Image, nil
}

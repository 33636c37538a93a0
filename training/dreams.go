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

// manner is a way to make a dream for training.
type manner struct {
	name   string
	before func(img *image.NRGBA, r *dream.Recipe, inner []classifier.Layer, rng *rand.Rand) *image.NRGBA // what is dreamed; it may change how
	after  func(img, dreamed *image.NRGBA, rng *rand.Rand) *image.NRGBA                                   // nil: nothing is done
}

// manners are drawn from evenly. What people post is not only dreamed plainly: it is barely dreamed, grey, of a network's first layers,
// in one part of a picture, or of nothing but noise.
var manners = []manner{
	{name: "plain", before: plainly}, {name: "plain", before: plainly},
	{name: "weak", before: weakly}, {name: "weak", before: weakly},
	{name: "grey", before: greyly, after: greyAgain},
	{name: "shallow", before: shallowly},
	{name: "in a part", before: plainly, after: inPart},
	{name: "from noise", before: fromNoise},
}

func plainly(img *image.NRGBA, _ *dream.Recipe, _ []classifier.Layer, _ *rand.Rand) *image.NRGBA {
	return img
}

func weakly(img *image.NRGBA, r *dream.Recipe, _ []classifier.Layer, rng *rand.Rand) *image.NRGBA {
	r.Strength, r.Steps = 1+rng.IntN(3), 2+rng.IntN(7)
	return img
}

func greyly(img *image.NRGBA, _ *dream.Recipe, _ []classifier.Layer, _ *rand.Rand) *image.NRGBA {
	return grey(img)
}

// greyAgain takes the colours of half of the dreams too.
func greyAgain(_, dreamed *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	if rng.IntN(2) == 0 {
		return dreamed
	}
	return grey(dreamed)
}

func shallowly(img *image.NRGBA, r *dream.Recipe, inner []classifier.Layer, rng *rand.Rand) *image.NRGBA {
	r.Preset, r.Words = "", nil
	r.Layers = []dream.LayerTerm{{Layer: inner[rng.IntN((len(inner)+1)/2)].Name, Channel: -1, Weight: 1}}
	r.Strength = 2 + rng.IntN(6)
	return img
}

// fromNoise dreams noise, long, and two times in three of one channel.
func fromNoise(img *image.NRGBA, r *dream.Recipe, inner []classifier.Layer, rng *rand.Rand) *image.NRGBA {
	r.Octaves, r.Steps, r.Strength = 3+rng.IntN(4), 12+rng.IntN(12), 6+rng.IntN(5)
	if rng.IntN(3) > 0 {
		deep := inner[len(inner)/4:]
		l := deep[rng.IntN(len(deep))]
		r.Words, r.Layers = nil, []dream.LayerTerm{{Layer: l.Name, Channel: rng.IntN(l.Channels), Weight: 1}}
	}
	out, level := image.NewNRGBA(img.Rect), 90+80*rng.Float64()
	for i := range out.Pix {
		out.Pix[i] = uint8(min(255, max(0, level+20*rng.NormFloat64())))
		if i%4 == 3 {
			out.Pix[i] = 255
		}
	}
	return out
}

// inPart keeps the picture but for a round part with soft edges, which is the dream's.
func inPart(img, dreamed *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	x, y, radius := w*(0.25+0.5*rng.Float64()), h*(0.25+0.5*rng.Float64()), (0.25+0.3*rng.Float64())*min(w, h)
	for i := range out.Pix {
		dx, dy := float64(i%out.Stride/4)-x, float64(i/out.Stride)-y
		share := min(1, max(0, (1.3-(dx*dx+dy*dy)/(radius*radius))/0.6))
		out.Pix[i] = uint8(float64(img.Pix[i])*(1-share) + float64(dreamed.Pix[i])*share + 0.5)
	}
	return out
}

// dreamed dreams a photograph in one of the manners.
func dreamed(ctx context.Context, net *classifier.Network, img *image.NRGBA, rng *rand.Rand) (*image.NRGBA, error) {
	r, m := randomRecipe(net, rng), manners[rng.IntN(len(manners))]
	layers := net.Layers()
	img = m.before(img, &r, layers[1:len(layers)-1], rng)
	out, err := dreamOf(ctx, net, img, r)
	if err != nil || m.after == nil {
		return out, err
	}
	return m.after(img, out, rng), nil
}

// dreamOf dreams a photograph.
func dreamOf(ctx context.Context, net *classifier.Network, src *image.NRGBA, r dream.Recipe) (*image.NRGBA, error) {
	res, err := dream.New(net, dream.Options{}).Make(ctx, dream.Order{Recipe: r, Source: src}, nil)
	if err != nil {
		return nil, fmt.Errorf("dream for training: %w", err)
	}
	return res.Image, nil
}

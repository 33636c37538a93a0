package dream

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math/rand/v2"
	"slices"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

const (
	imagineSteps = 80  // the usual Steps of imagine: each is a handful of moves of the spectrum
	imagineMoves = 6   // moves of the spectrum per step
	imagineSide  = 96  // side of the spectrum in pixels: what the network was trained to see
	imagineSize  = 448 // side of the result, unless the recipe says another
	imagineRate  = 0.06
)

// imagineViews are the sides of the views that the network gets in turn: what it is sure of at
// every size has a shape, at one size alone it may be a texture.
var imagineViews = [...]int{64, 80, 96, 128}

// imagineFrames makes a picture from noise under the constraint of the recipe's words, layers or
// channels: the network in reverse.
func imagineFrames(ctx context.Context, j *job) strip {
	return still(func() (img *image.NRGBA, err error) {
		j.meter.frame = 1
		terms := j.m.imagineTerms(j.r, j.preset)
		rng := rand.New(rand.NewPCG(j.r.Seed, uint64(j.r.Generation)))
		seed, err := j.envision(ctx, terms, rng)
		if err != nil {
			return nil, err
		}
		// The detail is of what tells the words apart in this vision.
		if j.terms, err = j.m.apart(ctx, terms, seed); err != nil {
			return nil, fmt.Errorf("look at what was imagined: %w", err)
		}
		j.src = resized(seed.NRGBA(), cmp.Or(j.r.Size, imagineSize))
		if img, err = j.sharpen(ctx); err != nil {
			return nil, err
		}
		seen, err := j.m.see(ctx, img)
		j.dreamed = seen.Guesses
		return img, err
	})
}

// imagineTerms are the words alone, or the layers alone: there is no picture whose look
// should live on.
func (m *Maker) imagineTerms(r Recipe, preset Preset) []term {
	if r.Free && len(r.Words) == 0 && len(r.Layers) == 0 {
		return layerTerms(m.layersOf(preset), 1)
	}
	var terms []term
	if len(r.Layers) > 0 {
		terms = layerTerms(r.Layers, 1)
	}
	if len(r.Words) > 0 {
		terms = append(terms, term{logits(m.labelled(r.Words)), raiseShare})
	}
	return terms
}

// envision climbs in the space of spectra.
func (j *job) envision(ctx context.Context, terms []term, rng *rand.Rand) (*picture.Planar, error) {
	s := newSpectrum(imagineSide, rng)
	// The sharpening afterwards is about a quarter of the whole.
	j.meter.start(1, float64(j.r.Steps)*4/3)
	j.meter.octave = 1
	moves := 0
	for step := range j.r.Steps {
		for range imagineMoves {
			p := s.picture()
			w := randomWarp(rng, imagineSide)
			side := imagineViews[moves%len(imagineViews)]
			moves++
			looked, view := w.view(p, side), picture.NewPlanar(side, side)
			if err := j.m.aim(ctx, terms, looked, view); err != nil {
				return nil, fmt.Errorf("imagine step %d: %w", step+1, err)
			}
			g := picture.NewPlanar(imagineSide, imagineSide)
			w.back(g, view)
			s.climb(p, g, imagineRate)
		}
		j.meter.look = func() *image.NRGBA { return s.picture().NRGBA() }
		j.meter.tick(step+1, j.r.Steps, 1, 1, 1)
	}
	j.meter.look = nil
	return s.picture(), nil
}

// aim sets grad to where the terms want p to go.
func (m *Maker) aim(ctx context.Context, terms []term, p, grad *picture.Planar) error {
	terms, err := m.apart(ctx, terms, p)
	if err != nil {
		return err
	}
	lengths, err := m.lengths(ctx, terms, p, grad)
	if err != nil {
		return err
	}
	_, err = m.net.Gradient(ctx, p, targets(terms, lengths), grad)
	return err
}

// rivals is how many other labels a word is told apart from.
const rivals = 10

// apart turns a term on words into one that also lowers what p is taken for instead, as the
// gradient of the logarithm of the words' probability does: a dumbbell, and no volleyball.
func (m *Maker) apart(ctx context.Context, terms []term, p *picture.Planar) ([]term, error) {
	i := slices.IndexFunc(terms, func(t term) bool { return t.target.Layer == classifier.Logits })
	if i < 0 {
		return terms, nil
	}
	seen, err := m.net.Guesses(ctx, p, rivals)
	if err != nil {
		return nil, err
	}
	terms = slices.Clone(terms)
	t := &terms[i].target
	wanted := func(g classifier.Guess) bool {
		return slices.ContainsFunc(t.Channels, func(c classifier.ChannelWeight) bool { return c.Channel == g.Index })
	}
	t.Channels = slices.Clone(t.Channels)
	rest := 1.0
	for _, g := range seen {
		if wanted(g) {
			rest -= g.P
		}
	}
	for _, g := range seen {
		if !wanted(g) {
			t.Channels = append(t.Channels, classifier.ChannelWeight{Channel: g.Index, Weight: -float32(g.P / max(rest, 1e-3))})
		}
	}
	return terms, nil
}

// lengths measures the terms' gradients; a single term needs no measuring, because Adam
// does not care about length.
func (m *Maker) lengths(ctx context.Context, terms []term, p, scratch *picture.Planar) ([]float64, error) {
	lengths := make([]float64, len(terms))
	for i, t := range terms {
		lengths[i] = 1
		if len(terms) > 1 {
			if _, err := m.net.Gradient(ctx, p, targets(terms[i:i+1], []float64{1}), scratch); err != nil {
				return nil, err
			}
			lengths[i] = rms(scratch.Pix) / float64(max(t.share, 1e-6))
		}
	}
	return lengths, nil
}

// sharpen dreams the enlarged vision a little, which gives it the detail that the spectrum
// was too small for.
func (j *job) sharpen(ctx context.Context) (*image.NRGBA, error) {
	j.r.Octaves, j.r.OctaveScale, j.r.Steps, j.r.Strength = 4, 1.5, sharpenSteps, min(j.r.Strength, 2)
	j.r.Repeat = 1
	return j.generations(ctx)
}

// sharpenSteps is the number of steps an octave.
const sharpenSteps = 6

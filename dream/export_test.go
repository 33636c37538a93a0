package dream

import (
	"context"
	"image"
	"math/rand/v2"

	"slugpuppy/classifier"
	"slugpuppy/dream/lexicon"
	"slugpuppy/picture"
)

// Frames renders a piece without making a file of it: its frames as they go to the encoder, and what
// was dreamed.
func (m *Maker) Frames(ctx context.Context, o Order) (frames []*image.NRGBA, dreamed []classifier.Guess, err error) {
	r, err := m.Complete(o.Recipe)
	if err != nil {
		return nil, nil, err
	}
	j := &job{m: m, desk: m.desk(), r: r, meter: m.newMeter(nil), source: o.Source, guide: o.Guide}
	j.preset, _ = FindPreset(r.Preset)
	if j.saw, err = j.see(ctx, o.Source); err != nil {
		return nil, nil, err
	}
	for img, err := range methods[r.Verb].render(ctx, j).frames {
		if err != nil {
			return nil, nil, err
		}
		frames = append(frames, img)
	}
	return frames, j.dreamed, nil
}

// StationFrames is how many frames of a wander belong to one station: it stays, and becomes the next.
const StationFrames = holdFrames + fadeFrames

// SightOf is what guesses of all labels, the likeliest first, come to.
func SightOf(labels []classifier.Label, all []classifier.Guess, n int) Sight {
	return newKinds(labels).sight(all, n)
}

// SaidKinds are the kinds that are said, with their words.
func SaidKinds() map[lexicon.Synset]string {
	out := map[lexicon.Synset]string{}
	for _, k := range saidKinds {
		out[k.synset] = k.word
	}
	return out
}

// Expand is words as labels of a network with those labels.
func Expand(labels []classifier.Label, words []WordTerm) []WordTerm {
	return newKinds(labels).expand(words)
}

// Raised is how much a recipe without layers raises which labels.
func (m *Maker) Raised(ctx context.Context, r Recipe) (map[int]float32, error) {
	r, err := m.Complete(r)
	if err != nil {
		return nil, err
	}
	preset, _ := FindPreset(r.Preset)
	terms, err := m.terms(ctx, r, preset, nil, nil, nil)
	raised := map[int]float32{}
	for _, t := range terms {
		for _, c := range t.target.Channels {
			if t.target.Layer == classifier.Logits {
				raised[c.Channel] = c.Weight
			}
		}
	}
	return raised, err
}

// Work is how many pixels are dreamed, as often as they are.
func (e Estimate) Work() (sum float64) {
	for _, o := range e.octaves {
		sum += float64(o.w) * float64(o.h) * float64(o.steps)
	}
	return sum
}

// Home are the layers of the embedded network that presets are written for.
var Home = home

// Parts are the second eigenvector of the likeness of places, and that likeness.
var (
	SecondVector = secondVector
	Likeness     = likeness
)

// Freed is a mask of w by h places without what its subject stands on.
func Freed(w, h int, data, like []float32) []float32 {
	k := &mask{w: w, h: h, data: data}
	freed(k, like)
	return k.data
}

// Closed is a mask without small holes.
func Closed(w, h int, data []float32) []float32 {
	k := &mask{w: w, h: h, data: data}
	k.close(eyehole)
	return k.data
}

// Looks looks for a word in square pictures, one after the other, as an imagining does, each through the same warp and noise, and
// returns where it wants them to go.
func (m *Maker) Looks(ctx context.Context, label int, pictures []*picture.Planar) (all []*picture.Planar, err error) {
	j := &job{m: m}
	t := &turn{wish: &wish{things: m.things([]WordTerm{{Label: label, Weight: 1}})}, place: everywhere}
	for _, p := range pictures {
		g, err := j.look(ctx, t, p, 48, rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

const (
	Renewed = renewed
	Plainly = plainly
)

package dream

import (
	"context"
	"image"

	"slugpuppy/classifier"
	"slugpuppy/dream/lexicon"
)

// Frames renders a piece without making a file of it: its frames as they go to the encoder, and what
// was dreamed.
func (m *Maker) Frames(ctx context.Context, o Order) (frames []*image.NRGBA, dreamed []classifier.Guess, err error) {
	r, err := m.Complete(o.Recipe)
	if err != nil {
		return nil, nil, err
	}
	j := &job{m: m, desk: m.desk(), r: r, meter: &meter{frames: 1}, source: o.Source, guide: o.Guide}
	j.preset, _ = FindPreset(r.Preset)
	if j.saw, err = m.see(ctx, o.Source); err != nil {
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

// Subject is where the subject of a picture is, 0..1 by pixel.
func (m *Maker) Subject(ctx context.Context, img *image.NRGBA) ([]float32, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	k := &mask{w: w, h: h, data: make([]float32, w*h)}
	return k.data, m.subject(ctx, k, img)
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

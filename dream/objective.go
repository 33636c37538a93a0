package dream

import (
	"context"
	"image"
	"slices"

	"slugpuppy/classifier"
)

// term is one wish: a target and how much it counts against the others. Gradients of layers
// and of labels differ by orders of magnitude, so every term's is brought to the same length
// before they are mixed, see balance.
type term struct {
	target classifier.Target
	share  float32
}

// How much words count against the look of the preset. A word to raise takes over, and the
// look only keeps the texture alive; a word to lower holds its evidence down inside the look.
const (
	raiseShare = 1
	lookShare  = 0.35
	lowerShare = 0.5
)

// terms translates a completed recipe. What the network saw decides when the recipe leaves
// it free.
func (m *Maker) terms(ctx context.Context, r Recipe, preset Preset, guide *image.NRGBA, saw []classifier.Guess) ([]term, error) {
	words := m.labelled(r.Words)
	if r.Free {
		words = append(words[:len(words):len(words)], chosen(saw)...)
	}
	up, down := split(words)
	layers, share := r.Layers, float32(1)
	if len(layers) == 0 {
		layers = m.layersOf(preset)
		if len(up) == 0 && !r.Guide {
			up = m.labelsOf(preset, down)
		}
		if len(up) > 0 {
			share = lookShare
		}
	}
	terms := layerTerms(layers, share)
	if r.Guide {
		if err := m.follow(ctx, terms, guide); err != nil {
			return nil, err
		}
	}
	if len(up) > 0 {
		terms = append(terms, term{logits(up), raiseShare})
	}
	if len(down) > 0 {
		terms = append(terms, term{logits(down), lowerShare})
	}
	return terms, nil
}

// labelled is words as labels.
func (m *Maker) labelled(words []WordTerm) []WordTerm {
	if !slices.ContainsFunc(words, func(w WordTerm) bool { return w.Kind != 0 }) {
		return words
	}
	return m.kinds().expand(words)
}

// labelsOf are the labels a preset raises, without those that are to be lowered.
func (m *Maker) labelsOf(p Preset, down []WordTerm) []WordTerm {
	var up []WordTerm
	for i, l := range m.net.Labels() {
		lowered := slices.ContainsFunc(down, func(w WordTerm) bool { return w.Label == i })
		if slices.Contains(p.Labels, l.ID) && !lowered {
			up = append(up, WordTerm{Label: i, Weight: 1})
		}
	}
	return up
}

// chosen are the labels that a picture is already nearest to.
func chosen(saw []classifier.Guess) []WordTerm {
	var words []WordTerm
	for _, g := range saw[:min(3, len(saw))] {
		words = append(words, WordTerm{Label: g.Index, Weight: float32(g.P / saw[0].P)})
	}
	return words
}

func split(words []WordTerm) (up, down []WordTerm) {
	for _, w := range words {
		if w.Weight > 0 {
			up = append(up, w)
		} else {
			down = append(down, w)
		}
	}
	return up, down
}

func logits(words []WordTerm) classifier.Target {
	t := classifier.Target{Layer: classifier.Logits, Weight: 1}
	for _, w := range words {
		t.Channels = append(t.Channels, classifier.ChannelWeight{Channel: w.Label, Weight: w.Weight})
	}
	return t
}

// layerTerms shares out between layers; channels of one layer become one target.
func layerTerms(layers []LayerTerm, share float32) []term {
	var terms []term
	sum := float32(0)
	for _, l := range layers {
		sum += max(l.Weight, -l.Weight)
	}
	for _, l := range layers {
		sign, size := float32(1), l.Weight
		if size < 0 {
			sign, size = -1, -size
		}
		t := classifier.Target{Layer: l.Layer, Weight: sign}
		if l.Channel >= 0 {
			t.Channels = []classifier.ChannelWeight{{Channel: l.Channel, Weight: 1}}
		}
		terms = append(terms, term{t, share * size / sum})
	}
	return terms
}

// guideSide is the long side of a guide in pixels: large enough for its textures, small
// enough that comparing features stays cheap.
const guideSide = 224

// follow turns whole-layer terms into guided ones.
func (m *Maker) follow(ctx context.Context, terms []term, guide *image.NRGBA) error {
	if guide == nil {
		return &Problem{Kind: NoGuide}
	}
	small := thumbnail(guide, guideSide)
	if side := m.net.MinSide(); min(small.W, small.H) < side {
		small = small.Resize(max(side, small.W), max(side, small.H))
	}
	for i := range terms {
		t := &terms[i].target
		if len(t.Channels) > 0 {
			continue
		}
		f, err := m.net.Activations(ctx, small, t.Layer)
		if err != nil {
			return err
		}
		t.Guide = f[t.Layer]
	}
	return nil
}

// targets is what the network is asked: every term with its share divided by the length of
// its gradient. Terms without a gradient are left out.
func targets(terms []term, lengths []float64) []classifier.Target {
	var ts []classifier.Target
	for i, t := range terms {
		if lengths[i] > 0 {
			t.target.Weight *= float32(float64(t.share) / lengths[i])
			ts = append(ts, t.target)
		}
	}
	return ts
}

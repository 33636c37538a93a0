package dream

import (
	"context"
	"image"
	"math"
	"math/rand/v2"
	"slices"

	"slugpuppy/classifier"
	"slugpuppy/picture"
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
func (m *Maker) terms(ctx context.Context, r Recipe, preset Preset, source, guide *image.NRGBA, saw []classifier.Guess) ([]term, error) {
	words := m.labelled(r.Words)
	if r.Free {
		words = append(words[:len(words):len(words)], chosen(saw)...)
	}
	up, down := split(words)
	layers, share := r.Layers, float32(1)
	if len(layers) == 0 {
		layers = m.layersOf(preset)
		if len(up) == 0 && !r.Guide {
			up = inclined(m.labelsOf(preset, down), r.Seed)
		}
		if len(up) > 0 {
			share = lookShare
		}
	}
	terms := layerTerms(layers, share)
	if r.Guide {
		var err error
		if terms, err = m.follow(ctx, terms, source, guide); err != nil {
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

// inclined weighs labels by chance: another seed dreams more of others.
func inclined(words []WordTerm, seed uint64) []WordTerm {
	rng := rand.New(rand.NewPCG(seed, inclination))
	for i := range words {
		words[i].Weight *= float32(math.Exp(leaning * rng.NormFloat64()))
	}
	return words
}

const (
	inclination = 0x5eed // tells this use of a seed from others
	leaning     = 0.8    // deviation of the weights' logarithm
)

// guideSide is the long side of a guide in pixels: large enough for its textures, small
// enough that comparing features stays cheap.
const guideSide = 224

// mannerShare is how much the manner of a guide counts against its places.
const mannerShare = 1

// follow has whole layers take after a guide: each place of the picture becomes like the place of the guide that it is most
// like already (which features, not how strong they are), and on the average, in the layers that its manner is in, the
// picture comes to have more of what the guide has more of.
func (m *Maker) follow(ctx context.Context, terms []term, source, guide *image.NRGBA) ([]term, error) {
	if guide == nil {
		return nil, &Problem{Kind: NoGuide}
	}
	small := m.glance(guide, guideSide)
	for i := range terms {
		t := &terms[i].target
		if len(t.Channels) > 0 {
			continue
		}
		f, err := m.net.Activations(ctx, small, t.Layer)
		if err != nil {
			return nil, err
		}
		t.Guide = f[t.Layer]
		unit(t.Guide)
	}
	layers := m.manner()
	have, err := m.net.Activations(ctx, m.glance(source, guideSide), layers...)
	if err != nil {
		return nil, err
	}
	want, err := m.net.Activations(ctx, small, layers...)
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		terms = append(terms, term{towards(want[l], have[l]), mannerShare / float32(len(layers))})
	}
	return terms, nil
}

// glance is a copy whose long side is at most most, or as large as the network needs.
func (m *Maker) glance(img *image.NRGBA, most int) *picture.Planar {
	small := thumbnail(img, most)
	if side := m.net.MinSide(); min(small.W, small.H) < side {
		small = small.Resize(max(side, small.W), max(side, small.H))
	}
	return small
}

// manner are the layers that show how something is painted: one for colours and strokes, one for textures, one for parts.
func (m *Maker) manner() []string {
	all := m.layers()
	var names []string
	for _, part := range []int{1, 3, 5} {
		if name := all[part*len(all)/6].Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// unit makes the features of every place one long, so that places are compared by which features they have and not by how
// strong these are.
func unit(f *classifier.Features) {
	n := f.W * f.H
	for p := range n {
		sum := 0.0
		for c := range f.C {
			v := float64(f.Data[c*n+p])
			sum += v * v
		}
		if sum == 0 {
			continue
		}
		by := float32(1 / math.Sqrt(sum))
		for c := range f.C {
			f.Data[c*n+p] *= by
		}
	}
}

// towards raises the channels that are stronger in want than in have, and lowers those that are weaker, each in units of
// what it has at all.
func towards(want, have *classifier.Features) classifier.Target {
	t := classifier.Target{Layer: want.Layer, Weight: 1}
	for c := range want.C {
		a, b := mean(want, c), mean(have, c)
		if a+b > 0 {
			t.Channels = append(t.Channels, classifier.ChannelWeight{Channel: c, Weight: (a - b) / (a + b)})
		}
	}
	return t
}

// mean is the mean of a channel.
func mean(f *classifier.Features, c int) float32 {
	n, sum := f.W*f.H, 0.0
	for _, v := range f.Data[c*n : (c+1)*n] {
		sum += float64(v)
	}
	return float32(sum / float64(n))
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

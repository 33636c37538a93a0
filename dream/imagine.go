package dream

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

const (
	imagineSteps = 80  // the usual Steps of imagine: each is a handful of moves of the spectrum
	imagineMoves = 6   // moves of the spectrum per step
	imagineSize  = 448 // side of the result, unless the recipe says another
	imagineRate  = 0.06
	// cooling is the part of all steps after which the rate falls, to nothing at the end: what moves by chance comes to rest.
	cooling = 0.7
	// grain is the most deviation of the noise that a view is looked at through, in [0,1]: gradients through noise are of shapes
	// (Smilkov et al., "SmoothGrad", 2017; Kaur, Cohen, Lipton, "Are Perceptually-Aligned Gradients a General Property of
	// Robust Classifiers?", 2019).
	grain = 0.3
	// plainly is how many moves for something come before that noise: in it a thing begins slowly.
	plainly = 24
	// renewed is after how many moves for something it is looked at anew what it is taken for instead. The sides of a stage's views
	// do not divide by it, so all of them are looked at.
	renewed = 5
)

// imagineFrames makes a picture from noise under the constraint of the recipe's words, layers or
// channels: the network in reverse.
func imagineFrames(ctx context.Context, j *job) strip {
	return still(func() (img *image.NRGBA, err error) {
		wish := j.m.imagined(j.r, j.preset)
		rng := rand.New(rand.NewPCG(j.r.Seed, uint64(j.r.Generation)))
		seed, err := j.envision(ctx, wish, rng)
		if err != nil {
			return nil, err
		}
		// The detail is of what tells the words apart in this vision.
		if j.terms, err = j.m.apart(ctx, wish, seed); err != nil {
			return nil, fmt.Errorf("look at what was imagined: %w", err)
		}
		j.src = resized(seed.NRGBA(), imaginedSide(j.r))
		if img, err = j.sharpen(ctx); err != nil {
			return nil, err
		}
		seen, err := j.see(ctx, img)
		j.dreamed = seen.Guesses
		return img, err
	})
}

// imaginedSide is the side of the result.
func imaginedSide(r Recipe) int { return cmp.Or(r.Size, imagineSize) }

// imagineLoad is the load of the spectrum's moves, and of the sharpening.
func imagineLoad(m *Maker, _ image.Point, r Recipe, p Preset) (l load, err error) {
	wish, step := m.imagined(r, p), 0
	for _, s := range stages {
		each, err := m.moves(wish, s)
		if err != nil {
			return l, err
		}
		l = l.plus(each.times(s.ends(r.Steps) - step))
		step = s.ends(r.Steps)
	}
	side := imaginedSide(r)
	e, err := m.outline(side, side, sharper(r), m.likely(sharper(r), p))
	return l.plus(e.load(m)).plus(m.lookLoad(side, side, false)), err
}

// moves is the load of a step of a stage.
func (m *Maker) moves(w *wish, s stage) (l load, err error) {
	terms := w.others
	if len(w.things) > 0 {
		terms = append(terms[:len(terms):len(terms)], term{logits([]WordTerm{{Weight: 1}}), 1})
	}
	t, err := m.toll(wanted(terms))
	if err != nil {
		return l, err
	}
	share := imagineMoves / float64(len(s.views))
	for _, side := range s.views {
		l[climbing] += share * (t.all + t.singly/renewed) * rect{w: side, h: side}.pixels()
		if len(w.things) > 0 {
			l[looking] += share / renewed * m.lookCost(side, side)
		}
	}
	l[handling] += imagineMoves * spectrumPixel * float64(s.side*s.side)
	return l, nil
}

// imagined are the words alone, or the layers alone: there is no picture whose look should live on.
func (m *Maker) imagined(r Recipe, preset Preset) *wish {
	if r.Free && len(r.Words) == 0 && len(r.Layers) == 0 {
		return &wish{others: layerTerms(m.layersOf(preset), 1)}
	}
	w := &wish{}
	if len(r.Layers) > 0 {
		w.others = layerTerms(r.Layers, 1)
	}
	up, down := split(m.labelled(r.Words))
	w.things = m.things(up)
	if len(down) > 0 {
		w.others = append(w.others, term{logits(down), lowerShare})
	}
	return w
}

// stage is a part of an imagining.
type stage struct {
	side  int     // of the spectrum in pixels
	until float64 // of all steps
	views []int   // sides at which the network looks in turn: what it is sure of at every size has a shape
}

// ends is the step that ends a stage.
func (s stage) ends(steps int) int { return int(math.Round(s.until * float64(steps))) }

// stages begin with views so small that a thing has to fill the picture to be seen, and end with detail.
var stages = []stage{
	{96, 0.45, []int{48, 64, 80, 96}},
	{192, 1, []int{64, 80, 96, 128}},
}

// envision climbs in the space of spectra: first a small one, for what is where, then one with room for detail.
func (j *job) envision(ctx context.Context, wish *wish, rng *rand.Rand) (*picture.Planar, error) {
	j.meter.octave(1, 1)
	s := newSpectrum(stages[0].side, rng)
	step, moves := 0, 0
	for _, stage := range stages {
		if s.n < stage.side {
			s = s.grown(stage.side)
		}
		turns := wish.turns(s.n)
		each, err := j.m.moves(wish, stage)
		if err != nil {
			return nil, err
		}
		j.meter.begin()
		for ; step < stage.ends(j.r.Steps); step++ {
			for range imagineMoves {
				p := s.picture()
				turn := &turns[moves%len(turns)]
				g, err := j.look(ctx, turn, p, stage.views[moves/len(turns)%len(stage.views)], rng)
				if err != nil {
					return nil, fmt.Errorf("imagine step %d: %w", step+1, err)
				}
				moves++
				turn.focus.on(g)
				s.climb(p, g, imagineRate*warmth(float64(step)/float64(j.r.Steps)))
			}
			j.meter.did(each)
			j.meter.view(func() *image.NRGBA { return s.picture().NRGBA() })
			j.meter.step(step+1, j.r.Steps, 1, 1)
		}
	}
	j.meter.view(nil)
	return s.picture(), nil
}

// warmth is how much of the rate is left after a part of all steps.
func warmth(done float64) float64 {
	if done < cooling {
		return 1
	}
	return (1 + math.Cos(math.Pi*(done-cooling)/(1-cooling))) / 2
}

// look sees p at a size through a random warp and noise, and returns where the turn's wish wants it to go.
func (j *job) look(ctx context.Context, t *turn, p *picture.Planar, side int, rng *rand.Rand) (*picture.Planar, error) {
	k := 1
	for p.W%(2*k) == 0 && p.W/(2*k) >= side {
		k *= 2
	}
	small := boxed(p, k)
	w := randomWarp(rng, small.W).at(t.place, small.W)
	looked, grad := w.view(small, side), picture.NewPlanar(side, side)
	if t.moves >= plainly {
		roughen(looked, rng)
	}
	if t.moves%renewed == 0 {
		if err := j.m.aim(ctx, t, looked, grad); err != nil {
			return nil, err
		}
	}
	t.moves++
	if _, err := j.m.net.Gradient(ctx, looked, t.aims, grad); err != nil {
		return nil, err
	}
	g := picture.NewPlanar(small.W, small.W)
	w.back(g, grad)
	return unboxed(g, k), nil
}

// roughen adds noise of some strength to a view.
func roughen(p *picture.Planar, rng *rand.Rand) {
	deviation := float32(grain * rng.Float64())
	for i := range p.Pix {
		p.Pix[i] += deviation * float32(rng.NormFloat64())
	}
}

// turn is what one move of a spectrum is for: something at a place.
type turn struct {
	wish  *wish
	place place
	focus focus
	moves int // that were made for it
	aims  []classifier.Target
}

// place is a square of a picture, in parts of its side.
type place struct{ x, y, size float64 }

var everywhere = place{0.5, 0.5, 1}

// places are where several things lie that are to be seen side by side.
func places(n int) []place {
	switch n {
	case 2:
		return []place{{0.3, 0.42, 0.6}, {0.7, 0.58, 0.6}}
	case 3:
		return []place{{0.5, 0.28, 0.55}, {0.28, 0.7, 0.55}, {0.72, 0.7, 0.55}}
	}
	return []place{{0.27, 0.27, 0.52}, {0.73, 0.73, 0.52}, {0.73, 0.27, 0.52}, {0.27, 0.73, 0.52}}
}

// turns are those of a wish in a picture of n by n: each thing at its place, and all together.
func (w *wish) turns(n int) []turn {
	if len(w.things) < 2 {
		return []turn{{wish: w, place: everywhere, focus: newFocus(n, everywhere)}}
	}
	at := places(len(w.things))
	var out []turn
	for i := range w.things {
		p := at[i%len(at)]
		out = append(out, turn{wish: &wish{things: w.things[i : i+1], others: w.others}, place: p, focus: newFocus(n, p)})
	}
	return append(out, turn{wish: w, place: everywhere})
}

// focus weighs the middle of a place, where a thing is wanted. nil weighs nothing.
type focus []float32

const (
	focusWidth = 0.35 // deviation, in halves of the place's side
	aside      = 0.1  // what the borders weigh
)

func newFocus(n int, p place) focus {
	f := make(focus, n*n)
	for i := range f {
		dx, dy := (float64(i%n)+0.5)/float64(n)-p.x, (float64(i/n)+0.5)/float64(n)-p.y
		width := focusWidth * p.size / 2
		f[i] = float32(aside + (1-aside)*math.Exp(-(dx*dx+dy*dy)/(2*width*width)))
	}
	return f
}

// on weighs the gradient g.
func (f focus) on(g *picture.Planar) {
	for c := range 3 {
		plane := g.Plane(c)
		for i, v := range f {
			plane[i] *= v
		}
	}
}

// aim sets a turn's aims by what is seen in p.
func (m *Maker) aim(ctx context.Context, t *turn, p, scratch *picture.Planar) error {
	terms, err := m.apart(ctx, t.wish, p)
	if err != nil {
		return err
	}
	lengths, err := m.lengths(ctx, terms, p, scratch)
	t.aims = targets(terms, lengths)
	return err
}

// wish is what is imagined: things, each of which is to be seen, and whatever else.
type wish struct {
	things [][]WordTerm // labels that are one thing
	others []term
}

// alike is how many labels at most a kind has that two labels must share to be one thing: a banana and a goldfish
// share no kind so narrow.
const alike = 24

// things are the labels that are raised, those that are of one kind together.
func (m *Maker) things(words []WordTerm) [][]WordTerm {
	var things [][]WordTerm
	k := m.kinds()
	for _, w := range words {
		i := slices.IndexFunc(things, func(t []WordTerm) bool { return k.shared(t[0].Label, w.Label) <= alike })
		if i < 0 {
			things = append(things, nil)
			i = len(things) - 1
		}
		things[i] = append(things[i], w)
	}
	return things
}

// apart makes terms of a wish: words are told apart from what p is taken for instead, as the gradient of the logarithm of
// their odds does (a dumbbell, and no volleyball), and where there are several, the one counts more of which less is seen.
func (m *Maker) apart(ctx context.Context, w *wish, p *picture.Planar) ([]term, error) {
	if len(w.things) == 0 {
		return w.others, nil
	}
	labels := len(m.net.Labels()) // of which some are never guessed
	seen, err := m.net.Guesses(ctx, p, labels)
	if err != nil {
		return nil, err
	}
	likely := make([]float64, labels)
	for _, g := range seen {
		likely[g.Index] = g.P
	}
	const least = 1e-9
	sums, all := make([]float64, len(w.things)), 0.0
	for i, labels := range w.things {
		for _, l := range labels {
			sums[i] += likely[l.Label] + least
		}
		all += sums[i]
	}
	weights := make([]float64, len(likely))
	rest, total := max(1-all, 1e-6), 0.0
	for i, labels := range w.things {
		share := 1.0
		if n := float64(len(w.things)); n > 1 {
			share = (1 - sums[i]/all) / (n - 1) * n
		}
		for _, l := range labels {
			weights[l.Label] = share * float64(l.Weight) * (likely[l.Label] + least) / sums[i]
			total += weights[l.Label]
		}
	}
	for i, p := range likely {
		if weights[i] == 0 {
			weights[i] = -total * p / rest
		}
	}
	t := classifier.Target{Layer: classifier.Logits, Weight: 1}
	for i, v := range weights {
		if math.Abs(v) > 1e-4 {
			t.Channels = append(t.Channels, classifier.ChannelWeight{Channel: i, Weight: float32(v)})
		}
	}
	return append(slices.Clone(w.others), term{t, raiseShare}), nil
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
// was too small for. The piece's recipe stays that of the whole.
func (j *job) sharpen(ctx context.Context) (*image.NRGBA, error) {
	whole := j.r
	defer func() { j.r = whole }()
	j.r = sharper(whole)
	return j.generations(ctx)
}

// sharper is the recipe of that dream.
func sharper(r Recipe) Recipe {
	r.Octaves, r.OctaveScale, r.Steps, r.Strength = sharpenOctaves, 1.5, sharpenSteps, min(r.Strength, 2)
	r.Repeat = 1
	return r
}

const (
	sharpenOctaves = 3 // of what tells the words apart: with two, other networks are less sure
	sharpenSteps   = 4 // an octave
)

package dream

import (
	"image"
	"slices"
	"strings"
	"sync"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

// toil is a kind of work. How long one takes against another hangs on the machine.
type toil int

const (
	climbing toil = iota // gradients, in the arithmetic of dreams
	looking              // what is read of the network, exactly
	handling             // pictures scaled, laid over each other and written
	toils
)

// load is an amount of work: of each kind, the seconds that it takes at the usual pace, which is that of one core of
// the processor that the constants below were measured on. A pace tells what that is here.
type load [toils]float64

func (l load) plus(o load) load {
	for k := range l {
		l[k] += o[k]
	}
	return l
}

func (l load) with(kind toil, more float64) load {
	l[kind] += more
	return l
}

// dot is the sum of products.
func (l load) dot(o load) (sum float64) {
	for k := range l {
		sum += l[k] * o[k]
	}
	return sum
}

func (l load) times(n int) load {
	for k := range l {
		l[k] *= float64(n)
	}
	return l
}

// The usual pace, measured on one core of a Zen 4 (AVX-512, bfloat16).
const (
	climbPerSecond = 200e9 // floating-point operations
	lookPerSecond  = 155e9
	// perGradient is what a gradient costs beside its pixels, in pixels: small planes do not fill the vectors, and the
	// weights come from memory for few of them.
	perGradient = 3500
	// perLook is the same of what is read.
	perLook = 5000
)

// Seconds a pixel.
const (
	ascentPixel  = 40e-9 // of a step: the gradient's bands, and what is moved by them
	scalingPixel = 15e-9 // of the source, brought to another size
	layingPixel  = 60e-9 // of the result, with the dream laid over it
	jpegPixel    = 25e-9
	gifPixel     = 700e-9
	filmPixel    = 100e-9
	pngPixel     = 350e-9 // of pictures that are small enough to be sent as such
	mostPNG      = 2 << 20
	flowPixel    = 500e-9 // of a frame, followed from the one before
	divePixel    = 180e-9 // of a frame, come closer to
	// spectrumPixel is what a move of a spectrum costs beside the network.
	spectrumPixel = 270e-9
)

// toll is what the gradients of a list of targets cost, in seconds a pixel.
type toll struct {
	all    float64 // of all targets at once, as each step asks, and of the step
	singly float64 // of each by itself, by which they are balanced; 0 where there is one
}

// tariff is what a network's questions cost by the layers that they are about, in floating-point operations a pixel: reckoned
// once, at one size, since others differ by a few hundredths. It is safe for concurrent use.
type tariff struct {
	mu    sync.Mutex
	costs map[string]float64
}

// tariffSide is the side of that size.
const tariffSide = 256

// of is what a question costs.
func (t *tariff) of(question string, work func() (float64, error)) (float64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if cost, ok := t.costs[question]; ok {
		return cost, nil
	}
	operations, err := work()
	if err != nil {
		return 0, err
	}
	t.costs[question] = operations / (tariffSide * tariffSide)
	return t.costs[question], nil
}

// toll reckons what the gradients of targets cost.
func (m *Maker) toll(ts []classifier.Target) (t toll, err error) {
	if t.all, err = m.gradientCost(ts); err != nil {
		return t, err
	}
	for i := 0; i < len(ts) && len(ts) > 1; i++ {
		one, err := m.gradientCost(ts[i : i+1])
		if err != nil {
			return t, err
		}
		t.singly += one
	}
	t.all += ascentPixel
	return t, nil
}

func (m *Maker) gradientCost(ts []classifier.Target) (float64, error) {
	var layers []string
	for _, t := range ts {
		layers = append(layers, t.Layer)
	}
	slices.Sort(layers)
	cost, err := m.tariff.of(strings.Join(slices.Compact(layers), " "), func() (float64, error) {
		return m.net.GradientWork(tariffSide, tariffSide, ts)
	})
	return cost / climbPerSecond, err
}

// lookCost is what it costs to see a picture of w by h once.
func (m *Maker) lookCost(w, h int) float64 {
	cost, err := m.tariff.of("look", func() (float64, error) {
		return m.net.ForwardWork(tariffSide, tariffSide, classifier.Logits)
	})
	if err != nil {
		return 0 // what cannot be looked at says so when it is
	}
	return cost * (float64(w*h) + perLook) / lookPerSecond
}

// step is what a step over a picture of w by h costs in gradients, with what tiles of at most most pixels see beyond it.
func (m *Maker) step(w, h, most int, perPixel float64) float64 {
	across, down := m.divide(w, most), m.divide(h, most)
	tiles := float64(across.count * down.count)
	return perPixel * (tiles*float64(across.side*down.side) + tiles*perGradient)
}

// balancing is what it costs to measure all targets in a picture of w by h.
func (m *Maker) balancing(w, h, most int, t toll) float64 {
	across, down := m.divide(w, most), m.divide(h, most)
	seen, tiles := 0, across.count*down.count
	each := max(1, tiles/probes)
	for k := each / 2; k < tiles; k += each {
		seen++
	}
	return m.step(w, h, most, t.singly) * float64(seen) / float64(tiles)
}

// climb is the load of so many steps over a picture of w by h.
func (m *Maker) climb(w, h, most, steps int, t toll) load {
	return load{climbing: float64(steps)*m.step(w, h, most, t.all) + m.balancing(w, h, most, t)}
}

// load is that of an ascent, the dream laid over its source too.
func (e Estimate) load(m *Maker) (l load) {
	for _, o := range e.octaves {
		l = l.plus(m.climb(o.w, o.h, e.Tile, o.steps, e.toll))
		l = l.plus(e.scaling(o).times(2))
	}
	return l.plus(laying(e.W, e.H))
}

// scaling is the load of bringing the source to the size of an octave.
func (e Estimate) scaling(o octave) load {
	return load{handling: scalingPixel * float64(e.W*e.H+o.w*o.h)}
}

// laying is that of laying a dream over a picture.
func laying(w, h int) load { return load{handling: layingPixel * float64(w*h)} }

// lookLoad is the load of See, or of Details, of a picture of w by h.
func (m *Maker) lookLoad(w, h int, closely bool) load {
	l := load{handling: scalingPixel * float64(w*h)}
	w, h = picture.Fit(w, h, lookSide)
	for _, v := range m.net.Views(w, h, closely) {
		l[looking] += m.lookCost(v.X, v.Y)
	}
	return l
}

// framing is what a frame costs in the clip that an order becomes, in seconds a pixel.
func (m *Maker) framing(o Order) float64 {
	if tries := m.attempts(o.takes(MP4, GIF)); len(tries) > 0 && tries[0].mime == MP4 {
		return filmPixel
	}
	return gifPixel
}

// writing is what a still's file costs: what is accepted first decides.
func writing(w, h int, accept []Format) load {
	pixels := float64(w * h)
	switch {
	case len(accept) == 0:
		return load{}
	case accept[0].MIME == PNG && pixels <= mostPNG:
		return load{handling: pixels * pngPixel}
	}
	return load{handling: pixels * jpegPixel}
}

// Expect is how long an order will take on this machine, by what pieces took before; 0 before there were any.
// The order's source may be blank: what counts is its size. The error is that of Make for what cannot be made.
func (m *Maker) Expect(o Order) (d time.Duration, err error) {
	m, err = m.meant(o)
	if err != nil {
		return d, err
	}
	r, err := m.Complete(o.Recipe)
	if err != nil {
		return d, err
	}
	l, err := m.expected(o, r)
	if err != nil {
		return d, err
	}
	return m.pace.expect(l), nil
}

// expected is the load of a completed order.
func (m *Maker) expected(o Order, r Recipe) (l load, err error) {
	how, size := methods[r.Verb], image.Point{}
	if !how.fromNoise {
		if o.Source == nil || o.Source.Rect.Empty() {
			return l, &Problem{Kind: EmptySource}
		}
		size = o.Source.Rect.Size()
		l = m.lookLoad(size.X, size.Y, false)
	}
	preset, _ := FindPreset(r.Preset)
	make := how.load
	if r.Verb == Dream && o.Clip != nil {
		make = o.Clip.load
	}
	own, err := make(m, size, r, preset)
	l = l.plus(own)
	if err != nil || o.Clip != nil {
		return l, err
	}
	if how.moves {
		w, h := m.clipSize(size.X, size.Y, r)
		return l.with(handling, m.framing(o)*float64(how.frames(r)*w*h)), nil
	}
	size = r.Makes(size)
	return l.plus(writing(size.X, size.Y, o.Accept)), nil
}

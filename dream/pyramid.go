package dream

import (
	"fmt"
	"image"
	"math"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

const (
	// reference is the long side, in pixels, up to which a recipe's octaves and steps apply.
	// Larger pictures get further octaves, so that what is dreamed is not lost in them, of
	// fewer steps, because those only sharpen what is there.
	reference = 1024
	fineSteps = 0.3
	// finest is how many pixels the largest octave has at most. What is dreamed of a larger picture is
	// scaled up and laid over all of its own detail: finer strokes would be lost in that, and take
	// minutes.
	finest = 2 << 20
	// smallest is the short side of the smallest octave in pixels.
	smallest = 48
)

// octave is one size of the pyramid.
type octave struct{ w, h, steps int }

// Estimate is what a job will need, known before it starts.
type Estimate struct {
	W, H         int   // of the result
	WorkW, WorkH int   // of the largest octave
	Tile         int   // largest side of a tile, its margin included
	Tiles        int   // of the largest octave
	Bytes        int64 // the most the job will hold: weights, source and result included
	toll         toll
	gradient     int64 // of these, what the gradient of the largest tile takes
	short        bool  // of memory: the largest octave is smaller than it would be
	octaves      []octave
}

// Estimate plans a dream of a picture of w by h. The error is a *Problem if the picture is
// too large for the configured memory.
func (m *Maker) Estimate(w, h int, r Recipe) (Estimate, error) {
	r, err := m.Complete(r)
	if err != nil {
		return Estimate{}, err
	}
	preset, _ := FindPreset(r.Preset)
	beside := int64(0)
	if long := max(w, h); r.Size > 0 && r.Size != long {
		beside = 4 * int64(w) * int64(h)
		w, h = longSide(w, h, r.Size)
	}
	return m.plan(w, h, beside, r, m.likely(r, preset))
}

// likely are terms that cost what those of a completed recipe will, before its picture was seen.
func (m *Maker) likely(r Recipe, preset Preset) []term {
	layers := r.Layers
	if len(layers) == 0 {
		layers = m.layersOf(preset)
	}
	terms := layerTerms(layers, 1)
	if r.Guide {
		for _, l := range m.manner() {
			terms = append(terms, term{classifier.Target{Layer: l, Weight: 1}, mannerShare})
		}
	}
	up, down := split(m.labelled(r.Words))
	one := term{logits([]WordTerm{{Weight: 1}}), 1}
	if len(up) > 0 || r.Free || len(r.Layers) == 0 && !r.Guide && len(preset.Labels) > 0 {
		terms = append(terms, one)
	}
	if len(down) > 0 {
		terms = append(terms, one)
	}
	return terms
}

// smallest is the short side of the smallest octave: some networks want more.
func (m *Maker) smallest() int { return max(smallest, m.net.MinSide()) }

// plan chooses the working size, the octaves and the tiles, beside so many bytes of other pictures.
func (m *Maker) plan(w, h int, beside int64, r Recipe, terms []term) (Estimate, error) {
	e, ts := m.working(w, h), wanted(terms)
	for {
		ok, err := m.fit(&e, beside, r, ts)
		if err != nil {
			return e, err
		}
		if ok {
			break
		}
		e.WorkW, e.WorkH, e.short = e.WorkW*7/8, e.WorkH*7/8, true
		if min(e.WorkW, e.WorkH) < m.smallest() {
			return e, &Problem{Kind: TooLarge,
				Why: fmt.Sprintf("%dx%d does not fit %d MB even at the smallest working size", w, h, m.opt.MemoryBytes>>20)}
		}
	}
	var err error
	e.toll, err = m.toll(ts)
	return e, err
}

// working is the size at which a picture of w by h is dreamed if there is memory enough.
func (m *Maker) working(w, h int) Estimate {
	e := Estimate{W: w, H: h, WorkW: w, WorkH: h}
	if f := math.Sqrt(finest / (float64(w) * float64(h))); f < 1 {
		e.WorkW, e.WorkH = max(1, int(f*float64(w))), max(1, int(f*float64(h)))
	}
	if short := min(e.WorkW, e.WorkH); short < m.smallest() {
		f := float64(m.smallest()) / float64(short)
		e.WorkW, e.WorkH = int(math.Ceil(f*float64(e.WorkW))), int(math.Ceil(f*float64(e.WorkH)))
	}
	return e
}

// outline is what a plan comes to where there is memory enough. It makes nothing ready.
func (m *Maker) outline(w, h int, r Recipe, terms []term) (Estimate, error) {
	e := m.working(w, h)
	e.Tile, e.octaves = widest, octavesOf(e.WorkW, e.WorkH, r, m.smallest())
	var err error
	e.toll, err = m.toll(wanted(terms))
	return e, err
}

// wanted are the targets of terms.
func wanted(terms []term) []classifier.Target {
	ts := make([]classifier.Target, len(terms))
	for i, t := range terms {
		ts[i] = t.target
	}
	return ts
}

// planes is the memory of float planes of a working size: the picture, and the last
// octave's detail while it is scaled up.
func planes(w, h int, scale float64) int64 {
	return int64(12 * float64(w) * float64(h) * (1 + 1/(scale*scale)))
}

// fit finds the largest tiles that fit into the memory, if any do.
func (m *Maker) fit(e *Estimate, beside int64, r Recipe, ts []classifier.Target) (bool, error) {
	const rowsInFlight = 8 << 20
	full := 4 * int64(e.W) * int64(e.H) // a picture of eight bits
	fixed := m.net.WeightBytes() + beside + full + rowsInFlight
	if r.Repeat > 1 {
		fixed += full // what is dreamed further, beside the source
	}
	// The memory of gradients is given back before the dream is laid over the picture.
	lay := fixed + full + 12*int64(e.WorkW)*int64(e.WorkH)
	climb := fixed + planes(e.WorkW, e.WorkH, r.OctaveScale)
	e.octaves = octavesOf(e.WorkW, e.WorkH, r, m.smallest())
	for _, side := range tileSides {
		across, down := m.divide(e.WorkW, side), m.divide(e.WorkH, side)
		if least := m.narrowest(); across.count > 1 && across.side < least || down.count > 1 && down.side < least {
			break
		}
		w, h := m.widest(e.octaves, side)
		gradient, err := m.gradientBytes(w, h, ts)
		if err != nil {
			return false, err
		}
		e.Bytes = max(lay, climb+gradient+perPixel*int64(w)*int64(h))
		if e.Bytes <= m.opt.MemoryBytes {
			e.Tile, e.Tiles, e.gradient = side, across.count*down.count, gradient
			return true, nil
		}
	}
	return false, nil
}

// widest is the size of the largest tile of all octaves, which need not be the last one's.
func (m *Maker) widest(octaves []octave, most int) (w, h int) {
	for _, o := range octaves {
		if across, down := m.divide(o.w, most).widest(), m.divide(o.h, most).widest(); across*down > w*h {
			w, h = across, down
		}
	}
	return w, h
}

// gradientBytes is what the gradients of a tile take at most: of all targets, and of each, by which they are balanced.
func (m *Maker) gradientBytes(w, h int, ts []classifier.Target) (int64, error) {
	most, err := m.net.GradientBytes(w, h, ts)
	for i := 0; i < len(ts) && len(ts) > 1 && err == nil; i++ {
		var one int64
		one, err = m.net.GradientBytes(w, h, ts[i:i+1])
		most = max(most, one)
	}
	return most + most/32, err // a narrower tile may leave more gaps between its buffers
}

// octavesOf lists the sizes from coarse to fine.
func octavesOf(w, h int, r Recipe, smallest int) []octave {
	extra := 0
	for side := float64(max(w, h)); side > reference*math.Sqrt(r.OctaveScale); side /= r.OctaveScale {
		extra++
	}
	var all []octave
	for i := r.Octaves + extra - 1; i >= 0; i-- {
		f := math.Pow(r.OctaveScale, -float64(i))
		o := octave{int(math.Round(float64(w) * f)), int(math.Round(float64(h) * f)), r.Steps}
		if i < extra {
			o.steps = max(1, int(math.Round(fineSteps*float64(r.Steps))))
		}
		if i == 0 {
			o.w, o.h = w, h
		}
		if min(o.w, o.h) >= smallest || i == 0 {
			all = append(all, o)
		}
	}
	return all
}

// at scales the picture to an octave and adds the detail dreamed so far.
func at(src *image.NRGBA, o octave, detail *picture.Planar) *picture.Planar {
	img := picture.Scaled(picture.Pixels{NRGBA: src}, o.w, o.h)
	if detail != nil {
		picture.Scale(detail, o.w, o.h, func(y int, row *[3][]float32) { addRow(img, y, row, 1) })
	}
	return img
}

// takeAway leaves in img what differs from the picture.
func takeAway(img *picture.Planar, src *image.NRGBA) {
	picture.Scale(picture.Pixels{NRGBA: src}, img.W, img.H, func(y int, row *[3][]float32) { addRow(img, y, row, -1) })
}

func addRow(img *picture.Planar, y int, row *[3][]float32, sign float32) {
	for c := range row {
		dst := img.Plane(c)[y*img.W : (y+1)*img.W]
		for x, v := range row[c] {
			dst[x] += sign * v
		}
	}
}

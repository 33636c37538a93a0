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
	// smallest is the short side of the smallest octave in pixels.
	smallest = 48
	// margin is how far a tile may lie outside the picture, and how far the grid of tiles
	// moves from step to step: one output pixel of the deepest layer.
	margin = 32
	// widest is the side of the largest tile worth having: larger ones gain nothing.
	widest = 1024
	// narrowest is the side of the smallest tile that gives the network something to see.
	narrowest = 128
)

// octave is one size of the pyramid.
type octave struct{ w, h, steps int }

// Estimate is what a job will need, known before it starts.
type Estimate struct {
	W, H         int   // of the result
	WorkW, WorkH int   // of the largest octave; smaller than the result if memory is short
	Tile         int   // largest side of a tile, its margin included
	Tiles        int   // of the largest octave
	Bytes        int64 // the most the job will hold, source and result included
	Work         float64
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
	if r.Size > 0 {
		long := max(w, h)
		w, h = max(1, w*r.Size/long), max(1, h*r.Size/long)
	}
	layers := r.Layers
	if len(layers) == 0 {
		layers = m.layersOf(preset)
	}
	terms := layerTerms(layers, 1)
	if len(r.Words) > 0 || r.Free || len(preset.Labels) > 0 {
		terms = append(terms, term{logits([]WordTerm{{Weight: 1}}), 1})
	}
	return m.plan(w, h, r, terms)
}

// smallest is the short side of the smallest octave: some networks want more.
func (m *Maker) smallest() int { return max(smallest, m.net.MinSide()) }

// plan chooses the working size, the octaves and the tiles.
func (m *Maker) plan(w, h int, r Recipe, terms []term) (Estimate, error) {
	e := Estimate{W: w, H: h, WorkW: w, WorkH: h}
	if short := min(w, h); short < m.smallest() {
		f := float64(m.smallest()) / float64(short)
		e.WorkW, e.WorkH = int(math.Ceil(f*float64(w))), int(math.Ceil(f*float64(h)))
	}
	ts := make([]classifier.Target, len(terms))
	for i, t := range terms {
		ts[i] = t.target
	}
	for {
		ok, err := m.tile(&e, r, ts)
		if err != nil {
			return e, err
		}
		if ok {
			break
		}
		e.WorkW, e.WorkH = e.WorkW*7/8, e.WorkH*7/8
		if min(e.WorkW, e.WorkH) < m.smallest() {
			return e, &Problem{Kind: TooLarge,
				Why: fmt.Sprintf("%dx%d does not fit %d MB even at the smallest working size", w, h, m.opt.MemoryBytes>>20)}
		}
	}
	e.octaves = octavesOf(e.WorkW, e.WorkH, r, m.smallest())
	for _, o := range e.octaves {
		e.Work += float64(o.w) * float64(o.h) * float64(o.steps)
	}
	return e, nil
}

// planes is the memory of float planes of a working size: the picture, and the last
// octave's detail while it is scaled up.
func planes(w, h int, scale float64) int64 {
	return int64(12 * float64(w) * float64(h) * (1 + 1/(scale*scale)))
}

// tile finds the largest tile that fits beside the planes, if any does.
func (m *Maker) tile(e *Estimate, r Recipe, ts []classifier.Target) (bool, error) {
	const rowsInFlight = 8 << 20
	idle := min(classifier.IdleBytes, m.opt.MemoryBytes/8)
	fixed := 2*4*int64(e.W)*int64(e.H) + planes(e.WorkW, e.WorkH, r.OctaveScale) + rowsInFlight + idle
	for side := widest; side >= narrowest; side = side * 3 / 4 {
		tw, th := tileSide(e.WorkW, side), tileSide(e.WorkH, side)
		plan, err := m.net.GradientBytes(tw, th, ts)
		if err != nil {
			return false, err
		}
		// The gradient, its pyramid and the copy of the picture come on top of the plan.
		tileBytes := plan + 12*int64(tw)*int64(th)*4
		if fixed+tileBytes <= m.opt.MemoryBytes {
			e.Tile, e.Bytes = side, fixed+tileBytes
			e.Tiles = tilesAcross(e.WorkW, side) * tilesAcross(e.WorkH, side)
			return true, nil
		}
		if tw < side && th < side {
			side = max(tw, th)
		}
	}
	return false, nil
}

// tileSide is the side of the tiles that cover n pixels, margin included: no wider than side.
func tileSide(n, side int) int {
	if n+margin <= side {
		return n + margin
	}
	return side
}

// tilesAcross is how many tiles cover n pixels wherever the grid begins.
func tilesAcross(n, side int) int {
	if n+margin <= side {
		return 1
	}
	return (n-1)/side + 2
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

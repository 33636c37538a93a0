package dream

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

// ascend dreams src and returns what to add to it, at the working size: gradient ascent with
// octaves and jitter (Mordvintsev, Olah, Tyka, "Inceptionism", 2015).
func (j *job) ascend(ctx context.Context, src *image.NRGBA, seed uint64) (*picture.Planar, error) {
	e, err := j.m.plan(src.Rect.Dx(), src.Rect.Dy(), j.beside(src), j.r, j.terms)
	if err != nil {
		return nil, err
	}
	j.desk.reserve(e.gradient)
	j.noteSize(e)
	if err := j.revise(e); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, uint64(j.r.Generation)))
	var detail *picture.Planar
	for i, o := range e.octaves {
		j.meter.octave(i+1, len(e.octaves))
		j.meter.begin()
		img := at(src, o, detail)
		if i == 0 {
			stir(img, rng, stirring*stepSize(j.r.Strength))
		}
		detail = nil
		j.meter.did(e.scaling(o))
		c := &climb{j: j, img: img, tile: e.Tile, toll: e.toll, share: octaveShare(i, len(e.octaves)), rng: rng}
		if err := c.run(ctx, o.steps); err != nil {
			return nil, fmt.Errorf("octave %d of %d: %w", i+1, len(e.octaves), err)
		}
		takeAway(img, src)
		j.meter.did(e.scaling(o))
		detail = img
	}
	return detail, nil
}

// revise expects of the ascent at hand what its plan says, instead of what was expected before it was planned.
func (j *job) revise(e Estimate) error {
	before, err := j.m.outline(e.W, e.H, j.r, j.m.likely(j.r, j.preset))
	if err != nil {
		return err
	}
	is, was := e.load(j.m), before.load(j.m)
	for k := range is {
		j.meter.left[k] = max(0, j.meter.left[k]+is[k]-was[k])
	}
	return nil
}

// octaveShare is how much of the stride octave i of n takes: what is begun coarse is large and whole, and what is fine
// only adds to it.
func octaveShare(i, n int) float32 {
	if n == 1 {
		return 1
	}
	return float32(firstShare * math.Pow(lastShare/firstShare, float64(i)/float64(n-1)))
}

const (
	firstShare = 1.5
	lastShare  = 0.6
)

// stirring is the deviation, in steps, of what a dream is begun with.
const stirring = 4

// stir adds large soft shapes of no colour to img, by chance: each seed sees other things in a cloud.
func stir(img *picture.Planar, rng *rand.Rand, deviation float32) {
	const across = 6 // shapes on the long side
	w, h := picture.Fit(img.W, img.H, across)
	m := &mask{w: w, h: h, data: make([]float32, w*h)}
	for i := range m.data {
		m.data[i] = deviation * float32(rng.NormFloat64())
	}
	row := make([]float32, img.W)
	for y := range img.H {
		m.row(row, y, img.H)
		for c := range 3 {
			dst := img.Plane(c)[y*img.W:][:img.W]
			for x, v := range row {
				dst[x] = min(1, max(0, dst[x]+v))
			}
		}
	}
}

func (j *job) noteSize(e Estimate) {
	if e.short && len(j.notes) == 0 {
		j.notes = append(j.notes, Note{Kind: Smaller, W: e.WorkW, H: e.WorkH})
	}
}

// stride is the root mean square of one step at strength 1, in [0,1] units of a pixel; the
// strength grows it geometrically up to stride*strengthSpan at strength 10.
const (
	stride       = 0.0028
	strengthSpan = 9.0
)

func stepSize(strength int) float32 {
	return float32(stride * math.Pow(strengthSpan, float64(strength-1)/(MaxStrength-1)))
}

// climb is the ascent within one octave.
type climb struct {
	j       *job
	img     *picture.Planar
	tile    int
	toll    toll
	share   float32 // of the recipe's stride
	rng     *rand.Rand
	lengths []float64 // of the terms' gradients, as balance found them
	targets []classifier.Target
	bands   bands
	window  *picture.Planar
	grad    *picture.Planar
}

func (c *climb) run(ctx context.Context, steps int) error {
	if c.targets == nil {
		if err := c.balance(ctx); err != nil {
			return err
		}
	}
	if len(c.targets) == 0 { // nothing in this octave excites what the recipe wants
		c.j.meter.passed(load{climbing: float64(steps) * c.j.m.step(c.img.W, c.img.H, c.tile, c.toll.all)})
		c.j.meter.step(steps, steps, 1, 1)
		return nil
	}
	c.j.meter.view(c.img.NRGBA)
	defer c.j.meter.view(nil)
	c.j.meter.begin()
	for s := range steps {
		tiles := c.grid()
		own := len(tiles) == 1
		for i, t := range tiles {
			if err := c.step(ctx, t, own); err != nil {
				return fmt.Errorf("step %d: %w", s+1, err)
			}
			c.j.meter.did(load{climbing: c.toll.all * t.pixels()})
			c.j.meter.step(s+1, steps, i+1, len(tiles))
		}
		c.bands.turn()
	}
	return nil
}

// step moves the picture's pixels under one tile.
func (c *climb) step(ctx context.Context, t rect, own bool) error {
	if err := c.gradient(ctx, t, c.targets); err != nil {
		return err
	}
	size := c.bands.normalise(c.grad, c.j.preset.Coarse, own)
	if size == 0 {
		return nil
	}
	even(c.grad, size)
	c.apply(t, c.share*stepSize(c.j.r.Strength)/size)
	return nil
}

// gradient computes the gradient under a tile.
func (c *climb) gradient(ctx context.Context, t rect, targets []classifier.Target) error {
	c.window, c.grad = c.window.Sized(t.w, t.h), c.grad.Sized(t.w, t.h)
	for ch := range 3 {
		src, dst := c.img.Plane(ch), c.window.Plane(ch)
		for y := range t.h {
			row := src[mirror(t.y+y, c.img.H)*c.img.W:][:c.img.W]
			out := dst[y*t.w : (y+1)*t.w]
			for x := range out {
				out[x] = row[mirror(t.x+x, c.img.W)]
			}
		}
	}
	_, err := c.j.desk.network().Gradient(ctx, c.window, targets, c.grad)
	return err
}

// mirror folds a coordinate back into [0,n).
func mirror(i, n int) int {
	for i < 0 || i >= n {
		if i < 0 {
			i = -1 - i
		}
		if i >= n {
			i = 2*n - 1 - i
		}
	}
	return i
}

// apply adds scale times the gradient, times the mask, where the tile lies in the picture.
func (c *climb) apply(t rect, scale float32) {
	x0, x1 := max(0, t.x), min(c.img.W, t.x+t.w)
	weight := make([]float32, c.img.W)
	for y := max(0, t.y); y < min(c.img.H, t.y+t.h); y++ {
		c.j.mask.row(weight, y, c.img.H)
		for ch := range 3 {
			dst := c.img.Plane(ch)[y*c.img.W:][:c.img.W]
			g := c.grad.Plane(ch)[(y-t.y)*t.w:][:t.w]
			for x := x0; x < x1; x++ {
				dst[x] = min(1, max(0, dst[x]+scale*weight[x]*g[x-t.x]))
			}
		}
	}
}

// probes is how many tiles are looked at to balance the terms of a large picture.
const probes = 4

// balance measures each term's gradient, so that shares mean the same for all.
func (c *climb) balance(ctx context.Context) error {
	if len(c.j.terms) == 1 { // steps have a fixed length whatever the gradient's
		c.lengths = []float64{1}
	}
	if len(c.lengths) == len(c.j.terms) { // measured before
		c.targets = targets(c.j.terms, c.lengths)
		return nil
	}
	tiles := c.grid()
	lengths := make([]float64, len(c.j.terms))
	each := max(1, len(tiles)/probes)
	for i, t := range c.j.terms {
		for k := each / 2; k < len(tiles); k += each {
			if err := c.gradient(ctx, tiles[k], []classifier.Target{t.target}); err != nil {
				return fmt.Errorf("balance objectives: %w", err)
			}
			lengths[i] += rms(c.grad.Pix)
		}
	}
	c.j.meter.passed(load{climbing: c.j.m.balancing(c.img.W, c.img.H, c.tile, c.toll)})
	c.lengths, c.targets = lengths, targets(c.j.terms, lengths)
	return nil
}

func rms(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(x)))
}

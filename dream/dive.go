package dream

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

const (
	zoom        = 1.022 // from frame to frame: a quarter closer every second
	diveSteps   = 1     // ascent steps on each frame at full size, and as many at half
	diveShare   = 0.8   // of the stride of a still: steps add up from frame to frame
	colourShare = 0.15

	// settling is how many frames are dreamed before the first that is shown: then all are as rich.
	settling = 8
	// balanceEvery is how many frames share one balance of the objectives: pictures change
	// little from frame to frame.
	balanceEvery = 8
)

// diveFrames zooms into a picture that dreams, as a loop of the recipe's seconds: what it falls into at last is its
// first frame.
func diveFrames(ctx context.Context, j *job) strip {
	n := diveLength(j.r)
	return strip{n: n, each: time.Second / frameRate, frames: func(yield func(*image.NRGBA, error) bool) {
		if err := j.dive(ctx, n, func(img *image.NRGBA) bool { return yield(img, nil) }); err != nil {
			yield(nil, err)
		}
	}}
}

func diveLength(r Recipe) int { return r.Seconds * frameRate }

// dive renders n frames until show has had enough.
func (j *job) dive(ctx context.Context, n int, show func(*image.NRGBA) bool) error {
	j.meter.progress.Frames = 1 + settling + n
	var err error
	if j.terms, err = j.wishes(ctx, j.r); err != nil {
		return err
	}
	first := j.m.clipFrame(j.source, j.r)
	rng := rand.New(rand.NewPCG(j.r.Seed, uint64(j.r.Generation)))
	look := measure(first)
	j.meter.progress.Frame = 1
	img, err := j.overture(ctx, first)
	if err != nil {
		return fmt.Errorf("first frame: %w", err)
	}
	cost, err := j.m.toll(wanted(j.terms))
	if err != nil {
		return err
	}
	var aims [2][]classifier.Target
	var again *homecoming
	for i := -settling; i < n; i++ {
		j.meter.progress.Frame = settling + i + 2
		if (settling+i)%balanceEvery == 0 {
			aims = [2][]classifier.Target{}
		}
		j.meter.begin()
		img = closer(img, zoom)
		look.restore(img)
		opening := again.opening(i)
		opening.lay(img, 1)
		j.meter.did(coming(img.W, img.H))
		if err := j.refine(ctx, img, rng, cost, &aims); err != nil {
			return fmt.Errorf("frame %d: %w", settling+i+1, err)
		}
		opening.lay(img, opening.width) // what was dreamed into it goes, more and more, so that the last frame leads on to the first
		if i == 0 {
			again = &homecoming{start: img.Clone(), n: n}
		}
		if i < 0 {
			continue
		}
		frame := img.NRGBA()
		if i == n/2 {
			if j.dreamed, err = j.dreamt(ctx, frame); err != nil {
				return err
			}
		}
		j.meter.begin()
		if !show(frame) {
			return nil
		}
		j.framed(1, img.W, img.H)
	}
	return nil
}

// diveLoad is the load of a dive: its first frame, those that settle it, and those that are shown.
func diveLoad(m *Maker, size image.Point, r Recipe, p Preset) (load, error) {
	w, h := m.clipSize(size.X, size.Y, r)
	e, err := m.outline(w, h, r, m.likely(r, p))
	if err != nil {
		return load{}, err
	}
	n := settling + diveLength(r)
	frame, balance := load{}, load{}
	for _, f := range refineSizes {
		if w, h := w/f, h/f; f == 1 || min(w, h) >= m.smallest() {
			frame[climbing] += diveSteps * m.step(w, h, widest, e.toll.all)
			balance[climbing] += m.balancing(w, h, widest, e.toll)
		}
	}
	frame, balance = frame.plus(coming(w, h)).times(n), balance.times((n+balanceEvery-1)/balanceEvery)
	return e.load(m).plus(frame).plus(balance).plus(m.lookLoad(w, h, true)), nil
}

// homecoming is how a loop ends where it begins without a fade, in which two dreams would be seen through each other: far
// ahead, in the middle, lies the first frame itself, small, as an opening that widens while it comes closer, and
// when it fills the picture the loop begins again. nil has none.
type homecoming struct {
	start *picture.Planar
	n     int // frames of the loop
}

const (
	widening  = 28   // frames that the opening takes to fill the picture, or three quarters of a short loop
	softEdge  = 0.12 // width of its edge, as a part of half the picture's side
	squarish  = 4    // exponent of its superellipse: 2 is an ellipse, many a rectangle
	pastEdges = 1.25 // how far the superellipse must reach for the corners to lie inside
	// seamAhead is the part of a step that the end of a loop is ahead of its beginning when they meet, gained while the
	// opening widens: so the step over the seam is smaller than others, and none is larger to be seen.
	seamAhead = 0.3
)

// at is how far the opening is, 0..1; negative before it.
func (h *homecoming) at(i int) float64 {
	frames := min(widening, h.n*3/4)
	return float64(i-h.n+frames) / float64(frames)
}

// opening is what is seen of the first frame, how much of it by pixel, and how wide it is, 0..1.
type opening struct {
	there *picture.Planar
	share []float32
	width float32
}

// opening is that of frame i, with the first frame at the size at which it is seen from there; none before it.
func (h *homecoming) opening(i int) (o opening) {
	if h == nil || h.at(i) <= 0 {
		return o
	}
	t := h.at(i)
	size := math.Pow(zoom, float64(i-h.n)+seamAhead*t)
	o = opening{closer(h.start, size), make([]float32, h.start.W*h.start.H), float32(t)}
	soft := softEdge * (1 - 0.65*t)
	for y := range h.start.H {
		v := math.Abs(float64(2*y+1)/float64(h.start.H)-1) / size
		for x := range h.start.W {
			u := math.Abs(float64(2*x+1)/float64(h.start.W)-1) / size
			if max(u, v) >= 1 {
				continue
			}
			out := math.Pow(math.Pow(u, squarish)+math.Pow(v, squarish), 1.0/squarish)
			f := 1 - edge(out, (pastEdges+softEdge)*t-softEdge/2, softEdge)
			f *= 1 - edge(max(u, v), 1-soft/2, soft+1e-6)
			o.share[y*h.start.W+x] = float32(f)
		}
	}
	return o
}

// lay lays it over img with a weight.
func (o opening) lay(img *picture.Planar, weight float32) {
	for c := range 3 {
		first := c * len(o.share)
		for i, f := range o.share {
			img.Pix[first+i] += weight * f * (o.there.Pix[first+i] - img.Pix[first+i])
		}
	}
}

// overture dreams the still that the dive begins in, with all octaves.
func (j *job) overture(ctx context.Context, first *picture.Planar) (*picture.Planar, error) {
	src := first.NRGBA()
	detail, err := j.ascend(ctx, src, j.r.Seed)
	if err != nil {
		return nil, err
	}
	return picture.FromImage(j.compose(src, detail)), nil
}

// coming is the load of coming closer by a frame, beside what is dreamed of it.
func coming(w, h int) load { return load{handling: divePixel * float64(w*h)} }

// refineSizes are the parts of a frame's size that it is dreamed at: shapes first.
var refineSizes = [...]int{2, 1}

// refine dreams one frame in place: first at half its size, for shapes, then at its own.
// aims keeps the balanced objectives of both for the frames to come.
func (j *job) refine(ctx context.Context, img *picture.Planar, rng *rand.Rand, cost toll, aims *[2][]classifier.Target) error {
	for k, f := range refineSizes {
		j.meter.octave(k+1, len(refineSizes))
		w, h := img.W/f, img.H/f
		if f > 1 && min(w, h) < j.m.smallest() {
			continue
		}
		part := img
		if f > 1 {
			part = img.Resize(w, h)
		}
		before := part.Clone()
		c := &climb{j: j, img: part, tile: widest, toll: cost, rng: rng, share: diveShare, targets: aims[k]}
		if err := c.run(ctx, diveSteps); err != nil {
			return err
		}
		aims[k] = c.targets
		if f > 1 {
			for i, v := range before.Pix {
				part.Pix[i] -= v
			}
			picture.Scale(part, img.W, img.H, func(y int, row *[3][]float32) { addRow(img, y, row, 1) })
		}
	}
	return nil
}

// closer crops the middle and enlarges it to the old size; by less than 1 shows it smaller, with its edges drawn out.
func closer(img *picture.Planar, by float64) *picture.Planar {
	across, down := magnify(img.W, by), magnify(img.H, by)
	mid, out := picture.NewPlanar(img.W, img.H), picture.NewPlanar(img.W, img.H)
	for c := range 3 {
		src, half, dst := img.Plane(c), mid.Plane(c), out.Plane(c)
		for y := range img.H {
			row := src[y*img.W : (y+1)*img.W]
			for x, p := range across {
				half[y*img.W+x] = p.w[0]*row[p.at[0]] + p.w[1]*row[p.at[1]] + p.w[2]*row[p.at[2]] + p.w[3]*row[p.at[3]]
			}
		}
		for y, p := range down {
			for x := range img.W {
				dst[y*img.W+x] = p.w[0]*half[p.at[0]*img.W+x] + p.w[1]*half[p.at[1]*img.W+x] + p.w[2]*half[p.at[2]*img.W+x] + p.w[3]*half[p.at[3]*img.W+x]
			}
		}
	}
	return out
}

// place4 is a place between samples: four of them and their Catmull-Rom weights.
type place4 struct {
	at [4]int
	w  [4]float32
}

func magnify(n int, by float64) []place4 {
	all := make([]place4, n)
	for i := range all {
		p := (float64(i)+0.5-float64(n)/2)/by + float64(n)/2 - 0.5
		lo := int(math.Floor(p))
		t := float32(p - float64(lo))
		for k := range 4 {
			all[i].at[k] = min(n-1, max(0, lo-1+k))
		}
		all[i].w = [4]float32{
			((-0.5*t+1)*t - 0.5) * t,
			(1.5*t-2.5)*t*t + 1,
			((-1.5*t+2)*t + 0.5) * t,
			(0.5*t - 0.5) * t * t,
		}
	}
	return all
}

// tone is the mean and deviation of each colour: a dive that went on for ever would drift to
// neon, so every frame is pulled back a little towards the first one's.
type tone struct{ mean, dev [3]float64 }

func measure(p *picture.Planar) (t tone) {
	n := float64(p.W * p.H)
	for c := range 3 {
		sum, sq := 0.0, 0.0
		for _, v := range p.Plane(c) {
			sum += float64(v)
			sq += float64(v) * float64(v)
		}
		t.mean[c] = sum / n
		t.dev[c] = math.Sqrt(max(0, sq/n-t.mean[c]*t.mean[c]))
	}
	return t
}

func (t tone) restore(p *picture.Planar) {
	now := measure(p)
	for c := range 3 {
		gain := 1.0
		// Dreams need some contrast to live in, even over a plain source.
		if want := max(t.dev[c], 0.12); now.dev[c] > want {
			gain = 1 - colourShare*(1-want/now.dev[c])
		}
		mean := now.mean[c] + colourShare*(t.mean[c]-now.mean[c])
		plane := p.Plane(c)
		for i, v := range plane {
			plane[i] = float32(min(1, max(0, mean+gain*(float64(v)-now.mean[c]))))
		}
	}
}

package dream

import (
	"context"
	"fmt"
	"image"
	"math/rand/v2"
	"time"

	"slugpuppy/dream/film"
	"slugpuppy/picture"
)

// Key is what is dreamed from a time of a moving picture on.
type Key struct {
	At     time.Duration
	Recipe Recipe // its verb is Dream; size and model are the first one's
}

// Script is what is dreamed when: keys in the order of their times, the first at 0, from the beginning again after
// Again if that is not 0.
type Script struct {
	Keys  []Key
	Again time.Duration
}

// at is the number of the key that holds at a time.
func (s Script) at(t time.Duration) int {
	if s.Again > 0 {
		t %= s.Again
	}
	k := 0
	for i, key := range s.Keys {
		if key.At <= t {
			k = i
		}
	}
	return k
}

// Movie dreams a moving picture frame by frame. It holds the last frame and what is computed of it and the next one,
// however many there are. The same frames, script and mode make the same dreams. It is for one goroutine.
type Movie struct {
	script Script
	jobs   []*job // one for each key
	key    int    // of the last frame
	film   *film.Film
	meter  *meter
	saw    Sight
}

// Movie begins a moving picture of about n frames, the first of which says what Free recipes dream of. Frames are scaled
// to the size of the first recipe, if it has one. report, which may be nil, is called after every step. Errors are as those
// of Make.
func (m *Maker) Movie(ctx context.Context, s Script, mode film.Mode, first, guide *image.NRGBA, n int, report func(Progress)) (*Movie, error) {
	if err := checkSource(first); err != nil {
		return nil, err
	}
	saw, err := m.see(ctx, first)
	if err != nil {
		return nil, err
	}
	desk := m.desk()
	v := &Movie{script: s, meter: &meter{report: report, frames: max(1, n)}, saw: saw}
	for _, k := range s.Keys {
		r, err := m.Complete(k.Recipe)
		if err != nil {
			return nil, err
		}
		r.Size, r.Repeat = s.Keys[0].Recipe.Size, 1
		j := &job{m: m, desk: desk, r: r, meter: v.meter, source: first, guide: guide, saw: saw}
		j.preset, _ = FindPreset(r.Preset)
		if j.terms, err = j.wishes(ctx, r); err != nil {
			return nil, err
		}
		v.jobs = append(v.jobs, j)
	}
	v.film = film.New(mode, v)
	return v, nil
}

// Resume goes on after the frames of a state, the last of which was shown at a time. Its source may be as it came.
func (v *Movie) Resume(mode film.Mode, s film.State, at time.Duration) {
	if s.Source != nil {
		s.Source = resized(s.Source, v.jobs[0].r.Size)
	}
	v.film, v.key = film.Resume(mode, v, s), v.script.at(at)
}

// State is what the next frame hangs on.
func (v *Movie) State() film.State { return v.film.State() }

// Recipe is the first key's, completed.
func (v *Movie) Recipe() Recipe { return v.jobs[0].r }

// Saw is what is in the first frame, most likely first.
func (v *Movie) Saw() Sight { return v.saw }

// Next dreams the next frame, which is shown at a time.
func (v *Movie) Next(ctx context.Context, frame *image.NRGBA, at time.Duration) (film.Step, error) {
	if k := v.script.at(at); k != v.key {
		v.key = k
		v.film.Wake()
	}
	v.meter.frame = v.film.State().N + 1
	v.meter.frames = max(v.meter.frames, v.meter.frame)
	step, err := v.film.Next(ctx, resized(frame, v.jobs[0].r.Size))
	if err != nil {
		return step, fmt.Errorf("frame %d: %w", v.meter.frame, err)
	}
	return step, nil
}

// masked is the job of a frame: with the mask of its recipe over that frame, times need if there is one.
func (v *Movie) masked(ctx context.Context, src *image.NRGBA, need []float32) (*job, error) {
	j := *v.jobs[v.key]
	j.src, j.notes = src, nil
	var err error
	if j.mask, err = j.m.mask(ctx, j.r.Mask, src); err != nil || need == nil {
		return &j, err
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	both := &mask{w: w, h: h, data: make([]float32, w*h)}
	for y := range h {
		row := both.data[y*w:][:w]
		j.mask.row(row, y, h)
		for x, n := range need[y*w:][:w] {
			row[x] *= n
		}
	}
	j.mask = both
	return &j, nil
}

// Fresh implements film.Dreamer.
func (v *Movie) Fresh(ctx context.Context, src *image.NRGBA) (*image.NRGBA, error) {
	j, err := v.masked(ctx, src, nil)
	if err != nil {
		return nil, err
	}
	detail, err := j.ascend(ctx, src, j.r.Seed)
	if err != nil {
		return nil, err
	}
	return j.compose(src, detail), nil
}

// furtherSizes are the parts of a frame's size that a dream is gone on with at: shapes first, then grain.
var furtherSizes = [...]int{4, 2, 1}

// Further implements film.Dreamer.
func (v *Movie) Further(ctx context.Context, n int, src *image.NRGBA, img *picture.Planar, need []float32, steps int, b *film.Balance) error {
	j, err := v.masked(ctx, src, need)
	if err != nil {
		return err
	}
	e, err := j.m.plan(img.W, img.H, 0, j.r, j.terms)
	if err != nil {
		return err
	}
	j.desk.reserve(e.gradient)
	if n%balanceEvery == 0 || len(*b) != len(furtherSizes) {
		*b = make(film.Balance, len(furtherSizes))
	}
	rng := rand.New(rand.NewPCG(mix(j.r.Seed, uint64(n)), uint64(j.r.Generation)))
	work := 0.0
	for _, part := range furtherSizes {
		work += float64(steps) * j.m.work(img.W/part, img.H/part, e.Tile)
	}
	j.meter.start(len(furtherSizes), work)
	for k, part := range furtherSizes {
		j.meter.octave = k + 1
		c := &climb{j: j, tile: e.Tile, rng: rng, share: 1, lengths: (*b)[k]}
		if err := c.within(ctx, img, part, steps); err != nil {
			return err
		}
		(*b)[k] = c.lengths
	}
	if j.r.KeepColours {
		keepColours(img, src)
	}
	return nil
}

// within goes on with img at a part of its size, in place.
func (c *climb) within(ctx context.Context, img *picture.Planar, part, steps int) error {
	if c.img = img; part == 1 {
		return c.run(ctx, steps)
	}
	w, h := img.W/part, img.H/part
	if min(w, h) < c.j.m.smallest() {
		return nil
	}
	c.img = img.Resize(w, h)
	before := c.img.Clone()
	if err := c.run(ctx, steps); err != nil {
		return err
	}
	for i, v := range before.Pix {
		c.img.Pix[i] -= v
	}
	picture.Scale(c.img, img.W, img.H, func(y int, row *[3][]float32) { addRow(img, y, row, 1) })
	return nil
}

// keepColours gives a dream the chroma of its frame.
func keepColours(img *picture.Planar, src *image.NRGBA) {
	w := img.W
	row := make([]float32, 3*w)
	base := [3][]float32{row[:w], row[w : 2*w], row[2*w:]}
	for y := range img.H {
		straight(&base, src, y)
		dreamed := [3][]float32{img.Plane(0)[y*w:][:w], img.Plane(1)[y*w:][:w], img.Plane(2)[y*w:][:w]}
		for x := range w {
			recolour(&dreamed, &base, x)
		}
	}
}

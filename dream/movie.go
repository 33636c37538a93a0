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
	mode   film.Mode
	beside load // of each frame: what becomes of it afterwards
	saw    Sight
}

// Movie begins a moving picture of about n frames, the first of which says what Free recipes dream of. Frames are scaled
// to the size of the first recipe, if it has one. report, which may be nil, is called after every step. Errors are as those
// of Make.
func (m *Maker) Movie(ctx context.Context, s Script, mode film.Mode, first, guide *image.NRGBA, n int, report func(Progress)) (*Movie, error) {
	return m.movie(ctx, s, mode, first, guide, n, m.newMeter(report))
}

func (m *Maker) movie(ctx context.Context, s Script, mode film.Mode, first, guide *image.NRGBA, n int, told *meter) (*Movie, error) {
	if err := checkSource(first); err != nil {
		return nil, err
	}
	saw, err := m.See(ctx, first, guesses)
	if err != nil {
		return nil, err
	}
	desk := m.desk()
	told.progress.Frames = max(1, n)
	v := &Movie{script: s, meter: told, mode: mode, saw: saw}
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
	v.film, v.key, v.mode = film.Resume(mode, v, s), v.script.at(at), mode
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
	n := v.film.State().N + 1
	v.meter.progress.Frame, v.meter.progress.Frames = n, max(v.meter.progress.Frames, n)
	frame = resized(frame, v.jobs[0].r.Size)
	if err := v.expect(frame.Rect.Size()); err != nil {
		return film.Step{}, err
	}
	step, err := v.film.Next(ctx, frame)
	if err != nil {
		return step, fmt.Errorf("frame %d: %w", n, err)
	}
	return step, nil
}

// expect says what the frame at hand and those after it will take, if no scene begins.
func (v *Movie) expect(size image.Point) error {
	j := v.jobs[v.key]
	fresh, further, err := j.m.filming(size.X, size.Y, j.r, j.terms, v.mode)
	if err != nil {
		return err
	}
	p := v.meter.progress
	l := further.plus(v.beside).times(p.Frames - p.Frame + 1)
	if v.film.State().Source == nil {
		l = l.plus(fresh)
		for k := range l {
			l[k] -= further[k]
		}
	}
	v.meter.expect(l)
	return nil
}

// filming is the load of a scene's first frame, and of each after it.
func (m *Maker) filming(w, h int, r Recipe, terms []term, mode film.Mode) (fresh, further load, err error) {
	e, err := m.outline(w, h, r, terms)
	if err != nil {
		return fresh, further, err
	}
	fresh = e.load(m)
	if mode == film.None {
		return fresh, fresh, nil
	}
	further = m.following(w, h, mode)
	for _, part := range furtherSizes {
		if w, h := w/part, h/part; part == 1 || min(w, h) >= m.smallest() {
			further[climbing] += float64(mode.Steps()) * m.step(w, h, e.Tile, e.toll.all)
			further[climbing] += m.balancing(w, h, e.Tile, e.toll) / balanceEvery
		}
	}
	return fresh, further, nil
}

// following is the load of moving the last dream along with a frame.
func (m *Maker) following(w, h int, mode film.Mode) load {
	if mode != film.Flow {
		return load{}
	}
	return load{handling: flowPixel * float64(w*h)}
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
	v.meter.did(v.jobs[v.key].m.following(img.W, img.H, v.mode))
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
	for k, part := range furtherSizes {
		j.meter.octave(k+1, len(furtherSizes))
		c := &climb{j: j, tile: e.Tile, toll: e.toll, rng: rng, share: 1, lengths: (*b)[k]}
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

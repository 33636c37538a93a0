// Package film keeps the dream of a moving picture together. Each frame that is dreamed alone is another dream:
// the picture flickers. Here the last frame's dream is moved along with what it lies on (package flow), is kept
// where it can be seen further on, and is dreamed only where something new came into sight or where it is worn.
// The package knows frames and how old a dream is at each pixel; how one is dreamed is the Dreamer's.
package film

import (
	"context"
	"fmt"
	"image"
	"math"

	"slugpuppy/dream/flow"
	"slugpuppy/picture"
)

// Mode is how a frame's dream comes of the last one's.
type Mode string

// The modes.
const (
	Flow  Mode = "flow"  // moved along with the picture
	Blend Mode = "blend" // laid half over the frame where it was, and dreamed on: swims and leaves ghosts
	None  Mode = "none"  // each frame anew: flickers
)

// Modes are all of them, the usual one first.
var Modes = []Mode{Flow, Blend, None}

// Dreamer dreams single frames.
type Dreamer interface {
	// Fresh dreams a frame from nothing. What it returns has the frame's size.
	Fresh(ctx context.Context, src *image.NRGBA) (*image.NRGBA, error)
	// Further goes on with the dream img of a frame, in place, by so many steps at each size. need says for every
	// pixel how much of a step is taken, 0..1; nil is 1 everywhere. n is the frame's number.
	Further(ctx context.Context, n int, src *image.NRGBA, img *picture.Planar, need []float32, steps int, b *Balance) error
}

// Balance is what a Dreamer measured of its wishes in an earlier frame of the scene and uses until it is taken away: a
// list for each size that it dreams at. It is written down with the state, so that a film that goes on later is the same.
type Balance [][]float64

// State is all that a frame's dream hangs on of the frames before it. It is of eight bits a value, so that it can be
// written to pictures and read back without a change.
type State struct {
	N       int          // frames so far
	Source  *image.NRGBA // the last frame
	Dream   *image.NRGBA // of it
	Age     *image.Gray  // how far each pixel's dream has come: 0 there is none, 255 it is done
	Force   float64      // of the scene's first dream: the root mean square of what it added, 0..1
	Balance Balance
}

// Film is a moving picture that is being dreamed.
type Film struct {
	mode    Mode
	dreamer Dreamer
	state   State
	last    *flow.Frame // the state's source, prepared; nil until it is needed
}

// New begins a film.
func New(mode Mode, d Dreamer) *Film { return &Film{mode: mode, dreamer: d} }

// Resume goes on with a film after the frames of a state.
func Resume(mode Mode, d Dreamer, s State) *Film { return &Film{mode: mode, dreamer: d, state: s} }

// State is what the next frame hangs on. Its pictures must not be changed.
func (f *Film) State() State { return f.state }

// Wake has all that is there dreamed over in the next frames: what is dreamed of has changed. What is there stays until then.
func (f *Film) Wake() {
	if f.state.Age != nil {
		f.state.Age = image.NewGray(f.state.Age.Rect)
	}
	f.state.Balance = nil
}

// Step is what became of a frame.
type Step struct {
	Dream *image.NRGBA
	Cut   bool    // a scene begins: nothing was taken over
	New   float64 // the part of the picture that had to be dreamed anew, 0..1
}

// What the modes take over of the last dream, and how many steps go on from there.
const (
	furtherSteps = 3
	blendSteps   = 5
	blended      = 0.5
)

// Steps is how many steps further a frame is dreamed, 0 where each is dreamed anew.
func (m Mode) Steps() int {
	switch m {
	case Flow:
		return furtherSteps
	case Blend:
		return blendSteps
	}
	return 0
}

// Next dreams the next frame. All frames have the first one's size.
func (f *Film) Next(ctx context.Context, src *image.NRGBA) (Step, error) {
	if s := f.state.Source; s != nil && s.Rect != src.Rect {
		return Step{}, fmt.Errorf("frame %d is %v, those before it are %v", f.state.N+1, src.Rect.Size(), s.Rect.Size())
	}
	switch {
	case f.mode == None || f.state.Source == nil:
		return f.fresh(ctx, src, nil)
	case f.mode == Blend:
		return f.blend(ctx, src)
	}
	return f.carry(ctx, src)
}

// fresh begins a scene.
func (f *Film) fresh(ctx context.Context, src *image.NRGBA, prepared *flow.Frame) (Step, error) {
	d, err := f.dreamer.Fresh(ctx, src)
	if err != nil {
		return Step{}, err
	}
	age := image.NewGray(src.Rect)
	for i := range age.Pix {
		age.Pix[i] = 255
	}
	f.state = State{N: f.state.N + 1, Source: src, Dream: d, Age: age, Force: force(added(planes(d), planes(src)), nil)}
	f.last = prepared
	return Step{Dream: d, Cut: true, New: 1}, nil
}

// blend lays a part of the last dream over the frame.
func (f *Film) blend(ctx context.Context, src *image.NRGBA) (Step, error) {
	img, last := planes(src), planes(f.state.Dream)
	for i, v := range last.Pix {
		img.Pix[i] += blended * (v - img.Pix[i])
	}
	if err := f.dreamer.Further(ctx, f.state.N, src, img, nil, blendSteps, &f.state.Balance); err != nil {
		return Step{}, err
	}
	f.advance(src, finish(img, src), f.state.Age)
	return Step{Dream: f.state.Dream, New: 1}, nil
}

// carry moves the last dream along with the picture.
func (f *Film) carry(ctx context.Context, src *image.NRGBA) (Step, error) {
	if f.last == nil {
		f.last = flow.Prepare(planes(f.state.Source))
	}
	img, before := planes(src), planes(f.state.Source)
	now := flow.Prepare(img)
	m := follow(now, f.last, img, before)
	if m.cut() {
		return f.fresh(ctx, src, now)
	}
	need, share := m.need(f.state.Age)
	f.take(m, img, before, need)
	if share > 0 {
		if err := f.dreamer.Further(ctx, f.state.N, src, img, need, furtherSteps, &f.state.Balance); err != nil {
			return Step{}, err
		}
	}
	f.advance(src, finish(img, src), aged(need, src.Rect))
	f.last = now
	return Step{Dream: f.state.Dream, New: share}, nil
}

// take adds to the frame what the last dream added to the frame before, moved and worn.
func (f *Film) take(m *motion, img, before *picture.Planar, need []float32) {
	detail := added(planes(f.state.Dream), before)
	moved := picture.NewPlanar(img.W, img.H)
	for c := range 3 {
		m.back.Pull(moved.Plane(c), detail.Plane(c))
	}
	wear := wearing(force(moved, m.hidden), f.state.Force)
	for c := range 3 {
		dst := img.Plane(c)
		for i, v := range moved.Plane(c) {
			if !m.hidden[i] {
				dst[i] = min(1, max(0, dst[i]+v*(1-wear*need[i])))
			}
		}
	}
}

// wearing is how much of a dream is lost where it is dreamed over, so that steps upon steps make it no stronger than the scene's
// first dream.
func wearing(now, first float64) float32 {
	const (
		from  = 1.0 // the first dream's force: nothing is lost below
		slope = 3
		most  = 0.5
	)
	if first == 0 {
		return most
	}
	return float32(min(most, max(0, slope*(now/first-from))))
}

// added leaves in dream what differs from its source.
func added(dream, src *picture.Planar) *picture.Planar {
	for i, v := range src.Pix {
		dream.Pix[i] -= v
	}
	return dream
}

// force is the root mean square of what a dream adds, but where it is hidden.
func force(detail *picture.Planar, hidden []bool) float64 {
	sum, n := 0.0, 0
	for c := range 3 {
		for i, v := range detail.Plane(c) {
			if hidden == nil || !hidden[i] {
				sum += float64(v) * float64(v)
				n++
			}
		}
	}
	return math.Sqrt(sum / float64(max(1, n)))
}

func (f *Film) advance(src, dream *image.NRGBA, age *image.Gray) {
	f.state.N++
	f.state.Source, f.state.Dream, f.state.Age = src, dream, age
}

// planes are the colours of a picture, those of what is transparent too.
func planes(src *image.NRGBA) *picture.Planar {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	p := picture.NewPlanar(w, h)
	r, g, b := p.Plane(0), p.Plane(1), p.Plane(2)
	for y := range h {
		row := src.Pix[y*src.Stride:][:4*w]
		for x := range w {
			i := y*w + x
			r[i], g[i], b[i] = float32(row[4*x])/255, float32(row[4*x+1])/255, float32(row[4*x+2])/255
		}
	}
	return p
}

// finish is a dream in eight bits, as opaque as the frame.
func finish(img *picture.Planar, src *image.NRGBA) *image.NRGBA {
	out := img.NRGBA()
	for y := range img.H {
		for x := range img.W {
			out.Pix[y*out.Stride+4*x+3] = src.Pix[y*src.Stride+4*x+3]
		}
	}
	return out
}

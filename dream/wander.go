package dream

import (
	"context"
	"fmt"
	"image"
	"slices"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

const (
	holdFrames = 8 // how long a station of a wander stays
	fadeFrames = 8 // and how long it takes to become the next
)

// wanderSteps is how hard each station is dreamed against the preset's steps.
const wanderSteps = 1.5

// wanderFrames makes a chain: the network says what it sees, dreams that, says what it sees now,
// and so on, as often as the recipe repeats, and back to the start. Words of the recipe are the
// first station's.
func wanderFrames(ctx context.Context, j *job) strip {
	n := wanderLength(j.r)
	return strip{n: n, each: time.Second / frameRate, frames: func(yield func(*image.NRGBA, error) bool) {
		if err := j.wander(ctx, func(img *image.NRGBA) bool { return yield(img, nil) }); err != nil {
			yield(nil, err)
		}
	}}
}

func wanderLength(r Recipe) int { return (r.Repeat + 1) * (holdFrames + fadeFrames) }

// wander shows the stations one after the other, the last one fading into the first, until show
// has had enough.
func (j *job) wander(ctx context.Context, show func(*image.NRGBA) bool) error {
	j.meter.progress.Frames = j.r.Repeat
	first := j.m.clipFrame(j.source, j.r)
	img, saw := first, j.saw.Guesses
	for i := range j.r.Repeat {
		j.meter.progress.Frame = i + 1
		goal := j.next(i, saw)
		j.dreamed = append(j.dreamed, goal)
		next, err := j.station(ctx, img, goal, uint64(i))
		if err != nil {
			return fmt.Errorf("station %d: %w", i+1, err)
		}
		j.meter.begin()
		if saw, err = j.m.net.See(ctx, next, 2*guesses); err != nil {
			return err
		}
		j.meter.did(j.m.lookLoad(next.W, next.H, false))
		if !fade(img, next, show) {
			return nil
		}
		j.framed(holdFrames+fadeFrames, img.W, img.H)
		img = next
	}
	fade(img, first, show)
	return nil
}

// next is the likeliest label that the chain has not been at.
func (j *job) next(i int, saw []classifier.Guess) classifier.Guess {
	if i == 0 {
		if up, _ := split(j.m.labelled(j.r.Words)); len(up) > 0 {
			return classifier.Guess{Index: up[0].Label, Label: j.m.net.Labels()[up[0].Label].Names[0]}
		}
	}
	for _, g := range saw {
		if !slices.ContainsFunc(j.dreamed, func(b classifier.Guess) bool { return b.Index == g.Index }) {
			return g
		}
	}
	return saw[0]
}

// stationed is the recipe of a station that is dreamed into a label.
func stationed(r Recipe, label int) Recipe {
	r.Layers, r.Free, r.Repeat = nil, false, 1
	r.Words = []WordTerm{{Label: label, Weight: 1}}
	r.Steps = int(wanderSteps * float64(r.Steps))
	return r
}

// wanderLoad is the load of the stations and of all frames.
func wanderLoad(m *Maker, size image.Point, r Recipe, p Preset) (load, error) {
	w, h := m.clipSize(size.X, size.Y, r)
	at := stationed(r, 0)
	e, err := m.outline(w, h, at, m.likely(at, p))
	return e.load(m).plus(m.lookLoad(w, h, false)).times(r.Repeat), err
}

// station dreams a picture into a label.
func (j *job) station(ctx context.Context, img *picture.Planar, goal classifier.Guess, n uint64) (*picture.Planar, error) {
	at := *j
	at.saw = Sight{}
	at.r = stationed(at.r, goal.Index)
	var err error
	if at.terms, err = at.wishes(ctx, at.r); err != nil {
		return nil, err
	}
	src := img.NRGBA()
	detail, err := at.ascend(ctx, src, mix(j.r.Seed, n))
	if err != nil {
		return nil, err
	}
	out := picture.FromImage(at.compose(src, detail))
	measure(img).restore(out)
	return out, nil
}

// fade shows a picture for a while and then how it becomes another. It says whether show wants more.
func fade(a, b *picture.Planar, show func(*image.NRGBA) bool) bool {
	held := a.NRGBA()
	for range holdFrames {
		if !show(held) {
			return false
		}
	}
	for k := range fadeFrames {
		if !show(blend(a, b, float64(k+1)/(fadeFrames+1)).NRGBA()) {
			return false
		}
	}
	return true
}

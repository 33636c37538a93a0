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

// Wander makes a chain: the network says what it sees, dreams that, says what it sees now,
// and so on, r.Repeat times, and back to the start. Words of the recipe are the first
// station's.
func (m *Maker) Wander(ctx context.Context, src image.Image, r Recipe, report func(Progress)) (*Clip, error) {
	r.Verb = Wander
	j, clip, err := m.newClip(ctx, src, r)
	if err != nil {
		return nil, err
	}
	j.meter = newMeter(report, clip.Recipe.Repeat)
	stations := []*picture.Planar{m.clipFrame(picture.ToNRGBA(src), clip.Recipe)}
	saw := clip.Saw
	for i := range clip.Recipe.Repeat {
		j.meter.frame = i + 1
		goal := j.next(i, saw, clip.Dreamed)
		clip.Dreamed = append(clip.Dreamed, goal)
		img, err := j.station(ctx, stations[i], goal, uint64(i))
		if err != nil {
			return nil, fmt.Errorf("station %d: %w", i+1, err)
		}
		stations = append(stations, img)
		if saw, err = m.net.See(ctx, img, 2*guesses); err != nil {
			return nil, err
		}
	}
	return clip, m.pack(ctx, clip, fades(stations), time.Second/frameRate)
}

// next is the likeliest label that the chain has not been at.
func (j *job) next(i int, saw, been []classifier.Guess) classifier.Guess {
	if i == 0 {
		if up, _ := split(j.r.Words); len(up) > 0 {
			return classifier.Guess{Index: up[0].Label, Label: j.m.net.Labels()[up[0].Label].Names[0]}
		}
	}
	for _, g := range saw {
		if !slices.ContainsFunc(been, func(b classifier.Guess) bool { return b.Index == g.Index }) {
			return g
		}
	}
	return saw[0]
}

// station dreams a picture into a label.
func (j *job) station(ctx context.Context, img *picture.Planar, goal classifier.Guess, n uint64) (*picture.Planar, error) {
	at := *j
	at.mask = nil
	at.r.Layers, at.r.Free, at.r.Repeat = nil, false, 1
	at.r.Words = []WordTerm{{Label: goal.Index, Weight: 1}}
	at.r.Steps = int(wanderSteps * float64(at.r.Steps))
	var err error
	if at.terms, err = j.m.terms(ctx, at.r, j.preset, nil, nil); err != nil {
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

// fades shows the stations one after the other, the last one fading into the first.
func fades(stations []*picture.Planar) []*image.NRGBA {
	var frames []*image.NRGBA
	for i, a := range stations {
		b := stations[(i+1)%len(stations)]
		still := a.NRGBA()
		for range holdFrames {
			frames = append(frames, still)
		}
		for k := range fadeFrames {
			frames = append(frames, blend(a, b, float64(k+1)/(fadeFrames+1)).NRGBA())
		}
	}
	return frames
}

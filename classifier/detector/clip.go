package detector

import (
	"context"
	"errors"
	"image"
	"slices"

	"slugpuppy/picture"
)

// Clip takes the frames of a moving picture one after the other, and keeps a few that lie evenly over those that came. The zero
// value is empty.
type Clip struct {
	kept  []image.Image
	every int // one of so many frames is kept
	n     int // frames that came
}

// mostKept is how many frames are kept at most, and mostJudged how many of them are judged.
const (
	mostKept   = 16
	mostJudged = 8
)

// Add takes the next frame, which must not be changed afterwards.
func (c *Clip) Add(img image.Image) {
	c.every = max(1, c.every)
	if c.n%c.every == 0 {
		if len(c.kept) == mostKept {
			for i := range mostKept / 2 {
				c.kept[i] = c.kept[2*i]
			}
			clear(c.kept[mostKept/2:])
			c.kept = c.kept[:mostKept/2]
			c.every *= 2
		}
		if c.n%c.every == 0 {
			c.kept = append(c.kept, picture.Thumbnail(img, keptSide))
		}
	}
	c.n++
}

// keptSide is the longest side of frames that are kept, in pixels: sixteen large ones would fill the memory, and no more is
// looked at.
const keptSide = 1024

// First is the first frame, nil if there is none.
func (c *Clip) First() image.Image {
	if len(c.kept) == 0 {
		return nil
	}
	return c.kept[0]
}

// share is the part of the frames that have to look at least as dreamlike as the clip is said to: one odd frame makes no dream,
// and one plain beginning hides none.
const share = 1.0 / 3

// Judge looks at frames of the clip and says of it what a third of them reach.
func (c *Clip) Judge(ctx context.Context, judge func(context.Context, image.Image) (Verdict, error)) (Verdict, error) {
	if len(c.kept) == 0 {
		return Verdict{}, errors.New("a clip without frames")
	}
	n := min(mostJudged, len(c.kept))
	all := make([]Verdict, n)
	for i := range all {
		var err error
		if all[i], err = judge(ctx, c.kept[i*len(c.kept)/n]); err != nil {
			return Verdict{}, err
		}
	}
	slices.SortFunc(all, func(a, b Verdict) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	return all[int(share*float64(n))], nil
}

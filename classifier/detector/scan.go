package detector

import (
	"context"
	"fmt"
	"image"
	"math"
)

// Scan is what was seen in a picture: of the whole, and where a part of it looked like a dream, of that part looked at more
// closely. Scores are logits.
type Scan struct {
	Whole  float64
	Part   image.Rectangle // that looked most like a dream, in pixels: a window, or the pane of a collage that it is in
	Glance float64         // how much the network's answers within the window do, in a margin of their expert; -Inf if no part was looked at
	Closer float64         // the score of the part as a picture of its own; -Inf if it was not looked at
}

// Scan looks at a picture: once through all windows, and again at the part that looks most like a dream, if that is worth it.
// The head says when (Closer).
func (d *Detector) Scan(ctx context.Context, img image.Image) (Scan, error) {
	s, _, err := d.scan(ctx, img)
	return s, err
}

func (d *Detector) scan(ctx context.Context, img image.Image) (Scan, Fingerprint, error) {
	s := Scan{Glance: math.Inf(-1), Closer: math.Inf(-1)}
	g, err := d.eye.glance(ctx, img, grid.windows)
	if err != nil {
		return s, nil, err
	}
	print := d.eye.print(g, 0)
	if s.Whole, err = d.head.logit(print); err != nil {
		return s, nil, err
	}
	if s.Whole >= d.head.Closer.Enough {
		return s, print, nil
	}
	margins := make([]float64, len(g.windows))
	for i := range g.windows {
		margins[i] = d.head.Experts[0].margin(g.answers[i])
	}
	best, most := 1, math.Inf(-1)
	for i, m := range settled(g.windows, margins) {
		if i > 0 && m > most {
			best, most = i, m
		}
	}
	s.Glance = margins[best]
	s.Part = pane(g.picture, g.at, g.grid.in(g.windows[best], g.at))
	part := cut(g.picture, s.Part)
	if s.Glance < d.head.Closer.Worth || min(part.Rect.Dx(), part.Rect.Dy()) < leastPart {
		return s, print, nil
	}
	again, err := d.eye.Of(ctx, part)
	if err != nil {
		return s, nil, fmt.Errorf("look closer: %w", err)
	}
	if s.Closer, err = d.head.logit(again); err != nil {
		return s, nil, err
	}
	if s.Closer-d.head.Closer.Handicap > s.Whole {
		print = again
	}
	return s, print, nil
}

// settled takes for every window the mean of its margin and of those beside it, of its size and a cell away: in the midst of a dream
// all of them are high, at its edge some are not.
func settled(windows []Window, margins []float64) []float64 {
	out := make([]float64, len(margins))
	for i, w := range windows {
		sum, n := 0.0, 0
		for k, o := range windows {
			if dx, dy := o.X-w.X, o.Y-w.Y; k > 0 && o.W == w.W && dx*dx+dy*dy == 1 {
				sum, n = sum+margins[k], n+1
			}
		}
		out[i] = margins[i]
		if n > 0 {
			out[i] = (margins[i] + sum/float64(n)) / 2
		}
	}
	return out
}

// leastPart is the smallest side of a part that is looked at more closely, in pixels: of fewer nothing can be told.
const leastPart = 48

// Closer says when a part of a picture is looked at more closely, and what is made of it. It is set on pictures that were left
// out of training.
type Closer struct {
	Enough   float64 // the logit of a whole picture from which its parts do not matter
	Worth    float64 // the margin of a part's answers from which it is worth another look
	Handicap float64 // what a part's logit must be higher by than that of a whole picture that is as likely to be none
}

// Logit is the score of all that was seen.
func (c Closer) Logit(s Scan) float64 { return max(s.Whole, s.Closer-c.Handicap) }

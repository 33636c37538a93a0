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
	Part   image.Rectangle // that looked most like a dream, in pixels: a window, the pane of a collage that it is in, or its midst
	Glance float64         // how much the network's answers within the window do, in a margin of their expert; -Inf if no part was looked at
	Closer float64         // the score of the part as a picture of its own; -Inf if it was not looked at
	Looks  int             // times that the network ran
}

// Scan looks at a picture: once through all windows, and again at the part that looks most like a dream, if that is worth it.
// The head says when (Closer).
func (d *Detector) Scan(ctx context.Context, img image.Image) (Scan, error) {
	s, _, err := d.scan(ctx, img)
	return s, err
}

func (d *Detector) scan(ctx context.Context, img image.Image) (Scan, Fingerprint, error) {
	s := Scan{Glance: math.Inf(-1), Closer: math.Inf(-1), Looks: 1}
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
	best, at := picked(g.windows, margins)
	s.Glance, s.Part = margins[best], g.part(at, margins)
	if s.Glance < d.head.Closer.Worth || min(s.Part.Dx(), s.Part.Dy()) < leastPart {
		return s, print, nil
	}
	c, err := confirmed(s.Part, func(r image.Rectangle) (closeup, error) {
		s.Looks++
		return d.lookAt(ctx, g.picture, r)
	})
	if err != nil {
		return s, nil, fmt.Errorf("look closer: %w", err)
	}
	s.Part, s.Closer = c.at, c.logit
	if d.head.Closer.Logit(s) > s.Whole {
		print = c.print
	}
	return s, print, nil
}

// most is the number of the highest value, but for the first, which is the whole picture's.
func most(values []float64) int {
	best := 1
	for i, v := range values {
		if i > 0 && v > values[best] {
			best = i
		}
	}
	return best
}

// picked is the window that looks most like a dream, in its midst, and the one to look at for it.
func picked(windows []Window, margins []float64) (best, at int) {
	best = most(settled(windows, margins))
	return best, wider(windows, margins, best)
}

// nearly is which share of a window's margin a larger one around it needs to be looked at in its place.
const nearly = 0.6

// wider is a window of the largest size around another, if it looks nearly as much like a dream: in a part with more pixels there is
// more to see, and less of it is so by chance.
func wider(windows []Window, margins []float64, best int) int {
	inner, wide := windows[best], best
	for i, w := range windows {
		around := w.X <= inner.X && w.Y <= inner.Y && w.X+w.W >= inner.X+inner.W && w.Y+w.H >= inner.Y+inner.H
		if i == 0 || !around || w.W != largest || margins[i] < nearly*margins[best] {
			continue
		}
		if wide == best || margins[i] > margins[wide] {
			wide = i
		}
	}
	return wide
}

// several is how many windows have to lie in a pane, so that they say whether it is of one kind.
const several = 4

// part is where a window lies, or the pane that it is in, if what else lies in that pane looks like it: edges in a photograph cut off
// anything.
func (g *glance) part(best int, margins []float64) image.Rectangle {
	window := g.grid.in(g.windows[best], g.at)
	p := pane(g.picture, g.at, window)
	sum, n := 0.0, 0
	for i, w := range g.windows {
		if i > 0 && g.grid.in(w, g.at).In(p) {
			sum, n = sum+margins[i], n+1
		}
	}
	if n >= several && sum/float64(n) < margins[best]/2 {
		return window
	}
	return p
}

// closeup is a part of a picture, looked at as a picture of its own.
type closeup struct {
	at    image.Rectangle
	logit float64
	print Fingerprint
}

func (d *Detector) lookAt(ctx context.Context, img *image.NRGBA, r image.Rectangle) (closeup, error) {
	print, err := d.eye.Of(ctx, cut(img, r))
	if err != nil {
		return closeup{}, err
	}
	logit, err := d.head.logit(print)
	return closeup{r, logit, print}, err
}

const (
	// doubtful is the logit of a part, about one in four, from which its midst is looked at too. Few ordinary pictures reach it.
	doubtful = -1
	// rim is which part of the sides of a part, at each end, is not of its midst.
	rim = 10
)

// confirmed looks at a part, and if it may be a dream at its midst, which is one too then: what is taken for a dream by chance is so in
// one cut and not in another. The lower of the two scores counts. Where the midst's is the higher one, something else was at the rim,
// and it is looked at like a part.
func confirmed(part image.Rectangle, look func(image.Rectangle) (closeup, error)) (closeup, error) {
	outer, err := look(part)
	if err != nil || outer.logit < doubtful {
		return outer, err
	}
	inner, err := look(midst(part))
	if err != nil {
		return closeup{}, err
	}
	if inner.logit > outer.logit {
		further, err := look(midst(inner.at))
		if err != nil {
			return closeup{}, err
		}
		if sure := min(inner.logit, further.logit); sure > outer.logit {
			inner.logit = sure
			return inner, nil
		}
		return outer, nil
	}
	outer.logit = max(doubtful, inner.logit)
	return outer, nil
}

// midst is a rectangle without its rim.
func midst(r image.Rectangle) image.Rectangle {
	x, y := r.Dx()/rim, r.Dy()/rim
	return image.Rect(r.Min.X+x, r.Min.Y+y, r.Max.X-x, r.Max.Y-y)
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
func (c Closer) Logit(s Scan) float64 { return max(s.Whole, s.part()-c.Handicap) }

// plenty is the shorter side of a part, in pixels, from which it is as good a picture as any.
const plenty = 224

// part is the score of the part, one lower for every halving of its side below plenty: scaled up from a few pixels, much looks like a dream
// by chance.
func (s Scan) part() float64 {
	side := min(s.Part.Dx(), s.Part.Dy())
	return s.Closer - math.Log2(max(1, plenty/float64(side)))
}

package detector

import "image"

const (
	// seam is how far the brightness of pixels on both sides of an edge between panes differs, in steps of 255, and sewn the share of
	// them that do.
	seam = 20
	sewn = 0.6
	// mostly is the share of a window, or of a pane that is smaller, that they have in common at least.
	mostly = 0.4
	// cuts is how many times a pane is cut smaller: comics have rows of panes, and those columns of them.
	cuts = 4
	// mostPane is the share of a picture that a pane has, at most: more is the picture with a line through it.
	mostPane = 0.6
)

// pane is the part of a picture, cut along straight edges as collages and comics are, in which the middle of a window lies, or the
// window if there is no such part or it is hardly the window's.
func pane(img *image.NRGBA, r, window image.Rectangle) image.Rectangle {
	p, seen := r, window
	middle := window.Min.Add(window.Max).Div(2)
	for range cuts {
		before := p
		// An edge need not go on beside what is seen: there are other panes.
		p.Min.Y, p.Max.Y = between(p.Min.Y, p.Max.Y, middle.Y, func(y int) bool {
			return edged(img, image.Rect(seen.Min.X, y, seen.Max.X, y+1), image.Pt(0, -1))
		})
		seen = window.Intersect(p)
		p.Min.X, p.Max.X = between(p.Min.X, p.Max.X, middle.X, func(x int) bool {
			return edged(img, image.Rect(x, seen.Min.Y, x+1, seen.Max.Y), image.Pt(-1, 0))
		})
		seen = window.Intersect(p)
		if p == before || seen.Empty() {
			break
		}
	}
	if area(p) > mostPane*area(r) || min(p.Dx(), p.Dy()) < leastPart || area(seen) < mostly*min(area(p), area(window)) {
		return window
	}
	return p
}

// between is the run of lines around one, of those from lo to hi, that no edge cuts: an edge lies before its line. What is narrower
// than any picture is between panes, and the nearest run beside it counts.
func between(lo, hi, at int, edge func(int) bool) (int, int) {
	run := func(at int) (from, to int) {
		from, to = at, at+1
		for from > lo && !edge(from) {
			from--
		}
		for to < hi && !edge(to) {
			to++
		}
		return from, to
	}
	from, to := run(at)
	if to-from >= leastPart/2 {
		return from, to
	}
	if to < hi && (from <= lo || to-at <= at-from+1) {
		return run(to)
	}
	if from > lo {
		return run(from - 1)
	}
	return from, to
}

// edged says whether most pixels of a line differ from those beside them.
func edged(img *image.NRGBA, line image.Rectangle, beside image.Point) bool {
	n, other := 0, 0
	for y := line.Min.Y; y < line.Max.Y; y++ {
		for x := line.Min.X; x < line.Max.X; x++ {
			n++
			a, b := img.Pix[img.PixOffset(x, y):], img.Pix[img.PixOffset(x+beside.X, y+beside.Y):]
			if d := light(a) - light(b); d > seam || d < -seam {
				other++
			}
		}
	}
	return n > 0 && float64(other) >= sewn*float64(n)
}

// light is about how bright a pixel is, 0 to 255: colours have edges of their own where a JPEG's blocks meet.
func light(p []uint8) int { return (2*int(p[0]) + 5*int(p[1]) + int(p[2])) / 8 }

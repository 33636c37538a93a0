package detector

import (
	"image"
	"slices"
)

// A plot has axes, ticks, numbers and a title around a picture, a page has lines of text, and a meme a caption. Such a frame has
// one ground with little ink on it, and the picture is a rectangle that fills the lines it covers, from edge to straight edge.
const (
	// mostInk is the share of a frame that is not of its ground.
	mostInk = 0.25
	// filled is the share of a square that another picture fills.
	filled = 0.9
	// full is the share of an edge of the picture that is not of the ground, at least, and bare that of the ground beside it, at
	// most: there ticks are.
	full, bare = 0.75, 0.2
	// strong is how far pixels of such an edge lie from the ground, in steps of 255: shades that a ground fades into do not.
	strong = 3 * plain
	// within is how many pixels inside its edge a picture is full, and beside how many outside the ground is bare: edges are as wide as
	// the axes' lines, and saving as JPEG blurs them.
	within, beside = 4, 8
	// gap is how many bare lines part a picture from what stands beside it, such as a scale of colours, which has at most a
	// share of its size.
	gap, lesser = 3, 0.25
	// worthwhile is the share of an area that is a frame, at least: less is what saving as JPEG has made of an edge.
	worthwhile = 0.04
	// leastFramed is the share of an area that a frame leaves at least.
	leastFramed = 0.1
	// looked is how many pixels of a line are looked at, at most.
	looked = 512
)

// unframed is where the picture lies in a frame of ticks and text, or all of r where there is no such frame. Outer is what the frame
// fills, r what of it is left without uniform borders.
func unframed(img *image.NRGBA, outer, r image.Rectangle) image.Rectangle {
	if min(r.Dx(), r.Dy()) < leastPart { // however long it is
		return r
	}
	for _, ground := range grounds(img, outer) {
		f := frame{img, ground, plain}
		box := r
		for range 3 { // the narrower, the clearer
			before := box
			box.Min.Y, box.Max.Y = span(f.rows(box), box.Min.Y)
			box.Min.X, box.Max.X = span(f.columns(box), box.Min.X)
			if box == before {
				break
			}
		}
		if area(box) < (1-worthwhile)*area(r) && f.holds(box, outer) {
			return box
		}
	}
	return r
}

// frame is a ground with ink on it.
type frame struct {
	img    *image.NRGBA
	ground [4]uint8
	by     uint8 // how far from the ground ink lies, in steps of 255
}

func (f frame) differs(p []uint8) bool {
	far := func(a, b uint8) bool { return max(a, b)-min(a, b) > f.by }
	return far(p[0], f.ground[0]) || far(p[1], f.ground[1]) || far(p[2], f.ground[2]) || far(p[3], f.ground[3])
}

func area(r image.Rectangle) float64 { return float64(r.Dx()) * float64(r.Dy()) }

// grounds are the colours that two neighbouring corners have in common, and most of the side between them.
func grounds(img *image.NRGBA, r image.Rectangle) (all [][4]uint8) {
	at := func(x, y int) [4]uint8 { return [4]uint8(img.Pix[img.PixOffset(x, y):]) }
	corners := [][4]uint8{
		at(r.Min.X, r.Min.Y), at(r.Max.X-1, r.Min.Y), at(r.Max.X-1, r.Max.Y-1), at(r.Min.X, r.Max.Y-1),
	}
	sides := []image.Rectangle{
		image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1), image.Rect(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y),
		image.Rect(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y), image.Rect(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y),
	}
	for i, c := range corners {
		f := frame{img, c, plain}
		same := func(g [4]uint8) bool { return !f.differs(g[:]) }
		if same(corners[(i+1)%4]) && f.ink(sides[i]) <= 0.5 && !slices.ContainsFunc(all, same) {
			all = append(all, c)
		}
	}
	return all
}

// ink is the share of a line, or of any rectangle, that is not of the ground.
func (f frame) ink(r image.Rectangle) float64 {
	n, ink := 0, 0
	dx, dy := max(1, r.Dx()/looked), max(1, r.Dy()/looked)
	for y := r.Min.Y; y < r.Max.Y; y += dy {
		line := f.img.Pix[f.img.PixOffset(r.Min.X, y) : f.img.PixOffset(r.Max.X-1, y)+4]
		for i := 0; i < len(line); i += 4 * dx {
			n++
			if f.differs(line[i : i+4]) {
				ink++
			}
		}
	}
	return float64(ink) / float64(max(1, n))
}

func (f frame) rows(r image.Rectangle) []float64 {
	ink := make([]float64, r.Dy())
	for i := range ink {
		ink[i] = f.ink(image.Rect(r.Min.X, r.Min.Y+i, r.Max.X, r.Min.Y+i+1))
	}
	return ink
}

func (f frame) columns(r image.Rectangle) []float64 {
	ink := make([]float64, r.Dx())
	for i := range ink {
		ink[i] = f.ink(image.Rect(r.Min.X+i, r.Min.Y, r.Min.X+i+1, r.Max.Y))
	}
	return ink
}

// span is where lines, the first of which has a number, have as much ink as those of a picture: without ends that gaps of bare
// ground part from a larger rest.
func span(ink []float64, first int) (lo, hi int) {
	level := 0.6 * slices.Sorted(slices.Values(ink))[len(ink)*4/5]
	drawn := func(v float64) bool { return v >= level && v > 0 }
	if lo = slices.IndexFunc(ink, drawn); lo < 0 {
		return first, first + len(ink)
	}
	hi = len(ink)
	for !drawn(ink[hi-1]) {
		hi--
	}
	bare := 0
	for i := lo; i < hi; i++ { // [lo,hi) shrinks as its ends are left
		if ink[i] > 0.02 || drawn(ink[i]) { // of hardly any ink a little is much
			bare = 0
			continue
		}
		if bare++; bare < gap {
			continue
		}
		before, after := float64(i+1-bare-lo), float64(hi-i-1)
		if before <= lesser*after {
			lo = i + 1
			for lo < hi && !drawn(ink[lo]) {
				lo++
			}
			i, bare = lo-1, 0
		} else if after <= lesser*before {
			hi = i + 1 - bare
			for !drawn(ink[hi-1]) {
				hi--
			}
		}
	}
	return first + lo, first + hi
}

// holds says whether all around a picture, as far as outer reaches, is a frame.
func (f frame) holds(box, outer image.Rectangle) bool {
	if min(box.Dx(), box.Dy()) < leastPart || area(box) < leastFramed*area(outer) {
		return false
	}
	around, ink := 0.0, 0.0
	side := max(leastPart/2, min(outer.Dx(), outer.Dy())/8)
	for _, part := range []image.Rectangle{
		image.Rect(outer.Min.X, outer.Min.Y, outer.Max.X, box.Min.Y), image.Rect(outer.Min.X, box.Max.Y, outer.Max.X, outer.Max.Y),
		image.Rect(outer.Min.X, box.Min.Y, box.Min.X, box.Max.Y), image.Rect(box.Max.X, box.Min.Y, outer.Max.X, box.Max.Y),
	} {
		if f.shows(part, side) {
			return false
		}
		around += area(part)
		ink += f.ink(part) * area(part)
	}
	if ink > mostInk*around {
		return false
	}
	row := func(y int) image.Rectangle { return image.Rect(box.Min.X, y, box.Max.X, y+1) }
	column := func(x int) image.Rectangle { return image.Rect(x, box.Min.Y, x+1, box.Max.Y) }
	return f.edge(box.Min.Y-outer.Min.Y, func(i int) image.Rectangle { return row(box.Min.Y + i) }) &&
		f.edge(outer.Max.Y-box.Max.Y, func(i int) image.Rectangle { return row(box.Max.Y - 1 - i) }) &&
		f.edge(box.Min.X-outer.Min.X, func(i int) image.Rectangle { return column(box.Min.X + i) }) &&
		f.edge(outer.Max.X-box.Max.X, func(i int) image.Rectangle { return column(box.Max.X - 1 - i) })
}

// shows says whether there is something in a part of a frame that fills a square of so many pixels a side, as another picture does
// and text does not.
func (f frame) shows(part image.Rectangle, side int) bool {
	for y := part.Min.Y; y+side <= part.Max.Y; y += side {
		for x := part.Min.X; x+side <= part.Max.X; x += side {
			if f.ink(image.Rect(x, y, x+side, y+side)) > filled {
				return true
			}
		}
	}
	return false
}

// edge says whether a picture ends in a straight line: the lines inside have numbers from 0 up, those outside, of which there
// are so many, from -1 down.
func (f frame) edge(outside int, line func(i int) image.Rectangle) bool {
	if outside == 0 {
		return true
	}
	inked, empty := false, false
	strongly := frame{f.img, f.ground, strong}
	for i := range within {
		inked = inked || strongly.ink(line(i)) >= full
	}
	for i := range min(beside, outside) {
		empty = empty || f.ink(line(-1-i)) <= bare
	}
	return inked && empty
}

package detector

import (
	"image"
	"math"

	"slugpuppy/classifier/kernel"
)

// A picture is divided into cells, about as wide as they are high, and looked at through windows of whole cells: all of it, then
// every square of three by three and of two by two cells. One that holds a dream in a screenshot, or a quarter of a collage, holds
// little else.
const (
	cells     = 5  // of the shorter side
	mostCells = 10 // of the longer one
	largest   = 3  // side of a square, in cells
	smallest  = 2
)

// grid is how many cells a picture has across and down.
type grid struct{ x, y int }

// gridOf is the grid of a picture.
func gridOf(w, h int) grid {
	short, long := min(w, h), max(w, h)
	n := min(mostCells, int(math.Round(cells*float64(long)/float64(max(1, short)))))
	if w < h {
		return grid{cells, n}
	}
	return grid{n, cells}
}

// Window is a part of a picture, in cells from its upper left corner.
type Window struct{ X, Y, W, H int }

// windows are all windows of a picture; the first is the whole.
func (g grid) windows() []Window {
	all := []Window{{W: g.x, H: g.y}}
	for side := largest; side >= smallest; side-- {
		all = append(all, g.squares(side)...)
	}
	return all
}

// squares are the windows of so many by so many cells, row by row.
func (g grid) squares(side int) (all []Window) {
	for y := range g.y - side + 1 {
		for x := range g.x - side + 1 {
			all = append(all, Window{x, y, side, side})
		}
	}
	return all
}

// in is where a window lies in a rectangle.
func (g grid) in(w Window, r image.Rectangle) image.Rectangle {
	x := func(i int) int { return r.Min.X + edge(i, g.x, r.Dx()) }
	y := func(i int) int { return r.Min.Y + edge(i, g.y, r.Dy()) }
	return image.Rect(x(w.X), y(w.Y), x(w.X+w.W), y(w.Y+w.H))
}

// edge is where the ith of n cells of so many places begins.
func edge(i, n, size int) int { return i * size / n }

// powers are sums over activations: how many, and of their first, second and fourth powers.
type powers struct{ n, x, xx, xxxx float64 }

func (p *powers) add(o powers, sign float64) {
	p.n += sign * o.n
	p.x += sign * o.x
	p.xx += sign * o.xx
	p.xxxx += sign * o.xxxx
}

// table is a summed area table of cells: its first row and column are nothing.
type table [mostCells + 1][mostCells + 1]powers

// pool sums one channel, h rows of w activations that are not negative, over all cells above and left of each of their corners
// (a summed area table; Crow, "Summed-area tables for texture mapping", 1984), so that any window is four of them.
func (g grid) pool(x []float32, w, h int, columns *kernel.Powers, table *table) {
	for cy := range g.y {
		top, bottom := edge(cy, g.y, h), edge(cy+1, g.y, h)
		columns.Sum(x[top*w:], w, bottom-top, w)
		var left powers
		for cx := range g.x {
			lo, hi := edge(cx, g.x, w), edge(cx+1, g.x, w)
			first, second, fourth := columns.Of(lo, hi)
			left.add(powers{float64((bottom - top) * (hi - lo)), float64(first), float64(second), float64(fourth)}, 1)
			table[cy+1][cx+1] = table[cy][cx+1]
			table[cy+1][cx+1].add(left, 1)
		}
	}
}

// within is the sum over a window.
func (t *table) within(w Window) powers {
	p := t[w.Y+w.H][w.X+w.W]
	p.add(t[w.Y][w.X+w.W], -1)
	p.add(t[w.Y+w.H][w.X], -1)
	p.add(t[w.Y][w.X], 1)
	return p
}

// stats is how many numbers describe a channel.
const stats = 3

// describe says how a channel answers within a window: what it does on the whole, how unevenly, and at its strongest places,
// which the fourth powers' mean is made of.
func (p powers) describe(out []float32) {
	if p.n == 0 { // a layer with fewer places than cells
		out[0], out[1], out[2] = 0, 0, 0
		return
	}
	mean := max(0, p.x/p.n)
	out[0] = float32(math.Log1p(mean))
	out[1] = float32(math.Sqrt(max(0, p.xx/p.n-mean*mean)))
	out[2] = float32(math.Sqrt(math.Sqrt(max(0, p.xxxx/p.n))))
}

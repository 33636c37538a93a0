package detector

import (
	"image"
	"math"
)

// A picture is divided into cells across and down, and looked at through windows of whole cells: all of it, then every window
// of three by three and of two by two cells. One that holds a dream in a screenshot, or a quarter of a collage, holds little else.
const cells = 5

// sides of windows in cells, the largest first.
var sides = [...]int{cells, 3, smallest}

// Window is a part of a picture, in cells from its upper left corner.
type Window struct{ X, Y, Side int }

// whole is the window that leaves nothing out.
var whole = Window{Side: cells}

// Windows are all windows of a picture; the first is the whole.
func Windows() []Window {
	var all []Window
	for _, side := range sides {
		for y := range cells - side + 1 {
			for x := range cells - side + 1 {
				all = append(all, Window{x, y, side})
			}
		}
	}
	return all
}

// In is where the window lies in a rectangle.
func (w Window) In(r image.Rectangle) image.Rectangle {
	at := func(i, from, size int) int { return from + edge(i, size) }
	return image.Rect(at(w.X, r.Min.X, r.Dx()), at(w.Y, r.Min.Y, r.Dy()),
		at(w.X+w.Side, r.Min.X, r.Dx()), at(w.Y+w.Side, r.Min.Y, r.Dy()))
}

// edge is where the ith cell of so many places begins.
func edge(i, size int) int { return i * size / cells }

// powers are sums over activations: how many, and of their first, second and fourth powers.
type powers struct{ n, x, xx, xxxx float64 }

func (p *powers) add(o powers, sign float64) {
	p.n += sign * o.n
	p.x += sign * o.x
	p.xx += sign * o.xx
	p.xxxx += sign * o.xxxx
}

// pool sums one channel, h rows of w activations that are not negative, over all cells above and left of each of their corners
// (a summed area table; Crow, "Summed-area tables for texture mapping", 1984), so that any window is four of them.
func pool(x []float32, w, h int, table *[cells + 1][cells + 1]powers) {
	for cy := range cells {
		var row [cells]powers
		for y := edge(cy, h); y < edge(cy+1, h); y++ {
			for cx := range cells {
				row[cx].sum(x[y*w+edge(cx, w) : y*w+edge(cx+1, w)])
			}
		}
		var left powers
		for cx := range cells {
			left.add(row[cx], 1)
			table[cy+1][cx+1] = table[cy][cx+1]
			table[cy+1][cx+1].add(left, 1)
		}
	}
}

// sum adds activations.
func (p *powers) sum(x []float32) {
	var a, b, d, e, f, g float32
	p.n += float64(len(x))
	for len(x) >= 2 {
		u, v := x[0], x[1]
		x = x[2:]
		uu, vv := u*u, v*v
		a, b = a+u, b+v
		d, e = d+uu, e+vv
		f, g = f+uu*uu, g+vv*vv
	}
	for _, u := range x {
		uu := u * u
		a, d, f = a+u, d+uu, f+uu*uu
	}
	p.x += float64(a) + float64(b)
	p.xx += float64(d) + float64(e)
	p.xxxx += float64(f) + float64(g)
}

// within is the sum over a window.
func within(table *[cells + 1][cells + 1]powers, w Window) powers {
	p := table[w.Y+w.Side][w.X+w.Side]
	p.add(table[w.Y][w.X+w.Side], -1)
	p.add(table[w.Y+w.Side][w.X], -1)
	p.add(table[w.Y][w.X], 1)
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

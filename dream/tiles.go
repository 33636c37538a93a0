package dream

import "math/rand/v2"

const (
	// narrowest is the side of the smallest tile that gives the network something to see.
	narrowest = 96
	// perPixel is how many bytes of a tile the ascent holds beside its gradient's: the window, the
	// gradient, and its bands of frequency.
	perPixel = 4 * 16
)

// widest is the side of the largest tile: larger ones gain nothing.
const widest = 640

// tileSides are the sides that the largest tile may have, the best first: a smaller one is for want of memory.
var tileSides = [...]int{widest, 480, 384, 288, 192, 144}

// narrowest is the side of the smallest tile: some networks want more.
func (m *Maker) narrowest() int { return max(narrowest, m.net.MinSide()) }

// margin is how far tiles lie outside the picture together, by which their grid moves from step to step: one output
// pixel of the deepest layer.
func (m *Maker) margin() int {
	const most = 32
	deepest := 1
	for _, l := range m.layers() {
		deepest = max(deepest, l.Stride)
	}
	return min(deepest, most)
}

// division is how tiles cover one side of a picture: so many of them, of so many pixels but for the first
// and the last, one of which is shorter by what the other one is longer. Where they meet is another place at
// each step, and nothing is computed twice.
type division struct {
	n           int // pixels of the picture
	count, side int
	shift       int // a quarter of what the places between tiles move by
}

// divide covers n pixels with tiles of at most most pixels.
func (m *Maker) divide(n, most int) division {
	margin := m.margin()
	d := division{n: n, count: 1, side: n + margin}
	if d.side <= most {
		return d
	}
	const grid = 32
	nominal := most * 2 / 3 / grid * grid
	d.count = (n + margin + nominal - 1) / nominal
	d.side = ((n+margin+d.count-1)/d.count + grid - 1) / grid * grid
	d.shift = max(0, min(d.side/2, d.side-m.narrowest())/2)
	return d
}

// widest is the side of the largest tile.
func (d division) widest() int { return d.side + 2*d.shift }

// piece is one tile's part of a side: where it begins, perhaps outside the picture, and how long it is.
type piece struct{ at, n int }

// cut says where the tiles lie this time.
func (d division) cut(rng *rand.Rand) []piece {
	at := -rng.IntN(d.count*d.side - d.n + 1)
	all := make([]piece, 0, d.count)
	moved := 0
	if d.count > 1 {
		moved = (rng.IntN(5) - 2) * d.shift
	}
	for i := range d.count {
		p := piece{at, d.side}
		if i == 0 {
			p.n += moved
		}
		if i == d.count-1 {
			p.n -= moved
		}
		all = append(all, p)
		at += p.n
	}
	return all
}

// rect is a tile: its corner may lie outside the picture, what is there is mirrored.
type rect struct{ x, y, w, h int }

// pixels are those that a gradient under the tile costs.
func (t rect) pixels() float64 { return float64(t.w*t.h) + perGradient }

// grid lays tiles over the picture: every step sees other seams, and the network's own grid never falls on the
// same pixels twice.
func (c *climb) grid() []rect {
	across := c.j.m.divide(c.img.W, c.tile).cut(c.rng)
	down := c.j.m.divide(c.img.H, c.tile).cut(c.rng)
	tiles := make([]rect, 0, len(across)*len(down))
	for _, y := range down {
		for _, x := range across {
			tiles = append(tiles, rect{x.at, y.at, x.n, y.n})
		}
	}
	return tiles
}

package picture

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// paletteSize is the most colours a GIF frame can have.
const paletteSize = 256

// paletted reduces an opaque picture to its 256 best colours. Ordered dithering moves with
// nothing but the picture, so that an animation does not swarm, and it packs better than
// error diffusion.
func paletted(src *image.NRGBA) *image.Paletted {
	colours := medianCut(histogram(src), paletteSize)
	out := image.NewPaletted(image.Rect(0, 0, src.Rect.Dx(), src.Rect.Dy()), nil)
	for _, c := range colours {
		out.Palette = append(out.Palette, color.NRGBA{uint8(c[0]), uint8(c[1]), uint8(c[2]), 255})
	}
	near := newNearest(colours)
	spread := ditherSpread(colours)
	for y := range out.Rect.Dy() {
		row := src.Pix[y*src.Stride:]
		for x := range out.Rect.Dx() {
			shift := (bayer[y&7][x&7]*2 - 63) * spread / 128
			px := row[4*x : 4*x+3 : 4*x+3]
			out.Pix[y*out.Stride+x] = near.find(int(px[0])+shift, int(px[1])+shift, int(px[2])+shift)
		}
	}
	return out
}

// bayer is the ordered dither matrix of 8 by 8 (Bayer, 1973), values 0..63.
var bayer = func() (m [8][8]int) {
	for y := range 8 {
		for x := range 8 {
			for bit := range 3 {
				quad := (x>>bit&1)*2 ^ (y>>bit&1)*3
				m[y][x] |= quad << (2 * (2 - bit))
			}
		}
	}
	return m
}()

// triple is a colour or a distance between two, channels 0..255.
type triple [3]int

// sight weighs how well an eye tells differences in red, green and blue apart.
var sight = triple{3, 6, 2}

func (a triple) distance(b triple) int {
	d := 0
	for c := range a {
		d += sight[c] * (a[c] - b[c]) * (a[c] - b[c])
	}
	return d
}

// ditherSpread is how far dithering moves a value from end to end: about twice the distance
// to the next colour. Half of that leaves bands in skies, twice of it shows as a pattern.
func ditherSpread(colours []triple) int {
	if len(colours) < paletteSize {
		return 0 // every colour of the picture is in the palette
	}
	sum := 0
	for i, a := range colours {
		best := 1 << 30
		for j, b := range colours {
			if i != j {
				best = min(best, a.distance(b))
			}
		}
		sum += isqrt(best / (sight[0] + sight[1] + sight[2]))
	}
	return min(32, 2*sum/len(colours))
}

func isqrt(n int) int {
	r := 0
	for (r+1)*(r+1) <= n {
		r++
	}
	return r
}

// cell is a cube of colours that are counted together.
type cell struct {
	sum triple // of all pixels in it, by channel
	n   int
}

func (c cell) mean() triple { return triple{c.sum[0] / c.n, c.sum[1] / c.n, c.sum[2] / c.n} }

// histogram counts pixels in cubes of 8 values a side, without empty ones.
func histogram(src *image.NRGBA) []cell {
	all := make([]cell, 1<<15)
	for y := range src.Rect.Dy() {
		row := src.Pix[y*src.Stride:][:4*src.Rect.Dx()]
		for i := 0; i < len(row); i += 4 {
			r, g, b := int(row[i]), int(row[i+1]), int(row[i+2])
			c := &all[r>>3<<10|g>>3<<5|b>>3]
			c.sum[0] += r
			c.sum[1] += g
			c.sum[2] += b
			c.n++
		}
	}
	return slices.DeleteFunc(all, func(c cell) bool { return c.n == 0 })
}

// box is a set of cells that become one colour.
type box struct {
	cells  []cell
	total  cell
	spread int // squared error along the worst axis, which is what cutting it can save
	axis   int
}

// medianCut splits the colours until there are n boxes, always the one with the greatest
// error along its worst axis, at the mean of that axis (Heckbert 1982, with the variance as
// the criterion as in Wan, Wong and Prusinkiewicz 1988).
func medianCut(cells []cell, n int) []triple {
	boxes := []box{newBox(cells)}
	for len(boxes) < n {
		worst := 0
		for i, b := range boxes {
			if b.spread > boxes[worst].spread {
				worst = i
			}
		}
		if boxes[worst].spread == 0 {
			break
		}
		left, right := boxes[worst].cut()
		boxes[worst] = left
		boxes = append(boxes, right)
	}
	colours := make([]triple, len(boxes))
	for i, b := range boxes {
		colours[i] = b.total.mean()
	}
	return colours
}

func newBox(cells []cell) box {
	b := box{cells: cells}
	for _, c := range cells {
		b.total.n += c.n
		for i := range 3 {
			b.total.sum[i] += c.sum[i]
		}
	}
	if len(cells) < 2 {
		return b
	}
	mean := b.total.mean()
	var spread triple
	for _, c := range cells {
		at := c.mean()
		for i := range 3 {
			spread[i] += sight[i] * c.n * (at[i] - mean[i]) * (at[i] - mean[i])
		}
	}
	for i, s := range spread {
		if s > b.spread {
			b.spread, b.axis = s, i
		}
	}
	return b
}

// cut halves a box at its mean; a box with a spread has cells on both sides.
func (b box) cut() (box, box) {
	mean := b.total.mean()[b.axis]
	slices.SortFunc(b.cells, func(x, y cell) int { return cmp.Compare(x.mean()[b.axis], y.mean()[b.axis]) })
	at := slices.IndexFunc(b.cells, func(c cell) bool { return c.mean()[b.axis] > mean })
	at = min(max(at, 1), len(b.cells)-1)
	return newBox(b.cells[:at]), newBox(b.cells[at:])
}

// nearest finds the palette entry for a colour; it remembers answers for cubes of 4 a side.
type nearest struct {
	colours []triple
	known   []int16 // entry+1; 0 is not known yet
}

func newNearest(colours []triple) *nearest {
	return &nearest{colours: colours, known: make([]int16, 1<<18)}
}

func (n *nearest) find(r, g, b int) uint8 {
	r, g, b = min(max(r, 0), 255), min(max(g, 0), 255), min(max(b, 0), 255)
	at := &n.known[r>>2<<12|g>>2<<6|b>>2]
	if *at == 0 {
		want := triple{r&^3 | 2, g&^3 | 2, b&^3 | 2}
		best, distance := 0, 1<<30
		for i, c := range n.colours {
			if d := want.distance(c); d < distance {
				best, distance = i, d
			}
		}
		*at = int16(best + 1)
	}
	return uint8(*at - 1)
}

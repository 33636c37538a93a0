package pdq

import "slugpuppy/picture"

// gridSide is the side of a grid, which is a sketch's: the 16 half-cycles that count need half of its samples.
const gridSide = 32

// Grid is a picture reduced so that many parts of it can be hashed.
type Grid struct {
	luma [gridSide * gridSide]float32
}

// NewGrid takes a picture's sketch; ok is false for anything else.
func NewGrid(s picture.Sketch) (g *Grid, ok bool) {
	g = new(Grid)
	if len(s) != len(g.luma) {
		return nil, false
	}
	for i, v := range s {
		g.luma[i] = float32(v)
	}
	return g, true
}

// Span is a part of a side, from 0 to 1.
type Span struct{ From, To float64 }

// Window hashes the part of the picture within two spans, as if it were a picture; it differs from Of in a few
// bits, since it looks less closely.
func (g *Grid) Window(across, down Span) Hash {
	return g.columns(across).window(down)
}

// Windows hashes all parts that are within one span of each list, all downward ones for the first across, and
// so on. It costs far less than asking for each.
func (g *Grid) Windows(across, down []Span) []Hash {
	out := make([]Hash, 0, len(across)*len(down))
	for _, a := range across {
		c := g.columns(a)
		for _, d := range down {
			out = append(out, c.window(d))
		}
	}
	return out
}

// columns are the horizontal frequencies within a span, of each row of the grid.
type columns [gridSide][low]float32

func (g *Grid) columns(s Span) *columns {
	w := weights(s)
	var out columns
	for y := range gridSide {
		row := g.luma[y*gridSide : (y+1)*gridSide]
		for j := range low {
			var sum float32
			for x, v := range row[w.first:w.last] {
				sum += w.of[j][x] * v
			}
			out[y][j] = sum
		}
	}
	return &out
}

// window takes the vertical frequencies within a span.
func (c *columns) window(s Span) Hash {
	w := weights(s)
	var out spectrum
	for y := w.first; y < w.last; y++ {
		for i := range low {
			f := w.of[i][y-w.first]
			for j := range low {
				out[i*low+j] += f * c[y][j]
			}
		}
	}
	return out.hash()
}

// weighting has how much each sample of a side counts for each frequency within a span.
type weighting struct {
	first, last int
	of          [low][gridSide]float32 // from first on
}

// weights spreads the cosines at 64 places of a span over the samples to both sides of each.
func weights(s Span) *weighting {
	w := &weighting{first: max(0, int(s.From*gridSide-0.5)), last: gridSide}
	w.last = min(gridSide, int(s.To*gridSide+0.5)+1)
	for k := range side {
		at := (s.From+(float64(k)+0.5)/side*(s.To-s.From))*gridSide - 0.5
		at = max(float64(w.first), min(float64(w.last-1), at))
		before := int(at)
		after := min(before+1, w.last-1)
		f := float32(at - float64(before))
		for i := range low {
			c := cosines[i*side+k]
			w.of[i][before-w.first] += c * (1 - f)
			w.of[i][after-w.first] += c * f
		}
	}
	return w
}

// Flat says whether there is too little in a picture to tell it by.
func (g *Grid) Flat() bool {
	steps := 0
	for y := range gridSide {
		for x := range gridSide {
			if x+1 < gridSide {
				steps += step(g.luma[y*gridSide+x], g.luma[y*gridSide+x+1])
			}
			if y+1 < gridSide {
				steps += step(g.luma[y*gridSide+x], g.luma[(y+1)*gridSide+x])
			}
		}
	}
	return steps < 1500
}

package kernel

import (
	"slices"
	"sync"
)

// Winograd's minimal filtering (Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks", 2016): a 3x3 convolution of stride 1 is computed in tiles of 4x4 results. Tiles of
// 6x6 values and the weights are transformed, multiplied element by element, summed over the
// channels (which makes 36 matrix products) and transformed back: a quarter of the
// multiplications. See gen/tiles.go for the points chosen and what they do to accuracy.

const (
	side     = 4        // of a tile of results
	reach    = side + 2 // of a tile of the picture
	elements = reach * reach
)

// filter is a 3x3 convolution's weights, transformed when they are first multiplied: a matrix
// [out][in] for each element.
type filter struct {
	in, out int
	freq    [elements]*matrix
	bias    []float32
	once    sync.Once
	kernel  func(o, i int) [9]float32 // gives the kernel from one channel to another, row by row, until it is transformed
}

// worthTiles reports whether a convolution is computed in tiles: with few channels the
// transformations cost more than they save.
func (s ConvShape) worthTiles() bool {
	square := s.KernelH == 3 && s.KernelW == 3 && s.StrideH == 1 && s.StrideW == 1 && s.DilationH == 1 && s.DilationW == 1
	return square && s.Groups == 1 && min(s.In, s.Out) >= leastChannels
}

// fewTiles reports whether a result of h by w is computed sooner without tiles, though with more multiplications: few
// tiles fill vectors badly, and their weights, four times as many, serve few of them.
func (c *Conv) fewTiles(h, w int) bool {
	lanes := c.tiles[0].freq[0].set.lanes
	vecs := func(n int) int { return ceilDiv(n, lanes) }
	return vecs(h*w)*c.KernelH*c.KernelW <= int(elements*tilesCost)*vecs(ceilDiv(h, side)*ceilDiv(w, side))
}

// tilesCost is what a multiplication in tiles costs, in those without, where there are few. It is measured: 7x7 values
// take 0.55 to 0.63 of the time without tiles, 9x9 values 0.76 to 0.86, 9x12 values as long.
const tilesCost = 1.5

// leastChannels is measured.
const leastChannels = 8

// newFilter lays out a filter; kernel gives that from one channel to another, row by row, when it is first needed. bias may be nil.
func newFilter(set *isa, rough bool, in, out int, kernel func(o, i int) [9]float32, bias []float32) *filter {
	f := &filter{in: in, out: out, bias: make([]float32, out), kernel: kernel}
	copy(f.bias, bias)
	for e := range f.freq {
		f.freq[e] = newMatrix(set, rough, out, in, nil, nil)
	}
	return f
}

// pack transforms the weights, once.
func (f *filter) pack(t *Team) {
	f.once.Do(func() {
		size := f.freq[0].size // of each
		all := Floats(elements * size)
		for e, m := range f.freq {
			m.data = all[e*size : (e+1)*size]
		}
		panels := f.freq[0].panels
		t.Do(len(panels), func(k int, _ *workspace) {
			p := panels[k]
			for i := range f.in {
				for r := range min(p.height, f.out-p.row) {
					f.transform(p, r, i)
				}
			}
		})
		f.kernel = nil // and what it reads, if nobody else does
	})
}

// transform puts the elements of the kernel from channel i to a row of a panel, G g G^T, in their matrices.
func (f *filter) transform(p panel, r, i int) {
	g := f.kernel(p.row+r, i)
	var half [3][reach]float64 // by column of the kernel
	for x := range half {
		half[x] = weightLine(float64(g[x]), float64(g[3+x]), float64(g[6+x]))
	}
	at, rough := f.freq[0].place(p, r, i), f.freq[0].pairs != nil // which are the same in all of them
	for y := range reach {
		for x, v := range weightLine(half[0][y], half[1][y], half[2][y]) {
			if m := f.freq[y*reach+x]; rough {
				m.put(p, r, i, float32(v))
			} else {
				m.data[at] = float32(v)
			}
		}
	}
}

// weightLine is one line of G g G^T: the polynomial with these coefficients at each point p,
// divided by the product of p's distances from the other points.
func weightLine(g0, g1, g2 float64) [reach]float64 {
	const (
		a, b         = pointA * pointA, pointB * pointB
		inner, outer = 1 / (2 * a * (a - b)), 1 / (2 * b * (b - a))
	)
	evenA, oddA, evenB, oddB := (g0+a*g2)*inner, pointA*g1*inner, (g0+b*g2)*outer, pointB*g1*outer
	return [reach]float64{g0 * (1 / (a * b)), evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, g2}
}

func (f *filter) bytes() int64 {
	n := 4 * int64(len(f.bias))
	for _, m := range f.freq {
		n += m.bytes()
	}
	return n
}

// tiling is a filter for one size of picture. It is used by one goroutine at a time.
type tiling struct {
	*filter
	h, w       int // of the picture
	top, left  int // padding
	outH, outW int
	grid       grid // of tiles
	plane      int  // values in one plane, with room for a vector to stick out
	taps       [elements]int32
	runs       int  // of tiles
	width      int  // of a run, but for the last
	early      bool // all tiles are transformed before any is multiplied
	lifts      bool // straight from the rows of the picture
	zeros      []float32
	run        tilingRun
}

type tilingRun struct {
	dst, src, y, planes []float32
	early               []float32 // transformed tiles [run][element][in][width]
	flags               int64
	splits              int
	fill, multiply      func(i int, ws *workspace)
}

// mostEarly is up to how many runs of tiles are transformed first, which takes memory but is
// done once however many workers then share a run.
const mostEarly = 4

func (f *filter) at(h, w, top, left, outH, outW int) *tiling {
	t := &tiling{filter: f, h: h, w: w, top: top, left: left, outH: outH, outW: outW, lifts: f.freq[0].set.lift != nil}
	across, down := ceilDiv(outW, side), ceilDiv(outH, side)
	t.grid = grid{rows: down, cols: across, pitch: across + 1}
	if t.lifts {
		t.zeros = framed(w)
	} else {
		t.plane = (down+1)*t.grid.pitch + align/4
	}
	for e := range t.taps {
		y, x := e/reach, e%reach
		t.taps[e] = int32(4 * ((y%side*side+x%side)*t.plane + y/side*t.grid.pitch + x/side))
	}
	t.runs, t.width = cut(f.freq[0].set, across*down)
	t.run.fill, t.run.multiply = t.fillRow, t.task
	if t.early = t.runs <= mostEarly; t.early {
		t.run.fill, t.run.multiply = t.prepare, t.share
	} else if t.lifts {
		t.run.fill = nil
	}
	return t
}

// apart is how many values lie between the elements of wide tiles, a cache line more than
// they need, lest they all fall into one set of the cache.
func (t *tiling) apart(wide int) int { return wide*t.freq[0].steps() + align/4 }

// span is a run of tiles, and the number of values its vectors hold.
func (t *tiling) span(i int) (s span, wide int) {
	set := t.freq[0].set
	s.col = i * t.width
	s.width = min(t.width, t.grid.rows*t.grid.cols-s.col)
	s.vecs = ceilDiv(s.width, set.lanes)
	return s, s.vecs * set.lanes
}

// size is the number of values of scratch: the planes, if there are any, which are the picture split by row and
// column remainder so that neighbouring tiles lie side by side, [in][4][4][plane], and what is
// transformed early.
func (t *tiling) size() int {
	n := t.in * t.channel()
	if t.early {
		n += t.runs * elements * t.apart(t.width)
	}
	return n
}

func (t *tiling) channel() int { return side * side * t.plane }

// apply sets dst to the convolution of src, or adds it; with y src counts only where y is
// positive.
func (t *tiling) apply(tm *Team, dst, src, y, scratch []float32, flags int64) {
	t.pack(tm)
	t.run.dst, t.run.src, t.run.y, t.run.flags = dst, src, y, flags
	t.run.planes, t.run.early = scratch[:t.in*t.channel()], scratch[t.in*t.channel():]
	if t.run.fill != nil {
		n := t.in
		if t.lifts {
			n = t.freq[0].steps()
		}
		tm.Do(n, t.run.fill)
	}
	t.run.splits = shares(tm, t.runs, len(t.freq[0].panels))
	tm.Do(t.runs*t.run.splits, t.run.multiply)
	t.run.dst, t.run.src, t.run.y, t.run.planes, t.run.early = nil, nil, nil, nil, nil
}

// fillRow fills the planes of one channel, row by row from the top: vectors that stick out of
// one are overwritten by the next.
func (t *tiling) fillRow(c int, ws *workspace) {
	set, pitch := t.freq[0].set, t.grid.pitch
	planes := t.run.planes[c*t.channel() : (c+1)*t.channel()]
	vecs := ceilDiv(pitch, set.lanes)
	line := ws.packed(side*vecs*set.lanes + set.lanes)
	lo, hi := max(0, t.left), min(side*pitch, t.w+t.left) // what the picture fills of it
	from := max(0, -t.left)
	clear(line[:lo])
	for r := range side * (t.grid.rows + 1) {
		row := r - t.top
		if row < 0 || row >= t.h {
			clear(line)
		} else {
			at := (c*t.h+row)*t.w + from
			if t.run.y != nil {
				set.mask(int64(ceilDiv(hi-lo, set.lanes)), &line[lo], &t.run.src[at], &t.run.y[at])
			} else {
				copy(line[lo:hi], t.run.src[at:])
			}
			clear(line[hi:])
		}
		dst := planes[r%side*side*t.plane+r/side*pitch:]
		set.split(int64(vecs), &line[0], &dst[0], int64(4*t.plane))
	}
}

// prepare transforms all tiles of one channel, or of those of one pair, from planes if there are any.
func (t *tiling) prepare(c int, ws *workspace) {
	if t.lifts {
		for i := range t.runs {
			s, wide := t.span(i)
			t.lift(c, c+1, t.run.early[i*elements*t.apart(t.width):], s, wide, ws)
		}
		return
	}
	t.fillRow(c, ws)
	set := t.freq[0].set
	for i := range t.runs {
		s, wide := t.span(i)
		t.transform(c, t.run.early[i*elements*t.apart(t.width):], ws.packed(elements*wide), s, t.grid.place(set, ws, s), ws)
	}
}

// transform puts a run of tiles of one channel in their places among those of all.
func (t *tiling) transform(c int, v, raw []float32, s span, straight bool, ws *workspace) {
	set := t.freq[0].set
	wide := s.vecs * set.lanes
	t.grid.draw(set, ws, straight, t.run.planes[c*t.channel():], t.taps[:], raw, s)
	set.tiles(int64(s.vecs), &raw[0], int64(4*wide), &v[c*wide], int64(4*t.apart(wide)))
}

// task computes a run of tiles for a share of the output channels.
func (t *tiling) task(i int, ws *workspace) {
	s, wide := t.span(i / t.run.splits)
	if t.lifts {
		v := elements * t.apart(wide)
		buf := ws.packed(v + t.results(wide))
		t.lift(0, t.freq[0].steps(), buf[:v], s, wide, ws)
		t.multiply(i%t.run.splits, buf[:v], buf[v:], s)
		return
	}
	raw := elements * wide
	v := raw + elements*t.apart(wide)
	buf := ws.packed(v + t.results(wide))
	straight := t.grid.place(t.freq[0].set, ws, s)
	for c := range t.in {
		t.transform(c, buf[raw:v], buf[:raw], s, straight, ws)
	}
	t.multiply(i%t.run.splits, buf[raw:v], buf[v:], s)
}

// share is task where the tiles are transformed already.
func (t *tiling) share(i int, ws *workspace) {
	run := i / t.run.splits
	s, wide := t.span(run)
	t.multiply(i%t.run.splits, t.run.early[run*elements*t.apart(t.width):], ws.packed(t.results(wide)), s)
}

// results is the number of values that the products of a run of tiles fill before and after
// the transformation back.
func (t *tiling) results(wide int) int {
	return Slack + elements*tall*wide + side*side*wide
}

// multiply computes a run of tiles for a share of the output channels.
func (t *tiling) multiply(part int, v, m []float32, s span) {
	panels := t.freq[0].panels
	from, to := len(panels)*part/t.run.splits, len(panels)*(part+1)/t.run.splits
	for group := range slices.Chunk(panels[from:to], tall/panels[0].height) {
		t.panels(group, m, v, s)
	}
}

// tall is how many rows are multiplied before their results are transformed: values that
// lie in the outer cache are read once for all of them.
const tall = 16

// panels computes a few output channels of a run of tiles.
func (t *tiling) panels(ps []panel, m, v []float32, s span) {
	set := t.freq[0].set
	wide := s.vecs * set.lanes
	each := elements * wide * ps[0].height
	for i, p := range ps {
		t.products(p, m[i*each:], v, s.vecs)
	}
	if t.lifts {
		for i, p := range ps {
			for r := range min(p.height, t.out-p.row) {
				t.lower(p.row+r, m[i*each+r*wide:], wide*p.height, s)
			}
		}
		return
	}
	y := m[elements*tall*wide:]
	for i, p := range ps {
		for r := range min(p.height, t.out-p.row) {
			o := p.row + r
			set.untile(int64(s.vecs), &m[i*each+r*wide], int64(4*wide*p.height), &y[0], int64(4*side*wide), &t.bias[o], t.run.flags)
			t.store(t.run.dst[o*t.outH*t.outW:(o+1)*t.outH*t.outW], y, s, wide)
		}
	}
}

// products multiplies a panel with a run of tiles, element by element.
func (t *tiling) products(p panel, m, v []float32, vecs int) {
	wide := vecs * t.freq[0].set.lanes
	stride := t.apart(wide)
	if f := t.freq[0]; f.pairs != nil && f.pairs.many[vecs] != nil {
		f.pairs.many[vecs](elements, int64(f.steps()), &f.data[p.at], &v[0], &m[0], int64(4*wide), &f.bias[p.row], bare,
			int64(4*f.size), int64(4*stride), int64(4*wide*p.height), 0)
		return
	}
	for e, f := range t.freq {
		f.gemm(p, vecs)(int64(f.steps()), &f.data[p.at], &v[e*stride], &m[e*wide*p.height], int64(4*wide), &f.bias[p.row], 0, uint64(1)<<wide-1)
	}
}

// store puts four rows of results [4][4*wide] in their places in one channel.
func (t *tiling) store(dst, y []float32, s span, wide int) {
	set := t.freq[0].set
	for from := s.col; from < s.col+s.width; {
		row, col := from/t.grid.cols, from%t.grid.cols
		n := min(s.col+s.width-from, t.grid.cols-col)
		x := col * side
		width := min(n*side, t.outW-x)
		for i := range min(side, t.outH-row*side) {
			d := dst[(row*side+i)*t.outW+x:][:width]
			src := y[(i*wide+from-s.col)*side:]
			if t.run.flags&accumulate != 0 {
				set.addTo(d, src)
			} else {
				copy(d, src)
			}
		}
		from += n
	}
}

package kernel

import "slices"

// product multiplies a packed matrix with the columns that taps draw from planes: column
// (r,c) of the right factor holds, for every tap, the value tap bytes past (r,c).
type product struct {
	m    *matrix
	taps []int32 // byte offsets, one for each k
	grid         // of the result, which is stored without gaps, in the source
	run  productRun
}

// productRun is the state of one multiplication.
type productRun struct {
	src     []float32
	factors []factor
	splits  int
	width   int // of a tile, but for the last
	work    func(i int, ws *workspace)
}

// factor is a matrix that columns are multiplied with, and where the result goes.
type factor struct {
	m     *matrix
	dst   []float32
	flags int64
}

// newProduct joins rows where the source has no gaps between them, so that tiles need not
// heed line breaks.
func newProduct(m *matrix, taps []int32, rows, cols, pitch int) *product {
	if cols == pitch || rows == 1 {
		rows, cols = 1, rows*cols
		pitch = cols
	}
	if m.pairs != nil {
		taps = slices.Clip(taps)
		for len(taps) < 2*m.steps() {
			taps = append(taps, taps[m.depth-1]) // its weight is nothing
		}
	}
	return &product{m: m, taps: taps, grid: grid{rows, cols, pitch}}
}

// multiply writes [m.rows][rows*cols] values to dst.
func (p *product) multiply(t *Team, dst, src []float32, flags int64) {
	p.run.factors = append(p.run.factors[:0], factor{p.m, dst, flags})
	p.begin(t, src)
}

// alike reports whether both multiply the same columns, packed in the same way.
func (p *product) alike(q *product) bool {
	return p.grid == q.grid && p.m.set == q.m.set && p.m.pairs == q.m.pairs && slices.Equal(p.taps, q.taps)
}

// begin multiplies the columns with all factors of the run.
func (p *product) begin(t *Team, src []float32) {
	panels := 0
	for _, f := range p.run.factors {
		f.m.pack(t)
		panels += len(f.m.panels)
	}
	tiles, width := cut(p.m.set, p.rows*p.cols)
	splits := shares(t, tiles, panels)
	if p.run.work == nil {
		p.run.work = p.task
	}
	p.run.src, p.run.splits, p.run.width = src, splits, width
	t.Do(tiles*splits, p.run.work)
	p.run.src = nil
	clear(p.run.factors) // the memory is lent
}

// cut divides n columns into as few tiles as there can be, of nearly equal width: blocks of one
// vector are slower than others.
func cut(set *isa, n int) (tiles, width int) {
	vecs := ceilDiv(n, set.lanes)
	tiles = ceilDiv(vecs, vectors)
	width = ceilDiv(vecs, tiles) * set.lanes
	return ceilDiv(n, width), width
}

// shares is into how many parts each of a few tiles is split by rows of the matrix too, at the
// cost of packing it as often.
func shares(t *Team, tiles, panels int) int {
	splits := 1
	for size := t.Size(); size > 1 && tiles*splits < 3*size && splits < panels; {
		splits++
	}
	return splits
}

// task packs one tile and multiplies it with a share of the rows of all matrices.
func (p *product) task(i int, ws *workspace) {
	set := p.m.set
	n, splits := p.rows*p.cols, p.run.splits
	s := span{col: i / splits * p.run.width}
	s.width = min(p.run.width, n-s.col)
	s.vecs = (s.width + set.lanes - 1) / set.lanes
	b := ws.packed(p.m.steps() * s.vecs * set.lanes)
	if straight := p.place(set, ws, s); p.m.pairs != nil {
		p.drawPairs(set, ws, straight, p.run.src, p.taps, b, s)
	} else {
		p.draw(set, ws, straight, p.run.src, p.taps, b, s)
	}
	part, all := i%splits, 0
	for _, f := range p.run.factors {
		all += len(f.m.panels)
	}
	from, to := all*part/splits, all*(part+1)/splits // of the panels of all
	for _, f := range p.run.factors {
		panels := len(f.m.panels)
		if lo, hi := min(max(0, from), panels), min(max(0, to), panels); lo < hi {
			f.m.multiply(ws, b, f.dst, n, s, f.flags, lo, hi)
		}
		from, to = from-panels, to-panels
	}
}

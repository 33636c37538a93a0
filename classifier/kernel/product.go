package kernel

// product multiplies a packed matrix with the columns that taps draw from planes: column
// (r,c) of the right factor holds, for every tap, the value tap bytes past (r,c).
type product struct {
	m          *matrix
	taps       []int32 // byte offsets, one for each k
	rows, cols int     // grid of the result, stored without gaps
	pitch      int     // values between two rows of the source
	run        productRun
}

// productRun is the state of one multiplication.
type productRun struct {
	src, dst []float32
	flags    int64
	splits   int
	work     func(i int, ws *workspace)
}

// newProduct joins rows where the source has no gaps between them, so that tiles need not
// heed line breaks.
func newProduct(m *matrix, taps []int32, rows, cols, pitch int) *product {
	if cols == pitch || rows == 1 {
		rows, cols = 1, rows*cols
		pitch = cols
	}
	return &product{m: m, taps: taps, rows: rows, cols: cols, pitch: pitch}
}

// multiply writes [m.rows][rows*cols] values to dst.
func (p *product) multiply(t *Team, dst, src []float32, flags int64) {
	tile := p.m.set.tile()
	tiles := (p.rows*p.cols + tile - 1) / tile
	splits := 1 // a small grid is split by rows of the matrix too, at the cost of packing twice
	for size := t.Size(); size > 1 && tiles*splits < 3*size && splits < len(p.m.panels); {
		splits++
	}
	if p.run.work == nil {
		p.run.work = p.task
	}
	p.run.src, p.run.dst, p.run.flags, p.run.splits = src, dst, flags, splits
	t.Do(tiles*splits, p.run.work)
	p.run.src, p.run.dst = nil, nil
}

// task packs one tile and multiplies it with a share of the matrix's rows.
func (p *product) task(i int, ws *workspace) {
	set := p.m.set
	n, splits := p.rows*p.cols, p.run.splits
	s := span{col: i / splits * set.tile()}
	s.width = min(set.tile(), n-s.col)
	s.vecs = (s.width + set.lanes - 1) / set.lanes
	b := ws.packed(p.m.depth * s.vecs * set.lanes)
	p.pack(ws, b, s)
	part, panels := i%splits, len(p.m.panels)
	p.m.multiply(ws, b, p.run.dst, n, s, p.run.flags, panels*part/splits, panels*(part+1)/splits)
}

// pack copies the tile's part of the right factor to b.
func (p *product) pack(ws *workspace, b []float32, s span) {
	set := p.m.set
	depth := int64(p.m.depth)
	if !p.segment(&ws.seg, s) {
		for l := range s.vecs * set.lanes {
			j := min(s.col+l, p.rows*p.cols-1)
			ws.idx[l] = int32(4 * (j/p.cols*p.pitch + j%p.cols))
		}
		set.gather[s.vecs](depth, &p.run.src[0], &p.taps[0], &b[0], &ws.idx[0])
		return
	}
	set.pack[s.vecs](depth, &p.run.src[0], &p.taps[0], &b[0], &ws.seg)
}

// segment says where the tile's vectors come from; false if one spans more than two rows.
func (p *product) segment(seg *segments, s span) bool {
	lanes := p.m.set.lanes
	for v := range s.vecs {
		j := s.col + v*lanes
		valid := min(lanes, s.width-v*lanes)
		row, col := j/p.cols, j%p.cols
		first := min(p.cols-col, lanes)
		seg.a[v] = int64(4 * (row*p.pitch + col))
		seg.b[v], seg.second[v] = seg.a[v], 0
		seg.blend[v] = [8]int32{}
		if first >= valid {
			continue
		}
		if valid-first > p.cols {
			return false
		}
		seg.b[v] = int64(4 * ((row+1)*p.pitch - first))
		seg.second[v] = ^uint64(0) << first
		for l := first; l < len(seg.blend[v]); l++ {
			seg.blend[v][l] = -1
		}
	}
	return true
}

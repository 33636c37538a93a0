package kernel

import "sync"

// matrix is the left factor of a product, packed for one instruction set: panels of a few
// rows, each stored column by column. It is packed when it is first multiplied, and never written
// after that.
type matrix struct {
	set    *isa
	rows   int
	depth  int
	pairs  *pairs // its elements are pairs along the depth; nil: they are not
	panels []panel
	size   int       // of data
	data   []float32 // once it is packed
	bias   []float32 // one a row, zero past the last
	once   sync.Once
	at     func(row, k int) float32 // gives the elements until they are packed
}

// panel is a run of rows.
type panel struct {
	row    int // first row
	height int // rows of the kernel; may reach past the matrix
	kind   int // index into isa.gemm
	at     int // start in data
}

// newMatrix lays out a matrix of rows x depth whose elements at gives when they are first needed; bias may be nil.
func newMatrix(set *isa, rough bool, rows, depth int, at func(row, k int) float32, bias []float32) *matrix {
	m := &matrix{set: set, rows: rows, depth: depth, bias: make([]float32, rows+maxRows), at: at}
	heights := set.rows
	if rough {
		m.pairs = set.pairs.of(rows, depth)
	}
	if m.pairs != nil {
		heights = m.pairs.rows
	}
	copy(m.bias, bias)
	for row := 0; row < rows; {
		kind := 0
		for kind+1 < len(heights) && heights[kind+1] >= rows-row {
			kind++
		}
		p := panel{row: row, height: heights[kind], kind: kind, at: m.size}
		m.panels = append(m.panels, p)
		m.size += p.height * m.steps()
		row += p.height
	}
	return m
}

// pack brings the elements into their places, once.
func (m *matrix) pack(t *Team) {
	m.once.Do(func() {
		m.data = Floats(m.size)
		t.Do(len(m.panels), func(i int, _ *workspace) {
			p := m.panels[i]
			for r := range min(p.height, m.rows-p.row) {
				for k := range m.depth {
					m.put(p, r, k, m.at(p.row+r, k))
				}
			}
		})
		m.at = nil // and what it reads, if nobody else does
	})
}

// steps is how many lanes a row has.
func (m *matrix) steps() int {
	if m.pairs != nil {
		return ceilDiv(ceilDiv(m.depth, 2), m.pairs.deep) * m.pairs.deep
	}
	return m.depth
}

// place is where a lane is in data.
func (m *matrix) place(p panel, r, k int) int {
	if m.pairs == nil {
		return p.at + k*p.height + r
	}
	deep := m.pairs.deep
	return p.at + k/deep*deep*p.height + r*deep + k%deep
}

// put brings an element to its place in a panel. Of a pair the first comes first.
func (m *matrix) put(p panel, r, k int, v float32) {
	if m.pairs == nil {
		m.data[m.place(p, r, k)] = v
		return
	}
	lane := &m.data[m.place(p, r, k/2)]
	if k%2 == 0 {
		*lane = pair(v, 0)
		return
	}
	first, _ := unpaired(*lane)
	*lane = pair(first, v)
}

// gemm returns the kernel that multiplies a panel with so many vectors of a row.
func (m *matrix) gemm(p panel, vecs int) gemmFunc {
	if m.pairs != nil {
		return m.pairs.gemm[p.kind][vecs]
	}
	return m.set.gemm[p.kind][vecs]
}

// bytes is the memory the packed matrix holds.
func (m *matrix) bytes() int64 { return 4 * int64(m.size+len(m.bias)) }

// span is a tile of the right factor and of the result: columns from col, width of them,
// packed in vecs vectors a row.
type span struct{ col, width, vecs int }

// multiply computes the rows of panels [from,to) for one packed tile b and stores them in
// dst, whose rows are pitch values apart.
func (m *matrix) multiply(ws *workspace, b, dst []float32, pitch int, s span, flags int64, from, to int) {
	mask := uint64(1)<<s.width - 1
	masked := m.set.masked
	if m.pairs != nil {
		masked = m.pairs.masked
	}
	narrow := !masked && s.width < s.vecs*m.set.lanes
	if !narrow {
		from += m.many(b, dst, pitch, s, flags, from, to)
	}
	for _, p := range m.panels[from:to] {
		if narrow || p.row+p.height > m.rows {
			m.corner(ws, b, dst, pitch, s, flags, p)
			continue
		}
		m.gemm(p, s.vecs)(int64(m.steps()), &m.data[p.at], &b[0], &dst[p.row*pitch+s.col],
			int64(4*pitch), &m.bias[p.row], flags, mask)
	}
}

// many multiplies those of the panels from one on that do not stick out of the matrix at once, where there is a kernel for that,
// and returns how many.
func (m *matrix) many(b, dst []float32, pitch int, s span, flags int64, from, to int) int {
	if m.pairs == nil || m.pairs.many[s.vecs] == nil {
		return 0
	}
	height := m.panels[from].height
	n := min(to, m.rows/height) - from
	if n > 0 {
		p := m.panels[from]
		m.pairs.many[s.vecs](int64(n), int64(m.steps()), &m.data[p.at], &b[0], &dst[p.row*pitch+s.col], int64(4*pitch), &m.bias[p.row], flags,
			int64(4*height*m.steps()), 0, int64(4*height*pitch), int64(4*height))
	}
	return max(0, n)
}

// corner computes a block that sticks out of the matrix, by way of the workspace.
func (m *matrix) corner(ws *workspace, b, dst []float32, pitch int, s span, flags int64, p panel) {
	tmp := ws.corner[:]
	rows := min(p.height, m.rows-p.row)
	if flags&accumulate != 0 {
		for r := range rows {
			copy(tmp[r*maxTile:][:s.width], dst[(p.row+r)*pitch+s.col:])
		}
	}
	m.gemm(p, s.vecs)(int64(m.steps()), &m.data[p.at], &b[0], &tmp[0], 4*maxTile, &m.bias[p.row], flags, uint64(1)<<s.width-1)
	for r := range rows {
		copy(dst[(p.row+r)*pitch+s.col:][:s.width], tmp[r*maxTile:])
	}
}

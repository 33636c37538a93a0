package kernel

// matrix is the left factor of a product, packed for one instruction set: panels of a few
// rows, each stored column by column. It is never written after packing.
type matrix struct {
	set    *isa
	rows   int
	depth  int
	panels []panel
	data   []float32
	bias   []float32 // one a row, zero past the last
}

// panel is a run of rows.
type panel struct {
	row    int // first row
	height int // rows of the kernel; may reach past the matrix
	kind   int // index into isa.gemm
	at     int // start in data
}

// pack lays out a matrix of rows x depth whose elements at gives; bias may be nil.
func packMatrix(set *isa, rows, depth int, at func(row, k int) float32, bias []float32) *matrix {
	m := &matrix{set: set, rows: rows, depth: depth, bias: make([]float32, rows+maxRows)}
	copy(m.bias, bias)
	size := 0
	for row := 0; row < rows; {
		kind := 0
		for kind+1 < len(set.rows) && set.rows[kind+1] >= rows-row {
			kind++
		}
		p := panel{row: row, height: set.rows[kind], kind: kind, at: size}
		m.panels = append(m.panels, p)
		size += p.height * depth
		row += p.height
	}
	m.data = Floats(size)
	for _, p := range m.panels {
		for r := range min(p.height, rows-p.row) {
			for k := range depth {
				m.data[p.at+k*p.height+r] = at(p.row+r, k)
			}
		}
	}
	return m
}

// bytes is the memory the packed matrix holds.
func (m *matrix) bytes() int64 { return 4 * int64(len(m.data)+len(m.bias)) }

// span is a tile of the right factor and of the result: columns from col, width of them,
// packed in vecs vectors a row.
type span struct{ col, width, vecs int }

// multiply computes the rows of panels [from,to) for one packed tile b and stores them in
// dst, whose rows are pitch values apart.
func (m *matrix) multiply(ws *workspace, b, dst []float32, pitch int, s span, flags int64, from, to int) {
	mask := uint64(1)<<s.width - 1
	narrow := !m.set.masked && s.width < s.vecs*m.set.lanes
	for _, p := range m.panels[from:to] {
		if narrow || p.row+p.height > m.rows {
			m.corner(ws, b, dst, pitch, s, flags, p)
			continue
		}
		m.set.gemm[p.kind][s.vecs](int64(m.depth), &m.data[p.at], &b[0], &dst[p.row*pitch+s.col],
			int64(4*pitch), &m.bias[p.row], flags, mask)
	}
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
	m.set.gemm[p.kind][s.vecs](int64(m.depth), &m.data[p.at], &b[0], &tmp[0], 4*maxTile, &m.bias[p.row], flags, uint64(1)<<s.width-1)
	for r := range rows {
		copy(dst[(p.row+r)*pitch+s.col:][:s.width], tmp[r*maxTile:])
	}
}

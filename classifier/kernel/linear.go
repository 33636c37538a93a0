package kernel

// Linear is a packed matrix of rows x depth, and multiplies columns laid out as planes:
// dst [rows][n] = matrix * src [depth][n] + bias. It is used by one goroutine at a time.
type Linear struct {
	m    *matrix
	n    int
	plan *product
}

// NewLinear packs a matrix whose elements at gives; bias may be nil.
func NewLinear(rows, depth int, at func(row, k int) float32, bias []float32) *Linear {
	m := newMatrix(native, false, rows, depth, at, bias)
	m.pack(&Team{own: &workspace{}}) // now: what at reads is the caller's
	return &Linear{m: m}
}

// Rows is the height of the matrix.
func (l *Linear) Rows() int { return l.m.rows }

// Multiply computes all rows for n columns.
func (l *Linear) Multiply(t *Team, dst, src []float32, n int) {
	if l.plan == nil || l.n != n {
		taps := make([]int32, l.m.depth)
		for k := range taps {
			taps[k] = int32(4 * k * n)
		}
		l.n, l.plan = n, newProduct(l.m, taps, 1, n, n)
	}
	l.plan.multiply(t, dst, src, 0)
}

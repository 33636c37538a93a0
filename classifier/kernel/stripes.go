package kernel

// stripes calls do for every part of a run of tiles that lies in one row of them and fills at most a
// vector: from a column of the run on, n tiles, beginning with the tile in row and col of the grid.
func (t *tiling) stripes(s span, do func(from, n, row, col int)) {
	lanes := t.freq[0].set.lanes
	for from := 0; from < s.width; {
		row, col := (s.col+from)/t.grid.cols, (s.col+from)%t.grid.cols
		n := min(lanes, s.width-from, t.grid.cols-col)
		do(from, n, row, col)
		from += n
	}
}

// lift transforms a run of tiles of some channels straight from the picture.
func (t *tiling) lift(first, last int, v []float32, s span, wide int, ws *workspace) {
	set := t.freq[0].set
	lines := ws.lines[:]
	part := &ws.stripe
	t.stripes(s, func(from, n, row, col int) {
		count := side*n + 2
		x := col*side - t.left // first column
		part.at, part.vecs, part.lines = int64(4*x), int64(max(2, ceilDiv(count, set.lanes))), &lines[0]
		for k := range part.cols {
			part.cols[k] = between(-x-k*set.lanes, min(count, t.w-x)-k*set.lanes)
		}
		for c := first; c < last; c++ {
			for r := range reach {
				y := row*side - t.top + r
				if y < 0 || y >= t.h {
					part.x[r] = &t.zeros[0]
				} else {
					part.x[r] = &t.run.src[(c*t.h+y)*t.w]
				}
				if t.run.y == nil {
					part.y[r] = nil
				} else if y < 0 || y >= t.h {
					part.y[r] = &t.zeros[0]
				} else {
					part.y[r] = &t.run.y[(c*t.h+y)*t.w]
				}
			}
			if t.freq[0].rough {
				set.pairs.lift[c%2](part, &v[c/2*wide+from], int64(4*t.apart(wide)), between(0, n))
			} else {
				set.lift(part, &v[c*wide+from], int64(4*t.apart(wide)), between(0, n))
			}
		}
	})
	*part = stripe{} // forget the caller's memory
}

// between has the bits of [from,to) set, as far as there are bits.
func between(from, to int) uint64 {
	below := func(n int) uint64 {
		if n >= 64 {
			return ^uint64(0)
		}
		return 1<<max(0, n) - 1
	}
	return below(to) &^ below(from)
}

// lower transforms a run of tiles of one channel back to where their results belong; row values lie
// between the elements of m.
func (t *tiling) lower(o int, m []float32, row int, s span) {
	set := t.freq[0].set
	t.stripes(s, func(from, n, y, col int) {
		x := col * side
		dst := &t.run.dst[(o*t.outH+y*side)*t.outW+x]
		set.lower(&m[from], int64(4*row), dst, int64(4*t.outW), &t.bias[o], t.run.flags, between(0, min(side*n, t.outW-x)),
			int64(min(side, t.outH-y*side)))
	})
}

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

// lift transforms a run of tiles of some channels, or pairs of them, straight from the picture.
func (t *tiling) lift(first, last int, v []float32, s span, wide int, ws *workspace) {
	set := t.freq[0].set
	part := &ws.stripe
	t.stripes(s, func(from, n, row, col int) {
		count := side*n + 2
		x := col*side - t.left // first column
		part.at, part.vecs, part.lines = int64(4*x), int64(max(2, ceilDiv(count, set.lanes))), &ws.lines[0]
		for k := range part.cols {
			part.cols[k] = between(-x-k*set.lanes, min(count, t.w-x)-k*set.lanes)
		}
		lift, each := set.lift, 1
		if t.freq[0].pairs != nil {
			lift, each = t.freq[0].pairs.lift, 2
		}
		for c := first; c < last; c++ {
			for i := range each {
				t.rows(part, reach*i, each*c+i, row*side-t.top)
			}
			lift(part, &v[c*wide+from], int64(4*t.apart(wide)), between(0, n))
		}
	})
	*part = stripe{} // forget the caller's memory
}

// rows notes where the rows of a channel lie from row y of the picture on, from the stripe's row at on.
func (t *tiling) rows(s *stripe, at, c, y int) {
	for r := range reach {
		s.x[at+r], s.y[at+r] = &t.zeros[0], nil
		if t.run.y != nil {
			s.y[at+r] = &t.zeros[0]
		}
		if y+r < 0 || y+r >= t.h || c >= t.in {
			continue
		}
		from := (c*t.h + y + r) * t.w
		s.x[at+r] = &t.run.src[from]
		if t.run.y != nil {
			s.y[at+r] = &t.run.y[from]
		}
	}
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

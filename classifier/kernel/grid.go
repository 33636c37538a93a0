package kernel

// grid says how the columns of a product lie in a plane: rows of cols values, pitch apart.
type grid struct{ rows, cols, pitch int }

// place notes in the workspace where a tile's vectors come from; false if one of them spans
// more than two rows, so that every lane needs its own place.
func (g grid) place(set *isa, ws *workspace, s span) bool {
	if g.segment(set, &ws.seg, s) {
		return true
	}
	for l := range s.vecs * set.lanes {
		j := min(s.col+l, g.rows*g.cols-1)
		ws.idx[l] = int32(4 * (j/g.cols*g.pitch + j%g.cols))
	}
	return false
}

// drawPairs is draw for rough arithmetic: a row for every two taps.
func (g grid) drawPairs(set *isa, ws *workspace, straight bool, src []float32, taps []int32, b []float32, s span) {
	if n := int64(len(taps) / 2); straight {
		set.pairs.pack[s.vecs](n, &src[0], &taps[0], &b[0], &ws.seg)
	} else {
		set.pairs.gather[s.vecs](n, &src[0], &taps[0], &b[0], &ws.idx[0])
	}
}

// draw copies what taps show at the places found by place to b, a row for each tap.
func (g grid) draw(set *isa, ws *workspace, straight bool, src []float32, taps []int32, b []float32, s span) {
	if straight {
		set.pack[s.vecs](int64(len(taps)), &src[0], &taps[0], &b[0], &ws.seg)
	} else {
		set.gather[s.vecs](int64(len(taps)), &src[0], &taps[0], &b[0], &ws.idx[0])
	}
}

func (g grid) segment(set *isa, seg *segments, s span) bool {
	lanes := set.lanes
	seg.width = s.width
	for v := range s.vecs {
		j := s.col + v*lanes
		valid := min(lanes, s.width-v*lanes)
		row, col := j/g.cols, j%g.cols
		first := min(g.cols-col, lanes)
		seg.a[v] = int64(4 * (row*g.pitch + col))
		seg.b[v], seg.second[v] = seg.a[v], 0
		seg.blend[v] = [8]int32{}
		if first >= valid {
			continue
		}
		if valid-first > g.cols {
			return false
		}
		seg.b[v] = int64(4 * ((row+1)*g.pitch - first))
		seg.second[v] = ^uint64(0) << first
		for l := first; l < len(seg.blend[v]); l++ {
			seg.blend[v][l] = -1
		}
	}
	return true
}

package kernel

// phase is a row and a column remainder: the samples of a strided convolution that share
// their position inside the stride.
type phase struct{ y, x int }

// planes describes a copy of a picture [c][h][w] with a border of zeros, split by phase so
// that every tap of a strided convolution reads neighbouring values:
//
//	plane[c][phase][Y][X] = picture[c][Y*strideH + phase.y - top][X*strideW + phase.x - left]
type planes struct {
	c, h, w          int
	top, left        int // may be negative: the picture is cropped
	strideH, strideW int
	phases           []phase
	rows, cols       int // of one plane
	run              planesRun
}

// planesRun is the state of one fill.
type planesRun struct {
	dst, src, y []float32
	work        func(i int, ws *workspace)
}

// size is the number of values in all planes.
func (p *planes) size() int { return p.c * len(p.phases) * p.rows * p.cols }

// same reports whether the planes are the picture itself, so that no copy is needed.
func (p *planes) same() bool {
	return p.strideH == 1 && p.strideW == 1 && p.top == 0 && p.left == 0 && p.rows == p.h && p.cols == p.w
}

// fill copies the picture; with y it sets to zero what lies where y is not positive.
func (p *planes) fill(t *Team, dst, src, y []float32) {
	p.run.dst, p.run.src, p.run.y = dst, src, y
	if p.run.work == nil {
		p.run.work = p.plane
	}
	t.Do(p.c*len(p.phases), p.run.work)
	p.run.dst, p.run.src, p.run.y = nil, nil, nil
}

func (p *planes) plane(i int, _ *workspace) {
	c, ph := i/len(p.phases), p.phases[i%len(p.phases)]
	dst := p.run.dst[i*p.rows*p.cols : (i+1)*p.rows*p.cols]
	if p.same() && p.run.y != nil {
		native.maskTo(dst, p.run.src[i*len(dst):], p.run.y[i*len(dst):])
		return
	}
	for row := range p.rows {
		d := dst[row*p.cols : (row+1)*p.cols]
		r := row*p.strideH + ph.y - p.top
		if r < 0 || r >= p.h {
			clear(d)
			continue
		}
		at := (c*p.h + r) * p.w
		var y []float32
		if p.run.y != nil {
			y = p.run.y[at : at+p.w]
		}
		if p.strideW == 1 {
			shiftRow(d, p.run.src[at:at+p.w], y, ph.x-p.left)
		} else {
			p.sampleRow(d, p.run.src[at:at+p.w], y, ph.x)
		}
	}
}

// shiftRow fills a row of neighbouring values of src, which begins at from of it, and zeros
// where there are none; with y also where that is not positive.
func shiftRow(d, src, y []float32, from int) {
	lo := min(max(0, -from), len(d)) // first column inside the picture
	hi := max(lo, min(len(d), len(src)-from))
	clear(d[:lo])
	clear(d[hi:])
	if hi == lo {
		return
	}
	from += lo
	if y != nil {
		native.maskTo(d[lo:hi], src[from:], y[from:])
		return
	}
	copy(d[lo:hi], src[from:])
}

// sampleRow fills a row with every strideW-th value.
func (p *planes) sampleRow(d, src, y []float32, x int) {
	s := x - p.left
	if p.strideW == 2 && y == nil && native.evens != nil {
		lo := min(max(0, (1-s)/2), len(d))                            // first column inside the picture
		n := max(0, min(len(d)-lo, (len(src)-s-2*lo)/2)/native.lanes) // vectors inside it
		if n > 0 {
			clear(d[:lo])
			native.evens(int64(n), &src[s+2*lo], &d[lo])
			lo += n * native.lanes
			s, d = s+2*lo, d[lo:]
		}
	}
	for i := range d {
		v := float32(0)
		if s >= 0 && s < len(src) && (y == nil || y[s] > 0) {
			v = src[s]
		}
		d[i] = v
		s += p.strideW
	}
}

package kernel

import "fmt"

// AvgPool averages windows of planes of one size: those of a Window, or as many as give a
// result of a certain size. It is immutable.
type AvgPool struct {
	h, w       int
	rows, cols []stretch
	// Where all windows are of one size and as far apart: how, else zeros.
	down, across stride
	whole        [2]int    // the first and the last but one column whose window is not cut off, if any is
	parts        []float32 // of the columns
	ones, none   []float32 // as many as the picture has columns, or the result
}

// stride is where windows that are alike begin and end.
type stride struct{ kernel, step, before int }

// stretch is what one output row or column averages: inputs [lo,hi), each times part.
type stretch struct {
	lo, hi int
	part   float32
}

// NewAvgPool prepares pooling of planes of h by w, with the meaning of ONNX's AveragePool.
// With pads, zeros around the picture count as values; what a Ceil window covers beyond them
// never does.
func NewAvgPool(s Window, h, w int, pads bool) (*AvgPool, error) {
	if err := s.ValidForAverage(); err != nil {
		return nil, err
	}
	outH, outW := s.Size(h, w)
	if outH < 1 || outW < 1 {
		return nil, fmt.Errorf("picture of %dx%d is smaller than the pooling window", w, h)
	}
	p := &AvgPool{h: h, w: w,
		rows: stretches(outH, h, s.Top, s.Bottom, s.KernelH, s.StrideH, pads),
		cols: stretches(outW, w, s.Left, s.Right, s.KernelW, s.StrideW, pads)}
	down, across := stride{s.KernelH, s.StrideH, s.Top}, stride{s.KernelW, s.StrideW, s.Left}
	if down.of(p.rows, h) && across.of(p.cols, w) {
		p.down, p.across = down, across
		first := min(outW, ceilDiv(s.Left, s.StrideW))
		p.whole = [2]int{first, max(first, min(outW, (w-s.KernelW+s.Left)/s.StrideW+1))}
		p.parts, p.ones, p.none = framed(outW), framed(max(w, outW)), framed(max(w, outW))
		for i, c := range p.cols {
			p.parts[i] = c.part
		}
		for i := range p.ones {
			p.ones[i] = 1
		}
	}
	return p, nil
}

// of reports whether all of these are windows over n values that are alike but for being cut off at the ends.
func (s stride) of(all []stretch, n int) bool {
	for i, at := range all {
		from := i*s.step - s.before
		if at.lo != max(0, from) || at.hi != min(n, from+s.kernel) || at.lo >= at.hi {
			return false
		}
	}
	return true
}

// ValidForAverage is Valid, but windows below and to the right of the picture may see nothing
// of it: files that older exporters wrote have such, with the value 0.
func (s Window) ValidForAverage() error {
	s.Bottom, s.Right = min(s.Bottom, s.KernelH-1), min(s.Right, s.KernelW-1)
	return s.Valid()
}

func stretches(outputs, n, before, after, kernel, stride int, pads bool) []stretch {
	all := make([]stretch, outputs)
	for i := range all {
		from := i*stride - before
		to := min(from+kernel, n+after)
		s := stretch{lo: max(0, from), hi: max(0, min(to, n))}
		size := s.hi - s.lo
		if pads {
			size = to - from
		}
		if size > 0 && s.hi > s.lo {
			s.part = 1 / float32(size)
		} else {
			s.lo, s.hi = 0, 0
		}
		all[i] = s
	}
	return all
}

// NewFit prepares averaging of planes of h by w to outH by outW, whatever their ratio, as
// PyTorch's AdaptiveAvgPool2d does.
func NewFit(outH, outW, h, w int) (*AvgPool, error) {
	if outH < 1 || outW < 1 || h < 1 || w < 1 {
		return nil, fmt.Errorf("averaging of %dx%d to %dx%d", w, h, outW, outH)
	}
	fit := func(outputs, n int) []stretch {
		all := make([]stretch, outputs)
		for i := range all {
			lo, hi := i*n/outputs, ceilDiv((i+1)*n, outputs)
			all[i] = stretch{lo, hi, 1 / float32(hi-lo)}
		}
		return all
	}
	return &AvgPool{h: h, w: w, rows: fit(outH, h), cols: fit(outW, w)}, nil
}

// Forward sets y to the averages of x, clipped at zero if relu.
func (p *AvgPool) Forward(t *Team, y, x []float32, relu bool) {
	n, m := len(p.rows)*len(p.cols), p.h*p.w
	t.Do(len(y)/n, func(c int, ws *workspace) {
		d := y[c*n : (c+1)*n]
		p.forwardPlane(d, x[c*m:(c+1)*m], ws)
		if relu {
			native.maskTo(d, d, d)
		}
	})
}

func (p *AvgPool) forwardPlane(d, s []float32, ws *workspace) {
	if sum := p.windows(); sum != nil {
		p.averageWindows(sum, d, s, ws)
		return
	}
	if sum := p.sums(); sum != nil {
		p.average(sum, d, s, ws)
		return
	}
	if p.across.step > 0 {
		p.forwardRows(d, s, ws)
		return
	}
	for i, r := range p.rows {
		for j, k := range p.cols {
			sum := float32(0)
			for row := r.lo; row < r.hi; row++ {
				for _, v := range s[row*p.w+k.lo : row*p.w+k.hi] {
					sum += v
				}
			}
			d[i*len(p.cols)+j] = sum * (r.part * k.part)
		}
	}
}

// Backward sets dx to the gradient with respect to x, or adds it. With y (the result of Forward with relu) dy counts
// only where y is positive.
func (p *AvgPool) Backward(t *Team, dx, dy, y []float32, add bool) {
	n, m := len(p.rows)*len(p.cols), p.h*p.w
	t.Do(len(dy)/n, func(c int, ws *workspace) {
		g := dy[c*n : (c+1)*n]
		if y != nil {
			clipped := ws.plane(n)
			native.maskTo(clipped, g, y[c*n:(c+1)*n])
			g = clipped
		}
		p.backwardPlane(dx[c*m:(c+1)*m], g, ws, add)
	})
}

func (p *AvgPool) backwardPlane(d, g []float32, ws *workspace, add bool) {
	if sum := p.windows(); sum != nil {
		p.spreadWindows(sum, d, g, add, ws)
		return
	}
	if two := (stride{2, 2, p.across.before}); native.double != nil && p.across == two && p.down.kernel == 2 && p.down.step == 2 {
		p.spreadTwice(d, g, add)
		return
	}
	if sum := p.sums(); sum != nil && p.across.step == 1 {
		p.spread(sum, d, g, add, ws)
		return
	}
	if p.across.step > 0 {
		p.backwardRows(d, g, ws, add)
		return
	}
	if !add {
		clear(d)
	}
	for i, r := range p.rows {
		for j, k := range p.cols {
			v := g[i*len(p.cols)+j] * (r.part * k.part)
			for row := r.lo; row < r.hi; row++ {
				line := d[row*p.w+k.lo : row*p.w+k.hi]
				for x := range line {
					line[x] += v
				}
			}
		}
	}
}

// forwardRows averages one plane with vectors: first the rows under each window, then across.
func (p *AvgPool) forwardRows(y, x []float32, ws *workspace) {
	k, out := p.across, len(p.cols)
	wide := (out-1)*k.step + 1 // places where a window could begin, from the first to the last
	line := ws.packed(2*roundUp(wide+k.kernel) + Slack)
	line, sum := line[:roundUp(wide+k.kernel)], line[roundUp(wide+k.kernel):]
	clear(line) // what is left and right of the picture
	seen := min(p.w, len(line)-k.before)
	for i, r := range p.rows {
		under := line[k.before:][:seen]
		copy(under, x[r.lo*p.w:])
		for row := r.lo + 1; row < r.hi; row++ {
			native.addTo(under, x[row*p.w:])
		}
		copy(sum[:wide], line)
		for t := 1; t < k.kernel; t++ {
			native.addTo(sum[:wide], line[t:])
		}
		if k.step > 1 {
			native.everyTo(line[:out], sum, k.step)
			copy(sum, line[:out])
			clear(line[:out])
		}
		p.weigh(y[i*out:(i+1)*out], sum, r.part)
	}
}

// weigh sets a row of results to sums times the parts of their windows, nearly all of which are the same.
func (p *AvgPool) weigh(d, sum []float32, part float32) {
	lo, hi := p.whole[0], p.whole[1]
	clear(d[lo:hi])
	if lo < hi {
		native.axpyTo(d[lo:hi], sum[lo:hi], part*p.cols[lo].part)
	}
	for j := range lo {
		d[j] = sum[j] * (part * p.cols[j].part)
	}
	for j := hi; j < len(d); j++ {
		d[j] = sum[j] * (part * p.cols[j].part)
	}
}

// backwardRows is the way back: first what each row of the plane gets of the windows over it, then across.
func (p *AvgPool) backwardRows(dx, dy []float32, ws *workspace, add bool) {
	k, out := p.across, len(p.cols)
	wide := (out-1)*k.step + 1
	// Between zeros on both sides, so that every pixel is under a window.
	apart := roundUp(max(wide, p.w+k.before) + 2*k.kernel)
	each := roundUp(max(out, p.w))
	line := ws.packed(apart + 2*each + Slack)
	spread, sum, got := line[:apart], line[apart:][:out], line[apart+each:][:p.w]
	weighed := line[apart+each:][:out] // before got is in its place
	clear(spread)
	for row := range p.h {
		clear(sum)
		last := min(len(p.rows)-1, (row+p.down.before)/p.down.step)
		for i := max(0, ceilDiv(row+p.down.before-p.down.kernel+1, p.down.step)); i <= last; i++ {
			native.axpyTo(sum, dy[i*out:], p.rows[i].part)
		}
		if k.step == 1 {
			p.weigh(spread[k.kernel-1:][:out], sum, 1)
		} else {
			p.weigh(weighed, sum, 1)
			for j, v := range weighed {
				spread[k.kernel-1+j*k.step] = v
			}
		}
		d := dx[row*p.w : (row+1)*p.w]
		to := d
		if add {
			to = got
		}
		copy(to, spread[k.before:])
		for t := 1; t < k.kernel; t++ {
			native.addTo(to, spread[k.before+t:])
		}
		if add {
			native.addTo(d, got)
		}
	}
}

// sums returns the kernel for windows of one side and step in both directions; nil: there is none.
func (p *AvgPool) sums() meanFunc {
	k := p.across
	if k.step == 0 || k.kernel != p.down.kernel || k.kernel >= len(native.mean) || k.step != p.down.step || k.step >= len(native.mean[0]) {
		return nil
	}
	return native.mean[k.kernel][k.step]
}

// ring holds the rows under a window, between zeros so that no window has a border.
type ring struct {
	rows, none []float32
	held       [3]int       // source row in each place, plus one
	under      [3][]float32 // room for those of one window
	pitch      int
}

// clear makes a ring of up to three rows, and returns room for more values.
func (r *ring) clear(ws *workspace, n, width, more int) []float32 {
	r.pitch = roundUp(width + Slack)
	mem := ws.packed((n+1)*r.pitch + more)
	clear(mem[:(n+1)*r.pitch])
	r.rows, r.none = mem[:n*r.pitch], mem[n*r.pitch:(n+1)*r.pitch]
	r.held = [3]int{}
	return mem[(n+1)*r.pitch:]
}

// row returns row s; fill writes it when it is not there yet.
func (r *ring) row(s int, fill func(row []float32)) []float32 {
	at := s % (len(r.rows) / r.pitch)
	row := r.rows[at*r.pitch : (at+1)*r.pitch]
	if r.held[at] != s+1 {
		fill(row)
		r.held[at] = s + 1
	}
	return row
}

// average pools a plane with a kernel.
func (p *AvgPool) average(sum meanFunc, y, x []float32, ws *workspace) {
	k, outW := p.across, len(p.cols)
	lines := &ws.ring
	line := lines.clear(ws, k.kernel, max((outW-1)*k.step+k.kernel, k.before+p.w), roundUp(outW+align/4))
	under := &lines.under
	for r, at := range p.rows {
		for i := range under {
			under[i] = lines.none
			if s := r*k.step - p.down.before + i; s >= at.lo && s < at.hi {
				under[i] = lines.row(s, func(row []float32) { copy(row[k.before:], x[s*p.w:(s+1)*p.w]) })
			}
		}
		out := y[r*outW : (r+1)*outW]
		d := out
		if !native.masked && outW%native.lanes != 0 {
			d = line
		}
		sum(int64(outW), &under[0][0], &under[1][0], &under[2][0], &d[0], &p.parts[0], &p.rows[r].part, 0)
		if &d[0] != &out[0] {
			copy(out, d)
		}
	}
}

// spread gives every value of a plane what its windows have of it: with a step of one those are a
// window too, the other way round.
func (p *AvgPool) spread(sum meanFunc, dx, dy []float32, add bool, ws *workspace) {
	k, outW := p.across, len(p.cols)
	before := k.kernel - 1 - k.before // zeros
	lines := &ws.ring
	line := lines.clear(ws, k.kernel, max(p.w+k.kernel-1, before+outW), roundUp(p.w+align/4))
	under := &lines.under
	flags := int64(0)
	if add {
		flags = accumulate
	}
	for y := range p.h {
		for i := range under {
			under[i] = lines.none
			if r := y + p.down.before - k.kernel + 1 + i; i < k.kernel && r >= 0 && r < len(p.rows) {
				under[i] = lines.row(r, func(row []float32) { p.weigh(row[before:][:outW], dy[r*outW:], p.rows[r].part) })
			}
		}
		d := dx[y*p.w : (y+1)*p.w]
		out := d
		if p.w%native.lanes != 0 {
			copy(line, d)
			out = line
		}
		sum(int64(p.w), &under[0][0], &under[1][0], &under[2][0], &out[0], &p.ones[0], &p.ones[0], flags)
		if &out[0] != &d[0] {
			copy(d, line)
		}
	}
}

// windows returns the kernel for windows of one side, a row and a column apart; nil: there is none.
func (p *AvgPool) windows() windowFunc {
	k := p.across
	if k.step != 1 || p.down.step != 1 || k.kernel != p.down.kernel || k.kernel >= len(native.window) {
		return nil
	}
	return native.window[k.kernel]
}

// averageWindows pools a plane where it lies.
func (p *AvgPool) averageWindows(sum windowFunc, y, x []float32, ws *workspace) {
	outW := len(p.cols)
	for r := range p.rows {
		rows := p.under(x, p.w, p.h, r-p.down.before)
		for i := range ws.weights {
			ws.weights[i] = p.rows[r].part
		}
		sum(int64(outW), rows[0], rows[1], rows[2], &y[r*outW], &p.ones[0], &ws.weights[0], &p.parts[0], 0, int64(p.across.before), int64(p.w))
	}
}

// spreadWindows gives every value of a plane what its windows have of it, which are a window too, the
// other way round.
func (p *AvgPool) spreadWindows(sum windowFunc, dx, dy []float32, add bool, ws *workspace) {
	outW, most := len(p.cols), p.across.kernel-1
	flags := int64(0)
	if add {
		flags = accumulate
	}
	for y := range p.h {
		first := y + p.down.before - most
		rows := p.under(dy, outW, len(p.rows), first)
		for i := range ws.weights {
			if ws.weights[i] = 0; first+i >= 0 && first+i < len(p.rows) {
				ws.weights[i] = p.rows[first+i].part
			}
		}
		sum(int64(p.w), rows[0], rows[1], rows[2], &dx[y*p.w], &p.parts[0], &ws.weights[0], &p.ones[0], flags,
			int64(most-p.across.before), int64(outW))
	}
}

// under returns three rows of a plane from one on, zeros where there is none.
func (p *AvgPool) under(plane []float32, w, h, first int) (rows [3]*float32) {
	for i := range rows {
		rows[i] = &p.none[0]
		if y := first + i; y >= 0 && y < h {
			rows[i] = &plane[y*w]
		}
	}
	return rows
}

// spreadTwice is the way back of windows of two by two that lie beside each other.
func (p *AvgPool) spreadTwice(dx, dy []float32, add bool) {
	outW, flags := len(p.cols), int64(accumulate)
	if !add {
		flags = 0
		if 2*outW-p.across.before < p.w || 2*len(p.rows)-p.down.before < p.h {
			clear(dx) // a row or a column is under no window
		}
	}
	for r := range p.rows {
		for y := p.rows[r].lo; y < p.rows[r].hi; y++ {
			native.double(int64(outW), &dy[r*outW], &p.parts[0], &p.rows[r].part, &dx[y*p.w], flags, int64(p.across.before), int64(p.w))
		}
	}
}

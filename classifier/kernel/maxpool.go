package kernel

import (
	"fmt"
	"math"
)

// MaxPool takes the largest value of each window over planes of one size. It is used by
// one goroutine at a time.
type MaxPool struct {
	Window
	h, w, outH, outW int
	width            int          // of a padded row: what all windows cover
	least            []float32    // a row that never wins
	offset           [maxTaps]int // of each tap from the window's corner
	run              maxRun
}

type maxRun struct {
	x, y, dy, dx      []float32
	arg               []uint8
	add               bool
	forward, backward func(c int, ws *workspace)
}

// NewMaxPool prepares pooling of planes of h by w.
func NewMaxPool(s Window, h, w int) (*MaxPool, error) {
	if err := s.Valid(); err != nil {
		return nil, err
	}
	p := &MaxPool{Window: s, h: h, w: w}
	p.outH, p.outW = s.Size(h, w)
	if p.outH < 1 || p.outW < 1 {
		return nil, fmt.Errorf("picture of %dx%d is smaller than the pooling window", w, h)
	}
	p.width = (p.outW-1)*s.StrideW + s.KernelW
	p.least = Floats(p.width)
	full := p.least[:p.width+Slack]
	for i := range full {
		full[i] = float32(math.Inf(-1))
	}
	for t := range s.KernelH * s.KernelW {
		p.offset[t] = t/s.KernelW*w + t%s.KernelW
	}
	p.run.forward, p.run.backward = p.forwardPlane, p.backwardPlane
	return p, nil
}

// Forward sets y [c][outH][outW] to the maxima of x [c][h][w], and arg, of y's size or nil, to
// the number of the window's first largest value.
func (p *MaxPool) Forward(t *Team, y, x []float32, arg []uint8) {
	p.run.y, p.run.x, p.run.arg = y, x, arg
	t.Do(len(y)/(p.outH*p.outW), p.run.forward)
	p.run.y, p.run.x, p.run.arg = nil, nil, nil
}

// Backward sets dx to the gradient with respect to x, or adds it.
func (p *MaxPool) Backward(t *Team, dx, dy []float32, arg []uint8, add bool) {
	p.run.dx, p.run.dy, p.run.arg, p.run.add = dx, dy, arg, add
	t.Do(len(dy)/(p.outH*p.outW), p.run.backward)
	p.run.dx, p.run.dy, p.run.arg = nil, nil, nil
}

func (p *MaxPool) forwardPlane(c int, ws *workspace) {
	x := p.run.x[c*p.h*p.w:][:p.h*p.w]
	n := p.outH * p.outW
	y := p.run.y[c*n : (c+1)*n]
	var arg []uint8
	if p.run.arg != nil {
		arg = p.run.arg[c*n : (c+1)*n]
	}
	if largest, top := p.vectors(native); largest != nil {
		p.forwardRows(x, y, arg, ws, largest, top)
		return
	}
	for i := range y {
		v, tap := p.scan(x, i/p.outW, i%p.outW)
		y[i] = v
		if arg != nil {
			arg[i] = tap
		}
	}
}

// vectors returns the kernels for this window; nil: there are none.
func (p *MaxPool) vectors(set *isa) (maxFunc, topFunc) {
	switch {
	case p.KernelH == 3 && p.KernelW == 3 && p.StrideW <= 2:
		return set.max3x3[p.StrideW], set.top3x3[p.StrideW]
	case p.KernelH == 2 && p.KernelW == 2 && p.StrideW == 2:
		return set.max2x2, set.top2x2
	}
	return nil, nil
}

// forwardRows pools a plane with vectors. The rows under a window lie padded in a ring, so that
// no window has a border.
func (p *MaxPool) forwardRows(x, y []float32, arg []uint8, ws *workspace, largest maxFunc, top topFunc) {
	pitch := roundUp(p.width + Slack)
	mem := ws.packed(3*pitch + roundUp(p.outW+align/4))
	ring, line := mem[:3*pitch], mem[3*pitch:]
	tail := ws.small(p.outW)
	var held [3]int // source row in each place of the ring, plus one
	for i := range held {
		copy(ring[i*pitch:(i+1)*pitch], p.least[:p.width+Slack])
	}
	for r := range p.outH {
		var rows [3]*float32
		for k := range rows {
			s := r*p.StrideH - p.Top + k
			if s < 0 || s >= p.h || k >= p.KernelH {
				rows[k] = &p.least[0]
				continue
			}
			at := s % 3
			if held[at] != s+1 {
				copy(ring[at*pitch+p.Left:at*pitch+p.width], x[s*p.w:(s+1)*p.w])
				held[at] = s + 1
			}
			rows[k] = &ring[at*pitch]
		}
		out, won := y[r*p.outW:(r+1)*p.outW], tail
		if arg != nil {
			won = arg[r*p.outW : (r+1)*p.outW]
		}
		whole := native.masked || p.outW%native.lanes == 0
		d, w := &out[0], &won[0]
		if !whole {
			d, w = &line[0], &tail[0]
		}
		if arg == nil {
			top(int64(p.outW), rows[0], rows[1], rows[2], d)
		} else {
			largest(int64(p.outW), rows[0], rows[1], rows[2], d, w)
		}
		if !whole {
			copy(out, line)
			if arg != nil {
				copy(won, tail)
			}
		}
	}
}

// scan looks at one window, value by value.
func (p *MaxPool) scan(x []float32, r, i int) (float32, uint8) {
	best, tap := float32(math.Inf(-1)), -1
	top, left := r*p.StrideH-p.Top, i*p.StrideW-p.Left
	for ky := max(0, -top); ky < min(p.KernelH, p.h-top); ky++ {
		row := x[(top+ky)*p.w:][:p.w]
		for kx := max(0, -left); kx < min(p.KernelW, p.w-left); kx++ {
			if v := row[left+kx]; v > best || tap < 0 {
				best, tap = v, ky*p.KernelW+kx
			}
		}
	}
	return best, uint8(max(0, tap))
}

func (p *MaxPool) backwardPlane(c int, ws *workspace) {
	dx := p.run.dx[c*p.h*p.w:][:p.h*p.w]
	n := p.outH * p.outW
	dy, arg := p.run.dy[c*n:(c+1)*n], p.run.arg[c*n:(c+1)*n]
	if p.KernelH == 3 && p.KernelW == 3 && p.StrideH == 1 && p.StrideW == 1 && native.unpool != nil {
		p.backwardRows(dx, dy, arg, ws)
		return
	}
	if !p.run.add {
		clear(dx)
	}
	for r := range p.outH {
		corner := (r*p.StrideH-p.Top)*p.w - p.Left
		winners := arg[r*p.outW : (r+1)*p.outW]
		for i, g := range dy[r*p.outW : (r+1)*p.outW] {
			if at := corner + i*p.StrideW + p.offset[winners[i]]; uint(at) < uint(len(dx)) {
				dx[at] += g
			}
		}
	}
}

// backwardRows looks for every value of the picture which of the windows over it it won, in the
// order of the windows. Their gradients and winners lie in a ring, padded with zeros.
func (p *MaxPool) backwardRows(dx, dy []float32, arg []uint8, ws *workspace) {
	pitch := roundUp(max(p.w, p.outW) + 2 + Slack)
	mem := ws.packed(5 * pitch)
	none, ring, line := mem[:pitch], mem[pitch:4*pitch], mem[4*pitch:]
	winners := ws.small(3 * pitch)
	clear(mem[:4*pitch])
	flags := int64(0)
	if p.run.add {
		flags = accumulate
	}
	before := 2 - p.Left // zeros
	var held [3]int
	for y := range p.h {
		var g [3]*float32
		var a [3]*uint8
		for k := range g {
			g[k], a[k] = &none[0], &winners[0]
			r := y + p.Top - 2 + k
			if r < 0 || r >= p.outH {
				continue
			}
			at := r % 3
			if held[at] != r+1 {
				copy(ring[at*pitch+before:], dy[r*p.outW:(r+1)*p.outW])
				copy(winners[at*pitch+before:], arg[r*p.outW:(r+1)*p.outW])
				held[at] = r + 1
			}
			g[k], a[k] = &ring[at*pitch], &winners[at*pitch]
		}
		d := dx[y*p.w : (y+1)*p.w]
		out := d
		if !native.masked && p.w%native.lanes != 0 {
			copy(line, d)
			out = line
		}
		native.unpool(int64(p.w), g[0], g[1], g[2], a[0], a[1], a[2], &out[0], flags)
		if &out[0] != &d[0] {
			copy(d, line)
		}
	}
}

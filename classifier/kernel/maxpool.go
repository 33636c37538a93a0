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
	lo, hi           int          // output columns whose window lies inside the picture
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
	p.lo, p.hi = inside(p.outW, w, s.Left, s.KernelW, s.StrideW)
	p.least = Floats(w)
	full := p.least[:w+Slack]
	for i := range full {
		full[i] = float32(math.Inf(-1))
	}
	for t := range s.KernelH * s.KernelW {
		p.offset[t] = t/s.KernelW*w + t%s.KernelW
	}
	p.run.forward, p.run.backward = p.forwardPlane, p.backwardPlane
	return p, nil
}

// Forward sets y [c][outH][outW] to the maxima of x [c][h][w], and arg, of y's size, to the
// number of the window's first largest value.
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

func (p *MaxPool) forwardPlane(c int, _ *workspace) {
	x := p.run.x[c*p.h*p.w:][:p.h*p.w]
	n := p.outH * p.outW
	y, arg := p.run.y[c*n:(c+1)*n], p.run.arg[c*n:(c+1)*n]
	for r := range p.outH {
		p.forwardRow(x, r, y[r*p.outW:(r+1)*p.outW], arg[r*p.outW:(r+1)*p.outW])
	}
}

func (p *MaxPool) forwardRow(x []float32, r int, y []float32, arg []uint8) {
	var vector func(n int64, r0, r1, r2, dst *float32, arg *uint8)
	if p.KernelH == 3 && p.KernelW == 3 && p.StrideW <= 2 && p.hi > p.lo {
		vector = native.max3x3[p.StrideW]
	}
	if vector == nil {
		for i := range y {
			y[i], arg[i] = p.scan(x, r, i)
		}
		return
	}
	for i := range p.lo {
		y[i], arg[i] = p.scan(x, r, i)
	}
	var rows [3]*float32
	for k := range rows {
		rows[k] = &p.least[0]
		if s := r*p.StrideH - p.Top + k; s >= 0 && s < p.h {
			rows[k] = &x[s*p.w+p.lo*p.StrideW-p.Left]
		}
	}
	vector(int64(p.hi-p.lo), rows[0], rows[1], rows[2], &y[p.lo], &arg[p.lo])
	for i := p.hi; i < len(y); i++ {
		y[i], arg[i] = p.scan(x, r, i)
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

func (p *MaxPool) backwardPlane(c int, _ *workspace) {
	dx := p.run.dx[c*p.h*p.w:][:p.h*p.w]
	if !p.run.add {
		clear(dx)
	}
	n := p.outH * p.outW
	dy, arg := p.run.dy[c*n:(c+1)*n], p.run.arg[c*n:(c+1)*n]
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

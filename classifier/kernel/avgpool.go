package kernel

import "fmt"

// AvgPool averages windows of planes of one size: those of a Window, or as many as give a
// result of a certain size. It is immutable.
type AvgPool struct {
	h, w       int
	rows, cols []stretch
}

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
	return &AvgPool{h: h, w: w,
		rows: stretches(outH, h, s.Top, s.Bottom, s.KernelH, s.StrideH, pads),
		cols: stretches(outW, w, s.Left, s.Right, s.KernelW, s.StrideW, pads)}, nil
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

// Forward sets y to the averages of x.
func (p *AvgPool) Forward(t *Team, y, x []float32) {
	n, m := len(p.rows)*len(p.cols), p.h*p.w
	t.Do(len(y)/n, func(c int, _ *workspace) {
		d, s := y[c*n:(c+1)*n], x[c*m:(c+1)*m]
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
	})
}

// Backward sets dx to the gradient with respect to x, or adds it.
func (p *AvgPool) Backward(t *Team, dx, dy []float32, add bool) {
	n, m := len(p.rows)*len(p.cols), p.h*p.w
	t.Do(len(dy)/n, func(c int, _ *workspace) {
		d, g := dx[c*m:(c+1)*m], dy[c*n:(c+1)*n]
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
	})
}

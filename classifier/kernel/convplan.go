package kernel

import "fmt"

// maxOffset bounds the offsets of taps, which are 32 bits of bytes.
const maxOffset = 1<<31 - 1

// ConvPlan is a convolution for one size of picture. It is used by one goroutine at a time.
type ConvPlan struct {
	conv         *Conv
	h, w         int
	outH, outW   int
	forward      route
	backward     route
	gridH, gridW int        // samples of each phase in a strided gradient
	tiles        [2]*tiling // forward and backward, in place of the above
}

// route is the way from a picture to a result: planes, then one product a group and sweep.
type route struct {
	planes   planes
	products []*product
}

// At prepares the convolution for pictures of h by w.
func (c *Conv) At(h, w int) (*ConvPlan, error) {
	p := &ConvPlan{conv: c, h: h, w: w}
	p.outH, p.outW = c.Size(h, w)
	if p.outH < 1 || p.outW < 1 {
		return nil, fmt.Errorf("picture of %dx%d is smaller than the convolution's kernel", w, h)
	}
	if c.small != nil && c.fewTiles(p.outH, p.outW) {
		return c.small.At(h, w)
	}
	if c.tiles[0] != nil {
		p.tiles[0] = c.tiles[0].at(h, w, c.Top, c.Left, p.outH, p.outW)
		p.tiles[1] = c.tiles[1].at(p.outH, p.outW, 2-c.Top, 2-c.Left, h, w)
		if 4*(max(p.tiles[0].size(), p.tiles[1].size())+Slack) > maxOffset {
			return nil, fmt.Errorf("picture of %dx%d is too large for one piece", w, h)
		}
		return p, nil
	}
	p.planForward()
	p.planBackward()
	for _, r := range []*route{&p.forward, &p.backward} {
		if 4*(r.planes.size()+Slack) > maxOffset {
			return nil, fmt.Errorf("picture of %dx%d is too large for one piece", w, h)
		}
	}
	return p, nil
}

func (p *ConvPlan) planForward() {
	c := p.conv
	pl := planes{c: c.In, h: p.h, w: p.w, top: c.Top, left: c.Left, strideH: c.StrideH, strideW: c.StrideW}
	// Only the rows and columns that some output depends on.
	pl.rows = p.outH + (c.reachH()-1)/c.StrideH
	pl.cols = p.outW + (c.reachW()-1)/c.StrideW
	index := map[phase]int{}
	each := func(f func(ky, kx int)) {
		for ky := range c.KernelH {
			for kx := range c.KernelW {
				f(ky*c.DilationH, kx*c.DilationW)
			}
		}
	}
	each(func(y, x int) {
		ph := phase{y % c.StrideH, x % c.StrideW}
		if _, ok := index[ph]; !ok {
			index[ph] = len(pl.phases)
			pl.phases = append(pl.phases, ph)
		}
	})
	var taps []int32
	for ci := range c.In / c.Groups {
		each(func(y, x int) {
			plane := ci*len(pl.phases) + index[phase{y % c.StrideH, x % c.StrideW}]
			taps = append(taps, int32(4*((plane*pl.rows+y/c.StrideH)*pl.cols+x/c.StrideW)))
		})
	}
	p.forward.planes = pl
	for g := range c.Groups {
		p.forward.products = append(p.forward.products, newProduct(c.forward[g], taps, p.outH, p.outW, pl.cols))
	}
}

func (p *ConvPlan) planBackward() {
	c := p.conv
	p.gridH, p.gridW = (p.h+c.Top-1)/c.StrideH+1, (p.w+c.Left-1)/c.StrideW+1
	reach := phase{ceilDiv(c.reachH(), c.StrideH), ceilDiv(c.reachW(), c.StrideW)}
	pl := planes{
		c: c.Out, h: p.outH, w: p.outW, top: reach.y - 1, left: reach.x - 1, strideH: 1, strideW: 1,
		phases: []phase{{}}, rows: p.gridH + reach.y - 1, cols: p.gridW + reach.x - 1,
	}
	if p.plainStride() { // straight into the picture: skip the padding
		p.gridH, p.gridW = p.h, p.w
		pl.top, pl.left = reach.y-1-c.Top, reach.x-1-c.Left
		pl.rows, pl.cols = p.h+reach.y-1, p.w+reach.x-1
	}
	p.backward.planes = pl
	for g := range c.Groups {
		for i, s := range c.sweeps {
			var taps []int32
			for co := range c.Out / c.Groups {
				for j := range s.taps.y {
					for l := range s.taps.x {
						taps = append(taps, int32(4*((co*pl.rows+reach.y-1-j)*pl.cols+reach.x-1-l)))
					}
				}
			}
			p.backward.products = append(p.backward.products, newProduct(c.backward[g][i], taps, p.gridH, p.gridW, pl.cols))
		}
	}
}

// plainStride reports whether the gradient's product is the picture itself.
func (p *ConvPlan) plainStride() bool { return p.conv.StrideH == 1 && p.conv.StrideW == 1 }

// ForwardScratch is how many values of scratch Forward needs.
func (p *ConvPlan) ForwardScratch() int {
	if p.tiles[0] != nil {
		return p.tiles[0].size()
	}
	if p.forward.planes.same() {
		return 0
	}
	return p.forward.planes.size()
}

// BackwardScratch is how many values of scratch Backward needs.
func (p *ConvPlan) BackwardScratch() int {
	if p.tiles[1] != nil {
		return p.tiles[1].size()
	}
	n := roundUp(p.backward.planes.size())
	if p.plainStride() {
		return n
	}
	return n + p.samples()
}

// samples is the size of a strided gradient before its phases are woven together.
func (p *ConvPlan) samples() int {
	n := 0
	for _, s := range p.conv.sweeps {
		n += len(s.phases)
	}
	return n * p.conv.In * p.gridH * p.gridW
}

func roundUp(n int) int { return (n + 15) &^ 15 }

// Forward sets y [Out][outH][outW] to the convolution of x [In][h][w] plus bias, clipped at
// zero if relu.
func (p *ConvPlan) Forward(t *Team, y, x, scratch []float32, relu bool) {
	flags := int64(0)
	if relu {
		flags = clip
	}
	if p.tiles[0] != nil {
		p.tiles[0].apply(t, y, x, nil, scratch, flags)
		return
	}
	src := x
	if !p.forward.planes.same() {
		src = scratch
		p.forward.planes.fill(t, scratch, x, nil)
	}
	per := p.conv.In / p.conv.Groups * len(p.forward.planes.phases) * p.forward.planes.rows * p.forward.planes.cols
	out := p.conv.Out / p.conv.Groups * p.outH * p.outW
	for g, m := range p.forward.products {
		m.multiply(t, y[g*out:(g+1)*out], src[g*per:], flags)
	}
}

// Alike reports whether both convolutions multiply the same columns of a picture, as those of one pixel do, so that
// Together packs these once.
func (p *ConvPlan) Alike(q *ConvPlan) bool {
	return p.straight() && q.straight() && p.forward.products[0].alike(q.forward.products[0])
}

// straight reports whether the convolution is one product with the picture as it is.
func (p *ConvPlan) straight() bool {
	return p.tiles[0] == nil && len(p.forward.products) == 1 && p.forward.planes.same()
}

// Together sets each of ys to what Forward of its plan makes of x. All plans are Alike.
func Together(t *Team, plans []*ConvPlan, ys [][]float32, x []float32, relu []bool) {
	first := plans[0].forward.products[0]
	first.run.factors = first.run.factors[:0]
	for i, p := range plans {
		f := factor{m: p.forward.products[0].m, dst: ys[i]}
		if relu[i] {
			f.flags = clip
		}
		first.run.factors = append(first.run.factors, f)
	}
	first.begin(t, x)
}

// Backward sets dx to the gradient with respect to x, given dy with respect to y, or adds it
// to dx. With y (the result of Forward with relu) dy counts only where y is positive.
func (p *ConvPlan) Backward(t *Team, dx, dy, y, scratch []float32, add bool) {
	flags := int64(0)
	if add {
		flags = accumulate
	}
	if p.tiles[1] != nil {
		p.tiles[1].apply(t, dx, dy, y, scratch, flags)
		return
	}
	src := dy
	if y != nil || !p.backward.planes.same() {
		src = scratch
		p.backward.planes.fill(t, scratch, dy, y)
	}
	c := p.conv
	per := c.Out / c.Groups * p.backward.planes.rows * p.backward.planes.cols
	if p.plainStride() {
		in := c.In / c.Groups * p.h * p.w
		for g, m := range p.backward.products {
			m.multiply(t, dx[g*in:(g+1)*in], src[g*per:], flags)
		}
		return
	}
	samples := scratch[roundUp(p.backward.planes.size()):]
	at := 0
	for i, m := range p.backward.products {
		g := i / len(c.sweeps)
		n := m.m.rows * p.gridH * p.gridW
		m.multiply(t, samples[at:at+n], src[g*per:], 0)
		at += n
	}
	p.weave(t, dx, samples, add)
}

// weave puts the phases of a strided gradient [group][phase][channel][gridH][gridW] in
// their places in the picture.
func (p *ConvPlan) weave(t *Team, dx, samples []float32, add bool) {
	c := p.conv
	in := c.In / c.Groups
	phases := map[phase]int{}
	for _, s := range c.sweeps {
		for _, ph := range s.phases {
			phases[ph] = len(phases)
		}
	}
	per := len(phases)
	t.Do(c.In*p.h, func(i int, _ *workspace) {
		ch, row := i/p.h, i%p.h
		d := dx[i*p.w : (i+1)*p.w]
		y := row + c.Top
		for px := range c.StrideW {
			first := ((px-c.Left)%c.StrideW + c.StrideW) % c.StrideW // first column of this phase
			ph, ok := phases[phase{y % c.StrideH, px}]
			if !ok {
				for x := first; x < p.w && !add; x += c.StrideW {
					d[x] = 0
				}
				continue
			}
			plane := (ch/in*per+ph)*in + ch%in
			s := samples[(plane*p.gridH+y/c.StrideH)*p.gridW:][:p.gridW]
			X := (first + c.Left) / c.StrideW
			for x := first; x < p.w; x += c.StrideW {
				if add {
					d[x] += s[X]
				} else {
					d[x] = s[X]
				}
				X++
			}
		}
	})
}

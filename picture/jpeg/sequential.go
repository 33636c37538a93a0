package jpeg

import "slugpuppy/picture/codec"

// coder is what decoding needs to remember of a component.
type coder struct {
	comp   *component
	dc, ac *huffman
	last   int32 // the DC value before
}

// sequential decodes a scan of whole blocks, straight into the planes.
func (d *decoder) sequential(h scanHeader) error {
	coders := make([]coder, len(h.comp))
	for i, c := range h.comp {
		dc, err := d.tableOf(0, h.dc[i])
		if err != nil {
			return err
		}
		ac, err := d.tableOf(1, h.ac[i])
		if err != nil {
			return err
		}
		if c.pix == nil {
			c.pix = grey(64 * c.stride * c.lines)
		}
		coders[i] = coder{comp: c, dc: dc, ac: ac}
	}
	return d.eachMCU(h, entropy{
		block: func(i, bx, by int) {
			c := &coders[i]
			var block [64]int16
			end := c.decode(&d.bits, &block)
			stride := 8 * c.comp.stride
			dst := c.comp.pix[8*by*stride+8*bx:]
			if end == 0 {
				flat(block[0], c.comp.quant, dst, stride)
			} else {
				idct(&block, c.comp.quant, dst, stride)
			}
		},
		restart: func() {
			for i := range coders {
				coders[i].last = 0
			}
		},
	})
}

// decode reads a block (T.81, F.2.2) and returns the place of its last coefficient.
func (c *coder) decode(b *bits, block *[64]int16) (end int) {
	b.fill()
	c.last += b.signed(int(b.symbol(c.dc)))
	block[0] = int16(c.last)
	for k := 1; k < 64; k++ {
		b.fill()
		rs := b.symbol(c.ac)
		run, size := int(rs>>4), int(rs&15)
		if size == 0 {
			if run != 15 {
				break
			}
			k += 15
			continue
		}
		k += run
		block[natural[k]] = int16(b.signed(size))
		end = k
	}
	return end
}

// grey are n samples of a plane that nothing is known of.
func grey(n int) []byte {
	p := make([]byte, n)
	p[0] = 128
	for i := 1; i < n; i *= 2 {
		copy(p[i:], p[:i])
	}
	return p
}

// entropy is what a kind of scan does with a block, and what it forgets at a restart.
type entropy struct {
	block   func(i, bx, by int) // component of the scan, place of the block in its plane
	restart func()
}

// eachMCU goes over the MCUs of a scan, and over its restarts. The MCUs behind the end of the data
// are left as they are.
func (d *decoder) eachMCU(h scanHeader, e entropy) error {
	d.bits = bits{data: d.data, pos: d.pos}
	defer func() { d.pos, d.unread = d.bits.pos, d.bits.marker }()
	left, expect := d.interval, byte(0)
	for my := range h.mcuH {
		if err := d.ctx.Err(); err != nil {
			return err
		}
		for mx := range h.mcuW {
			if d.interval > 0 {
				if left == 0 {
					d.restart(expect)
					e.restart()
					left, expect = d.interval, (expect+1)&7
				}
				left--
			}
			if d.bits.short {
				if d.interval == 0 {
					return nil
				}
				continue
			}
			h.eachBlock(mx, my, e.block)
			if !d.bits.short {
				d.whole++
			}
		}
	}
	return nil
}

func (h *scanHeader) eachBlock(mx, my int, block func(i, bx, by int)) {
	if !h.interleaved {
		block(0, mx, my)
		return
	}
	for i, c := range h.comp {
		for y := range c.v {
			for x := range c.h {
				block(i, mx*c.h+x, my*c.v+y)
			}
		}
	}
}

// restart finds the restart marker that is expected, or decides what to do without it.
func (d *decoder) restart(expect byte) {
	b := &d.bits
	b.acc, b.n = 0, 0
	if b.marker == 0 {
		d.pos = b.pos
		b.marker = d.nextMarker()
		b.pos = d.pos
	}
	if b.marker == rst0+expect {
		b.marker = 0
	} else {
		d.resync(expect)
	}
	if b.marker == 0 {
		b.short = false
	}
}

// resync is libjpeg's heuristic: a marker that is expected soon means that data were lost, and the
// decoder waits for its turn; one that was expected before is skipped; any other restart is taken
// for the one that is due.
func (d *decoder) resync(expect byte) {
	b := &d.bits
	for {
		m := b.marker
		ahead := (m - rst0 - expect) & 7
		switch {
		case m >= rst0 && m <= rst7 && ahead >= 3 && ahead <= 5, m == rst0+expect:
			b.marker = 0
			return
		case m >= rst0 && m <= rst7 && ahead <= 2, m > rst7, m >= sof0 && m < rst0:
			return
		}
		d.pos = b.pos
		b.marker = d.nextMarker()
		b.pos = d.pos
	}
}

// latch keeps the quantisation tables as they stand when a component's first scan begins.
func (d *decoder) latch(h scanHeader) error {
	for _, c := range h.comp {
		if c.quant != nil {
			continue
		}
		q := d.quant[c.tq]
		if q == nil {
			return codec.FormatError("a component without its quantisation table")
		}
		c.quant = q
	}
	return nil
}

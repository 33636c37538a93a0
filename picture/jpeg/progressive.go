package jpeg

import "slugpuppy/picture/codec"

// refiner decodes scans of progressive files (T.81, annex G) into the coefficients.
type refiner struct {
	bits     *bits
	from, to int
	alow     int
	table    *huffman
	run      int32 // of blocks whose band ends here
}

// progressive decodes a scan into the coefficients.
func (d *decoder) progressive(h scanHeader) error {
	ok := h.alow <= 13 && (h.ahigh == 0 || h.alow == h.ahigh-1)
	if h.from == 0 {
		ok = ok && h.to == 0
	} else {
		ok = ok && h.from <= h.to && h.to < 64 && len(h.comp) == 1
	}
	if !ok {
		return codec.FormatError("a scan that no progressive file has")
	}
	for _, c := range h.comp {
		if c.coef == nil {
			c.coef = make([]int16, 64*c.stride*c.lines)
		}
	}
	if h.from == 0 {
		return d.averages(h)
	}
	t, err := d.tableOf(1, h.ac[0])
	if err != nil {
		return err
	}
	r := &refiner{bits: &d.bits, from: h.from, to: h.to, alow: h.alow, table: t}
	step := r.first
	if h.ahigh > 0 {
		step = r.refine
	}
	return d.eachMCU(h, entropy{
		block:   func(_, bx, by int) { step(h.comp[0].block(bx, by)) },
		restart: func() { r.run = 0 },
	})
}

// block is the place of a block's coefficients.
func (c *component) block(bx, by int) *[64]int16 {
	return (*[64]int16)(c.coef[64*(by*c.stride+bx):])
}

// averages decodes a scan of DC coefficients: the first one, or one bit more.
func (d *decoder) averages(h scanHeader) error {
	if h.ahigh > 0 {
		bit := int16(1) << h.alow
		return d.eachMCU(h, entropy{
			block: func(i, bx, by int) {
				d.bits.fill()
				if d.bits.take(1) == 1 {
					h.comp[i].block(bx, by)[0] |= bit
				}
			},
			restart: func() {},
		})
	}
	coders := make([]coder, len(h.comp))
	for i := range h.comp {
		t, err := d.tableOf(0, h.dc[i])
		if err != nil {
			return err
		}
		coders[i].dc = t
	}
	return d.eachMCU(h, entropy{
		block: func(i, bx, by int) {
			c := &coders[i]
			d.bits.fill()
			c.last += d.bits.signed(int(d.bits.symbol(c.dc)))
			h.comp[i].block(bx, by)[0] = int16(c.last << h.alow)
		},
		restart: func() {
			for i := range coders {
				coders[i].last = 0
			}
		},
	})
}

// first decodes a band's first scan (T.81, G.1.2.2).
func (r *refiner) first(block *[64]int16) {
	if r.run > 0 {
		r.run--
		return
	}
	b := r.bits
	for k := r.from; k <= r.to; k++ {
		b.fill()
		rs := b.symbol(r.table)
		run, size := int(rs>>4), int(rs&15)
		switch {
		case size > 0:
			k += run
			block[natural[k]] = int16(b.signed(size) << r.alow)
		case run == 15:
			k += 15
		default:
			r.run = 1<<run - 1
			if run > 0 {
				r.run += b.take(run)
			}
			return
		}
	}
}

// refine decodes one bit more of a band (T.81, G.1.2.3): of every coefficient that is not zero, and
// those that become plus or minus one step.
func (r *refiner) refine(block *[64]int16) {
	b, bit := r.bits, int16(1)<<r.alow
	k := r.from
	if r.run == 0 {
		for ; k <= r.to; k++ {
			b.fill()
			rs := b.symbol(r.table)
			zeros, fresh := int(rs>>4), int16(0)
			switch {
			case rs&15 != 0: // a size other than 1 is an error, and taken for 1
				if fresh = -bit; b.take(1) == 1 {
					fresh = bit
				}
			case zeros != 15:
				r.run = 1 << zeros
				if zeros > 0 {
					r.run += b.take(zeros)
				}
			}
			if r.run > 0 {
				break
			}
			k = r.correct(block, k, zeros, bit)
			if fresh != 0 {
				block[natural[k]] = fresh
			}
		}
	}
	if r.run > 0 {
		r.correct(block, k, 64, bit)
		r.run--
	}
}

// correct reads a bit for each coefficient that is not zero, from k on, until it has passed so many
// that are, and returns where the next one of those is.
func (r *refiner) correct(block *[64]int16, k, zeros int, bit int16) int {
	b := r.bits
	for ; k <= r.to; k++ {
		c := &block[natural[k]]
		if *c == 0 {
			if zeros == 0 {
				break
			}
			zeros--
			continue
		}
		b.fill()
		if b.take(1) == 1 && *c&bit == 0 {
			if *c > 0 {
				*c += bit
			} else {
				*c -= bit
			}
		}
	}
	return k
}

// inverse turns the coefficients of progressive files into samples.
func (d *decoder) inverse() error {
	for i := range d.frame.comp {
		c := &d.frame.comp[i]
		if c.pix != nil {
			continue
		}
		c.pix = grey(64 * c.stride * c.lines)
		if c.coef == nil {
			continue
		}
		stride := 8 * c.stride
		for by := range c.bh {
			if err := d.ctx.Err(); err != nil {
				return err
			}
			for bx := range c.bw {
				idct(c.block(bx, by), c.quant, c.pix[8*by*stride+8*bx:], stride)
			}
		}
		c.coef = nil
	}
	return nil
}

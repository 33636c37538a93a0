package png

import "encoding/binary"

// unfilter restores a row in place (PNG, third edition, chapter 9); near is the distance of the
// value to the left.
func unfilter(filter byte, line, above []byte, near int) bool {
	switch filter {
	case 0:
	case 1:
		for i := near; i < len(line); i++ {
			line[i] += line[i-near]
		}
	case 2:
		for i, v := range above[:len(line)] {
			line[i] += v
		}
	case 3:
		for i := range min(near, len(line)) {
			line[i] += above[i] / 2
		}
		for i := near; i < len(line); i++ {
			line[i] += byte((int(line[i-near]) + int(above[i])) / 2)
		}
	case 4:
		for i := range min(near, len(line)) {
			line[i] += above[i]
		}
		for i := near; i < len(line); i++ {
			line[i] += paeth(int(line[i-near]), int(above[i]), int(above[i-near]))
		}
	default:
		return false
	}
	return true
}

// paeth is the neighbour nearest to left + up - corner.
func paeth(left, up, corner int) byte {
	pl, pu := abs(up-corner), abs(left-corner)
	pc := abs(left + up - 2*corner)
	switch {
	case pl <= pu && pl <= pc:
		return byte(left)
	case pu <= pc:
		return byte(up)
	}
	return byte(corner)
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}

// expand turns a row of the file into NRGBA. Of 16 bits the upper eight are kept.
func (h *header) expand(line, row []byte) {
	switch {
	case h.colour == paletted:
		h.eachSample(line, len(row)/4, func(x int, v uint16) { *(*[4]byte)(row[4*x:]) = h.palette[v] })
	case h.colour == grey:
		h.expandGrey(line, row)
	case h.depth == 16:
		h.expandWide(line, row)
	case h.colour == truecolor:
		for x := range len(row) / 4 {
			p := line[3*x : 3*x+3]
			*(*[4]byte)(row[4*x:]) = [4]byte{p[0], p[1], p[2], h.opacity(uint16(p[0]), uint16(p[1]), uint16(p[2]))}
		}
	case h.colour == greyAlpha:
		for x := range len(row) / 4 {
			v, a := line[2*x], line[2*x+1]
			*(*[4]byte)(row[4*x:]) = [4]byte{v, v, v, a}
		}
	default:
		copy(row, line)
	}
}

// opacity is 0 for the colour that stands for none.
func (h *header) opacity(r, g, b uint16) byte {
	if h.keyed && [3]uint16{r, g, b} == h.key {
		return 0
	}
	return 255
}

// eachSample goes over n values of 16 bits or fewer.
func (h *header) eachSample(line []byte, n int, f func(x int, v uint16)) {
	switch h.depth {
	case 16:
		for x := range n {
			f(x, binary.BigEndian.Uint16(line[2*x:]))
		}
	case 8:
		for x := range n {
			f(x, uint16(line[x]))
		}
	default:
		mask := byte(1<<h.depth - 1)
		for x := range n {
			bit := x * h.depth
			f(x, uint16(line[bit/8]>>(8-h.depth-bit%8)&mask))
		}
	}
}

func (h *header) expandGrey(line, row []byte) {
	scale := map[int]uint16{1: 255, 2: 85, 4: 17, 8: 1, 16: 1}[h.depth]
	shift := max(0, h.depth-8)
	h.eachSample(line, len(row)/4, func(x int, v uint16) {
		g := byte(v * scale >> shift)
		*(*[4]byte)(row[4*x:]) = [4]byte{g, g, g, h.opacity(v, v, v)}
	})
}

// expandWide is expand for colours, and greys with alpha, of 16 bits.
func (h *header) expandWide(line, row []byte) {
	n := 2 * h.channels()
	for x := range len(row) / 4 {
		p := line[n*x : n*x+n]
		px := row[4*x : 4*x+4]
		switch h.colour {
		case truecolor:
			at := func(i int) uint16 { return binary.BigEndian.Uint16(p[2*i:]) }
			px[0], px[1], px[2], px[3] = p[0], p[2], p[4], h.opacity(at(0), at(1), at(2))
		case greyAlpha:
			px[0], px[1], px[2], px[3] = p[0], p[0], p[0], p[2]
		default:
			px[0], px[1], px[2], px[3] = p[0], p[2], p[4], p[6]
		}
	}
}

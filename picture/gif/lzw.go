package gif

// maxCode is the longest code, in bits.
const maxCode = 12

// codes reads numbers of a few bits from sub-blocks.
type codes struct {
	data []byte
	left int // of this sub-block
	acc  uint32
	n    int
}

func (c *codes) next(width int) (int, bool) {
	for c.n < width {
		if c.left == 0 {
			if len(c.data) == 0 || c.data[0] == 0 {
				return 0, false
			}
			c.left, c.data = int(c.data[0]), c.data[1:]
		}
		if len(c.data) == 0 {
			return 0, false
		}
		c.acc |= uint32(c.data[0]) << c.n
		c.n += 8
		c.left--
		c.data = c.data[1:]
	}
	code := int(c.acc & (1<<width - 1))
	c.acc >>= width
	c.n -= width
	return code, true
}

// unpack decodes a frame's indices (GIF89a, appendix F) and hands them out piece by piece, until
// the data end, make no sense, or put wants no more. A table that is full stays as it is until
// it is cleared.
func unpack(data []byte, minimum int, put func(indices []byte) bool) {
	var prefix [1 << maxCode]uint16
	var suffix [1 << maxCode]byte
	var word [1<<maxCode + 1]byte
	in := codes{data: data}
	clear, end := 1<<minimum, 1<<minimum+1
	for i := range clear {
		suffix[i] = byte(i)
	}
	next, width, before := end+1, minimum+1, -1
	for {
		code, ok := in.next(width)
		switch {
		case !ok || code == end:
			return
		case code == clear:
			next, width, before = end+1, minimum+1, -1
			continue
		case code > next, code == next && before < 0:
			return
		}
		at, c := len(word), code
		if code == next { // the word before, and its first letter once more
			at--
			c = before
		}
		for c >= clear {
			at--
			word[at] = suffix[c]
			c = int(prefix[c])
		}
		at--
		word[at] = suffix[c]
		if code == next {
			word[len(word)-1] = suffix[c]
		}
		if before >= 0 && next < 1<<maxCode {
			prefix[next], suffix[next] = uint16(before), suffix[c]
			if next++; next == 1<<width && width < maxCode {
				width++
			}
		}
		before = code
		if !put(word[at:]) {
			return
		}
	}
}

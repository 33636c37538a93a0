package jpeg

// upsampler writes row y of the picture, from a component that may be smaller.
type upsampler func(y int, out []byte)

// upsampler chooses what libjpeg chooses: a triangle filter ("fancy upsampling") where a component
// is half as wide or half as high, else the nearest sample. Ratios that are not whole, which
// libjpeg refuses, are of the latter kind.
func (f *frame) upsampler(c *component) upsampler {
	wide, high := 2*c.h == f.hmax, 2*c.v == f.vmax
	sameW, sameH := c.h == f.hmax, c.v == f.vmax
	switch {
	case sameW && sameH:
		return func(y int, out []byte) { copy(out, c.row(y)) }
	case wide && sameH && c.w > 2:
		return func(y int, out []byte) { widen(c.row(y), out) }
	case sameW && high:
		return func(y int, out []byte) { heighten(c.row(y/2), c.row(neighbour(y)), 1+y&1, out) }
	case wide && high && c.w > 2:
		sums := make([]int32, c.w)
		return func(y int, out []byte) { enlarge(c.row(y/2), c.row(neighbour(y)), sums, out) }
	}
	at := make([]int, f.w)
	for x := range at {
		at[x] = x * c.h / f.hmax
	}
	return func(y int, out []byte) {
		in := c.row(y * c.v / f.vmax)
		for x, i := range at {
			out[x] = in[i]
		}
	}
}

// neighbour is the second nearest row to y of a component of half the height.
func neighbour(y int) int { return y/2 - 1 + 2*(y&1) }

// row is a row of samples; those beyond the edge are the edge's.
func (c *component) row(y int) []byte {
	y = min(max(y, 0), c.ht-1)
	return c.pix[8*y*c.stride:][:c.w]
}

// widen doubles a row. Every sample becomes two, each three parts of it and one of its
// neighbour; rounding alternates so that no colour drifts.
func widen(in, out []byte) {
	n := len(in)
	out[0], out[1] = in[0], byte((3*int32(in[0])+int32(in[1])+2)>>2)
	for x := 1; x < n-1; x++ {
		v := 3 * int32(in[x])
		out[2*x], out[2*x+1] = byte((v+int32(in[x-1])+1)>>2), byte((v+int32(in[x+1])+2)>>2)
	}
	out[2*n-2], out[2*n-1] = byte((3*int32(in[n-1])+int32(in[n-2])+1)>>2), in[n-1]
}

// heighten mixes three parts of the near row and one of the far.
func heighten(near, far []byte, bias int, out []byte) {
	for x, v := range near {
		out[x] = byte((3*int(v) + int(far[x]) + bias) >> 2)
	}
}

// enlarge does both.
func enlarge(near, far []byte, sums []int32, out []byte) {
	for x, v := range near {
		sums[x] = 3*int32(v) + int32(far[x])
	}
	n := len(sums)
	out[0], out[1] = byte((4*sums[0]+8)>>4), byte((3*sums[0]+sums[1]+7)>>4)
	for x := 1; x < n-1; x++ {
		v := 3 * sums[x]
		out[2*x], out[2*x+1] = byte((v+sums[x-1]+8)>>4), byte((v+sums[x+1]+7)>>4)
	}
	out[2*n-2], out[2*n-1] = byte((3*sums[n-1]+sums[n-2]+8)>>4), byte((4*sums[n-1]+7)>>4)
}

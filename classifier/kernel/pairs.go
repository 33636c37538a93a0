package kernel

import "math"

// Rough arithmetic rounds the factors of products to bfloat16, the upper half of float32, and sums in
// float32: 8 digits of each factor instead of 24, in half of the time. A lane holds a pair of factors,
// the first in its lower half, and is stored as if it were a float32.

// pairs are the kernels of rough arithmetic, with the contracts of those of the same name: depths count
// pairs, and taps twice as many.
type pairs struct {
	rows   []int // heights of GEMM blocks, tallest first
	masked bool  // GEMM blocks leave columns outside the mask alone
	deep   int   // lanes of a row that lie beside each other in a matrix; depths are multiples of it
	gemm   [][vectors + 1]gemmFunc
	many   [vectors + 1]manyFunc // quicker for several blocks, if there is only one height; nil: there is none
	pack   [vectors + 1]func(n int64, src *float32, taps *int32, dst *float32, seg *segments)
	gather [vectors + 1]func(n int64, src *float32, taps *int32, dst *float32, idx *int32)
	lift   func(s *stripe, v *float32, stride int64, tiles uint64)
}

// Rough reports whether this process has rough arithmetic.
func Rough() bool { return native.less != nil }

// of are the kernels for a matrix of rows x depth, nil where exact ones are as quick: it would not fill half of a deep block.
func (p *pairs) of(rows, depth int) *pairs {
	if p.deep > 1 && (2*rows < p.rows[0] || depth < p.deep) {
		return nil
	}
	return p
}

// roughly is v as bfloat16, to the nearest, of two as near the even one.
func roughly(v float32) uint16 {
	bits := math.Float32bits(v)
	if v != v {
		return uint16(bits>>16 | 1<<6) // still not a number
	}
	if bits&0x7f800000 == 0 {
		return uint16(bits >> 16 & 0x8000) // what is nearly nothing is nothing, as in the processor
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// pair is two numbers in one lane.
func pair(first, second float32) float32 {
	return math.Float32frombits(uint32(roughly(first)) | uint32(roughly(second))<<16)
}

// unpaired returns the numbers of a lane.
func unpaired(lane float32) (first, second float32) {
	bits := math.Float32bits(lane)
	return math.Float32frombits(bits << 16), math.Float32frombits(bits &^ 0xffff)
}

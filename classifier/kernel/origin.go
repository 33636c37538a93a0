package kernel

import "math"

// origin is what weights are packed from. It is held until they are packed both ways, and in rough
// arithmetic too where there is some; in half the memory where all of them are numbers of half precision,
// as are those of the embedded network.
type origin struct {
	halves []uint16
	full   []float32 // in place of halves
}

func newOrigin(weight []float32) *origin {
	halves := make([]uint16, len(weight))
	for i, v := range weight {
		h, ok := halfOf(v)
		if !ok {
			return &origin{full: weight}
		}
		halves[i] = h
	}
	return &origin{halves: halves}
}

func (o *origin) at(i int) float32 {
	if o.halves != nil {
		return half(o.halves[i])
	}
	return o.full[i]
}

// nine are the weights from i on.
func (o *origin) nine(i int) (g [9]float32) {
	if o.halves == nil {
		copy(g[:], o.full[i:])
		return g
	}
	for k, h := range o.halves[i : i+9] {
		g[k] = half(h)
	}
	return g
}

// The exponents of single and half precision (IEEE 754, binary32 and binary16) are apart by 112, so a
// product with this power of two makes one of the other, with 13 digits less.
const apartInExponent = 0x1p112

// halfOf is v in half precision, if that is all of v.
func halfOf(v float32) (uint16, bool) {
	bits := math.Float32bits(v / apartInExponent)
	if bits&0x7fffffff >= 31<<23 { // too large, or no number
		return 0, false
	}
	h := uint16(bits>>16&0x8000 | bits>>13&0x7fff)
	return h, math.Float32bits(half(h)) == math.Float32bits(v)
}

// half is a finite number of half precision.
func half(h uint16) float32 {
	v := math.Float32frombits(uint32(h&0x7fff)<<13) * apartInExponent
	return math.Float32frombits(math.Float32bits(v) | uint32(h&0x8000)<<16)
}

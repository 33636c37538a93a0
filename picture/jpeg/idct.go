package jpeg

// natural leads from zigzag order to rows of eight (T.81, figure A.6). The 16 more are for runs
// that lead out of a block.
var natural = [80]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
	63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
}

// The constants of Loeffler, Ligtenberg and Moschytz's transform ("Practical fast 1-D DCT
// algorithms with 11 multiplications", ICASSP 1989) in fixed point of 13 bits, as libjpeg has them.
const (
	idctBits = 13
	keepBits = 2 // more between the passes

	c0298 = 2446
	c0390 = 3196
	c0541 = 4433
	c0765 = 6270
	c0899 = 7373
	c1175 = 9633
	c1501 = 12299
	c1847 = 15137
	c1961 = 16069
	c2053 = 16819
	c2562 = 20995
	c3072 = 25172
)

// idct turns a block of coefficients, in natural order, into 8x8 samples at dst.
func idct(coef *[64]int16, quant *[64]uint16, dst []byte, stride int) {
	var ws [64]int32
	for x := range 8 {
		column(coef, quant, &ws, x)
	}
	for y := range 8 {
		row((*[8]int32)(ws[8*y:]), (*[8]byte)(dst[y*stride:]))
	}
}

func column(coef *[64]int16, quant *[64]uint16, ws *[64]int32, x int) {
	at := func(y int) int32 { return int32(coef[8*y+x]) * int32(quant[8*y+x]) }
	if coef[8+x]|coef[16+x]|coef[24+x]|coef[32+x]|coef[40+x]|coef[48+x]|coef[56+x] == 0 {
		v := at(0) << keepBits
		for y := range 8 {
			ws[8*y+x] = v
		}
		return
	}
	o := butterfly(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7))
	const shift = idctBits - keepBits
	for y := range 8 {
		ws[8*y+x] = (o[y] + 1<<(shift-1)) >> shift
	}
}

func row(in *[8]int32, out *[8]byte) {
	o := butterfly(in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7])
	const shift = idctBits + keepBits + 3
	for x := range 8 {
		out[x] = clamp((o[x]+1<<(shift-1))>>shift + 128)
	}
}

// butterfly is the transform of eight numbers, 2^13 times too large.
func butterfly(i0, i1, i2, i3, i4, i5, i6, i7 int32) [8]int32 {
	z1 := (i2 + i6) * c0541
	t2, t3 := z1-i6*c1847, z1+i2*c0765
	t0, t1 := (i0+i4)<<idctBits, (i0-i4)<<idctBits
	e0, e3, e1, e2 := t0+t3, t0-t3, t1+t2, t1-t2

	z1, z2, z3, z4 := i7+i1, i5+i3, i7+i3, i5+i1
	z5 := (z3 + z4) * c1175
	z1, z2, z3, z4 = -z1*c0899, -z2*c2562, z5-z3*c1961, z5-z4*c0390
	o0 := i7*c0298 + z1 + z3
	o1 := i5*c2053 + z2 + z4
	o2 := i3*c3072 + z2 + z3
	o3 := i1*c1501 + z1 + z4
	return [8]int32{e0 + o3, e1 + o2, e2 + o1, e3 + o0, e3 - o0, e2 - o1, e1 - o2, e0 - o3}
}

// flat is idct where only the first coefficient is not zero.
func flat(dc int16, quant *[64]uint16, dst []byte, stride int) {
	v := clamp((int32(dc)*int32(quant[0])<<keepBits+1<<(keepBits+2))>>(keepBits+3) + 128)
	for y := range 8 {
		line := (*[8]byte)(dst[y*stride:])
		*line = [8]byte{v, v, v, v, v, v, v, v}
	}
}

func clamp(v int32) byte {
	if uint32(v) <= 255 {
		return byte(v)
	}
	return byte(^(v >> 31))
}

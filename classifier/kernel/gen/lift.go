package main

import "fmt"

// Transformations of 4x4 tiles straight from the rows of a picture and back into them, for targets that
// have masks: nothing is copied on the way.

// liftTables writes which lanes of two registers go where.
func liftTables(a *assembler) {
	table := func(name string, bits int, lanes []int) {
		for i, l := range lanes {
			fmt.Fprintf(&a.data, "DATA %s<>+%d(SB)/%d, $%d\n", name, bits/8*i, bits/8, l)
		}
		fmt.Fprintf(&a.data, "GLOBL %s<>(SB), RODATA|NOPTR, $64\n\n", name)
	}
	var fourths, thirds, low, high, lowPairs, highPairs []int
	for i := range 8 {
		fourths, thirds = append(fourths, 4*i), append(thirds, 4*i+2)
		low, high = append(low, i, i+16), append(high, i+8, i+24)
	}
	for i := range 8 {
		fourths, thirds = append(fourths, 4*i+1), append(thirds, 4*i+3)
	}
	for i := range 4 {
		lowPairs, highPairs = append(lowPairs, i, i+8), append(highPairs, i+4, i+12)
	}
	table("fourths", 32, fourths)
	table("thirds", 32, thirds)
	table("low", 32, low)
	table("high", 32, high)
	table("lowPairs", 64, lowPairs)
	table("highPairs", 64, highPairs)
}

// lift writes the transformation of up to 16 tiles that lie beside each other, B^T d B. The columns are
// transformed first, as they lie in the rows of the picture, into lines of 80 values; then each line is
// split into the six columns of all tiles, of which the last two are the first two of the next tile.
// Element e of the result goes to v + e*stride, in the lanes whose bit is set in tiles. With pairs two
// channels become one result.
func lift(a *assembler, t *target) {
	name := t.name + "Lift"
	a.fn(name, param{"s", "*stripe", "SI"}, param{"v", "*float32", "DI"}, param{"stride", "int64", "R9"}, param{"tiles", "uint64", "AX"})
	const pitch = 320 // of the lines
	line := tileLine(a, t)
	a.op("KMOVW AX, K6")
	a.op("MOVQ %d(SI), AX", stripeVecs.at)
	a.op("MOVQ %d(SI), R10", stripeAt.at)
	a.op("MOVQ %d(SI), CX", stripeLines.at)
	channels := 1
	if t.pairs {
		channels = 2
	}
	for c := range channels {
		liftColumns(a, t, fmt.Sprintf("%s_%d", name, c), 6*c, 6*c*pitch, pitch, line)
	}
	a.op("MOVQ v+8(FP), DI")
	a.op("VMOVUPS fourths<>(SB), Z28")
	a.op("VMOVUPS thirds<>(SB), Z29")
	if t.pairs {
		a.op("VMOVDQU16 weave<>(SB), Z31")
	}
	a.op("LEAQ (R9)(R9*2), R12") // 3 rows
	a.op("LEAQ (R9)(R9*4), R13") // 5 rows
	places := []string{"(DI)", "(DI)(R9*1)", "(DI)(R9*2)", "(DI)(R12*1)", "(DI)(R9*4)", "(DI)(R13*1)"}
	a.op("MOVQ $6, DX")
	a.label(name + "_rows")
	for c := range channels {
		liftSplit(a, 6*c*pitch)
		line(func(int, string) {}, func(i int, reg string) {
			switch {
			case !t.pairs:
				a.op("VMOVUPS %s, K6, %s", reg, places[i])
			case c == 0:
				a.op("VMOVAPS %s, Z%d", reg, 22+i)
			default:
				a.weave(22+i, number(reg))
				a.op("VMOVDQU32 Z%d, K6, %s", 22+i, places[i])
			}
		})
	}
	a.op("LEAQ (DI)(R12*2), DI")
	a.op("ADDQ $%d, CX", pitch)
	a.op("DECQ DX")
	a.op("JNZ %s_rows", name)
	a.end()
}

// liftColumns transforms the columns of one channel, whose rows are the stripe's from first on, into
// lines so many bytes from CX.
func liftColumns(a *assembler, t *target, name string, first, lines, pitch int, line func(load, store func(i int, reg string))) {
	rows := []string{"R8", "R11", "R12", "R13", "BX", "DX"}
	for r, reg := range rows {
		a.op("MOVQ %d(SI), %s", stripeX.of(first+r), reg)
		a.op("ADDQ R10, %s", reg)
	}
	columns := func(load func(v, r int, reg string)) {
		for v := range 5 {
			a.op("KMOVW %d(SI), K1", stripeCols.of(v))
			line(func(r int, reg string) { load(v, r, reg) },
				func(i int, reg string) { a.op("VMOVUPS %s, %d(CX)", reg, lines+pitch*i+64*v) })
			if v > 0 && v < 4 { // one tile has its last columns in the second
				a.op("CMPQ AX, $%d", v+1)
				a.op("JE %s_done", name)
			}
		}
	}
	a.op("CMPQ %d(SI), $0", stripeY.at)
	a.op("JNE %s_gated", name)
	columns(func(v, r int, reg string) { a.op("VMOVUPS.Z %d(%s), K1, %s", 64*v, rows[r], reg) })
	a.op("JMP %s_done", name)
	a.label(name + "_gated") // only where y is positive
	t.zero(a, "Z16")
	columns(func(v, r int, reg string) {
		a.op("MOVQ %d(SI), DI", stripeY.of(first+r))
		a.op("VMOVUPS.Z %d(DI)(R10*1), K1, Z17", 64*v)
		a.op("VCMPPS $30, Z16, Z17, K1, K2")
		a.op("VMOVUPS.Z %d(%s), K2, %s", 64*v, rows[r], reg)
	})
	a.label(name + "_done")
}

// liftSplit splits a line so many bytes from CX into the six columns of all tiles, in registers 0 to 5.
func liftSplit(a *assembler, at int) {
	for i, order := range []string{"Z28", "Z29"} {
		for k := range 2 {
			a.op("VMOVUPS %d(CX), Z%d", at+128*k, 16+2*i+k)
			a.op("VPERMT2PS %d(CX), %s, Z%d", at+128*k+64, order, 16+2*i+k)
		}
	}
	for i := range 2 {
		a.op("VSHUFF32X4 $0x44, Z%d, Z%d, Z%d", 17+2*i, 16+2*i, 2*i)
		a.op("VSHUFF32X4 $0xee, Z%d, Z%d, Z%d", 17+2*i, 16+2*i, 2*i+1)
	}
	for i := range 2 {
		a.op("VBROADCASTSS %d(CX), Z%d", at+256+4*i, 20+i)
		a.op("VALIGND $1, Z%d, Z%d, Z%d", i, 20+i, 4+i)
	}
}

// lower writes the way back for up to 16 tiles beside each other, A^T m A + bias: element e of m lies
// row bytes after element e-1. As many rows of results as there are, up to four, go to y, pitch bytes
// apart, and of their 64 columns those whose bit is set in cols. Flag 1 clips at zero, flag 2 adds to
// what is there.
func lower(a *assembler, t *target) {
	name := t.name + "Lower"
	a.fn(name, param{"m", "*float32", "SI"}, param{"row", "int64", "R8"}, param{"y", "*float32", "DI"}, param{"pitch", "int64", "R9"},
		param{"bias", "*float32", "R10"}, param{"flags", "int64", "R11"}, param{"cols", "uint64", "R12"}, param{"rows", "int64", "R13"})
	for v := range 4 {
		a.op("KMOVW R12, K%d", v+1)
		a.op("SHRQ $16, R12")
	}
	z := t.v
	pointA, pointB, squareA, squareB := z(28), z(29), z(30), z(31)
	a.constant(constA, pointA)
	a.constant(constB, pointB)
	a.constant(constAA, squareA)
	a.constant(constBB, squareB)
	line := func(m []string) { a.untileLine(m, z(26), z(27), pointA, pointB, squareA, squareB) }
	a.op("LEAQ (R8)(R8*2), BX") // 3 elements
	a.op("LEAQ (R8)(R8*4), CX") // 5 elements
	for r := range 6 {
		m := []string{z(4 * r), z(4*r + 1), z(4*r + 2), z(24), z(25), z(4*r + 3)}
		for i, place := range []string{"(SI)", "(SI)(R8*1)", "(SI)(R8*2)", "(SI)(BX*1)", "(SI)(R8*4)", "(SI)(CX*1)"} {
			a.op("VMOVUPS %s, %s", place, m[i])
		}
		line(m)
		a.op("LEAQ (SI)(BX*2), SI")
	}
	for j := range 4 {
		line([]string{z(j), z(4 + j), z(8 + j), z(12 + j), z(16 + j), z(20 + j)})
	}
	bias, floor := z(24), z(25)
	a.op("VBROADCASTSS (R10), %s", bias)
	a.constant(constLow, floor) // clipping there changes nothing
	a.op("TESTQ $1, R11")
	a.op("JZ %s_store", name)
	t.zero(a, floor)
	a.label(name + "_store")
	low, high, lowPairs, highPairs := z(28), z(29), z(30), z(31)
	a.op("VMOVUPS low<>(SB), %s", low)
	a.op("VMOVUPS high<>(SB), %s", high)
	a.op("VMOVUPS lowPairs<>(SB), %s", lowPairs)
	a.op("VMOVUPS highPairs<>(SB), %s", highPairs)
	for i, first := range []int{0, 4, 8, 20} {
		if i > 0 {
			a.op("DECQ R13")
			a.op("JZ %s_end", name)
			a.op("ADDQ R9, DI")
		}
		var y [4]string
		for j := range y {
			y[j] = z(first + j)
			a.op("VADDPS %s, %s, %s", bias, y[j], y[j])
			a.op("VMAXPS %s, %s, %s", floor, y[j], y[j])
		}
		// Four values of a tile beside each other: first pairs, then pairs of these.
		p, q := []string{z(12), y[0]}, []string{z(13), y[2]}
		a.op("VMOVAPS %s, %s", y[0], p[0])
		a.op("VPERMT2PS %s, %s, %s", y[1], low, p[0])
		a.op("VPERMT2PS %s, %s, %s", y[1], high, p[1])
		a.op("VMOVAPS %s, %s", y[2], q[0])
		a.op("VPERMT2PS %s, %s, %s", y[3], low, q[0])
		a.op("VPERMT2PS %s, %s, %s", y[3], high, q[1])
		out := []string{z(14), p[0], z(15), p[1]}
		for k := range 2 {
			a.op("VMOVAPS %s, %s", p[k], out[2*k])
			a.op("VPERMT2PD %s, %s, %s", q[k], lowPairs, out[2*k])
			a.op("VPERMT2PD %s, %s, %s", q[k], highPairs, out[2*k+1])
		}
		a.op("TESTQ $2, R11")
		a.op("JZ %s_write%d", name, i)
		for v, r := range out {
			a.op("VADDPS %d(DI), %s, K%d, %s", 64*v, r, v+1, r)
		}
		a.label(fmt.Sprintf("%s_write%d", name, i))
		for v, r := range out {
			a.op("VMOVUPS %s, K%d, %d(DI)", r, v+1, 64*v)
		}
	}
	a.label(name + "_end")
	a.end()
}

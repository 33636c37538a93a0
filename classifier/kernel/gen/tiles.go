package main

import (
	"fmt"
	"math"
)

// Winograd's F(4x4, 3x3) with the points 0, ±3/4, ±3/2 and infinity: 36 products for 16
// results instead of 144. The usual points 0, ±1, ±2 lose ten times the accuracy; these lose
// no more than the order of a sum does, and all constants are exact.
const (
	pointA = 0.75
	pointB = 1.5
)

// points is the table of constants that the transformations broadcast from.
const points = "points"

const (
	constA = 4 * iota
	constB
	constAA
	constBB
	constProduct
	constSum
	constLow
	constSixteenth
	constQuarter
	constMiddle
)

func tables(a *assembler) {
	for i, v := range []float64{pointA, pointB, pointA * pointA, pointB * pointB, pointA * pointA * pointB * pointB,
		pointA*pointA + pointB*pointB, math.Inf(-1), 1. / 16, 1. / 4, 3. / 8} {
		fmt.Fprintf(&a.data, "DATA %s<>+%d(SB)/4, $0x%08x\n", points, 4*i, math.Float32bits(float32(v)))
	}
	fmt.Fprintf(&a.data, "GLOBL %s<>(SB), RODATA|NOPTR, $40\n\n", points)
}

// constant loads one into all lanes of a register. From memory: a legacy SSE instruction, which
// a move from a general register would be, costs hundreds of cycles among 512-bit ones.
func (a *assembler) constant(at int, reg string) {
	a.op("VBROADCASTSS %s<>+%d(SB), %s", points, at, reg)
}

// tiles writes the transformation of n vectors of 6x6 tiles, B^T d B: element e of d lies row
// bytes after element e-1, and of v stride bytes. d is overwritten.
func tiles(a *assembler, t *target) {
	name := t.name + "Tiles"
	a.fn(name, param{"n", "int64", "CX"}, param{"d", "*float32", "SI"}, param{"row", "int64", "R8"},
		param{"v", "*float32", "DI"}, param{"stride", "int64", "R9"})
	line := tileLine(a, t)
	a.label(name + "_loop")
	a.op("MOVQ SI, R10")
	a.op("LEAQ (R8)(R8*2), R13") // 3 rows
	a.op("LEAQ (R13)(R13*1), BX")
	a.op("MOVQ $6, DX")
	a.label(name + "_columns") // 6 times the elements of a column, six rows apart
	a.op("MOVQ R10, R11")
	line(func(_ int, reg string) {
		a.op("VMOVUPS (R11), %s", reg)
		a.op("ADDQ BX, R11")
	}, func(i int, reg string) {
		a.op("IMUL3Q $%d, R8, R12", 6*i)
		a.op("VMOVUPS %s, (R10)(R12*1)", reg)
	})
	a.op("ADDQ R8, R10")
	a.op("DECQ DX")
	a.op("JNZ %s_columns", name)
	a.op("MOVQ SI, R10")
	a.op("MOVQ DI, R11")
	a.op("MOVQ $6, DX")
	a.label(name + "_rows")
	line(func(_ int, reg string) {
		a.op("VMOVUPS (R10), %s", reg)
		a.op("ADDQ R8, R10")
	}, func(i int, reg string) {
		a.op("IMUL3Q $%d, R9, R12", i)
		a.op("VMOVUPS %s, (R11)(R12*1)", reg)
	})
	a.op("IMUL3Q $6, R9, R12")
	a.op("ADDQ R12, R11")
	a.op("DECQ DX")
	a.op("JNZ %s_rows", name)
	a.op("ADDQ $%d, SI", t.bytes)
	a.op("ADDQ $%d, DI", t.bytes)
	a.op("DECQ CX")
	a.op("JNZ %s_loop", name)
	a.end()
}

// tileLine loads constants into registers 9 to 14 and returns what transforms six values: load puts
// them into registers 0 to 5, store takes a register for each result.
func tileLine(a *assembler, t *target) func(load, store func(i int, reg string)) {
	c := struct{ a, b, aa, bb, aabb, sum string }{t.v(9), t.v(10), t.v(11), t.v(12), t.v(13), t.v(14)}
	a.constant(constA, c.a)
	a.constant(constB, c.b)
	a.constant(constAA, c.aa)
	a.constant(constBB, c.bb)
	a.constant(constProduct, c.aabb)
	a.constant(constSum, c.sum)
	d := func(i int) string { return t.v(i) }
	even, odd, both := t.v(6), t.v(7), t.v(8)
	return func(load, store func(i int, reg string)) {
		for i := range 6 {
			load(i, d(i))
		}
		for k, p := range []struct{ point, square string }{{c.a, c.bb}, {c.b, c.aa}} {
			a.op("VMOVAPS %s, %s", d(4), even)
			a.op("VFNMADD231PS %s, %s, %s", p.square, d(2), even)
			a.op("VMOVAPS %s, %s", d(3), odd)
			a.op("VFNMADD231PS %s, %s, %s", p.square, d(1), odd)
			a.op("VMOVAPS %s, %s", even, both)
			a.op("VFMADD231PS %s, %s, %s", p.point, odd, both)
			store(1+2*k, both)
			a.op("VFNMADD231PS %s, %s, %s", p.point, odd, even)
			store(2+2*k, even)
		}
		for k, last := range []string{d(4), d(5)} {
			a.op("VFNMADD231PS %s, %s, %s", c.sum, d(2+k), last)
			a.op("VFMADD231PS %s, %s, %s", c.aabb, d(k), last)
			store(5*k, last)
		}
	}
}

// untileLine turns six values into four, in the places of the first, second, third and last.
func (a *assembler) untileLine(m []string, sumA, sumB, pointA, pointB, squareA, squareB string) {
	a.op("VADDPS %s, %s, %s", m[2], m[1], sumA)
	a.op("VSUBPS %s, %s, %s", m[2], m[1], m[1])
	a.op("VADDPS %s, %s, %s", m[4], m[3], sumB)
	a.op("VSUBPS %s, %s, %s", m[4], m[3], m[3])
	a.op("VADDPS %s, %s, %s", sumA, m[0], m[0])
	a.op("VMULPS %s, %s, %s", pointA, m[1], m[1])
	a.op("VMULPS %s, %s, %s", pointB, m[3], m[3])
	a.op("VMULPS %s, %s, %s", squareA, sumA, m[2])
	a.op("VADDPS %s, %s, %s", sumB, m[0], m[0])
	a.op("VFMADD231PS %s, %s, %s", squareA, m[1], m[5])
	a.op("VFMADD231PS %s, %s, %s", squareB, sumB, m[2])
	a.op("VFMADD231PS %s, %s, %s", squareB, m[3], m[5])
	a.op("VADDPS %s, %s, %s", m[3], m[1], m[1])
}

// untile writes the way back for n vectors of tiles, A^T m A + bias: element e of m lies row
// bytes after element e-1. Row i of the results goes to y + i*stride, four values a tile, tile
// after tile. Flag 1 clips at zero. m is overwritten.
func untile(a *assembler, t *target) {
	name := t.name + "Untile"
	a.fn(name, param{"n", "int64", "CX"}, param{"m", "*float32", "SI"}, param{"row", "int64", "R8"},
		param{"y", "*float32", "DI"}, param{"stride", "int64", "R9"}, param{"bias", "*float32", "R10"}, param{"flags", "int64", "R11"})
	c := struct{ a, b, aa, bb string }{t.v(11), t.v(12), t.v(13), t.v(14)}
	a.constant(constA, c.a)
	a.constant(constB, c.b)
	a.constant(constAA, c.aa)
	a.constant(constBB, c.bb)
	bias, floor := t.v(10), t.v(9)
	a.op("VBROADCASTSS (R10), %s", bias)
	// Clipping at minus infinity changes nothing.
	a.constant(constLow, floor)
	a.op("TESTQ $1, R11")
	a.op("JZ %s_loop", name)
	t.zero(a, floor)
	m := func(i int) string { return t.v(i) }
	// line leaves the results in registers 0, 1, 2 and 5.
	line := func(load func(i int, reg string)) []string {
		for i := range 6 {
			load(i, m(i))
		}
		a.untileLine([]string{m(0), m(1), m(2), m(3), m(4), m(5)}, t.v(6), t.v(7), c.a, c.b, c.aa, c.bb)
		return []string{m(0), m(1), m(2), m(5)}
	}
	a.label(name + "_loop")
	a.op("MOVQ SI, R10")
	a.op("IMUL3Q $6, R8, BX")
	a.op("MOVQ $6, DX")
	a.label(name + "_columns")
	a.op("MOVQ R10, R12")
	for i, r := range line(func(_ int, reg string) {
		a.op("VMOVUPS (R12), %s", reg)
		a.op("ADDQ BX, R12")
	}) {
		if i == 0 {
			a.op("MOVQ R10, R12")
		}
		a.op("VMOVUPS %s, (R12)", r)
		a.op("ADDQ BX, R12")
	}
	a.op("ADDQ R8, R10")
	a.op("DECQ DX")
	a.op("JNZ %s_columns", name)
	a.op("MOVQ SI, R10")
	a.op("MOVQ DI, R12")
	a.op("MOVQ $4, DX")
	a.label(name + "_rows")
	y := line(func(_ int, reg string) {
		a.op("VMOVUPS (R10), %s", reg)
		a.op("ADDQ R8, R10")
	})
	for _, r := range y {
		a.op("VADDPS %s, %s, %s", bias, r, r)
		a.op("VMAXPS %s, %s, %s", floor, r, r)
	}
	for s, r := range transpose(a, t, y, []string{t.v(3), t.v(4), t.v(6), t.v(7)}) {
		for k := range t.lanes / 4 {
			t.storeQuarter(a, r, k, fmt.Sprintf("%d(R12)", 16*(4*k+s)))
		}
	}
	a.op("ADDQ R9, R12")
	a.op("DECQ DX")
	a.op("JNZ %s_rows", name)
	a.op("ADDQ $%d, SI", t.bytes)
	a.op("ADDQ $%d, DI", 4*t.bytes)
	a.op("DECQ CX")
	a.op("JNZ %s_loop", name)
	a.end()
}

// split writes dst[j][i] = src[4*i+j] for n vectors of i; the four rows of dst lie stride
// bytes apart.
func split(a *assembler, t *target) {
	name := t.name + "Split"
	a.fn(name, param{"n", "int64", "CX"}, param{"src", "*float32", "SI"}, param{"dst", "*float32", "DI"}, param{"stride", "int64", "R8"})
	a.op("LEAQ (R8)(R8*2), R9")
	a.label(name + "_loop")
	var q []string
	for s := range 4 {
		r := t.v(s)
		a.op("VMOVUPS %d(SI), X%d", 16*s, s)
		for k := 1; k < t.lanes/4; k++ {
			t.loadQuarter(a, r, k, fmt.Sprintf("%d(SI)", 16*(4*k+s)))
		}
		q = append(q, r)
	}
	for j, r := range transpose(a, t, q, []string{t.v(4), t.v(5), t.v(6), t.v(7)}) {
		a.op("VMOVUPS %s, (DI)%s", r, []string{"", "(R8*1)", "(R8*2)", "(R9*1)"}[j])
	}
	a.op("ADDQ $%d, SI", 4*t.bytes)
	a.op("ADDQ $%d, DI", t.bytes)
	a.op("DECQ CX")
	a.op("JNZ %s_loop", name)
	a.end()
}

// transpose swaps rows and columns of the 4x4 matrices that the quarters of four registers
// hold; it needs four more registers.
func transpose(a *assembler, t *target, r, spare []string) []string {
	a.op("VUNPCKLPS %s, %s, %s", r[1], r[0], spare[0])
	a.op("VUNPCKHPS %s, %s, %s", r[1], r[0], spare[1])
	a.op("VUNPCKLPS %s, %s, %s", r[3], r[2], spare[2])
	a.op("VUNPCKHPS %s, %s, %s", r[3], r[2], spare[3])
	a.op("VUNPCKLPD %s, %s, %s", spare[2], spare[0], r[0])
	a.op("VUNPCKHPD %s, %s, %s", spare[2], spare[0], r[1])
	a.op("VUNPCKLPD %s, %s, %s", spare[3], spare[1], r[2])
	a.op("VUNPCKHPD %s, %s, %s", spare[3], spare[1], r[3])
	return r
}

// storeQuarter stores four lanes of a register.
func (t *target) storeQuarter(a *assembler, reg string, k int, to string) {
	switch {
	case k == 0:
		a.op("VMOVUPS X%s, %s", reg[1:], to)
	case t.masked:
		a.op("VEXTRACTF32X4 $%d, %s, %s", k, reg, to)
	default:
		a.op("VEXTRACTF128 $%d, %s, %s", k, reg, to)
	}
}

// loadQuarter loads four lanes of a register and leaves the others.
func (t *target) loadQuarter(a *assembler, reg string, k int, from string) {
	if t.masked {
		a.op("VINSERTF32X4 $%d, %s, %s, %s", k, from, reg, reg)
		return
	}
	a.op("VINSERTF128 $%d, %s, %s, %s", k, from, reg, reg)
}

package main

import "fmt"

// pool writes max pooling with a 3x3 window, strides 1 and 2, and with a 2x2 window, stride 2,
// with and without the winners, and the gradient of 3x3 with stride 1. Rows are padded, so there
// are no borders here.
func pool(a *assembler, t *target) {
	for _, arg := range []bool{true, false} {
		poolRow(a, t, 3, 1, arg)
		poolRow(a, t, 3, 2, arg)
		poolRow(a, t, 2, 2, arg)
	}
	for side := 2; side <= 3; side++ {
		for stride := 1; stride <= 2; stride++ {
			if stride == 1 && t.masked {
				windowRow(a, t, side)
			} else {
				meanRow(a, t, side, stride)
			}
		}
	}
	if t.masked {
		double(a, t)
	}
	evens(a, t)
	unpool(a, t)
}

// poolTables writes the constants of pooling: the numbers of the taps, and every second lane.
func poolTables(a *assembler) {
	for i := range 9 {
		fmt.Fprintf(&a.data, "DATA taps<>+%d(SB)/4, $%d\n", 4*i, i)
	}
	fmt.Fprint(&a.data, "GLOBL taps<>(SB), RODATA|NOPTR, $36\n\n")
	for i := range 16 {
		fmt.Fprintf(&a.data, "DATA evens<>+%d(SB)/4, $%d\n", 4*i, 2*i)
	}
	fmt.Fprint(&a.data, "GLOBL evens<>(SB), RODATA|NOPTR, $64\n\n")
	for i := range 16 {
		fmt.Fprintf(&a.data, "DATA lanes<>+%d(SB)/4, $%d\n", 4*i, i)
	}
	fmt.Fprint(&a.data, "GLOBL lanes<>(SB), RODATA|NOPTR, $64\n\n")
}

// tail sets K1 to the lanes that are left, for targets that have masks. Others write whole
// vectors.
func (t *target) tail(a *assembler, name string) {
	if !t.masked {
		return
	}
	a.op("MOVQ $-1, AX")
	a.op("CMPQ CX, $16")
	a.op("JGE %s_full", name)
	a.op("MOVQ $1, AX")
	a.op("SHLQ CX, AX")
	a.op("DECQ AX")
	a.label(name + "_full")
	a.op("KMOVW AX, K1")
}

// poolRow writes one row of n results: r0, r1, r2 point at the first value of the first window's
// rows; r2 is not read where the window has two. arg receives the winning tap, ky*side+kx, the
// first one where several are equal.
func poolRow(a *assembler, t *target, side, stride int, arg bool) {
	name := fmt.Sprintf("%sTop%dx%[2]ds%d", t.name, side, stride)
	params := []param{{"n", "int64", "CX"}, {"r0", "*float32", "SI"}, {"r1", "*float32", "R8"}, {"r2", "*float32", "R9"}, {"dst", "*float32", "DI"}}
	if arg {
		name = fmt.Sprintf("%sMax%dx%[2]ds%d", t.name, side, stride)
		params = append(params, param{"arg", "*uint8", "R10"})
	}
	rows := []string{"SI", "R8", "R9"}
	a.fn(name, params...)
	best, value, winner, mask := t.v(0), t.v(1), t.v(2), t.v(3)
	number := func(tap int) string { return t.v(7 + tap) }
	if arg {
		for tap := 1; tap < side*side; tap++ {
			a.op("VPBROADCASTD taps<>+%d(SB), %s", 4*tap, number(tap))
		}
	}
	if stride == 2 && t.masked {
		a.op("VMOVUPS evens<>(SB), Z30")
	}
	a.label(name + "_loop")
	t.tail(a, name)
	for tap := range side * side {
		row, at := rows[tap/side], 4*(tap%side)
		a.op("VMOVUPS %d(%s), %s", at, row, value)
		switch {
		case stride == 2 && t.masked:
			a.op("VPERMT2PS %d(%s), Z30, Z1", at+64, row)
		case stride == 2:
			a.op("VSHUFPS $0x88, %d(%s), Y1, Y1", at+32, row)
			a.op("VPERMPD $0xd8, Y1, Y1")
		}
		switch {
		case tap == 0:
			a.op("VMOVAPS %s, %s", value, best)
			t.zero(a, winner)
		case !arg:
			a.op("VMAXPS %s, %s, %s", best, value, best)
		case t.masked:
			a.op("VCMPPS $30, Z0, Z1, K2")
			a.op("VMOVAPS Z1, K2, Z0")
			a.op("VMOVDQA32 %s, K2, Z2", number(tap))
		default:
			a.op("VCMPPS $30, %s, %s, %s", best, value, mask)
			a.op("VBLENDVPS %s, %s, %s, %s", mask, value, best, best)
			a.op("VBLENDVPS %s, %s, %s, %s", mask, number(tap), winner, winner)
		}
	}
	if t.masked {
		a.op("VMOVUPS Z0, K1, (DI)")
	} else {
		a.op("VMOVUPS Y0, (DI)")
	}
	switch {
	case arg && t.masked:
		a.op("VPMOVDB Z2, K1, (R10)")
	case arg:
		a.op("VEXTRACTI128 $1, Y2, X4")
		a.op("VPACKSSDW X4, X2, X2")
		a.op("VPACKUSWB X2, X2, X2")
		a.op("VMOVQ X2, (R10)")
	}
	for _, r := range rows[:side] {
		a.op("ADDQ $%d, %s", t.bytes*stride, r)
	}
	a.op("ADDQ $%d, DI", t.bytes)
	if arg {
		a.op("ADDQ $%d, R10", t.lanes)
	}
	a.op("SUBQ $%d, CX", t.lanes)
	a.op("JG %s_loop", name)
	a.end()
}

// columns puts a bit into mask for each lane of a vector of columns that the picture has; wide holds
// how many it has.
func (a *assembler) columns(of, wide, mask string) {
	a.op("VPCMPUD $1, %s, %s, %s", wide, of, mask)
}

// windowRow writes one row of n weighed sums of windows a column apart: of the rows of a plane as they
// are, w columns of which the window's first is left before the first. Each value is multiplied with its
// column's weight and its row's, and each sum with its own. Flag 2 adds to dst. Where values lie beside
// each other that were just stored apart, loads would have to wait for the stores: so nothing is copied.
func windowRow(a *assembler, t *target, side int) {
	name := fmt.Sprintf("%sWindow%dx%[2]d", t.name, side)
	rows := []string{"SI", "R8", "R9"}
	a.fn(name, param{"n", "int64", "CX"}, param{"r0", "*float32", "SI"}, param{"r1", "*float32", "R8"}, param{"r2", "*float32", "R9"},
		param{"dst", "*float32", "DI"}, param{"weights", "*float32", "R10"}, param{"rows", "*float32", "R11"}, param{"own", "*float32", "R12"},
		param{"flags", "int64", "R13"}, param{"left", "int64", "DX"}, param{"w", "int64", "BX"})
	a.op("VPBROADCASTD BX, Z25")
	a.op("VPBROADCASTD DX, Z24")
	a.op("VMOVDQU32 lanes<>(SB), Z26")
	a.op("VPSUBD Z24, Z26, Z26")
	a.op("VPTERNLOGD $0xff, Z24, Z24, Z24")
	a.op("VPSUBD Z24, Z26, Z27") // minus one less: the next column
	a.op("VPSUBD Z24, Z27, Z28")
	a.op("VPSRLD $31, Z24, Z24")
	a.op("VPSLLD $4, Z24, Z24") // 16
	a.op("SHLQ $2, DX")
	for _, r := range append(rows[:side:side], "R10") {
		a.op("SUBQ DX, %s", r)
	}
	for k := range side {
		a.op("VBROADCASTSS %d(R11), Z%d", 4*k, 20+k)
	}
	a.label(name + "_loop")
	t.tail(a, name)
	for k := range side {
		a.columns(fmt.Sprintf("Z%d", 26+k), "Z25", fmt.Sprintf("K%d", 2+k))
		a.op("VMOVUPS.Z %d(R10), K%d, Z%d", 4*k, 2+k, 6+k)
	}
	for r := range side {
		for k := range side {
			a.op("VMOVUPS.Z %d(%s), K%d, Z%d", 4*k, rows[r], 2+k, 10+k)
		}
		a.op("VMULPS Z6, Z10, Z%d", 1+r)
		for k := 1; k < side; k++ {
			a.op("VFMADD231PS Z%d, Z%d, Z%d", 6+k, 10+k, 1+r)
		}
	}
	a.op("VMULPS Z20, Z1, Z0")
	for r := 1; r < side; r++ {
		a.op("VFMADD231PS Z%d, Z%d, Z0", 20+r, 1+r)
	}
	a.op("VMULPS (R12), Z0, K1, Z0")
	a.op("TESTQ $2, R13")
	a.op("JZ %s_store", name)
	a.op("VADDPS (DI), Z0, K1, Z0")
	a.label(name + "_store")
	a.op("VMOVUPS Z0, K1, (DI)")
	for k := range side {
		a.op("VPADDD Z24, Z%d, Z%[1]d", 26+k)
	}
	for _, r := range append(rows[:side:side], "R10", "R12", "DI") {
		a.op("ADDQ $64, %s", r)
	}
	a.op("SUBQ $16, CX")
	a.op("JG %s_loop", name)
	a.end()
}

// double writes the way back of windows of two by two that lie beside each other: every one of n values,
// times its weight and the row's, to two columns of a row of w, of which the first is left before the
// row's first. Flag 2 adds to dst.
func double(a *assembler, t *target) {
	name := t.name + "Double"
	a.fn(name, param{"n", "int64", "CX"}, param{"src", "*float32", "SI"}, param{"weights", "*float32", "R8"}, param{"row", "*float32", "R9"},
		param{"dst", "*float32", "DI"}, param{"flags", "int64", "R13"}, param{"left", "int64", "DX"}, param{"w", "int64", "BX"})
	a.op("VPBROADCASTD BX, Z25")
	a.op("VPBROADCASTD DX, Z24")
	a.op("VMOVDQU32 lanes<>(SB), Z26")
	a.op("VPSRLD $1, Z26, Z28") // which value goes to a column
	a.op("VPTERNLOGD $0xff, Z23, Z23, Z23")
	a.op("VPSRLD $31, Z23, Z23")
	a.op("VPSLLD $3, Z23, Z22")
	a.op("VPADDD Z22, Z28, Z29")
	a.op("VPSUBD Z24, Z26, Z26")
	a.op("VPSLLD $4, Z23, Z23") // 16
	a.op("VPADDD Z23, Z26, Z27")
	a.op("VPADDD Z23, Z23, Z23")
	a.op("SHLQ $2, DX")
	a.op("SUBQ DX, DI")
	a.op("VBROADCASTSS (R9), Z20")
	a.label(name + "_loop")
	t.tail(a, name)
	a.op("VMOVUPS.Z (SI), K1, Z0")
	a.op("VMULPS Z20, Z0, Z0")
	a.op("VMOVUPS.Z (R8), K1, Z1")
	a.op("VMULPS Z1, Z0, Z0")
	for k := range 2 {
		a.columns(fmt.Sprintf("Z%d", 26+k), "Z25", fmt.Sprintf("K%d", 2+k))
		a.op("VPERMPS Z0, Z%d, Z%d", 28+k, 2+k)
	}
	a.op("TESTQ $2, R13")
	a.op("JZ %s_store", name)
	for k := range 2 {
		a.op("VADDPS %d(DI), Z%d, K%d, Z%[2]d", 64*k, 2+k, 2+k)
	}
	a.label(name + "_store")
	for k := range 2 {
		a.op("VMOVUPS Z%d, K%d, %d(DI)", 2+k, 2+k, 64*k)
		a.op("VPADDD Z23, Z%d, Z%[1]d", 26+k)
	}
	a.op("ADDQ $64, SI")
	a.op("ADDQ $64, R8")
	a.op("ADDQ $128, DI")
	a.op("SUBQ $16, CX")
	a.op("JG %s_loop", name)
	a.end()
}

// meanRow writes one row of n results: the sums of windows, whose rows are found as by poolRow, each
// times its own part and the row's. With a stride of one, which is the way back too, flag 2 adds to dst.
func meanRow(a *assembler, t *target, side, stride int) {
	name := fmt.Sprintf("%sMean%dx%[2]ds%d", t.name, side, stride)
	rows := []string{"SI", "R8", "R9"}
	a.fn(name, param{"n", "int64", "CX"}, param{"r0", "*float32", "SI"}, param{"r1", "*float32", "R8"}, param{"r2", "*float32", "R9"},
		param{"dst", "*float32", "DI"}, param{"parts", "*float32", "R10"}, param{"part", "*float32", "R11"}, param{"flags", "int64", "R12"})
	sum, value, part := t.v(0), t.v(1), t.v(2)
	a.op("VBROADCASTSS (R11), %s", part)
	if stride == 2 && t.masked {
		a.op("VMOVUPS evens<>(SB), Z30")
	}
	a.label(name + "_loop")
	t.tail(a, name)
	for tap := range side * side {
		row, at := rows[tap/side], 4*(tap%side)
		to := value
		if tap == 0 {
			to = sum
		}
		a.op("VMOVUPS %d(%s), %s", at, row, to)
		switch {
		case stride == 2 && t.masked:
			a.op("VPERMT2PS %d(%s), Z30, %s", at+64, row, to)
		case stride == 2:
			a.op("VSHUFPS $0x88, %d(%s), %s, %[3]s", at+32, row, to)
			a.op("VPERMPD $0xd8, %s, %[1]s", to)
		}
		if tap > 0 {
			a.op("VADDPS %s, %s, %[2]s", value, sum)
		}
	}
	a.op("VMULPS %s, %s, %[2]s", part, sum)
	if t.masked {
		a.op("VMULPS (R10), %s, K1, %[1]s", sum)
	} else {
		a.op("VMULPS (R10), %s, %[1]s", sum)
	}
	if stride == 1 { // without masks, see pool
		a.op("TESTQ $2, R12")
		a.op("JZ %s_store", name)
		a.op("VADDPS (DI), %s, %[1]s", sum)
		a.label(name + "_store")
	}
	if t.masked {
		a.op("VMOVUPS %s, K1, (DI)", sum)
	} else {
		a.op("VMOVUPS %s, (DI)", sum)
	}
	for _, r := range rows[:side] {
		a.op("ADDQ $%d, %s", t.bytes*stride, r)
	}
	a.op("ADDQ $%d, R10", t.bytes)
	a.op("ADDQ $%d, DI", t.bytes)
	a.op("SUBQ $%d, CX", t.lanes)
	a.op("JG %s_loop", name)
	a.end()
}

// evens writes n vectors of every second value of src.
func evens(a *assembler, t *target) {
	name := t.name + "Evens"
	a.fn(name, param{"n", "int64", "CX"}, param{"src", "*float32", "SI"}, param{"dst", "*float32", "DI"})
	if t.masked {
		a.op("VMOVUPS evens<>(SB), Z2")
	}
	a.op("PCALIGN $32")
	a.label(name + "_loop")
	a.op("VMOVUPS (SI), %s", t.v(0))
	if t.masked {
		a.op("VPERMT2PS 64(SI), Z2, Z0")
	} else {
		a.op("VSHUFPS $0x88, 32(SI), Y0, Y0")
		a.op("VPERMPD $0xd8, Y0, Y0")
	}
	a.op("VMOVUPS %s, (DI)", t.v(0))
	a.op("ADDQ $%d, SI", 2*t.bytes)
	a.op("ADDQ $%d, DI", t.bytes)
	a.op("DECQ CX")
	a.op("JNZ %s_loop", name)
	a.end()
}

// unpool writes one row of n gradients: g0, g1, g2 point at the gradients of the windows, a0,
// a1, a2 at their winners, of which the first value may win as the last of its row or column.
// Flag 2 adds to dst.
func unpool(a *assembler, t *target) {
	name := t.name + "Unpool3x3s1"
	a.fn(name, param{"n", "int64", "CX"}, param{"g0", "*float32", "SI"}, param{"g1", "*float32", "R8"}, param{"g2", "*float32", "R9"},
		param{"a0", "*uint8", "R10"}, param{"a1", "*uint8", "R11"}, param{"a2", "*uint8", "R12"}, param{"dst", "*float32", "DI"},
		param{"flags", "int64", "R13"})
	sum, winner, part := t.v(0), 1, t.v(2)
	if t.masked {
		for tap := range 9 {
			a.op("VPBROADCASTB taps<>+%d(SB), X%d", 4*tap, 7+tap)
		}
	} else {
		for tap := range 9 {
			a.op("VPBROADCASTD taps<>+%d(SB), Y%d", 4*tap, 7+tap)
		}
	}
	rows, args := []string{"SI", "R8", "R9"}, []string{"R10", "R11", "R12"}
	a.label(name + "_loop")
	t.tail(a, name)
	t.zero(a, sum)
	a.op("TESTQ $2, R13")
	a.op("JZ %s_sum", name)
	if t.masked {
		a.op("VMOVUPS.Z (DI), K1, Z0")
	} else {
		a.op("VMOVUPS (DI), Y0")
	}
	a.label(name + "_sum")
	for i := range 9 {
		tap := 8 - i
		row, at := i/3, i%3
		if t.masked {
			a.op("VPCMPEQB %d(%s), X%d, K2", at, args[row], 7+tap)
			a.op("VADDPS %d(%s), Z0, K2, Z0", 4*at, rows[row])
			continue
		}
		a.op("VPMOVZXBD %d(%s), Y%d", at, args[row], winner)
		a.op("VPCMPEQD Y%d, Y%d, Y%d", 7+tap, winner, winner)
		a.op("VANDPS %d(%s), Y%d, %s", 4*at, rows[row], winner, part)
		a.op("VADDPS %s, %s, %s", part, sum, sum)
	}
	if t.masked {
		a.op("VMOVUPS Z0, K1, (DI)")
	} else {
		a.op("VMOVUPS Y0, (DI)")
	}
	for i := range 3 {
		a.op("ADDQ $%d, %s", t.bytes, rows[i])
		a.op("ADDQ $%d, %s", t.lanes, args[i])
	}
	a.op("ADDQ $%d, DI", t.bytes)
	a.op("SUBQ $%d, CX", t.lanes)
	a.op("JG %s_loop", name)
	a.end()
}

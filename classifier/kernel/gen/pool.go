package main

import "fmt"

// pool512 writes max pooling of one row with a 3x3 window, strides 1 and 2: r0, r1, r2 point
// at the first column of the window's rows in a padded picture. arg receives the winning
// tap, ky*3+kx, the first one where several are equal. n output values, any n >= 1; up to
// 15 further values are read, none written.
func pool512(a *assembler) {
	const evens = "evens"
	for i := range 16 {
		fmt.Fprintf(&a.data, "DATA %s<>+%d(SB)/4, $%d\n", evens, 4*i, 2*i)
	}
	fmt.Fprintf(&a.data, "GLOBL %s<>(SB), RODATA|NOPTR, $64\n\n", evens)
	for stride := 1; stride <= 2; stride++ {
		poolRow(a, stride)
	}
}

func poolRow(a *assembler, stride int) {
	name := fmt.Sprintf("avx512Max3x3s%d", stride)
	rows := []string{"SI", "R8", "R9"}
	a.fn(name, param{"n", "int64", "CX"}, param{"r0", "*float32", "SI"}, param{"r1", "*float32", "R8"},
		param{"r2", "*float32", "R9"}, param{"dst", "*float32", "DI"}, param{"arg", "*uint8", "R10"})
	for tap := 1; tap < 9; tap++ {
		a.op("MOVL $%d, AX", tap)
		a.op("VPBROADCASTD AX, Z%d", 20+tap)
	}
	if stride == 2 {
		a.op("VMOVUPS evens<>(SB), Z30")
	}
	a.label(name + "_loop")
	a.op("MOVQ $-1, AX")
	a.op("CMPQ CX, $16")
	a.op("JGE %s_full", name)
	a.op("MOVQ $1, AX")
	a.op("SHLQ CX, AX")
	a.op("DECQ AX")
	a.label(name + "_full")
	a.op("KMOVW AX, K1")
	for tap := range 9 {
		row, at := rows[tap/3], 4*(tap%3)
		a.op("VMOVUPS %d(%s), Z1", at, row)
		if stride == 2 {
			a.op("VPERMT2PS %d(%s), Z30, Z1", at+64, row)
		}
		if tap == 0 {
			a.op("VMOVAPS Z1, Z0")
			a.op("VPXORD Z2, Z2, Z2")
			continue
		}
		a.op("VCMPPS $30, Z0, Z1, K2")
		a.op("VMOVAPS Z1, K2, Z0")
		a.op("VMOVDQA32 Z%d, K2, Z2", 20+tap)
	}
	a.op("VMOVUPS Z0, K1, (DI)")
	a.op("VPMOVDB Z2, K1, (R10)")
	for _, r := range rows {
		a.op("ADDQ $%d, %s", 64*stride, r)
	}
	a.op("ADDQ $64, DI")
	a.op("ADDQ $16, R10")
	a.op("SUBQ $16, CX")
	a.op("JG %s_loop", name)
	a.end()
}

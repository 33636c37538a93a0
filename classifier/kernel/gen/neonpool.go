package main

import "fmt"

func neonPool(a *assembler) {
	for stride := 1; stride <= 2; stride++ {
		neonPoolRow(a, stride, true)
		neonPoolRow(a, stride, false)
	}
	neonUnpool(a)
}

// neonNumber fills a register with the number of a tap; R15 is lost.
func neonNumber(a *assembler, tap, reg int) {
	a.op("MOVD $%d, R15", tap)
	a.op("VDUP R15, %s", whole(reg))
}

// neonWindow loads what the three taps of a row show to the windows in a vector, and returns
// the registers.
func neonWindow(a *assembler, row string, stride int) [3]int {
	if stride == 1 {
		for kx := range 3 {
			a.op("FMOVQ %d(%s), F%d", 4*kx, row, 4+kx)
		}
		return [3]int{4, 5, 6}
	}
	for i, at := range []int{0, 16, 8, 24} {
		a.op("FMOVQ %d(%s), F%d", at, row, 4+i)
	}
	a.op("VUZP2 V5.S4, V4.S4, V28.S4") // odd columns
	a.op("VUZP1 V5.S4, V4.S4, V4.S4")
	a.op("VUZP1 V7.S4, V6.S4, V6.S4")
	return [3]int{4, 28, 6}
}

// neonPoolRow writes poolRow.
func neonPoolRow(a *assembler, stride int, arg bool) {
	name := fmt.Sprintf("neonTop3x3s%d", stride)
	params := numbered("n", "int64", "r0", "*float32", "r1", "*float32", "r2", "*float32", "dst", "*float32")
	if arg {
		name = fmt.Sprintf("neonMax3x3s%d", stride)
		params = append(params, param{"arg", "*uint8", "R5"})
	}
	a.fn(name, params...)
	const best, winner, won, number = 0, 2, 3, 16
	for tap := 1; arg && tap < 9; tap++ {
		neonNumber(a, tap, number+tap)
	}
	a.label(name + "_loop")
	for y, row := range []string{"R1", "R2", "R3"} {
		for x, value := range neonWindow(a, row, stride) {
			tap := 3*y + x
			if tap == 0 {
				a.copyTo(best, value)
				a.op("VEOR V%d.B16, V%[1]d.B16, V%[1]d.B16", winner)
				continue
			}
			a.greater(won, value, best)
			a.op("VBIT V%d.B16, V%d.B16, V%d.B16", won, value, best)
			if arg {
				a.op("VBIT V%d.B16, V%d.B16, V%d.B16", won, number+tap, winner)
			}
		}
		a.op("ADD $%d, %s", 16*stride, row)
	}
	a.op("VST1.P %s, 16(R4)", list(best, 1))
	if arg { // the lowest byte of each lane
		a.op("VUZP1 V%d.H8, V%[1]d.H8, V%[1]d.H8", winner)
		a.op("VUZP1 V%d.B16, V%[1]d.B16, V%[1]d.B16", winner)
		a.op("FMOVS F%d, (R5)", winner)
		a.op("ADD $4, R5")
	}
	a.op("SUBS $4, R0")
	a.op("BGT %s_loop", name)
	a.end()
}

// neonUnpool writes unpool: winners are widened to a lane each and compared with the tap.
func neonUnpool(a *assembler) {
	const name = "neonUnpool3x3s1"
	a.fn(name, numbered("n", "int64", "g0", "*float32", "g1", "*float32", "g2", "*float32",
		"a0", "*uint8", "a1", "*uint8", "a2", "*uint8", "dst", "*float32", "flags", "int64")...)
	const sum, winner, part, number = 0, 1, 2, 16
	for tap := range 9 {
		neonNumber(a, tap, number+tap)
	}
	a.label(name + "_loop")
	a.op("VEOR V%d.B16, V%[1]d.B16, V%[1]d.B16", sum)
	a.op("TBZ $1, R8, %s_sum", name)
	a.op("FMOVQ (R7), F%d", sum)
	a.label(name + "_sum")
	for i := range 9 {
		gradients, winners, at := 1+i/3, 4+i/3, i%3
		a.op("FMOVS %d(R%d), F%d", at, winners, winner)
		a.op("VUXTL V%d.B8, V%[1]d.H8", winner)
		a.op("VUXTL V%d.H4, V%[1]d.S4", winner)
		a.op("VCMEQ V%d.S4, V%d.S4, V%[2]d.S4", number+8-i, winner)
		a.op("FMOVQ %d(R%d), F%d", 4*at, gradients, part)
		a.op("VAND V%d.B16, V%d.B16, V%[2]d.B16", winner, part)
		a.fadd(sum, sum, part)
	}
	a.op("VST1.P %s, 16(R7)", list(sum, 1))
	for i := range 3 {
		a.op("ADD $16, R%d", 1+i)
		a.op("ADD $4, R%d", 4+i)
	}
	a.op("SUBS $4, R0")
	a.op("BGT %s_loop", name)
	a.end()
}

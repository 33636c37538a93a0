package main

// The constants of Winograd's transformations, as lanes of registers.
const (
	neonPoints = 30 // pointA, pointB and their squares
	neonSums   = 31 // the squares' product and sum
	laneA      = 0
	laneB      = 1
	laneAA     = 2
	laneBB     = 3
)

const (
	laneProduct = iota
	laneSum
)

// neonConstants loads them; R15 is lost.
func neonConstants(a *assembler) {
	a.op("MOVD $%s<>(SB), R15", points)
	a.op("FMOVQ %d(R15), F%d", constA, neonPoints)
	a.op("FMOVD %d(R15), F%d", constProduct, neonSums)
}

// copyTo copies a register.
func (a *assembler) copyTo(d, s int) { a.op("VMOV V%d.B16, V%d.B16", s, d) }

// walkLoad loads n registers, each from step bytes after the one before.
func (a *assembler) walkLoad(from, n int, pointer, step string) {
	for i := range n {
		a.op("VLD1.P (%s)(%s), %s", pointer, step, list(from+i, 1))
	}
}

// walkStore is the way back.
func (a *assembler) walkStore(from, n int, pointer, step string) {
	for i := range n {
		a.op("VST1.P %s, (%s)(%s)", list(from+i, 1), pointer, step)
	}
}

// neonTileLine transforms V0 to V5 to V16 to V21: one line of B^T d B.
func neonTileLine(a *assembler) {
	const even, odd, out = 6, 7, 16
	for k, p := range []struct{ point, square int }{{laneA, laneBB}, {laneB, laneAA}} {
		plus, minus := out+1+2*k, out+2+2*k
		a.copyTo(even, 4)
		a.fmlsBy(even, 2, neonPoints, p.square)
		a.copyTo(odd, 3)
		a.fmlsBy(odd, 1, neonPoints, p.square)
		a.copyTo(plus, even)
		a.fmlaBy(plus, odd, neonPoints, p.point)
		a.copyTo(minus, even)
		a.fmlsBy(minus, odd, neonPoints, p.point)
	}
	for k := range 2 { // the first and the last
		a.copyTo(out+5*k, 4+k)
		a.fmlsBy(out+5*k, 2+k, neonSums, laneSum)
		a.fmlaBy(out+5*k, k, neonSums, laneProduct)
	}
}

// neonTiles writes tiles.
func neonTiles(a *assembler) {
	a.fn("neonTiles", numbered("n", "int64", "d", "*float32", "row", "int64", "v", "*float32", "stride", "int64")...)
	neonConstants(a)
	a.op("MOVD $6, R14")
	a.op("MUL R14, R2, R5") // from row to row of a tile
	a.label("neonTiles_loop")
	a.op("MOVD R1, R6")
	a.op("MOVD $6, R9")
	a.label("neonTiles_columns")
	a.op("MOVD R6, R7")
	a.op("MOVD R6, R8")
	a.walkLoad(0, 6, "R7", "R5")
	neonTileLine(a)
	a.walkStore(16, 6, "R8", "R5")
	a.op("ADD R2, R6")
	a.op("SUBS $1, R9")
	a.op("BNE neonTiles_columns")
	a.op("MOVD R1, R6")
	a.op("MOVD R3, R7")
	a.op("MOVD $6, R9")
	a.label("neonTiles_rows")
	a.walkLoad(0, 6, "R6", "R2")
	neonTileLine(a)
	a.walkStore(16, 6, "R7", "R4")
	a.op("SUBS $1, R9")
	a.op("BNE neonTiles_rows")
	a.op("ADD $16, R1")
	a.op("ADD $16, R3")
	a.op("SUBS $1, R0")
	a.op("BNE neonTiles_loop")
	a.end()
}

// neonUntileLine transforms V0 to V5 to V16 to V19: one line of A^T m A.
func neonUntileLine(a *assembler) {
	const sumA, difA, sumB, difB, out = 6, 7, 20, 21, 16
	a.fadd(sumA, 1, 2)
	a.fsub(difA, 1, 2)
	a.fadd(sumB, 3, 4)
	a.fsub(difB, 3, 4)
	a.fadd(out, 0, sumA)
	a.fadd(out, out, sumB)
	a.fmulBy(difA, difA, neonPoints, laneA)
	a.fmulBy(difB, difB, neonPoints, laneB)
	a.fadd(out+1, difA, difB)
	a.fmulBy(out+2, sumA, neonPoints, laneAA)
	a.fmlaBy(out+2, sumB, neonPoints, laneBB)
	a.copyTo(out+3, 5)
	a.fmlaBy(out+3, difA, neonPoints, laneAA)
	a.fmlaBy(out+3, difB, neonPoints, laneBB)
}

// neonUntile writes untile; a store of four registers weaves a row's results.
func neonUntile(a *assembler) {
	a.fn("neonUntile", numbered("n", "int64", "m", "*float32", "row", "int64", "y", "*float32",
		"stride", "int64", "bias", "*float32", "flags", "int64")...)
	const bias, zero = 28, 29
	neonConstants(a)
	a.op("VLD1R (R5), %s", list(bias, 1))
	a.op("VEOR V%d.B16, V%[1]d.B16, V%[1]d.B16", zero)
	a.op("MOVD $6, R14")
	a.op("MUL R14, R2, R5")
	a.label("neonUntile_loop")
	a.op("MOVD R1, R7")
	a.op("MOVD $6, R10")
	a.label("neonUntile_columns")
	a.op("MOVD R7, R8")
	a.op("MOVD R7, R9")
	a.walkLoad(0, 6, "R8", "R5")
	neonUntileLine(a)
	a.walkStore(16, 4, "R9", "R5")
	a.op("ADD R2, R7")
	a.op("SUBS $1, R10")
	a.op("BNE neonUntile_columns")
	a.op("MOVD R1, R7")
	a.op("MOVD R3, R8")
	a.op("MOVD $4, R10")
	a.label("neonUntile_rows")
	a.walkLoad(0, 6, "R7", "R2")
	neonUntileLine(a)
	for i := range 4 {
		a.fadd(16+i, 16+i, bias)
	}
	a.op("TBZ $0, R6, neonUntile_store")
	for i := range 4 {
		a.fmax(16+i, 16+i, zero)
	}
	a.label("neonUntile_store")
	a.op("VST4 %s, (R8)", list(16, 4))
	a.op("ADD R4, R8")
	a.op("SUBS $1, R10")
	a.op("BNE neonUntile_rows")
	a.op("ADD $16, R1")
	a.op("ADD $64, R3")
	a.op("SUBS $1, R0")
	a.op("BNE neonUntile_loop")
	a.end()
}

// neonSplit writes split; a load of four registers does it.
func neonSplit(a *assembler) {
	a.fn("neonSplit", numbered("n", "int64", "src", "*float32", "dst", "*float32", "stride", "int64")...)
	a.label("neonSplit_loop")
	a.op("VLD4.P 64(R1), %s", list(0, 4))
	a.op("MOVD R2, R4")
	a.walkStore(0, 4, "R4", "R3")
	a.op("ADD $16, R2")
	a.op("SUBS $1, R0")
	a.op("BNE neonSplit_loop")
	a.end()
}

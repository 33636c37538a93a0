package main

import "fmt"

// NEON is written apart from the others: its loads step through memory and take several
// registers at once, its multiply-add takes a factor from any lane, and it has no masks.
// Arguments lie in R0, R1 and so on; vectors have four lanes, 16 bytes.

func neon(a *assembler) {
	for _, rows := range []int{8, 4} {
		for vecs := 1; vecs <= 3; vecs++ {
			neonGemm(a, rows, vecs)
		}
	}
	for vecs := 1; vecs <= 3; vecs++ {
		neonPack(a, vecs)
		neonGather(a, vecs)
	}
	neonTiles(a)
	neonUntile(a)
	neonSplit(a)
	neonPool(a)
	neonElementwise(a)
	neonPeak(a)
}

// numbered puts parameters, pairs of name and type, in the registers from R0.
func numbered(names ...string) []param {
	var ps []param
	for i := 0; i < len(names); i += 2 {
		ps = append(ps, param{names[i], names[i+1], fmt.Sprintf("R%d", i/2)})
	}
	return ps
}

// neonGemm writes gemm. A column of A is two registers, whose lanes the multiply-adds name;
// 8 rows of 3 vectors fill 29 of the 32 registers.
func neonGemm(a *assembler, rows, vecs int) {
	name := fmt.Sprintf("neonGemm%dx%d", rows, 4*vecs)
	a.fn(name, numbered("k", "int64", "a", "*float32", "b", "*float32", "c", "*float32",
		"ldc", "int64", "bias", "*float32", "flags", "int64", "mask", "uint64")...)
	acc := func(m int) int { return m * vecs }
	const left, right = 24, 26 // A and B
	a.op("VLD1 (R5), %s", list(left, rows/4))
	for m := range rows {
		for v := range vecs {
			a.op("VDUP V%d.S[%d], %s", left+m/4, m%4, whole(acc(m)+v))
		}
	}
	a.op("TBZ $1, R6, %s_loop", name)
	a.op("MOVD R3, R8")
	for m := range rows {
		a.op("VLD1.P (R8)(R4), %s", list(acc(m), vecs))
	}
	a.op("PCALIGN $16")
	a.label(name + "_loop")
	a.op("VLD1.P %d(R1), %s", 4*rows, list(left, rows/4))
	a.op("VLD1.P %d(R2), %s", 16*vecs, list(right, vecs))
	for m := range rows {
		for v := range vecs {
			a.fmlaBy(acc(m)+v, right+v, left+m/4, m%4)
		}
	}
	a.op("SUBS $1, R0")
	a.op("BNE %s_loop", name)
	a.op("TBZ $0, R6, %s_store", name)
	const zero = 31
	a.op("VEOR V%d.B16, V%[1]d.B16, V%[1]d.B16", zero)
	for i := range rows * vecs {
		a.fmax(i, i, zero)
	}
	a.label(name + "_store")
	for m := range rows {
		a.op("VST1.P %s, (R3)(R4)", list(acc(m), vecs))
	}
	a.end()
}

// neonPack writes pack: both candidates for a vector are loaded, the blend mask chooses.
func neonPack(a *assembler, vecs int) {
	name := fmt.Sprintf("neonPack%d", 4*vecs)
	a.fn(name, numbered("n", "int64", "src", "*float32", "taps", "*int32", "dst", "*float32", "seg", "*segments")...)
	const tap, first, second, blend = 5, 8, 11, 16
	for v := range vecs {
		a.op("MOVD %d(R4), R%d", segmentA.of(v), first+v)
		a.op("ADD R1, R%d", first+v)
		a.op("MOVD %d(R4), R%d", segmentB.of(v), second+v)
		a.op("ADD R1, R%d", second+v)
		a.op("FMOVQ %d(R4), F%d", segmentBlend.of(v), blend+v)
	}
	a.op("PCALIGN $16")
	a.label(name + "_loop")
	a.op("MOVW.P 4(R2), R%d", tap)
	for v := range vecs {
		a.loadAt(v, first+v, tap)
		a.loadAt(4+v, second+v, tap)
		a.op("VBIT V%d.B16, V%d.B16, V%d.B16", blend+v, 4+v, v)
	}
	a.op("VST1.P %s, %d(R3)", list(0, vecs), 16*vecs)
	a.op("SUBS $1, R0")
	a.op("BNE %s_loop", name)
	a.end()
}

// neonGather writes gather, value by value: each has a register for its address.
func neonGather(a *assembler, vecs int) {
	name := fmt.Sprintf("neonGather%d", 4*vecs)
	a.fn(name, numbered("n", "int64", "src", "*float32", "taps", "*int32", "dst", "*float32", "idx", "*int32")...)
	// Neither R16 to R18, which belong to the linker and the system.
	places := []int{6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 19, 20}[:4*vecs]
	for i, r := range places {
		a.op("MOVW %d(R4), R%d", 4*i, r)
		a.op("ADD R1, R%d", r)
	}
	a.op("PCALIGN $16")
	a.label(name + "_loop")
	a.op("MOVW.P 4(R2), R5")
	for i, r := range places {
		a.op("FMOVS (R%d)(R5), F%d", r, i)
	}
	for i := 0; i < len(places); i += 2 {
		a.op("FSTPS (F%d, F%d), %d(R3)", i, i+1, 4*i)
	}
	a.op("ADD $%d, R3", 16*vecs)
	a.op("SUBS $1, R0")
	a.op("BNE %s_loop", name)
	a.end()
}

// neonElementwise writes the loops over whole vectors.
func neonElementwise(a *assembler) {
	const dst, second = 0, 4 // registers of up to four values each
	a.fn("neonMask", numbered("n", "int64", "dst", "*float32", "grad", "*float32", "y", "*float32")...)
	a.fours("neonMask", func(n int) {
		a.op("VLD1.P %d(R3), %s", 16*n, list(second, n))
		a.op("VLD1.P %d(R2), %s", 16*n, list(dst, n))
		for i := range n {
			a.positive(second+i, second+i)
			a.op("VAND V%d.B16, V%d.B16, V%d.B16", second+i, dst+i, dst+i)
		}
	})
	a.fn("neonAdd", numbered("n", "int64", "dst", "*float32", "x", "*float32")...)
	a.fours("neonAdd", func(n int) {
		a.op("VLD1 (R1), %s", list(dst, n))
		a.op("VLD1.P %d(R2), %s", 16*n, list(second, n))
		for i := range n {
			a.fadd(dst+i, dst+i, second+i)
		}
	})
	a.fn("neonAxpy", numbered("n", "int64", "dst", "*float32", "x", "*float32", "s", "*float32")...)
	const factor = 31
	a.op("VLD1R (R3), %s", list(factor, 1))
	a.fours("neonAxpy", func(n int) {
		a.op("VLD1 (R1), %s", list(dst, n))
		a.op("VLD1.P %d(R2), %s", 16*n, list(second, n))
		for i := range n {
			a.op("VFMLA %s, %s, %s", whole(factor), whole(second+i), whole(dst+i))
		}
	})
}

// fours writes a loop over R0 vectors, four at a time and the rest one by one. body computes
// n of them in the registers from V0, which are then stored at R1.
func (a *assembler) fours(name string, body func(n int)) {
	a.op("SUBS $4, R0")
	a.op("BLT %s_rest", name)
	a.op("PCALIGN $16")
	a.label(name + "_fours")
	body(4)
	a.op("VST1.P %s, 64(R1)", list(0, 4))
	a.op("SUBS $4, R0")
	a.op("BGE %s_fours", name)
	a.label(name + "_rest")
	a.op("ADDS $4, R0")
	a.op("BEQ %s_done", name)
	a.label(name + "_ones")
	body(1)
	a.op("VST1.P %s, 16(R1)", list(0, 1))
	a.op("SUBS $1, R0")
	a.op("BNE %s_ones", name)
	a.label(name + "_done")
	a.end()
}

// neonPeak writes peak, with the multiply-add that neonGemm uses.
func neonPeak(a *assembler) {
	const accs = 24
	a.fn("neonPeak", numbered("n", "int64")...)
	for i := range 32 {
		a.op("VEOR V%d.B16, V%[1]d.B16, V%[1]d.B16", i)
	}
	a.op("PCALIGN $16")
	a.label("neonPeak_loop")
	for i := range accs {
		a.fmlaBy(i, 30, 31, i%4)
	}
	a.op("SUBS $1, R0")
	a.op("BNE neonPeak_loop")
	a.end()
}

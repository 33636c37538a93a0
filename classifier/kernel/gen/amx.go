package main

import (
	"fmt"
	"strings"
)

// AMX multiplies tiles, registers of 16 rows of 64 bytes. Go's assembler does not know its instructions, so they are
// written as their bytes, with their name in a comment: Intel's Software Developer's Manual, volume 2, section "VEX prefix".

// numbers of general registers.
var general = map[string]int{"AX": 0, "CX": 1, "DX": 2, "BX": 3, "SI": 6, "DI": 7, "R8": 8, "R9": 9}

// vex writes an instruction of the map 0F38 whose first operand is reg and whose second one follows modrm's other bits.
func (a *assembler) vex(prefix, opcode, second, reg int, rest []int, x, b bool, mode int, format string, args ...any) {
	bit := func(extended bool, at int) int {
		if extended {
			return 0
		}
		return 1 << at
	}
	bytes := []int{0xc4, 1<<7 | bit(x, 6) | bit(b, 5) | 2, (second^15)<<3 | prefix, opcode, mode | reg<<3 | rest[0]}
	text := ""
	for _, v := range append(bytes, rest[1:]...) {
		text += fmt.Sprintf("BYTE $0x%02x; ", v)
	}
	a.op("%s// "+format, append([]any{text}, args...)...)
}

// move loads or stores a tile whose rows are index bytes apart.
func (a *assembler) move(prefix, tile int, base, index string, offset int, format string, args ...any) {
	b, i := general[base], general[index]
	const displaced, scaled = 2 << 6, 4
	a.vex(prefix, 0x4b, 0, tile, []int{scaled, i&7<<3 | b&7, offset & 255, offset >> 8 & 255, 0, 0}, i > 7, b > 7, displaced, format, args...)
}

func (a *assembler) loadTile(base, index string, offset, tile int) {
	a.move(prefixF2, tile, base, index, offset, "tileloadd %d(%s)(%s*1), tmm%d", offset, base, index, tile)
}

func (a *assembler) storeTile(tile int, base, index string, offset int) {
	a.move(prefixF3, tile, base, index, offset, "tilestored tmm%d, %d(%s)(%s*1)", tile, offset, base, index)
}

const registers = 3 << 6 // modrm's mode

func (a *assembler) zeroTile(tile int) {
	a.vex(prefixF2, 0x49, 0, tile, []int{0}, false, false, registers, "tilezero tmm%d", tile)
}

// dotTiles is sum += x * y, where x has rows of 16 pairs and y 16 rows of pairs.
func (a *assembler) dotTiles(x, y, sum int) {
	a.vex(prefixF3, 0x5c, y, sum, []int{x}, false, false, registers, "tdpbf16ps tmm%d, tmm%d, tmm%d", y, x, sum)
}

// vendor writes a function that asks the processor who made it.
func vendor(a *assembler) {
	a.fn("vendor", param{"name", "*[12]byte", "DI"})
	a.op("XORL AX, AX")
	a.op("CPUID")
	a.op("MOVL BX, (DI)")
	a.op("MOVL DX, 4(DI)")
	a.op("MOVL CX, 8(DI)")
	a.end()
}

// amxTables writes the configuration of eight tiles that are full.
func amxTables(a *assembler) {
	fmt.Fprint(&a.data, "DATA tiles<>+0(SB)/8, $1\nDATA tiles<>+8(SB)/8, $0\n")
	for i := range 4 {
		fmt.Fprintf(&a.data, "DATA tiles<>+%d(SB)/8, $%d\n", 16+8*i, []int64{0x0040004000400040, 0x0040004000400040, 0, 0}[i])
	}
	fmt.Fprintf(&a.data, "DATA tiles<>+48(SB)/8, $%d\nDATA tiles<>+56(SB)/8, $0\n", int64(0x1010101010101010))
	fmt.Fprint(&a.data, "GLOBL tiles<>(SB), RODATA|NOPTR, $64\n\n")
}

// amxGemm is gemm for pairs in tiles, for n products in a row, each so many bytes after the one before: to set up the tiles
// takes as long as forty multiplications of them. k is a multiple of 16, A lies in tiles of 16 rows of 16 lanes each, and all
// columns are touched. Flag 4 leaves the bias out.
func amxGemm(a *assembler, vecs int) {
	name := fmt.Sprintf("amxGemm16x%d", 16*vecs)
	a.fn(name, param{"n", "int64", "R12"}, param{"k", "int64", "R13"}, param{"a", "*float32", "SI"}, param{"b", "*float32", "DI"},
		param{"c", "*float32", "R8"}, param{"ldc", "int64", "R9"}, param{"bias", "*float32", "R10"}, param{"flags", "int64", "R11"},
		param{"nextA", "int64", "AX"}, param{"nextB", "int64", "BX"}, param{"nextC", "int64", "DX"}, param{"nextBias", "int64", "CX"})
	const weights = 6 // the tile of A; those of C come first, then those of B
	a.op("LEAQ tiles<>(SB), AX")
	a.vex(0, 0x49, 0, 0, []int{0}, false, false, 0, "ldtilecfg (AX)")
	a.op("SHRQ $4, R13")
	a.op("MOVQ $64, AX")
	a.op("MOVQ $%d, BX", 64*vecs)
	a.op("VPXORD Z31, Z31, Z31")
	a.label(name + "_next")
	a.op("TESTQ $2, R11")
	a.op("JZ %s_zero", name)
	for v := range vecs {
		a.loadTile("R8", "R9", 64*v, v)
	}
	a.op("JMP %s_start", name)
	a.label(name + "_zero")
	for v := range vecs {
		a.zeroTile(v)
	}
	a.label(name + "_start")
	a.op("MOVQ R13, CX")
	a.label(name + "_loop")
	a.loadTile("SI", "AX", 0, weights)
	for v := range vecs {
		a.loadTile("DI", "BX", 64*v, 3+v)
		a.dotTiles(weights, 3+v, v)
	}
	a.op("ADDQ $1024, SI")
	a.op("ADDQ $%d, DI", 1024*vecs)
	a.op("DECQ CX")
	a.op("JNZ %s_loop", name)
	for v := range vecs {
		a.storeTile(v, "R8", "R9", 64*v)
	}
	a.op("MOVQ $16, CX")
	a.op("TESTQ $1, R11")
	a.op("JNZ %s_clipped", name)
	a.op("TESTQ $6, R11")
	a.op("JNZ %s_done", name)
	amxFinish(a, name, "_bias", vecs, true, false)
	a.label(name + "_clipped")
	a.op("TESTQ $6, R11")
	a.op("JNZ %s_clip", name)
	amxFinish(a, name, "_both", vecs, true, true)
	amxFinish(a, name, "_clip", vecs, false, true)
	a.label(name + "_done")
	for i, p := range []string{"a", "b", "c", "bias"} {
		at := []int{16, 24, 32, 48}[i]
		reg := []string{"SI", "DI", "R8", "R10"}[i]
		a.op("MOVQ %s+%d(FP), %s", p, at, reg)
		a.op("ADDQ next%s%s+%d(FP), %s", strings.ToUpper(p[:1]), p[1:], 64+8*i, reg)
		a.op("MOVQ %s, %s+%d(FP)", reg, p, at)
	}
	a.op("DECQ R12")
	a.op("JNZ %s_next", name)
	a.vex(0, 0x49, 0, 0, []int{0}, false, false, registers, "tilerelease")
	a.end()
}

// amxFinish adds the bias to 16 rows of a result, clips it, or both.
func amxFinish(a *assembler, name, way string, vecs int, biased, clipped bool) {
	a.label(name + way)
	if biased {
		a.op("VBROADCASTSS (R10), Z30")
	}
	for v := range vecs {
		a.op("VMOVUPS %d(R8), Z%d", 64*v, v)
		if biased {
			a.op("VADDPS Z30, Z%d, Z%d", v, v)
		}
		if clipped {
			a.op("VMAXPS Z31, Z%d, Z%d", v, v)
		}
		a.op("VMOVUPS Z%d, %d(R8)", v, 64*v)
	}
	a.op("ADDQ $4, R10")
	a.op("ADDQ R9, R8")
	a.op("DECQ CX")
	a.op("JNZ %s%s", name, way)
	a.op("JMP %s_done", name)
}

package main

import (
	"fmt"
	"strconv"
)

// bfloat16 is the upper half of float32. Go's assembler does not know the instructions of avx512_bf16,
// so they are written as their bytes, with their name in a comment: Intel's Software Developer's
// Manual, volume 2, section "EVEX prefix". Pairs are two of them in one lane, the first in the lower half.

// prefixes of the opcodes.
const (
	prefixF3 = 2
	prefixF2 = 3
)

// evex writes an instruction on three vector registers of 512 bits; of those that work on two,
// first is 0.
func (a *assembler) evex(prefix, opcode, second, first, dst int, format string, args ...any) {
	not := func(v, bit int) int { return v>>bit&1 ^ 1 }
	const map0F38 = 2
	p0 := not(dst, 3)<<7 | not(second, 4)<<6 | not(second, 3)<<5 | not(dst, 4)<<4 | map0F38
	p1 := (first&15^15)<<3 | 1<<2 | prefix
	p2 := 2<<5 | not(first, 4)<<3
	modrm := 3<<6 | dst&7<<3 | second&7
	a.op("LONG $0x%02x%02x%02x62; WORD $0x%02x%02x // "+format, append([]any{p2, p1, p0, modrm, opcode}, args...)...)
}

// number is that of a vector register.
func number(reg string) int {
	n, err := strconv.Atoi(reg[1:])
	if err != nil {
		panic(err)
	}
	return n
}

// dotPairs is sum += x0*y0 + x1*y1 for the pairs in each lane.
func (a *assembler) dotPairs(x, y, sum string) {
	a.evex(prefixF3, 0x52, number(x), number(y), number(sum), "vdpbf16ps %s, %s, %s", x, y, sum)
}

// roundTwo rounds the numbers of two registers to the halves of one.
func (a *assembler) roundTwo(low, high, to int) {
	a.evex(prefixF2, 0x72, low, high, to, "vcvtne2ps2bf16 Z%d, Z%d, Z%d", low, high, to)
}

// weave makes pairs of the numbers of two registers, in the first; register 31 holds the order.
func (a *assembler) weave(first, second int) {
	a.roundTwo(first, second, first)
	a.op("VPERMW Z%d, Z31, Z%d", first, first)
}

// pairTables writes the order of woven halves.
func pairTables(a *assembler) {
	for i := range 32 {
		fmt.Fprintf(&a.data, "DATA weave<>+%d(SB)/2, $%d\n", 2*i, i/2+i%2*16)
	}
	fmt.Fprint(&a.data, "GLOBL weave<>(SB), RODATA|NOPTR, $64\n\n")
}

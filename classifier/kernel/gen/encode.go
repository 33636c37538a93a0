package main

import "fmt"

// Go's assembler for arm64 knows few of NEON's floating-point instructions, so these are
// written as the words they are, with their name in a comment. The encodings are those of the
// Arm Architecture Reference Manual, section "Advanced SIMD and floating-point"; registers hold
// four float32 values.
const (
	wordAdd      = 0x4e20d400
	wordSub      = 0x4ea0d400
	wordMax      = 0x4e20c400 // FMAXNM: of a number and none, the number
	wordGreater  = 0x6ea0e400
	wordPositive = 0x4ea0c800

	wordMulBy    = 0x4f809000 // by one lane
	wordMulAddBy = 0x4f801000
	wordMulSubBy = 0x4f805000

	wordLoad = 0x3ce06800 // 16 bytes at the sum of two registers
)

// word writes an instruction that the assembler does not know.
func (a *assembler) word(code uint32, format string, args ...any) {
	a.op("WORD $0x%08x // "+format, append([]any{code}, args...)...)
}

// three encodes d = n op m.
func three(code uint32, d, n, m int) uint32 { return code | uint32(m<<16|n<<5|d) }

// lane encodes d = n op m[i].
func lane(code uint32, d, n, m, i int) uint32 {
	return three(code, d, n, m) | uint32(i&1<<21|i>>1<<11)
}

func (a *assembler) fadd(d, n, m int) {
	a.word(three(wordAdd, d, n, m), "fadd v%d.4s, v%d.4s, v%d.4s", d, n, m)
}

func (a *assembler) fsub(d, n, m int) {
	a.word(three(wordSub, d, n, m), "fsub v%d.4s, v%d.4s, v%d.4s", d, n, m)
}

func (a *assembler) fmax(d, n, m int) {
	a.word(three(wordMax, d, n, m), "fmaxnm v%d.4s, v%d.4s, v%d.4s", d, n, m)
}

// greater sets all bits of the lanes of d where n > m.
func (a *assembler) greater(d, n, m int) {
	a.word(three(wordGreater, d, n, m), "fcmgt v%d.4s, v%d.4s, v%d.4s", d, n, m)
}

// positive sets all bits of the lanes of d where n > 0.
func (a *assembler) positive(d, n int) {
	a.word(three(wordPositive, d, n, 0), "fcmgt v%d.4s, v%d.4s, #0.0", d, n)
}

// fmulBy is d = n * m[i].
func (a *assembler) fmulBy(d, n, m, i int) {
	a.word(lane(wordMulBy, d, n, m, i), "fmul v%d.4s, v%d.4s, v%d.s[%d]", d, n, m, i)
}

// fmlaBy is d += n * m[i].
func (a *assembler) fmlaBy(d, n, m, i int) {
	a.word(lane(wordMulAddBy, d, n, m, i), "fmla v%d.4s, v%d.4s, v%d.s[%d]", d, n, m, i)
}

// fmlsBy is d -= n * m[i].
func (a *assembler) fmlsBy(d, n, m, i int) {
	a.word(lane(wordMulSubBy, d, n, m, i), "fmls v%d.4s, v%d.4s, v%d.s[%d]", d, n, m, i)
}

// loadAt loads d from the sum of two general registers.
func (a *assembler) loadAt(d, base, index int) {
	a.word(three(wordLoad, d, base, index), "ldr q%d, [x%d, x%d]", d, base, index)
}

// whole names a vector register of four lanes.
func whole(i int) string { return fmt.Sprintf("V%d.S4", i) }

// list names n vector registers in a row, as loads and stores take them.
func list(from, n int) string {
	s := "[" + whole(from)
	for i := from + 1; i < from+n; i++ {
		s += ", " + whole(i)
	}
	return s + "]"
}

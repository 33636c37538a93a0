package main

import "fmt"

// target is one instruction set.
type target struct {
	name      string
	lanes     int    // float32 values in a vector register
	bytes     int    // bytes in a vector register
	reg       string // prefix of the register names
	registers int
	rows      []int // heights of the GEMM blocks
	masked    bool  // stores can leave lanes alone
	pairs     bool  // lanes of what is multiplied are two numbers of 16 bits
}

var avx512 = &target{name: "avx512", lanes: 16, bytes: 64, reg: "Z", registers: 32, rows: []int{8, 4}, masked: true}

var avx2 = &target{name: "avx2", lanes: 8, bytes: 32, reg: "Y", registers: 16, rows: []int{4}}

// bf16 is what avx512_bf16 adds to avx512.
var bf16 = &target{name: "bf16", lanes: 16, bytes: 64, reg: "Z", registers: 32, rows: []int{8, 4}, masked: true, pairs: true}

func (t *target) v(i int) string { return fmt.Sprintf("%s%d", t.reg, i) }

// zero clears a register.
func (t *target) zero(a *assembler, r string) {
	if t.masked {
		a.op("VPXORD %s, %s, %s", r, r, r)
		return
	}
	a.op("VXORPS %s, %s, %s", r, r, r)
}

// ahead is how many bytes before their use weights are asked for: all others are in the inner
// caches by then, but each weight is used once a tile.
const ahead = 1024

// multiplyAdd is sum += x * y, where lanes are pairs both of them.
func (t *target) multiplyAdd(a *assembler, x, y, sum string) {
	if t.pairs {
		a.dotPairs(x, y, sum)
		return
	}
	a.op("VFMADD231PS %s, %s, %s", x, y, sum)
}

// gemm writes C[rows][vecs*lanes] = bias + sum over k of A[k][rows] * B[k][vecs*lanes].
// Flag 1 clips at zero, flag 2 starts from C instead of the bias. ldc counts bytes.
// With a masked target only the columns whose bit is set in mask are touched.
func gemm(a *assembler, t *target, rows, vecs int) {
	name := fmt.Sprintf("%sGemm%dx%d", t.name, rows, vecs*t.lanes)
	params := []param{
		{"k", "int64", "CX"}, {"a", "*float32", "SI"}, {"b", "*float32", "DI"}, {"c", "*float32", "R8"},
		{"ldc", "int64", "R9"}, {"bias", "*float32", "R10"}, {"flags", "int64", "R11"}, {"mask", "uint64", "R12"},
	}
	a.fn(name, params...)
	acc := func(m, v int) string { return t.v(m*vecs + v) }
	b := func(v int) string { return t.v(rows*vecs + v) }
	spare := rows*vecs + vecs // registers from here on hold broadcast A
	k := func(v int) string { return fmt.Sprintf("K%d", v+1) }
	if t.masked {
		for v := range vecs {
			a.op("KMOVW R12, %s", k(v))
			a.op("SHRQ $%d, R12", t.lanes)
		}
	}
	for m := range rows {
		a.op("VBROADCASTSS %d(R10), %s", 4*m, acc(m, 0))
		for v := 1; v < vecs; v++ {
			a.op("VMOVAPS %s, %s", acc(m, 0), acc(m, v))
		}
	}
	a.op("TESTQ $2, R11")
	a.op("JZ %s_start", name)
	a.op("MOVQ R8, AX")
	for m := range rows {
		for v := range vecs {
			if t.masked {
				a.op("VMOVUPS.Z %d(AX), %s, %s", t.bytes*v, k(v), acc(m, v))
			} else {
				a.op("VMOVUPS %d(AX), %s", t.bytes*v, acc(m, v))
			}
		}
		a.op("ADDQ R9, AX")
	}
	a.label(name + "_start")
	a.label(name + "_loop")
	a.op("PREFETCHT0 %d(SI)", ahead)
	for v := range vecs {
		a.op("VMOVUPS %d(DI), %s", t.bytes*v, b(v))
	}
	for m := range rows {
		r := t.v(spare + m%(t.registers-spare))
		a.op("VBROADCASTSS %d(SI), %s", 4*m, r)
		for v := range vecs {
			t.multiplyAdd(a, b(v), r, acc(m, v))
		}
	}
	a.op("ADDQ $%d, SI", 4*rows)
	a.op("ADDQ $%d, DI", t.bytes*vecs)
	a.op("DECQ CX")
	a.op("JNZ %s_loop", name)
	a.op("TESTQ $1, R11")
	a.op("JZ %s_store", name)
	zero := t.v(t.registers - 1)
	t.zero(a, zero)
	for m := range rows {
		for v := range vecs {
			a.op("VMAXPS %s, %s, %s", zero, acc(m, v), acc(m, v))
		}
	}
	a.label(name + "_store")
	for m := range rows {
		for v := range vecs {
			if t.masked {
				a.op("VMOVUPS %s, %s, %d(R8)", acc(m, v), k(v), t.bytes*v)
			} else {
				a.op("VMOVUPS %s, %d(R8)", acc(m, v), t.bytes*v)
			}
		}
		a.op("ADDQ R9, R8")
	}
	a.end()
}

// pack writes dst[n][vecs*lanes]: for each of n taps (byte offsets into src) one row of a
// tile. A vector of the tile comes from at most two rows of the picture: lanes before the
// line break from seg.a, the others from seg.b. Lanes past the tile's width hold anything. With pairs
// there are twice as many taps, and those of a pair are woven into one row.
func pack(a *assembler, t *target, vecs int) {
	name := fmt.Sprintf("%sPack%d", t.name, vecs*t.lanes)
	a.fn(name, param{"n", "int64", "CX"}, param{"src", "*float32", "SI"}, param{"taps", "*int32", "DX"},
		param{"dst", "*float32", "DI"}, param{"seg", "*segments", "R8"})
	first := []string{"R9", "R10", "R11"}
	second := []string{"R12", "R13", "BX"}
	for v := range vecs {
		a.op("MOVQ %d(R8), %s", segmentA.of(v), first[v])
		a.op("ADDQ SI, %s", first[v])
		a.op("MOVQ %d(R8), %s", segmentB.of(v), second[v])
		a.op("ADDQ SI, %s", second[v])
		if t.masked {
			a.op("KMOVW %d(R8), K%d", segmentSecond.of(v), v+1)
		} else {
			a.op("VMOVUPS %d(R8), Y%d", segmentBlend.of(v), 8+v)
		}
	}
	if t.pairs {
		a.op("VMOVDQU16 weave<>(SB), Z31")
	}
	a.op("PCALIGN $32")
	a.label(name + "_loop")
	a.op("MOVLQSX (DX), AX")
	a.op("ADDQ $4, DX")
	for v := range vecs {
		a.op("VMOVUPS (%s)(AX*1), %s", first[v], t.v(v))
	}
	if t.pairs {
		a.op("MOVLQSX (DX), R8")
		a.op("ADDQ $4, DX")
		for v := range vecs {
			a.op("VMOVUPS (%s)(R8*1), Z%d", first[v], 4+v)
			a.op("VMOVUPS (%s)(R8*1), K%d, Z%d", second[v], v+1, 4+v)
		}
	}
	for v := range vecs {
		if t.masked {
			a.op("VMOVUPS (%s)(AX*1), K%d, Z%d", second[v], v+1, v)
		} else {
			a.op("VMOVUPS (%s)(AX*1), Y%d", second[v], 4+v)
			a.op("VBLENDVPS Y%d, Y%d, Y%d, Y%d", 8+v, 4+v, v, v)
		}
	}
	for v := range vecs {
		if t.pairs {
			a.weave(v, 4+v)
		}
		a.op("VMOVUPS %s, %d(DI)", t.v(v), t.bytes*v)
	}
	a.op("ADDQ $%d, DI", t.bytes*vecs)
	a.op("DECQ CX")
	a.op("JNZ %s_loop", name)
	a.end()
}

// gather is pack for pictures so narrow that a vector spans three rows or more: every lane
// has its own byte offset.
func gather(a *assembler, t *target, vecs int) {
	name := fmt.Sprintf("%sGather%d", t.name, vecs*t.lanes)
	a.fn(name, param{"n", "int64", "CX"}, param{"src", "*float32", "SI"}, param{"taps", "*int32", "DX"},
		param{"dst", "*float32", "DI"}, param{"idx", "*int32", "R8"})
	for v := range vecs {
		a.op("VMOVDQU%s %d(R8), %s", map[bool]string{true: "32"}[t.masked], t.bytes*v, t.v(12+v))
	}
	if t.pairs {
		a.op("VMOVDQU16 weave<>(SB), Z31")
	}
	a.op("PCALIGN $32")
	a.label(name + "_loop")
	a.op("MOVLQSX (DX), AX")
	a.op("ADDQ $4, DX")
	a.op("ADDQ SI, AX")
	if t.pairs {
		a.op("MOVLQSX (DX), R9")
		a.op("ADDQ $4, DX")
		a.op("ADDQ SI, R9")
	}
	for v := range vecs {
		if t.masked {
			a.op("KXNORW K%d, K%d, K%d", v+1, v+1, v+1)
			a.op("VGATHERDPS (AX)(Z%d*1), K%d, Z%d", 12+v, v+1, v)
			if t.pairs {
				a.op("KXNORW K%d, K%d, K%d", v+1, v+1, v+1)
				a.op("VGATHERDPS (R9)(Z%d*1), K%d, Z%d", 12+v, v+1, 4+v)
			}
		} else {
			a.op("VPCMPEQD Y%d, Y%d, Y%d", 8+v, 8+v, 8+v)
			a.op("VGATHERDPS Y%d, (AX)(Y%d*1), Y%d", 8+v, 12+v, v)
		}
	}
	for v := range vecs {
		if t.pairs {
			a.weave(v, 4+v)
		}
		a.op("VMOVUPS %s, %d(DI)", t.v(v), t.bytes*v)
	}
	a.op("ADDQ $%d, DI", t.bytes*vecs)
	a.op("DECQ CX")
	a.op("JNZ %s_loop", name)
	a.end()
}

// elementwise writes the loops over whole vectors; callers finish the tail in Go.
// n counts vectors and is at least one.
func elementwise(a *assembler, t *target) {
	count, dst := param{"n", "int64", "CX"}, param{"dst", "*float32", "DI"}
	loop := func(name string, body func()) {
		a.op("PCALIGN $32")
		a.label(name + "_loop")
		body()
		a.op("ADDQ $%d, DI", t.bytes)
		a.op("ADDQ $%d, SI", t.bytes)
		a.op("DECQ CX")
		a.op("JNZ %s_loop", name)
		a.end()
	}
	name := t.name + "Mask" // dst = y > 0 ? g : 0
	a.fn(name, count, dst, param{"grad", "*float32", "SI"}, param{"y", "*float32", "DX"})
	t.zero(a, t.v(0))
	loop(name, func() {
		if t.masked {
			a.op("VMOVUPS (DX), Z1")
			a.op("VCMPPS $30, Z0, Z1, K1")
			a.op("VMOVUPS.Z (SI), K1, Z2")
		} else {
			a.op("VMOVUPS (DX), Y1")
			a.op("VCMPPS $30, Y0, Y1, Y1")
			a.op("VANDPS (SI), Y1, Y2")
		}
		a.op("VMOVUPS %s, (DI)", t.v(2))
		a.op("ADDQ $%d, DX", t.bytes)
	})
	name = t.name + "Add" // dst += x
	a.fn(name, count, dst, param{"x", "*float32", "SI"})
	loop(name, func() {
		a.op("VMOVUPS (DI), %s", t.v(0))
		a.op("VADDPS (SI), %s, %s", t.v(0), t.v(0))
		a.op("VMOVUPS %s, (DI)", t.v(0))
	})
	name = t.name + "Axpy" // dst += s * x
	a.fn(name, count, dst, param{"x", "*float32", "SI"}, param{"s", "*float32", "DX"})
	a.op("VBROADCASTSS (DX), %s", t.v(1))
	loop(name, func() {
		a.op("VMOVUPS (DI), %s", t.v(0))
		a.op("VFMADD231PS (SI), %s, %s", t.v(1), t.v(0))
		a.op("VMOVUPS %s, (DI)", t.v(0))
	})
}

// peak writes a loop of independent multiply-adds, 24 an iteration: the yardstick that
// benchmarks divide by.
func peak(a *assembler, t *target) {
	name := t.name + "Peak"
	a.fn(name, param{"n", "int64", "CX"})
	accs := min(24, t.registers-2)
	for i := range t.registers {
		t.zero(a, t.v(i))
	}
	a.op("PCALIGN $64")
	a.label(name + "_loop")
	for i := range 24 {
		a.op("VFMADD231PS %s, %s, %s", t.v(t.registers-1), t.v(t.registers-2), t.v(i%accs))
	}
	a.op("DECQ CX")
	a.op("JNZ %s_loop", name)
	a.end()
}

package main

// What statistics are made of: sums of powers, sums of products, and smoothing. n counts whole vectors and is at
// least one, except where columns are counted.

// statistics writes them.
func statistics(a *assembler, t *target) {
	powers(a, t)
	dot(a, t)
	binomial(a, t)
}

// powers writes the sums down n columns of so many rows, pitch bytes apart: of values, of their squares and of
// their fourth powers, apart bytes from each other, in whole vectors. Only masked targets take columns that do
// not fill a vector.
func powers(a *assembler, t *target) {
	name := t.name + "Powers"
	a.fn(name, param{"n", "int64", "CX"}, param{"x", "*float32", "SI"}, param{"pitch", "int64", "R8"}, param{"rows", "int64", "R9"},
		param{"dst", "*float32", "DI"}, param{"apart", "int64", "R10"})
	a.label(name + "_loop")
	t.tail(a, name)
	for i := range 3 {
		t.zero(a, t.v(i))
	}
	a.op("MOVQ SI, DX")
	a.op("MOVQ R9, BX")
	a.op("PCALIGN $32")
	a.label(name + "_rows")
	if t.masked {
		a.op("VMOVUPS.Z (DX), K1, Z3")
	} else {
		a.op("VMOVUPS (DX), Y3")
	}
	a.op("VMULPS %s, %s, %s", t.v(3), t.v(3), t.v(4))
	a.op("VADDPS %s, %s, %s", t.v(3), t.v(0), t.v(0))
	a.op("VADDPS %s, %s, %s", t.v(4), t.v(1), t.v(1))
	a.op("VFMADD231PS %s, %s, %s", t.v(4), t.v(4), t.v(2))
	a.op("ADDQ R8, DX")
	a.op("DECQ BX")
	a.op("JNZ %s_rows", name)
	for i, place := range []string{"(DI)", "(DI)(R10*1)", "(DI)(R10*2)"} {
		a.op("VMOVUPS %s, %s", t.v(i), place)
	}
	a.op("ADDQ $%d, SI", t.bytes)
	a.op("ADDQ $%d, DI", t.bytes)
	a.op("SUBQ $%d, CX", t.lanes)
	a.op("JG %s_loop", name)
	a.end()
}

// dot writes the products of two runs of values, summed in the lanes of one vector.
func dot(a *assembler, t *target) {
	name := t.name + "Dot"
	a.fn(name, param{"n", "int64", "CX"}, param{"a", "*float32", "SI"}, param{"b", "*float32", "DI"}, param{"sums", "*float32", "R8"})
	const chains = 4 // so that no sum waits for itself
	for i := range chains {
		t.zero(a, t.v(i))
	}
	turn := func(n int) {
		for i := range n {
			a.op("VMOVUPS %d(SI), %s", t.bytes*i, t.v(4+i))
			a.op("VFMADD231PS %d(DI), %s, %s", t.bytes*i, t.v(4+i), t.v(i))
		}
		a.op("ADDQ $%d, SI", t.bytes*n)
		a.op("ADDQ $%d, DI", t.bytes*n)
	}
	a.op("SUBQ $%d, CX", chains)
	a.op("JL %s_rest", name)
	a.op("PCALIGN $32")
	a.label(name + "_loop")
	turn(chains)
	a.op("SUBQ $%d, CX", chains)
	a.op("JGE %s_loop", name)
	a.label(name + "_rest")
	a.op("ADDQ $%d, CX", chains)
	a.op("JZ %s_sum", name)
	a.label(name + "_single")
	turn(1)
	a.op("DECQ CX")
	a.op("JNZ %s_single", name)
	a.label(name + "_sum")
	a.op("VADDPS %s, %s, %s", t.v(1), t.v(0), t.v(0))
	a.op("VADDPS %s, %s, %s", t.v(3), t.v(2), t.v(2))
	a.op("VADDPS %s, %s, %s", t.v(2), t.v(0), t.v(0))
	a.op("VMOVUPS %s, (R8)", t.v(0))
	a.end()
}

// binomial writes dst = (a+e)/16 + (b+d)/4 + c*3/8.
func binomial(a *assembler, t *target) {
	name := t.name + "Binomial"
	from := []param{{"a", "*float32", "SI"}, {"b", "*float32", "R8"}, {"c", "*float32", "R9"}, {"d", "*float32", "R10"}, {"e", "*float32", "R11"}}
	a.fn(name, append(append([]param{{"n", "int64", "CX"}}, from...), param{"dst", "*float32", "DI"})...)
	for i, at := range []int{constSixteenth, constQuarter, constMiddle} {
		a.constant(at, t.v(3+i))
	}
	a.op("PCALIGN $32")
	a.label(name + "_loop")
	for i := range 2 { // the ends, then what is next to the middle
		a.op("VMOVUPS (%s), %s", from[i].reg, t.v(i))
		a.op("VADDPS (%s), %s, %s", from[4-i].reg, t.v(i), t.v(i))
	}
	a.op("VMULPS %s, %s, %s", t.v(3), t.v(0), t.v(0))
	a.op("VFMADD231PS %s, %s, %s", t.v(1), t.v(4), t.v(0))
	a.op("VFMADD231PS (%s), %s, %s", from[2].reg, t.v(5), t.v(0))
	a.op("VMOVUPS %s, (DI)", t.v(0))
	for _, p := range from {
		a.op("ADDQ $%d, %s", t.bytes, p.reg)
	}
	a.op("ADDQ $%d, DI", t.bytes)
	a.op("DECQ CX")
	a.op("JNZ %s_loop", name)
	a.end()
}

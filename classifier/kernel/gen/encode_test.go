package main

import (
	"strings"
	"testing"
)

// The words are what the GNU assembler makes of the text beside them.
func TestInstructionsAreEncodedAsTheManualSays(t *testing.T) {
	for _, c := range []struct {
		want string
		emit func(a *assembler)
	}{
		{"0x4e23d441 // fadd v1.4s, v2.4s, v3.4s", func(a *assembler) { a.fadd(1, 2, 3) }},
		{"0x4e3dd63f // fadd v31.4s, v17.4s, v29.4s", func(a *assembler) { a.fadd(31, 17, 29) }},
		{"0x4ea3d441 // fsub v1.4s, v2.4s, v3.4s", func(a *assembler) { a.fsub(1, 2, 3) }},
		{"0x4e29c507 // fmaxnm v7.4s, v8.4s, v9.4s", func(a *assembler) { a.fmax(7, 8, 9) }},
		{"0x6eace56a // fcmgt v10.4s, v11.4s, v12.4s", func(a *assembler) { a.greater(10, 11, 12) }},
		{"0x4ea0c9cd // fcmgt v13.4s, v14.4s, #0.0", func(a *assembler) { a.positive(13, 14) }},
		{"0x4f91120f // fmla v15.4s, v16.4s, v17.s[0]", func(a *assembler) { a.fmlaBy(15, 16, 17, 0) }},
		{"0x4fa21020 // fmla v0.4s, v1.4s, v2.s[1]", func(a *assembler) { a.fmlaBy(0, 1, 2, 1) }},
		{"0x4f9f1820 // fmla v0.4s, v1.4s, v31.s[2]", func(a *assembler) { a.fmlaBy(0, 1, 31, 2) }},
		{"0x4fb91b97 // fmla v23.4s, v28.4s, v25.s[3]", func(a *assembler) { a.fmlaBy(23, 28, 25, 3) }},
		{"0x4fbe5083 // fmls v3.4s, v4.4s, v30.s[1]", func(a *assembler) { a.fmlsBy(3, 4, 30, 1) }},
		{"0x4f9f98c5 // fmul v5.4s, v6.4s, v31.s[2]", func(a *assembler) { a.fmulBy(5, 6, 31, 2) }},
		{"0x3cfa6927 // ldr q7, [x9, x26]", func(a *assembler) { a.loadAt(7, 9, 26) }},
		{"0x3ce1681f // ldr q31, [x0, x1]", func(a *assembler) { a.loadAt(31, 0, 1) }},
	} {
		a := &assembler{}
		c.emit(a)
		if got := strings.TrimSpace(a.code.String()); got != "WORD $"+c.want {
			t.Errorf("%s, want WORD $%s", got, c.want)
		}
	}
}

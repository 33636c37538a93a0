package main

import (
	"strings"
	"testing"
)

// The bytes are what the GNU assembler makes of the text beside them.
func TestPairsAreEncodedAsTheManualSays(t *testing.T) {
	for _, c := range []struct {
		want string
		emit func(a *assembler)
	}{
		{"LONG $0x4876f262; WORD $0xc252 // vdpbf16ps Z2, Z1, Z0", func(a *assembler) { a.dotPairs("Z2", "Z1", "Z0") }},
		{"LONG $0x40068262; WORD $0xfe52 // vdpbf16ps Z30, Z31, Z23", func(a *assembler) { a.dotPairs("Z30", "Z31", "Z23") }},
		{"LONG $0x485ff262; WORD $0xc072 // vcvtne2ps2bf16 Z0, Z4, Z0", func(a *assembler) { a.roundTwo(0, 4, 0) }},
	} {
		a := &assembler{}
		c.emit(a)
		if got := strings.TrimSpace(a.code.String()); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

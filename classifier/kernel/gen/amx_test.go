package main

import (
	"fmt"
	"strings"
	"testing"
)

// The bytes are what the GNU assembler makes of the text beside them.
func TestTilesAreEncodedAsTheManualSays(t *testing.T) {
	for _, c := range []struct {
		bytes []int
		text  string
		emit  func(a *assembler)
	}{
		{[]int{0xc4, 0xe2, 0x7b, 0x49, 0xd0}, "tilezero tmm2", func(a *assembler) { a.zeroTile(2) }},
		{[]int{0xc4, 0xe2, 0x7b, 0x4b, 0xac, 0x1f, 0x80, 0, 0, 0}, "tileloadd 128(DI)(BX*1), tmm5", func(a *assembler) { a.loadTile("DI", "BX", 128, 5) }},
		{[]int{0xc4, 0x82, 0x7b, 0x4b, 0x8c, 0x08, 0x40, 0, 0, 0}, "tileloadd 64(R8)(R9*1), tmm1", func(a *assembler) { a.loadTile("R8", "R9", 64, 1) }},
		{[]int{0xc4, 0x82, 0x7a, 0x4b, 0x94, 0x08, 0x80, 0, 0, 0}, "tilestored tmm2, 128(R8)(R9*1)", func(a *assembler) { a.storeTile(2, "R8", "R9", 128) }},
		{[]int{0xc4, 0xe2, 0x52, 0x5c, 0xd6}, "tdpbf16ps tmm5, tmm6, tmm2", func(a *assembler) { a.dotTiles(6, 5, 2) }},
	} {
		a, want := &assembler{}, ""
		c.emit(a)
		for _, b := range c.bytes {
			want += fmt.Sprintf("BYTE $0x%02x; ", b)
		}
		if got := strings.TrimSpace(a.code.String()); got != want+"// "+c.text {
			t.Errorf("%s, want %s", got, c.text)
		}
	}
}

package kernel

import (
	"strings"
	"testing"
)

func TestTheQuickestInstructionSetIsTaken(t *testing.T) {
	for _, c := range []struct {
		name  string
		has   features
		names string // of its arithmetics, the quickest first
	}{
		{"old", features{}, "plain"},
		{"Haswell", features{avx2: true, intel: true}, "avx2"},
		{"Skylake", features{avx2: true, avx512: true, intel: true}, "avx512"},
		{"Cooper Lake, or Sapphire Rapids without leave for tiles", features{avx2: true, avx512: true, bf16: true, intel: true}, "avx512"},
		{"Sapphire Rapids", features{avx2: true, avx512: true, bf16: true, tiles: true, intel: true}, "amx_bf16 avx512_bf16 avx512"},
		{"Zen 4", features{avx2: true, avx512: true, bf16: true}, "avx512_bf16 avx512"},
	} {
		sets := setsOf(c.has)
		force(t, choose("", sets))
		if got := strings.Join(Names(), " "); got != c.names {
			t.Errorf("%s computes in %s, want %s", c.name, got, c.names)
		}
		if c.has.bf16 && choose("avx512_bf16", sets).name != "avx512_bf16" {
			t.Errorf("%s: avx512_bf16 cannot be forced", c.name)
		}
	}
}

package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// check draws a case from r and holds one instruction set, which is in force, against the
// definition.
type check func(t *testing.T, set *isa, r *rand.Rand)

// exact are the instruction sets of this processor; others add rough arithmetic to one of them.
func exact() []*isa {
	return slices.DeleteFunc(available(), func(s *isa) bool { return s.pairs != nil })
}

// everySet runs a check with n seeds, or a few of them with -short, for each instruction set of
// this processor.
func everySet(t *testing.T, n uint64, c check) {
	eachSet(t, exact(), n, c)
}

// eachSet is everySet for some of them.
func eachSet(t *testing.T, sets []*isa, n uint64, c check) {
	if testing.Short() {
		n = max(1, n/5)
	}
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) {
			force(t, set)
			for seed := range n {
				c(t, set, rand.New(rand.NewPCG(seed, 1)))
			}
		})
	}
}

// fuzzEverySet lets the fuzzer's bytes make the draws.
func fuzzEverySet(f *testing.F, c check) {
	f.Add([]byte{})
	f.Add([]byte{255, 128, 64, 32, 16, 8, 4, 2, 1})
	f.Add([]byte("3x3 windows, a step apart, on a picture with odd sides"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, set := range available() {
			force(t, set)
			c(t, set, rand.New(&drawn{data, rand.NewPCG(1, 1)}))
		}
	})
}

// drawn is a source of randomness that begins with given bytes, one a draw; checks draw their
// shapes first. IntN looks at the high bits, or for powers of two at the low ones.
type drawn struct {
	data []byte
	rest *rand.PCG
}

func (d *drawn) Uint64() uint64 {
	v := d.rest.Uint64()
	if len(d.data) > 0 {
		b := uint64(d.data[0])
		d.data = d.data[1:]
		v = b<<56 | v&^(0xff<<56|0xff) | b
	}
	return v
}

package pdq_test

import (
	"testing"

	"slugpuppy/antidote/pdq"
)

func BenchmarkOf(b *testing.B) {
	img := grey(pattern(800, 600), 800, 600)
	b.SetBytes(800 * 600)
	for b.Loop() {
		pdq.Of(img)
	}
}

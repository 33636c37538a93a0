package classifier_test

import (
	"runtime"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

// The promise: after warm-up a step makes fewer than 100 allocations and 64 KB.
func TestAStepOfADreamAllocatesNextToNothing(t *testing.T) {
	n := load(t)
	in, grad := scene(96, 64, 6), picture.NewPlanar(96, 64)
	targets := []classifier.Target{{Layer: "5a", Weight: 1}}
	step := func() {
		if _, err := n.Gradient(t.Context(), in, targets, grad); err != nil {
			t.Fatal(err)
		}
	}
	step()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const steps = 20
	for range steps {
		step()
	}
	runtime.ReadMemStats(&after)
	if a := (after.Mallocs - before.Mallocs) / steps; a >= 100 {
		t.Errorf("%d allocations a step", a)
	}
	if b := (after.TotalAlloc - before.TotalAlloc) / steps; b >= 64<<10 {
		t.Errorf("%d bytes a step", b)
	}
}

func TestOverheadIsMeasuredAllWays(t *testing.T) {
	n := load(t)
	o, err := n.Overhead(t.Context(), scene(64, 64, 6), []classifier.Target{{Layer: "3a", Weight: 1}}, 2)
	if err != nil || o.Kernels <= 0 || o.Tape <= 0 || o.Replay < o.Kernels || len(o.Operators) < 10 {
		t.Errorf("%v on the tape machine, %v replayed, %v in %d kernels, %v", o.Tape, o.Replay, o.Kernels, len(o.Operators), err)
	}
}

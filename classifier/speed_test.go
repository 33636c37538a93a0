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
	if err != nil || o.Kernels <= 0 || o.Tape <= 0 || o.Replay < o.Kernels {
		t.Errorf("%v on the tape machine, %v replayed, %v in kernels, %v", o.Tape, o.Replay, o.Kernels, err)
	}
}

func TestAProfileKnowsWhatEachOperatorHasToDo(t *testing.T) {
	n := load(t)
	targets := []classifier.Target{{Layer: "4a", Weight: 1}}
	spent, err := n.Profile(t.Context(), scene(64, 64, 6), targets, 2)
	if err != nil {
		t.Fatal(err)
	}
	work, err := n.GradientWork(64, 64, targets)
	if err != nil {
		t.Fatal(err)
	}
	sum, kinds := map[bool]float64{}, map[string]bool{}
	for _, s := range spent {
		if s.Time <= 0 || s.Cost.Bytes < 0 || s.Cost.Kind != "" && s.Cost.Operations <= 0 {
			t.Errorf("%+v", s)
		}
		sum[s.Gradient] += s.Cost.Operations
		kinds[s.Cost.Kind] = true
	}
	for gradient, operations := range sum { // tiles save most of the multiplications
		if operations < work/8 || operations > work {
			t.Errorf("gradient %v: %g operations for work of %g in both directions", gradient, operations, work)
		}
	}
	if len(sum) != 2 || !kinds["1x1"] {
		t.Errorf("operations %v, kinds %v", sum, kinds)
	}
}

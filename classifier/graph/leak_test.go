package graph

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"slugpuppy/classifier/kernel"
)

func TestPlansThatNobodyHoldsAreFreed(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	n := benches(t, r)[15].network(t)
	team, err := kernel.Processor().Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer team.Leave()
	held := func() int64 {
		runtime.GC()
		runtime.GC() // finalizers of the first run free more
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	one := func() int64 {
		o := []Objective{{Layer: "y", Weight: 1}}
		p, err := n.NewPlan(256, 256, nil, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context(), team, random(r, 3*256*256), o); err != nil {
			t.Fatal(err)
		}
		return p.Bytes()
	}
	size := one()
	before := held()
	for range 10 {
		one()
	}
	if grown := held() - before; grown > 2*size {
		t.Errorf("ten plans of %d MB left %d MB behind", size>>20, grown>>20)
	}
}

package classifier

import (
	"context"
	"runtime"
	"strconv"
	"testing"

	"slugpuppy/picture"
)

func TestMemoryIsSharedByQuestionsOfAllSizes(t *testing.T) {
	m := memory{limit: 4 * 1000}
	large := m.take(600)
	m.give(large)
	if small := m.take(100); &small[0] != &large[0] {
		t.Error("the piece at hand is not used for less")
	} else {
		m.give(small)
	}
	if larger := m.take(700); len(larger) != 700 || len(m.idle) != 0 {
		t.Errorf("%d values beside %d pieces that are too small", len(larger), len(m.idle))
	}
	for range 3 {
		m.give(make([]float32, 400))
	}
	if len(m.idle) != 2 {
		t.Errorf("%d pieces of 1600 bytes are kept within 4000", len(m.idle))
	}
	m.give(make([]float32, 5000))
	if len(m.idle) != 1 || len(m.idle[0]) != 5000 {
		t.Error("the piece used last is not kept alone")
	}
}

// TestNothingIsLeftOfMemoryApart also says that plans at rest hold no memory.
func TestNothingIsLeftOfMemoryApart(t *testing.T) {
	n, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	in, grad := picture.NewPlanar(256, 256), picture.NewPlanar(256, 256)
	targets := []Target{{Layer: "5a", Weight: 1}}
	held := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	ask := func(n *Network) {
		if _, err := n.Gradient(context.Background(), in, targets, grad); err != nil {
			t.Fatal(err)
		}
	}
	ask(n.Apart(0)) // packs weights and compiles the plan
	before := held()
	bytes, err := n.GradientBytes(256, 256, targets)
	if err != nil {
		t.Fatal(err)
	}
	apart := n.Apart(2 * bytes)
	ask(apart)
	if grown := held() - before; grown < bytes*3/2 {
		t.Errorf("%d MB are held, where %d were wanted for the job", grown>>20, 2*bytes>>20)
	}
	runtime.KeepAlive(apart)
	apart = nil
	if grown := held() - before; grown > bytes/4 {
		t.Errorf("%d MB are left", grown>>20)
	}
	runtime.KeepAlive(n)
}

func TestPlansThatAreKeptAreAFew(t *testing.T) {
	var p plans
	for i := range 2 * mostPlans {
		p.give(compiled{key: strconv.Itoa(i)})
	}
	if first := p.idle[0].key; len(p.idle) != mostPlans || first != strconv.Itoa(mostPlans) {
		t.Errorf("%d are kept, the oldest is %s", len(p.idle), first)
	}
}

func TestLayersThatAreShownAreNotKept(t *testing.T) {
	n, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range n.Layers() {
		names = append(names, l.Name)
	}
	kept, err := n.graph.NewPlan(128, 128, names, nil)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := n.graph.NewShow(128, 128, names)
	if err != nil {
		t.Fatal(err)
	}
	if shown.Size() > kept.Size()*2/3 {
		t.Errorf("%d values to show layers, %d to keep them", shown.Size(), kept.Size())
	}
}

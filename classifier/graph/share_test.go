package graph

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"slugpuppy/classifier/kernel"
)

// branches read one value through convolutions of one pixel, one of them long after the others; or each a value of its own that is
// the same.
func branches(t *testing.T, r *rand.Rand, widen layer, one bool) []layer {
	t.Helper()
	all := []layer{widen, widen, widen, widen}
	from := func(k int) []int {
		if one {
			k = 1
		}
		return []int{k}
	}
	for i := range all {
		all[i].name += string(rune('0' + i))
	}
	return append(all,
		layer{"a", randomConv(t, r, square(8, 4, 1, 1, 0), true), from(1)},
		layer{"b1", randomConv(t, r, square(8, 20, 1, 1, 0), false), from(2)},
		layer{"b", randomConv(t, r, square(20, 9, 3, 1, 1), true), []int{6}},
		layer{"b2", randomConv(t, r, square(9, 30, 3, 1, 1), true), []int{7}},
		layer{"b3", randomConv(t, r, square(30, 5, 3, 1, 1), true), []int{8}},
		layer{"p", maxPool{kernel.Window{KernelH: 3, KernelW: 3, StrideH: 1, StrideW: 1, Top: 1, Left: 1, Bottom: 1, Right: 1}}, from(4)},
		layer{"c1", randomConv(t, r, square(8, 3, 1, 1, 0), true), from(3)},
		layer{"c", randomConv(t, r, square(3, 4, 3, 1, 1), true), []int{11}},
		layer{"y", concat{}, []int{5, 9, 10, 12}})
}

func TestBranchesThatShareTheirColumnsComputeWhatEachDoesAlone(t *testing.T) {
	const w, h = 23, 17
	x := random(rand.New(rand.NewPCG(1, 1)), 3*w*h)
	names := []string{"a", "b1", "c1", "y"}
	answers := map[bool]map[string][]float32{}
	for _, one := range []bool{true, false} {
		r := rand.New(rand.NewPCG(2, 1))
		widen := layer{name: "wide", op: randomConv(t, r, square(3, 8, 3, 1, 1), false), in: []int{0}}
		n := bench{layers: branches(t, r, widen, one)}.network(t)
		for _, name := range names {
			n.index[name] = slices.IndexFunc(n.layers, func(l layer) bool { return l.name == name })
		}
		whole, err := n.NewPlan(w, h, []string{"y"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		show, err := n.NewShow(w, h, names)
		if err != nil {
			t.Fatal(err)
		}
		joined, work := 0, 0.0
		for _, o := range whole.order {
			joined += len(o.joined)
			if !strings.HasPrefix(o.id, "wide") { // of which there are more
				work += o.cost.Operations
			}
		}
		if joined != map[bool]int{true: 2}[one] {
			t.Errorf("%d convolutions are computed by others; one value: %v", joined, one)
		}
		team, err := kernel.NewPool(2).Join(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer team.Leave()
		if err := whole.Run(t.Context(), team, x, nil); err != nil {
			t.Fatal(err)
		}
		y, _, _ := whole.Read("y")
		got := map[string][]float32{"whole": slices.Clone(y), "work": {float32(work)}}
		err = show.Show(t.Context(), team, x, func(name string, data []float32, _ Shape) { got[name] = slices.Clone(data) })
		if err != nil {
			t.Fatal(err)
		}
		answers[one] = got
	}
	for name, got := range answers[true] {
		if want := answers[false][name]; len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s is another where columns are shared", name)
		}
	}
}

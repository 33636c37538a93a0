package kernel

import (
	"math/rand/v2"
	"testing"
)

func TestFewTilesAreMultipliedWithoutTransformation(t *testing.T) {
	s := ConvShape{In: 16, Out: 24, KernelH: 3, KernelW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1,
		Top: 1, Left: 1, Bottom: 1, Right: 1, Groups: 1}
	r := rand.New(rand.NewPCG(1, 1))
	weight, bias := random(r, s.weights()), random(r, s.Out)
	sizes := map[[2]int]bool{{1, 1}: true, {4, 4}: true, {7, 7}: true, {9, 9}: true, {14, 14}: false, {16, 24}: false, {64, 64}: false}
	for _, set := range available() {
		c, err := newConv(set, s, weight, bias)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range append([]*Conv{c}, c.rough...) {
			for size, few := range sizes {
				p, err := c.At(size[0], size[1])
				if err != nil {
					t.Fatal(err)
				}
				if set.lanes == 16 && (p.tiles[0] == nil) != few {
					t.Errorf("%s at %v: in tiles %v", set.name, size, p.tiles[0] != nil)
				}
			}
		}
		p, _ := c.At(4, 4)
		p.Forward(team(t, 1), Floats(s.Out*16), Floats(s.In*16), Floats(p.ForwardScratch()), false)
		if c.tiles[0].freq[0].data != nil {
			t.Errorf("%s: weights are transformed for a plane without tiles", set.name)
		}
	}
}

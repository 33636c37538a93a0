package graph

import (
	"math"
	"math/rand/v2"
	"testing"

	"slugpuppy/classifier/kernel"
)

func TestFewerChannelsAreAveragedAndTheResultIsTheSame(t *testing.T) {
	around := kernel.Window{KernelH: 3, KernelW: 3, StrideH: 1, StrideW: 1, Top: 1, Left: 1, Bottom: 1, Right: 1}
	inside, half := around, around
	inside.Top, inside.Left, inside.Bottom, inside.Right = 0, 0, 0, 0
	half.StrideH, half.StrideW = 2, 2
	const wide, pooled, thin, last = 1, 2, 3, 4
	for name, c := range map[string]struct {
		pool  averagePool
		conv  kernel.ConvShape
		asked int // besides the last
		last  []int
		moved bool
	}{
		"as inception has it":          {averagePool{Window: around}, square(8, 4, 1, 1, 0), last, []int{thin}, true},
		"within the picture":           {averagePool{Window: inside, pads: true}, square(8, 4, 1, 1, 0), last, []int{thin}, true},
		"zeros around it count":        {averagePool{Window: around, pads: true}, square(8, 4, 1, 1, 0), last, []int{thin}, false},
		"every other place":            {averagePool{Window: half}, square(8, 4, 1, 1, 0), last, []int{thin}, false},
		"to more channels":             {averagePool{Window: around}, square(8, 9, 1, 1, 0), last, []int{thin}, false},
		"of more than a pixel":         {averagePool{Window: around}, square(8, 4, 3, 1, 1), last, []int{thin}, false},
		"somebody asks for averages":   {averagePool{Window: around}, square(8, 4, 1, 1, 0), pooled, []int{thin}, false},
		"somebody else reads averages": {averagePool{Window: around}, square(8, 4, 1, 1, 0), last, []int{thin, pooled}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			draftOf := func(s kernel.ConvShape, relu bool) *conv {
				return &conv{draft: &draft{shape: s, weight: random(r, s.Out*s.In*s.KernelH*s.KernelW), bias: random(r, s.Out)}, relu: relu}
			}
			first, second := draftOf(square(3, 8, 1, 1, 0), false), draftOf(c.conv, true)
			answerOf := func(move bool) (y []float32, moved bool) {
				a, b := *first, *second
				n := &Network{layers: []layer{{name: "picture"}, {"wide", &a, []int{0}}, {"pooled", c.pool, []int{wide}},
					{"thin", &b, []int{pooled}}, {"y", concat{}, c.last}}}
				if move {
					n.postpone([]int{c.asked, last})
				}
				_, moved = n.layers[thin].op.(averagePool)
				if err := (&importer{net: n}).seal(); err != nil {
					t.Fatal(err)
				}
				if err := n.finish([]string{Logits}, []int{last}); err != nil {
					t.Fatal(err)
				}
				y, _ = answer(t, n, 11, 9, random(rand.New(rand.NewPCG(3, 4)), 3*11*9))
				return y, moved
			}
			want, _ := answerOf(false)
			got, moved := answerOf(true)
			if moved != c.moved {
				t.Fatalf("averages are taken last: %v, want %v", moved, c.moved)
			}
			for i, w := range want {
				if math.Abs(float64(got[i]-w)) > 1e-5 {
					t.Fatalf("value %d is %g, want %g", i, got[i], w)
				}
			}
		})
	}
}

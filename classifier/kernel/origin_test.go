package kernel

import (
	"math"
	"testing"
)

// Every number of half precision is held as one, and comes back as it was.
func TestWeightsOfHalfPrecisionAreHeldInHalfTheMemory(t *testing.T) {
	weight := make([]float32, 0, 1<<16)
	for h := range 1 << 16 {
		exp, frac := h>>10&31, float64(h&1023)
		if exp == 31 {
			continue
		}
		v := math.Ldexp(1024+frac, exp-25)
		if exp == 0 {
			v = math.Ldexp(frac, -24)
		}
		weight = append(weight, float32(math.Copysign(v, float64(1-h>>15*2))))
	}
	o := newOrigin(weight)
	if o.halves == nil {
		t.Fatal("they are held in full")
	}
	for i, v := range weight {
		if got := o.at(i); math.Float32bits(got) != math.Float32bits(v) {
			t.Fatalf("%g came back as %g", v, got)
		}
	}
}

func TestOtherWeightsAreHeldInFull(t *testing.T) {
	for _, v := range []float32{1.0001, 65520, 1e9, 0x1p-25, 3 * 0x1p-26, math.SmallestNonzeroFloat32, float32(math.Inf(-1)), float32(math.NaN())} {
		o := newOrigin([]float32{1, v})
		if o.halves != nil || math.Float32bits(o.at(1)) != math.Float32bits(v) {
			t.Errorf("%g came back as %g", v, o.at(1))
		}
	}
}

// Who never asks for a gradient holds no weights for it, and who asked for both holds what they were made of no longer.
func TestWeightsArePackedWhenTheyAreUsed(t *testing.T) {
	const side = 24
	for _, s := range []ConvShape{
		{In: 16, Out: 16, KernelH: 3, KernelW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Top: 1, Left: 1, Bottom: 1, Right: 1, Groups: 1},
		{In: 16, Out: 16, KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1},
	} {
		c, err := NewConv(s, make([]float32, s.weights()), nil)
		if err != nil {
			t.Fatal(err)
		}
		packed := func() (ahead, back bool) {
			if c.tiles[0] != nil {
				return c.tiles[0].freq[0].data != nil, c.tiles[1].freq[0].data != nil
			}
			return c.forward[0].data != nil, c.backward[0][0].data != nil
		}
		p, err := c.At(side, side)
		if err != nil {
			t.Fatal(err)
		}
		if ahead, back := packed(); ahead || back {
			t.Error("packed before they are used")
		}
		team, err := NewPool(1).Join(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x, y := Floats(s.In*side*side), Floats(s.Out*side*side)
		p.Forward(team, y, x, Floats(p.ForwardScratch()), true)
		if ahead, back := packed(); !ahead || back {
			t.Errorf("after a forward pass: %t, %t", ahead, back)
		}
		p.Backward(team, x, y, y, Floats(p.BackwardScratch()), false)
		if _, back := packed(); !back {
			t.Error("nothing packed for the gradient")
		}
		for way := range 2 {
			held := false
			if f := c.tiles[way]; f != nil {
				held = f.kernel != nil
			} else {
				held = [][]*matrix{c.forward, c.backward[0]}[way][0].at != nil
			}
			if held {
				t.Errorf("way %d holds what it is packed from", way)
			}
		}
		team.Leave()
	}
}

package graph

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
)

// damaged changes a few things of a model that a fuzzer of bytes seldom hits on: operators,
// attributes, constants, who reads what.
func damaged(r *rand.Rand, m *onnx.Model) {
	strange := []int64{-3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 8, 16, 100, 1 << 17, 1 << 40, math.MaxInt64, math.MinInt64}
	number := func() int64 { return strange[r.IntN(len(strange))] }
	ops := slices.Sorted(maps.Keys(readers))
	ops = append(ops, slices.Sorted(maps.Keys(curveOf))...)
	ops = append(ops, "Range", "ConstantOfShape", "Where", "Equal", "Tile", "Not", "Round", "Attention")
	var values []string
	for _, n := range m.Graph.Nodes {
		values = append(append(values, n.Inputs...), n.Outputs...)
	}
	attributes := []string{"axis", "axes", "perm", "keepdims", "group", "num_groups", "kernel_shape", "strides", "pads", "dilations", "epsilon",
		"alpha", "block_size", "starts", "ends", "steps", "split", "ceil_mode", "transB", "size", "mode", "auto_pad", "shape", "to", "p"}
	for range 1 + r.IntN(4) {
		n := &m.Graph.Nodes[r.IntN(len(m.Graph.Nodes))]
		switch r.IntN(9) {
		case 0:
			n.Op = ops[r.IntN(len(ops))]
		case 1, 2:
			name := attributes[r.IntN(len(attributes))]
			if keys := slices.Sorted(maps.Keys(n.Attributes)); len(keys) > 0 && r.IntN(2) == 0 {
				name = keys[r.IntN(len(keys))]
			}
			a := n.Attributes[name]
			a.Ints = slices.Clone(a.Ints)
			switch r.IntN(4) {
			case 0:
				a = onnx.Attribute{Kind: onnx.KindInt, Int: number()}
			case 1:
				a = onnx.Attribute{Kind: onnx.KindFloat, Float: float32(r.NormFloat64() * 10)}
			case 2:
				a.Kind, a.Ints = onnx.KindInts, append(a.Ints, number())
			default:
				if len(a.Ints) > 0 {
					a.Ints[r.IntN(len(a.Ints))] = number()
				}
			}
			n.Attributes[name] = a
		case 3:
			delete(n.Attributes, attributes[r.IntN(len(attributes))])
		case 4:
			if len(n.Inputs) > 0 {
				n.Inputs[r.IntN(len(n.Inputs))] = values[r.IntN(len(values))]
			}
		case 5:
			n.Inputs = append(n.Inputs, values[r.IntN(len(values))])
		case 6, 7:
			if names := slices.Sorted(maps.Keys(m.Graph.Initializers)); len(names) > 0 {
				disturb(r, m.Graph.Initializers[names[r.IntN(len(names))]], number)
			}
			if t := n.Attributes["value"].Tensor; t != nil {
				disturb(r, t, number)
			}
		case 8:
			m.Opset = int64(7 + r.IntN(17))
			m.Graph.Inputs[0].Shape = slices.Clone(m.Graph.Inputs[0].Shape)
			if s := m.Graph.Inputs[0].Shape; len(s) > 0 {
				s[r.IntN(len(s))] = number()
			}
		}
	}
}

// disturb changes a constant, so that it still has as many numbers as its shape says.
func disturb(r *rand.Rand, t *onnx.Tensor, number func() int64) {
	switch r.IntN(3) {
	case 0:
		t.Shape = slices.Clone(t.Shape)
		slices.Reverse(t.Shape)
	case 1:
		t.Shape = append([]int{1}, t.Shape...)[:min(8, len(t.Shape)+1)]
	}
	if len(t.Ints) > 0 {
		t.Ints = slices.Clone(t.Ints)
		t.Ints[r.IntN(len(t.Ints))] = number()
	}
	if t.Len() != len(t.Floats)+len(t.Ints) {
		t.Shape = []int{len(t.Floats) + len(t.Ints)}
	}
}

func TestDamagedModelsAreRefusedOrRun(t *testing.T) {
	files, err := filepath.Glob("testdata/torch/*/model.onnx")
	if err != nil || len(files) == 0 {
		t.Fatalf("no models: %v", err)
	}
	rounds := uint64(3000)
	if testing.Short() {
		rounds = 400
	}
	var contents [][]byte
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, data)
	}
	team, ran := join(t), 0
	for seed := range rounds {
		r := rand.New(rand.NewPCG(seed, 77))
		which := r.IntN(len(contents))
		m, err := onnx.Decode(contents[which])
		if err != nil {
			t.Fatal(err)
		}
		damaged(r, m)
		if err := attempt(t, team, m); err != nil && strings.HasPrefix(err.Error(), "broken") {
			t.Fatalf("seed %d, %s: %v", seed, files[which], err)
		} else if err == nil {
			ran++
		}
	}
	t.Logf("%d of %d run", ran, rounds)
	if ran < int(rounds)/20 {
		t.Errorf("only %d of %d run: the test shows little", ran, rounds)
	}
}

// attempt imports a model and runs it on the smallest picture. An error that begins with
// "broken" is one that a model must not bring about.
func attempt(t *testing.T, team *kernel.Team, m *onnx.Model) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("broken: %v", v)
		}
	}()
	start := time.Now()
	n, err := Import(m)
	if took := time.Since(start); took > 10*time.Second {
		return fmt.Errorf("broken: takes %v", took)
	}
	if err != nil {
		return err
	}
	side, o := n.MinSide(), []Objective{{Layer: Logits, Weight: 1}}
	size, err := n.Measure(side, side, []string{Logits}, o)
	if err != nil {
		return fmt.Errorf("broken: %dx%d, which it says is enough: %w", side, side, err)
	}
	if size > 64<<20 {
		return nil
	}
	p, err := n.NewPlan(side, side, []string{Logits}, o)
	if err != nil {
		return fmt.Errorf("broken: %w", err)
	}
	if err := p.Run(t.Context(), team, make([]float32, 3*side*side), o); err != nil {
		return fmt.Errorf("broken: %w", err)
	}
	return nil
}

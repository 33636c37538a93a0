package graph

import (
	"errors"
	"fmt"

	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/fold"
)

// Exporters write out how they compute shapes. All of that is known for the size that the
// file was written for, and folded when the file is read.

func (im *importer) constant(n *onnx.Node) error {
	t, err := constantOf(n)
	if err != nil {
		return err
	}
	im.consts[n.Outputs[0]] = t
	return nil
}

func constantOf(n *onnx.Node) (*onnx.Tensor, error) {
	if t := n.Attributes["value"].Tensor; t != nil {
		return t, nil
	}
	for name, a := range n.Attributes {
		switch {
		case name == "value_int" && a.Kind == onnx.KindInt:
			return &onnx.Tensor{Ints: []int64{a.Int}}, nil
		case name == "value_ints" && a.Kind == onnx.KindInts:
			return &onnx.Tensor{Shape: []int{len(a.Ints)}, Ints: a.Ints}, nil
		case name == "value_float" && a.Kind == onnx.KindFloat:
			return &onnx.Tensor{Floats: []float32{a.Float}}, nil
		case name == "value_floats" && a.Kind == onnx.KindFloats:
			return &onnx.Tensor{Shape: []int{len(a.Floats)}, Floats: a.Floats}, nil
		}
	}
	return nil, errors.New("constant without a value of numbers")
}

// shapeOf reads the dimensions of a value.
func (im *importer) shapeOf(n *onnx.Node) error {
	v, ok := im.at[input(n, 0)]
	if !ok {
		return fmt.Errorf("nothing computes %q", input(n, 0))
	}
	im.consts[n.Outputs[0]] = fold.Shape(n, v.dims)
	return nil
}

// sizeOf reads the number of elements of a value.
func (im *importer) sizeOf(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	size := int64(1)
	for _, d := range v.dims {
		size *= int64(d)
	}
	im.consts[n.Outputs[0]] = &onnx.Tensor{Ints: []int64{size}}
	return nil
}

// branch reads the one of two graphs that will always be computed. Exporters leave the choice to
// the file where it depends on the shape of the picture.
func (im *importer) branch(n *onnx.Node) error {
	condition := im.consts[input(n, 0)]
	if condition == nil {
		return unsupported(n)
	}
	if condition.Len() != 1 || condition.Ints == nil {
		return errors.New("a choice by what is no truth value")
	}
	name := "else_branch"
	if condition.Ints[0] != 0 {
		name = "then_branch"
	}
	g := n.Attributes[name].Graph
	if g == nil || len(g.Outputs) != len(n.Outputs) {
		return fmt.Errorf("%s gives other outputs", name)
	}
	for name, t := range g.Initializers {
		if im.consts[name] != nil {
			return fmt.Errorf("%q is computed twice", name)
		}
		im.consts[name] = t
	}
	for i := range g.Nodes {
		im.try(&g.Nodes[i])
	}
	for i, o := range g.Outputs {
		if err := im.broken[o.Name]; err != nil {
			return err
		}
		v, computed := im.at[o.Name]
		switch t := im.consts[o.Name]; {
		case computed:
			im.at[n.Outputs[i]] = v
		case t != nil:
			im.consts[n.Outputs[i]] = t
		default:
			return fmt.Errorf("nothing computes %q", o.Name)
		}
	}
	return nil
}

// constantInputs reports whether the node reads constants only, at least one.
func (im *importer) constantInputs(n *onnx.Node) bool {
	some := false
	for _, name := range n.Inputs {
		if name != "" && im.consts[name] == nil {
			return false
		}
		some = some || name != ""
	}
	return some
}

// fold computes a node of constants.
func (im *importer) fold(n *onnx.Node) error {
	in := make([]*onnx.Tensor, len(n.Inputs))
	for i, name := range n.Inputs {
		in[i] = im.consts[name]
	}
	out, err := fold.Node(n, in, im.spend)
	if err != nil {
		return err
	}
	for i, t := range out {
		if i < len(n.Outputs) && n.Outputs[i] != "" {
			im.consts[n.Outputs[i]] = t
		}
	}
	return nil
}

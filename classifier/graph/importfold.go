package graph

import (
	"errors"
	"fmt"
	"math"

	"slugpuppy/classifier/onnx"
)

// Exporters write out how they compute shapes. All of that is known for the size that the
// file was written for, and folded here.

// mostFolded is how many numbers a folded constant may have; shapes have a few.
const mostFolded = 1 << 12

func (im *importer) constant(n *onnx.Node) error {
	a, ok := n.Attributes["value"]
	switch {
	case ok && a.Tensor != nil:
		im.consts[n.Outputs[0]] = a.Tensor
	case n.Attributes["value_int"].Kind == onnx.KindInt:
		im.consts[n.Outputs[0]] = &onnx.Tensor{Ints: []int64{n.Attributes["value_int"].Int}}
	case n.Attributes["value_ints"].Kind == onnx.KindInts:
		v := n.Attributes["value_ints"].Ints
		im.consts[n.Outputs[0]] = &onnx.Tensor{Shape: []int{len(v)}, Ints: v}
	case n.Attributes["value_float"].Kind == onnx.KindFloat:
		im.consts[n.Outputs[0]] = &onnx.Tensor{Floats: []float32{n.Attributes["value_float"].Float}}
	case n.Attributes["value_floats"].Kind == onnx.KindFloats:
		v := n.Attributes["value_floats"].Floats
		im.consts[n.Outputs[0]] = &onnx.Tensor{Shape: []int{len(v)}, Floats: v}
	default:
		return errors.New("constant without a value")
	}
	return nil
}

// shapeOf reads the dimensions of a value or constant.
func (im *importer) shapeOf(n *onnx.Node) error {
	var dims []int
	if v, ok := im.at[input(n, 0)]; ok {
		dims = v.dims
	} else if t := im.consts[input(n, 0)]; t != nil {
		dims = t.Shape
	} else {
		return fmt.Errorf("nothing computes %q", input(n, 0))
	}
	lo, hi := clampIndex(n.Int("start", 0), len(dims)), clampIndex(n.Int("end", math.MaxInt64), len(dims))
	im.consts[n.Outputs[0]] = integers(dims[lo:max(lo, hi)])
	return nil
}

func clampIndex(i int64, n int) int {
	if i < 0 {
		i += int64(n)
	}
	return int(min(max(i, 0), int64(n)))
}

func integers(v []int) *onnx.Tensor {
	t := &onnx.Tensor{Shape: []int{len(v)}, Ints: make([]int64, len(v))}
	for i, d := range v {
		t.Ints[i] = int64(d)
	}
	return t
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
	return some && n.Op != "Shape"
}

// fold computes a node of constants.
func (im *importer) fold(n *onnx.Node) error {
	first := im.consts[input(n, 0)]
	if first == nil {
		return errors.New("the first input is left out")
	}
	t, err := im.folded(n, first)
	if err != nil {
		return fmt.Errorf("constant: %w", err)
	}
	if t.Len() > mostFolded && t.Len() > first.Len() {
		return errors.New("constant is too large")
	}
	im.consts[n.Outputs[0]] = t
	return nil
}

func (im *importer) folded(n *onnx.Node, first *onnx.Tensor) (*onnx.Tensor, error) {
	switch n.Op {
	case "Identity", "Dropout":
		return first, nil
	case "Reshape", "Squeeze", "Unsqueeze", "Flatten":
		return im.foldShape(n, first)
	case "Transpose":
		return im.foldTranspose(n, first)
	case "Cast":
		if onnx.Type(n.Int("to", 0)) == onnx.TypeFloat && first.Floats != nil {
			return first, nil // weights kept as float16: the decoder has made float32 of them
		}
	}
	for _, name := range n.Inputs {
		if t := im.consts[name]; t != nil && t.Len() > mostFolded {
			return nil, fmt.Errorf("operator %s on %d numbers is not supported", n.Op, t.Len())
		}
	}
	switch n.Op {
	case "Cast":
		return cast(first, n.Int("to", 0)), nil
	case "Floor", "Ceil":
		return rounded(first, n.Op), nil
	case "Add", "Sub", "Mul", "Div":
		return arithmetic(n.Op, first, im.consts[input(n, 1)])
	case "Gather":
		return foldGather(n, first, im.consts[input(n, 1)])
	case "Concat":
		return im.foldConcat(n)
	case "Slice":
		return im.foldSlice(n, first)
	case "ConstantOfShape":
		return constantOfShape(n, first)
	}
	return nil, fmt.Errorf("operator %s on constants is not supported", n.Op)
}

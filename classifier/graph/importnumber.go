package graph

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"slugpuppy/classifier/onnx"
)

// Arithmetic on folded constants.

// foldShape gives a constant other dimensions.
func (im *importer) foldShape(n *onnx.Node, t *onnx.Tensor) (*onnx.Tensor, error) {
	var dims []int
	var err error
	switch n.Op {
	case "Flatten":
		dims = []int{1, t.Len()}
	case "Reshape":
		var target []int64
		if target, err = im.ints(n, 1, "shape"); err == nil {
			dims, err = reshaped(t.Shape, target, n.Int("allowzero", 0) != 0)
		}
	default:
		var axes []int64
		if axes, err = im.ints(n, 1, "axes"); err != nil {
			break
		}
		if n.Op == "Squeeze" {
			dims, err = squeezed(t.Shape, axes)
		} else {
			dims, err = unsqueezed(t.Shape, axes)
		}
	}
	return &onnx.Tensor{Shape: dims, Floats: t.Floats, Ints: t.Ints}, err
}

// at is element i as a number.
func number(t *onnx.Tensor, i int) float64 {
	if t.Floats != nil {
		return float64(t.Floats[i])
	}
	return float64(t.Ints[i])
}

// cast converts to the element type, numbered as in onnx.proto.
func cast(t *onnx.Tensor, to int64) *onnx.Tensor {
	out := &onnx.Tensor{Shape: t.Shape}
	const float, half, double = 1, 10, 11
	real := to == float || to == half || to == double
	for i := range t.Len() {
		if v := number(t, i); real {
			out.Floats = append(out.Floats, float32(v))
		} else {
			out.Ints = append(out.Ints, int64(v))
		}
	}
	return out
}

func rounded(t *onnx.Tensor, op string) *onnx.Tensor {
	round := math.Floor
	if op == "Ceil" {
		round = math.Ceil
	}
	out := &onnx.Tensor{Shape: t.Shape, Ints: t.Ints}
	for _, v := range t.Floats {
		out.Floats = append(out.Floats, float32(round(float64(v))))
	}
	return out
}

// arithmetic computes a op b; either may be one number.
func arithmetic(op string, a, b *onnx.Tensor) (*onnx.Tensor, error) {
	if b == nil || (a.Len() != b.Len() && a.Len() != 1 && b.Len() != 1) || a.Len() == 0 || b.Len() == 0 {
		return nil, errors.New("constants that do not go together")
	}
	shape := a.Shape
	if b.Len() > a.Len() || len(b.Shape) > len(a.Shape) {
		shape = b.Shape
	}
	out := &onnx.Tensor{Shape: shape}
	for i := range out.Len() {
		x, y := number(a, i%a.Len()), number(b, i%b.Len())
		integer := a.Floats == nil
		v := 0.0
		switch op {
		case "Add":
			v = x + y
		case "Sub":
			v = x - y
		case "Mul":
			v = x * y
		case "Div":
			if integer && y == 0 {
				return nil, errors.New("division by zero")
			}
			if v = x / y; integer {
				v = math.Trunc(v)
			}
		}
		if integer {
			out.Ints = append(out.Ints, int64(v))
		} else {
			out.Floats = append(out.Floats, float32(v))
		}
	}
	return out, nil
}

// pickNumbers returns the elements of a list.
func pickNumbers(t *onnx.Tensor, elements []int) *onnx.Tensor {
	out := &onnx.Tensor{Shape: []int{len(elements)}}
	for _, e := range elements {
		if t.Floats != nil {
			out.Floats = append(out.Floats, t.Floats[e])
		} else {
			out.Ints = append(out.Ints, t.Ints[e])
		}
	}
	return out
}

func foldGather(n *onnx.Node, t, which *onnx.Tensor) (*onnx.Tensor, error) {
	if which == nil || which.Floats != nil || len(t.Shape) != 1 || len(which.Shape) > 1 {
		return nil, errors.New("only elements of a list can be picked")
	}
	var elements []int
	for _, w := range which.Ints {
		e, err := axis(w, t.Shape[0])
		if err != nil {
			return nil, err
		}
		elements = append(elements, e)
	}
	out := pickNumbers(t, elements)
	out.Shape = slices.Clone(which.Shape)
	return out, nil
}

func (im *importer) foldConcat(n *onnx.Node) (*onnx.Tensor, error) {
	out := &onnx.Tensor{}
	for _, name := range n.Inputs {
		t := im.consts[name]
		if t == nil || len(t.Shape) != 1 {
			return nil, errors.New("only lists can be joined")
		}
		out.Floats, out.Ints = append(out.Floats, t.Floats...), append(out.Ints, t.Ints...)
	}
	if out.Floats != nil && out.Ints != nil || len(out.Floats)+len(out.Ints) > mostFolded {
		return nil, errors.New("lists that do not go together")
	}
	out.Shape = []int{len(out.Floats) + len(out.Ints)}
	return out, nil
}

func (im *importer) foldSlice(n *onnx.Node, t *onnx.Tensor) (*onnx.Tensor, error) {
	ranges, err := im.ranges(n, t.Shape)
	if err != nil {
		return nil, err
	}
	if len(ranges) != 1 || len(t.Shape) != 1 {
		return nil, errors.New("only a list can be sliced")
	}
	return pickNumbers(t, ranges[0].elements()), nil
}

func constantOfShape(n *onnx.Node, shape *onnx.Tensor) (*onnx.Tensor, error) {
	size := int64(1)
	out := &onnx.Tensor{}
	for _, d := range shape.Ints {
		if d < 0 || d > mostFolded || size*d > mostFolded || len(out.Shape) == 8 {
			return nil, fmt.Errorf("constant of shape %v", shape.Ints)
		}
		size *= d
		out.Shape = append(out.Shape, int(d))
	}
	fill := n.Attributes["value"].Tensor
	if fill == nil || fill.Len() != 1 {
		out.Floats = make([]float32, size)
	} else if fill.Floats != nil {
		out.Floats = slices.Repeat(fill.Floats, int(size))
	} else {
		out.Ints = slices.Repeat(fill.Ints, int(size))
	}
	return out, nil
}

// stretch is a slice along one axis.
type stretch struct{ axis, from, step, n int }

func (s stretch) elements() []int { return span(s.from, s.step, s.n) }

// ranges reads a Slice: attributes in old files, inputs in new ones.
func (im *importer) ranges(n *onnx.Node, dims []int) ([]stretch, error) {
	var lists [4][]int64 // starts, ends, axes, steps
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		var err error
		if lists[i], err = im.ints(n, i+1, name); err != nil {
			return nil, err
		}
	}
	starts, ends := lists[0], lists[1]
	if len(starts) != len(ends) || (lists[2] != nil && len(lists[2]) != len(starts)) ||
		(lists[3] != nil && len(lists[3]) != len(starts)) || len(starts) > len(dims) {
		return nil, errors.New("a slice whose starts and ends do not match")
	}
	var out []stretch
	for i := range starts {
		a, step := i, int64(1)
		if lists[2] != nil {
			var err error
			if a, err = axis(lists[2][i], len(dims)); err != nil {
				return nil, err
			}
		}
		if lists[3] != nil {
			step = lists[3][i]
		}
		if step < 1 || step > math.MaxInt32 {
			return nil, fmt.Errorf("a slice in steps of %d is not supported", step)
		}
		from, to := clampIndex(starts[i], dims[a]), clampIndex(ends[i], dims[a])
		if from == 0 && to == dims[a] && step == 1 && len(starts) > 1 {
			continue
		}
		out = append(out, stretch{a, from, int(step), (max(0, to-from) + int(step) - 1) / int(step)})
	}
	return out, nil
}

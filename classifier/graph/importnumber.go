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
	for _, r := range ranges {
		before, after := product(t.Shape[:r.axis]), product(t.Shape[r.axis+1:])
		var elements []int
		for b := range before {
			for _, e := range r.elements() {
				elements = append(elements, span((b*t.Shape[r.axis]+e)*after, 1, after)...)
			}
		}
		shape := slices.Clone(t.Shape)
		shape[r.axis] = r.n
		t = pickNumbers(t, elements)
		t.Shape = shape
	}
	return t, nil
}

// foldTranspose gives a constant another order of axes; all in reverse if none is given.
func (im *importer) foldTranspose(n *onnx.Node, t *onnx.Tensor) (*onnx.Tensor, error) {
	perm := n.Ints("perm")
	if perm == nil {
		for i := range t.Shape {
			perm = append(perm, int64(len(t.Shape)-1-i))
		}
	}
	index, shape, err := permuted(t.Shape, perm)
	if err != nil {
		return nil, err
	}
	if err := im.spend(2 * int64(len(index))); err != nil {
		return nil, err
	}
	out := &onnx.Tensor{Shape: shape}
	for _, e := range index {
		if t.Floats != nil {
			out.Floats = append(out.Floats, t.Floats[e])
		} else {
			out.Ints = append(out.Ints, t.Ints[e])
		}
	}
	return out, nil
}

// permuted lists, for every element in another order of the axes, where it comes from.
func permuted(dims []int, perm []int64) (index []int32, to []int, err error) {
	seen := map[int64]bool{}
	for _, p := range perm {
		if p < 0 || p >= int64(len(dims)) || seen[p] {
			return nil, nil, fmt.Errorf("axes %v of a value of shape %v", perm, dims)
		}
		seen[p] = true
		to = append(to, dims[p])
	}
	if len(perm) != len(dims) {
		return nil, nil, fmt.Errorf("axes %v of a value of shape %v", perm, dims)
	}
	index = make([]int32, product(dims))
	at := make([]int, len(dims)) // position in the old order
	for i := range index {
		rest := i
		for k := len(to) - 1; k >= 0; k-- {
			at[perm[k]] = rest % to[k]
			rest /= to[k]
		}
		from := 0
		for k, d := range dims {
			from = from*d + at[k]
		}
		index[i] = int32(from)
	}
	return index, to, nil
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

// Package fold computes ONNX operators on constants. Exporters write out how they arrive at
// shapes, paddings and weights, and leave the arithmetic to whoever runs the file; here it is
// done once, when a network is read. The network itself, which computes from pictures, is
// package graph's business.
package fold

import (
	"errors"
	"fmt"
	"math"

	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// Budget is asked before n numbers are allocated, and refuses what is too much.
type Budget func(n int64) error

// mostGrown is how many numbers may come of fewer: what spreads a value over a shape is for
// shapes and weights, not for whatever a few bytes can ask for.
const mostGrown = 1 << 22

// Node computes a node from its inputs, nil where one is left out, and returns its outputs.
func Node(n *onnx.Node, in []*onnx.Tensor, budget Budget) ([]*onnx.Tensor, error) {
	c := &call{Node: n, in: in, budget: budget}
	out, err := c.compute()
	if err != nil {
		return nil, fmt.Errorf("computed from constants: %w", err)
	}
	return out, nil
}

func (c *call) compute() ([]*onnx.Tensor, error) {
	if f, ok := operators[c.Op]; ok {
		return f(c)
	}
	if f, ok := unary[c.Op]; ok {
		return c.map1(f)
	}
	if f, ok := binary[c.Op]; ok {
		return c.map2(f)
	}
	return nil, fmt.Errorf("operator %s is not supported there", c.Op)
}

// call is one node at work.
type call struct {
	*onnx.Node
	in     []*onnx.Tensor
	budget Budget
}

// operators maps an ONNX operator to how it is computed.
var operators = map[string]func(*call) ([]*onnx.Tensor, error){
	"Identity": (*call).same, "Dropout": (*call).same, "Cast": (*call).cast, "CastLike": (*call).castLike,
	"Shape": (*call).shape, "Size": (*call).size, "Range": (*call).span, "ConstantOfShape": (*call).constantOfShape,
	"Reshape": (*call).reshape, "Flatten": (*call).reshape, "Squeeze": (*call).reshape, "Unsqueeze": (*call).reshape,
	"Transpose": (*call).transpose, "Expand": (*call).expand, "Tile": (*call).tile, "Concat": (*call).concat,
	"Slice": (*call).slice, "Split": (*call).split, "Gather": (*call).gather, "Where": (*call).where, "Clip": (*call).clip,
	"ReduceSum": (*call).reduce, "ReduceMean": (*call).reduce, "ReduceProd": (*call).reduce, "ReduceMax": (*call).reduce,
	"ReduceMin": (*call).reduce, "ReduceSumSquare": (*call).reduce, "ReduceL1": (*call).reduce, "ReduceL2": (*call).reduce,
	"DequantizeLinear": (*call).dequantize, "QuantizeLinear": (*call).quantize,
	"BatchNormalization": (*call).batchNorm,
}

// arg returns input i, which must be there.
func (c *call) arg(i int) (*onnx.Tensor, error) {
	if i >= len(c.in) || c.in[i] == nil {
		return nil, fmt.Errorf("input %d is left out", i+1)
	}
	return c.in[i], nil
}

// optional returns input i, nil if it is left out.
func (c *call) optional(i int) *onnx.Tensor {
	if i >= len(c.in) {
		return nil
	}
	return c.in[i]
}

// ints returns the integers at input i, else those of the attribute.
func (c *call) ints(i int, attribute string) ([]int64, error) {
	t := c.optional(i)
	if t == nil {
		return c.Ints(attribute), nil
	}
	if t.Floats != nil {
		return nil, fmt.Errorf("%s must be integers", attribute)
	}
	if t.Ints == nil {
		return []int64{}, nil // given, and empty
	}
	return t.Ints, nil
}

// spend asks for room for a tensor of these dimensions, made from others.
func (c *call) spend(dims []int, whole bool, from ...*onnx.Tensor) error {
	n, largest := int64(1), int64(mostGrown)
	for _, d := range dims {
		if n *= int64(d); n > math.MaxInt32 {
			return fmt.Errorf("a constant of shape %v is too large", dims)
		}
	}
	for _, t := range from {
		largest = max(largest, int64(t.Len()))
	}
	if n > largest {
		return fmt.Errorf("a constant of shape %v is too large", dims)
	}
	if whole {
		n *= 2
	}
	return c.budget(n)
}

// numbers makes an empty tensor; whole says that it holds integers.
func (c *call) numbers(dims []int, whole bool, from ...*onnx.Tensor) (*onnx.Tensor, error) {
	if err := c.spend(dims, whole, from...); err != nil {
		return nil, err
	}
	t := &onnx.Tensor{Shape: dims}
	if whole {
		t.Ints = make([]int64, shape.Product(dims))
	} else {
		t.Floats = make([]float32, shape.Product(dims))
	}
	return t, nil
}

// whole reports whether a tensor holds integers.
func whole(t *onnx.Tensor) bool { return t.Floats == nil }

// number is element i.
func number(t *onnx.Tensor, i int) float64 {
	if t.Floats != nil {
		return float64(t.Floats[i])
	}
	return float64(t.Ints[i])
}

// pick makes a tensor of the elements of another one.
func (c *call) pick(t *onnx.Tensor, dims []int, from func(i int) int) (*onnx.Tensor, error) {
	out, err := c.numbers(dims, whole(t), t)
	if err != nil {
		return nil, err
	}
	out.Type = t.Type
	for i := range out.Floats {
		out.Floats[i] = t.Floats[from(i)]
	}
	for i := range out.Ints {
		out.Ints[i] = t.Ints[from(i)]
	}
	return out, nil
}

func one(t *onnx.Tensor, err error) ([]*onnx.Tensor, error) { return []*onnx.Tensor{t}, err }

func (c *call) same() ([]*onnx.Tensor, error) { return one(c.arg(0)) }

func (c *call) cast() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	return one(c.convert(t, onnx.Type(c.Int("to", 0))))
}

func (c *call) castLike() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	like, err := c.arg(1)
	if err != nil {
		return nil, err
	}
	to := like.Type
	switch {
	case to != 0:
	case whole(like):
		to = onnx.TypeInt64
	default:
		to = onnx.TypeFloat
	}
	return one(c.convert(t, to))
}

// convert gives a tensor another type. Weights kept in half precision are float32 already.
func (c *call) convert(t *onnx.Tensor, to onnx.Type) (*onnx.Tensor, error) {
	integers := to.Integer() || to == onnx.TypeBool
	if !integers && !whole(t) {
		return t, nil
	}
	out, err := c.numbers(t.Shape, integers, t)
	if err != nil {
		return nil, err
	}
	out.Type = to
	for i := range out.Floats {
		out.Floats[i] = float32(t.Ints[i])
	}
	for i := range out.Ints {
		switch v := number(t, i); {
		case to == onnx.TypeBool && v != 0:
			out.Ints[i] = 1
		case to != onnx.TypeBool && whole(t):
			out.Ints[i] = t.Ints[i]
		case to != onnx.TypeBool:
			out.Ints[i] = int64(v)
		}
	}
	return out, nil
}

func (c *call) shape() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	return one(Shape(c.Node, t.Shape), nil)
}

// Shape is what the operator of that name gives for dimensions.
func Shape(n *onnx.Node, dims []int) *onnx.Tensor {
	bound := func(i int64) int {
		if i < 0 {
			i += int64(len(dims))
		}
		return int(min(max(i, 0), int64(len(dims))))
	}
	lo, hi := bound(n.Int("start", 0)), bound(n.Int("end", math.MaxInt64))
	out := &onnx.Tensor{Type: onnx.TypeInt64, Ints: []int64{}}
	for _, d := range dims[lo:max(lo, hi)] {
		out.Ints = append(out.Ints, int64(d))
	}
	out.Shape = []int{len(out.Ints)}
	return out
}

func (c *call) size() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	return one(&onnx.Tensor{Type: onnx.TypeInt64, Ints: []int64{int64(t.Len())}}, nil)
}

// span computes Range.
func (c *call) span() ([]*onnx.Tensor, error) {
	var v [3]float64
	integers := true
	for i := range v {
		t, err := c.arg(i)
		if err != nil {
			return nil, err
		}
		if t.Len() != 1 {
			return nil, errors.New("start, limit and step must be one number each")
		}
		v[i], integers = number(t, 0), integers && whole(t)
	}
	n := math.Ceil((v[1] - v[0]) / v[2])
	if math.IsNaN(n) || n > mostGrown {
		return nil, fmt.Errorf("numbers from %g to %g in steps of %g", v[0], v[1], v[2])
	}
	out, err := c.numbers([]int{int(max(n, 0))}, integers)
	if err != nil {
		return nil, err
	}
	for i := range out.Floats {
		out.Floats[i] = float32(v[0] + float64(i)*v[2])
	}
	for i := range out.Ints {
		out.Ints[i] = int64(v[0] + float64(i)*v[2])
	}
	return one(out, nil)
}

func (c *call) constantOfShape() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	dims, err := dimensions(t)
	if err != nil {
		return nil, err
	}
	fill := c.Attributes["value"].Tensor
	if fill == nil {
		return one(c.numbers(dims, false))
	}
	if fill.Len() != 1 {
		return nil, fmt.Errorf("filled with %d numbers", fill.Len())
	}
	return one(c.pick(fill, dims, func(int) int { return 0 }))
}

// dimensions reads a list of sizes.
func dimensions(t *onnx.Tensor) ([]int, error) {
	const mostDims = 8
	if !whole(t) || len(t.Ints) > mostDims {
		return nil, fmt.Errorf("a constant of %d dimensions", t.Len())
	}
	dims := make([]int, len(t.Ints))
	for i, d := range t.Ints {
		if d < 0 || d > mostGrown {
			return nil, fmt.Errorf("a constant of shape %v", t.Ints)
		}
		dims[i] = int(d)
	}
	return dims, nil
}

package fold

import (
	"errors"
	"fmt"
	"math"

	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// Steps says which numbers integers stand for: Scale*(q-Zero), with one pair of numbers for
// all, one for each element of Axis, or one for each Block elements along it.
type Steps struct {
	Scale, Zero *onnx.Tensor // Zero may be nil
	Axis, Block int64
}

// StepsOf reads the steps of QuantizeLinear or DequantizeLinear.
func StepsOf(n *onnx.Node, scale, zero *onnx.Tensor) (Steps, error) {
	s := Steps{Scale: scale, Zero: zero, Axis: n.Int("axis", 1), Block: n.Int("block_size", 0)}
	if scale == nil || scale.Floats == nil || scale.Len() == 0 {
		return s, errors.New("steps must be constant numbers")
	}
	if zero != nil && (zero.Floats != nil || zero.Len() != scale.Len()) {
		return s, fmt.Errorf("%d zero points for %d steps", zero.Len(), scale.Len())
	}
	return s, nil
}

// ZeroOf is zero point i.
func (s Steps) ZeroOf(i int) float64 {
	if s.Zero == nil {
		return 0
	}
	return number(s.Zero, i)
}

// index says which step element i of a tensor of these dimensions has.
func (s Steps) index(dims []int) (func(i int) int, error) {
	if s.Scale.Len() == 1 {
		return func(int) int { return 0 }, nil
	}
	a, err := shape.Axis(s.Axis, len(dims))
	if err != nil {
		return nil, err
	}
	after := shape.Product(dims[a+1:])
	if s.Block == 0 {
		if s.Scale.Len() != dims[a] {
			return nil, fmt.Errorf("%d steps for %d elements", s.Scale.Len(), dims[a])
		}
		return func(i int) int { return i / after % dims[a] }, nil
	}
	blocks := 0
	if len(s.Scale.Shape) == len(dims) {
		blocks = s.Scale.Shape[a]
	}
	if s.Block < 1 || blocks < 1 || int64(blocks) != (int64(dims[a])+s.Block-1)/s.Block || s.Scale.Len() != shape.Product(dims[:a])*blocks*after {
		return nil, fmt.Errorf("steps of shape %v in blocks of %d for a value of %v", s.Scale.Shape, s.Block, dims)
	}
	return func(i int) int {
		return (i/after/dims[a]*blocks+i/after%dims[a]/int(s.Block))*after + i%after
	}, nil
}

func (c *call) steps() (t *onnx.Tensor, s Steps, step func(i int) int, err error) {
	if t, err = c.arg(0); err != nil {
		return t, s, nil, err
	}
	if s, err = StepsOf(c.Node, c.optional(1), c.optional(2)); err != nil {
		return t, s, nil, err
	}
	step, err = s.index(t.Shape)
	return t, s, step, err
}

// dequantize computes the numbers that integers stand for.
func (c *call) dequantize() ([]*onnx.Tensor, error) {
	t, s, step, err := c.steps()
	if err != nil {
		return nil, err
	}
	out, err := c.numbers(t.Shape, false, t)
	if err != nil {
		return nil, err
	}
	for i := range out.Floats {
		k := step(i)
		out.Floats[i] = float32((number(t, i) - s.ZeroOf(k)) * float64(s.Scale.Floats[k]))
	}
	return one(out, nil)
}

// quantize computes the integers that stand for numbers.
func (c *call) quantize() ([]*onnx.Tensor, error) {
	t, s, step, err := c.steps()
	if err != nil {
		return nil, err
	}
	to := QuantizedType(c.Node, s.Zero)
	lo, hi, ok := to.Range()
	if !ok {
		return nil, fmt.Errorf("integers of type %v are not supported", to)
	}
	out, err := c.numbers(t.Shape, true, t)
	if err != nil {
		return nil, err
	}
	out.Type = to
	for i := range out.Ints {
		k := step(i)
		q := math.RoundToEven(number(t, i)/float64(s.Scale.Floats[k])) + s.ZeroOf(k)
		out.Ints[i] = int64(min(max(q, float64(lo)), float64(hi)))
	}
	return one(out, nil)
}

// QuantizedType is what QuantizeLinear makes: what its zero point is of, or the attribute says.
func QuantizedType(n *onnx.Node, zero *onnx.Tensor) onnx.Type {
	if zero != nil && zero.Type != 0 {
		return zero.Type
	}
	return onnx.Type(n.Int("output_dtype", int64(onnx.TypeUint8)))
}

package graph

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
)

// binary reads sums, differences, products and quotients: of a value and a constant, or of
// two values.
func (im *importer) binary(n *onnx.Node) error {
	_, first := im.at[input(n, 0)]
	_, second := im.at[input(n, 1)]
	switch {
	case first && second:
		return im.blend(n)
	case first:
		return im.withConstant(n, 0, 1)
	case second:
		return im.withConstant(n, 1, 0)
	}
	return fmt.Errorf("neither %q nor %q is computed from the picture", input(n, 0), input(n, 1))
}

// withConstant reads x op c, or c op x, as scale*x+shift.
func (im *importer) withConstant(n *onnx.Node, x, c int) error {
	v, err := im.value(n, x)
	if err != nil {
		return err
	}
	t, err := im.floats(n, c)
	if err != nil {
		return err
	}
	if t == nil {
		return errors.New("an operand is missing")
	}
	shift, err := im.perChannel(t, v)
	if err != nil {
		return err
	}
	scale := slices.Repeat([]float32{1}, len(shift))
	switch {
	case n.Op == "Sub" && x == 0:
		for i := range shift {
			shift[i] = -shift[i]
		}
	case n.Op == "Sub":
		for i := range scale {
			scale[i] = -1
		}
	case n.Op == "Mul":
		scale, shift = shift, make([]float32, len(shift))
	case n.Op == "Div" && x == 0:
		for i := range scale {
			scale[i], shift[i] = 1/shift[i], 0
		}
	case n.Op == "Div":
		return errors.New("a constant divided by a value is not supported")
	}
	if x == 1 { // the layer before may be changed only if it is the first input
		return im.keep(n, &affine{scale: scale, shift: shift}, v)
	}
	return im.affine(n, v, scale, shift)
}

// blend reads an operation on two values.
func (im *importer) blend(n *onnx.Node) error {
	a, err := im.value(n, 0)
	if err != nil {
		return err
	}
	b, err := im.value(n, 1)
	if err != nil {
		return err
	}
	if len(a.dims) != len(b.dims) || a.tail != b.tail || !slices.Equal(a.lead(), b.lead()) {
		return fmt.Errorf("values of shapes %v and %v do not go together", a.dims, b.dims)
	}
	if n.Op == "Add" && slices.Equal(a.dims, b.dims) {
		return im.keep(n, sum{}, a, b)
	}
	op := map[string]kernel.BlendOp{"Add": kernel.Plus, "Sub": kernel.Minus, "Mul": kernel.Times, "Div": kernel.Over}[n.Op]
	v, err := im.put(n, blend{op}, a, b)
	v.dims, v.tail = a.dims, a.tail
	if product(b.dims) > product(a.dims) {
		v.dims = b.dims
	}
	im.at[n.Outputs[0]] = v
	return err
}

// sum reads a sum of any number of values.
func (im *importer) sum(n *onnx.Node) error {
	var all []value
	for i := range n.Inputs {
		v, err := im.value(n, i)
		if err != nil {
			return err
		}
		if i > 0 && !slices.Equal(v.dims, all[0].dims) {
			return fmt.Errorf("sum of values of shapes %v and %v", all[0].dims, v.dims)
		}
		all = append(all, v)
	}
	return im.keep(n, sum{}, all...)
}

// curve reads a function of every value.
func (im *importer) curve(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	var c kernel.Curve
	switch n.Op {
	case "LeakyRelu":
		c = kernel.Curve{Kind: kernel.Leaky, A: n.Float("alpha", 0.01)}
	case "Sigmoid":
		c.Kind = kernel.Sigmoid
	case "HardSigmoid":
		c = kernel.Curve{Kind: kernel.HardSigmoid, A: n.Float("alpha", 0.2), B: n.Float("beta", 0.5)}
	case "HardSwish":
		c.Kind = kernel.HardSwish
	}
	return im.keep(n, curve{c}, v)
}

// clip reads limits, which older files have as attributes and newer ones as inputs.
func (im *importer) clip(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	low, err := im.number(n, 1, "min", float32(math.Inf(-1)))
	if err != nil {
		return err
	}
	high, err := im.number(n, 2, "max", float32(math.Inf(1)))
	if err != nil {
		return err
	}
	if low == 0 && math.IsInf(float64(high), 1) {
		return im.relu(n)
	}
	return im.keep(n, curve{kernel.Curve{Kind: kernel.Clamp, A: low, B: high}}, v)
}

// identity passes its first input on.
func (im *importer) identity(n *onnx.Node) error {
	v, err := im.value(n, 0)
	im.at[n.Outputs[0]] = v
	return err
}

// softmax passes its input on: we read logits, and take probabilities of them ourselves.
func (im *importer) softmax(n *onnx.Node) error {
	if im.uses[n.Outputs[0]] > 0 {
		return errors.New("softmax is supported only as the end of a network")
	}
	return im.identity(n)
}

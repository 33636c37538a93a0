package graph

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// binary reads sums, differences, products, quotients and extremes: of a value and a constant,
// or of values.
func (im *importer) binary(n *onnx.Node) error {
	switch len(n.Inputs) {
	case 1: // Sum, Max, Min or Mean of one
		return im.identity(n)
	case 2:
		return im.pairwise(n)
	}
	return im.several(n)
}

// several reads an operator on more than two as one on the first two, and so on.
func (im *importer) several(n *onnx.Node) error {
	if n.Op == "Div" || n.Op == "Sub" || n.Op == "Pow" || len(n.Inputs) == 0 {
		return fmt.Errorf("%d operands", len(n.Inputs))
	}
	if n.Op == "Sum" && im.alike(n) {
		var all []value
		for i := range n.Inputs {
			all = append(all, im.at[n.Inputs[i]])
		}
		return im.keep(n, sum{}, all...)
	}
	so := n.Inputs[0]
	for i, name := range n.Inputs[1:] {
		part := *n
		part.Inputs = []string{so, name}
		if so = n.Outputs[0]; i+2 < len(n.Inputs) {
			so = fmt.Sprintf("%s, %d of %d", so, i+2, len(n.Inputs))
		}
		part.Outputs = []string{so}
		if err := im.pairwise(&part); err != nil {
			return err
		}
	}
	return nil
}

// alike reports whether all inputs are values of one shape.
func (im *importer) alike(n *onnx.Node) bool {
	first := im.at[n.Inputs[0]]
	return !slices.ContainsFunc(n.Inputs, func(name string) bool {
		v, ok := im.at[name]
		return !ok || v.packed > 0 || !slices.Equal(v.dims, first.dims) || !slices.Equal(v.plane, first.plane)
	})
}

// mean reads the mean of values.
func (im *importer) meanOf(n *onnx.Node) error {
	total := *n
	total.Op, total.Outputs = "Sum", []string{n.Outputs[0] + ", sum"}
	if err := im.binary(&total); err != nil {
		return err
	}
	return im.scaled(n, im.at[total.Outputs[0]], 1/float32(max(1, len(n.Inputs))), 0)
}

func (im *importer) pairwise(n *onnx.Node) error {
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

// withConstant reads x op c, or c op x.
func (im *importer) withConstant(n *onnx.Node, x, c int) error {
	v, err := im.value(n, x)
	if err != nil {
		return err
	}
	t, err := im.operand(n, c)
	if err != nil {
		return err
	}
	if n.Op == "Pow" {
		return im.power(n, v, t, x == 0)
	}
	v, constant, err := im.perChannel(n, t, v)
	if err != nil {
		return err
	}
	scale, shift := slices.Repeat([]float32{1}, len(constant)), make([]float32, len(constant))
	switch n.Op {
	case "Add", "Sum":
		shift = constant
	case "Sub":
		for i, k := range constant {
			if shift[i] = -k; x == 1 {
				scale[i], shift[i] = -1, k
			}
		}
	case "Mul":
		scale = constant
	case "Div":
		if x == 1 {
			if v, err = im.put(n, curve{kernel.Curve{Kind: kernel.Power, A: -1}}, v); err != nil {
				return err
			}
			scale = constant
			break
		}
		for i, k := range constant {
			scale[i] = 1 / k
		}
	case "Max", "Min":
		return im.limit(n, v, constant)
	}
	return im.affine(n, input(n, x), v, scale, shift)
}

// operand returns the constant at input i as real numbers.
func (im *importer) operand(n *onnx.Node, i int) (*onnx.Tensor, error) {
	t := im.consts[input(n, i)]
	if t == nil {
		return nil, fmt.Errorf("the operand %q is missing", input(n, i))
	}
	if t.Floats != nil {
		return t, nil
	}
	out := &onnx.Tensor{Shape: t.Shape} // beside a picture of integers
	if err := im.spend(int64(len(t.Ints))); err != nil {
		return nil, err
	}
	for _, v := range t.Ints {
		out.Floats = append(out.Floats, float32(v))
	}
	return out, nil
}

// limit reads the larger or smaller of a value and a constant.
func (im *importer) limit(n *onnx.Node, v value, constant []float32) error {
	lo, hi := constant[0], float32(math.Inf(1))
	if n.Op == "Min" {
		lo, hi = float32(math.Inf(-1)), constant[0]
	}
	for _, k := range constant {
		if k != constant[0] {
			return errors.New("a limit that differs by channel is not supported")
		}
	}
	return im.clamp(n, v, lo, hi)
}

// power reads a value to the power of a constant, or a constant to the power of a value.
func (im *importer) power(n *onnx.Node, v value, t *onnx.Tensor, base bool) error {
	if t.Len() != 1 || !base && t.Floats[0] <= 0 {
		return fmt.Errorf("a power of %d numbers is not supported", t.Len())
	}
	if base {
		return im.keep(n, curve{kernel.Curve{Kind: kernel.Power, A: t.Floats[0]}}, v)
	}
	if err := im.scaled(n, v, float32(math.Log(float64(t.Floats[0]))), 0); err != nil {
		return err
	}
	return im.keep(n, curve{kernel.Curve{Kind: kernel.Exp}}, im.at[n.Outputs[0]])
}

// scaled computes scale*v+shift as the node's output, with one number each for all channels.
func (im *importer) scaled(n *onnx.Node, v value, scale, shift float32) error {
	op, err := im.uniform(im.shapes[v.layer].C, scale, shift)
	if err != nil {
		return err
	}
	return im.keep(n, op, v)
}

// uniform is scale*x+shift with one number each for all c channels.
func (im *importer) uniform(c int, scale, shift float32) (*affine, error) {
	if err := im.spend(2 * int64(c)); err != nil {
		return nil, err
	}
	return &affine{scale: slices.Repeat([]float32{scale}, c), shift: slices.Repeat([]float32{shift}, c)}, nil
}

var blends = map[string]kernel.BlendOp{
	"Add": kernel.Plus, "Sum": kernel.Plus, "Sub": kernel.Minus, "Mul": kernel.Times, "Div": kernel.Over,
	"Max": kernel.Larger, "Min": kernel.Smaller,
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
	op, ok := blends[n.Op]
	if !ok {
		return errors.New("of two values computed from the picture is not supported")
	}
	a, b, dims, err := im.aligned(n, a, b)
	if err != nil {
		return err
	}
	if n.Op == "Add" && slices.Equal(a.dims, b.dims) {
		return im.keep(n, sum{}, a, b)
	}
	if op, of, called := im.fused(n, a, b); op != nil {
		err := im.keep(n, op, of)
		im.titles[len(im.titles)-1].kind = called
		return err
	}
	v, err := im.put(n, blend{op}, a, b)
	v.dims, v.plane = dims, a.plane
	im.at[n.Outputs[0]] = v
	return err
}

// aligned gives two values dimensions by which one is spread over the other.
func (im *importer) aligned(n *onnx.Node, a, b value) (x, y value, dims []int, err error) {
	rank := max(len(a.dims), len(b.dims))
	x, y = a.raised(rank), b.raised(rank)
	wrong := fmt.Errorf("values of shapes %v and %v do not go together", a.dims, b.dims)
	if !slices.Equal(x.plane, y.plane) {
		var ok bool
		if im.single[y.layer] {
			ok = as(&y, x.plane)
		} else if im.single[x.layer] {
			ok = as(&x, y.plane)
		}
		if !ok {
			return x, y, nil, wrong
		}
	}
	if dims, err = shape.Broadcast(x.dims, y.dims); err != nil {
		return x, y, nil, wrong
	}
	for _, v := range []*value{&x, &y} {
		if shape.Product(v.lead()) == 1 {
			continue
		}
		if *v, err = im.expanded(n, *v, dims); err != nil {
			return x, y, nil, err
		}
	}
	return x, y, dims, nil
}

// as takes the dimensions of a value of one position for rows and columns, if it has but one
// element there.
func as(v *value, plane []int) bool {
	for _, i := range plane {
		if v.dims[i] != 1 {
			return false
		}
	}
	v.plane = plane
	return true
}

// clip reads limits, which older files have as attributes and newer ones as inputs.
func (im *importer) clip(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	limits := [2]float32{float32(math.Inf(-1)), float32(math.Inf(1))}
	for i, name := range []string{"min", "max"} {
		if input(n, i+1) == "" {
			limits[i] = n.Float(name, limits[i])
			continue
		}
		t, err := im.operand(n, i+1)
		if err != nil {
			return err
		}
		if t.Len() != 1 {
			return fmt.Errorf("%s of %d values, want one", name, t.Len())
		}
		limits[i] = t.Floats[0]
	}
	return im.clamp(n, v, limits[0], limits[1])
}

// clamp keeps v within limits.
func (im *importer) clamp(n *onnx.Node, v value, lo, hi float32) error {
	if lo == 0 && hi >= math.MaxFloat32 {
		return im.rectified(n, v)
	}
	return im.keep(n, curve{kernel.Curve{Kind: kernel.Clamp, A: lo, B: hi}}, v)
}

// identity passes its first input on.
func (im *importer) identity(n *onnx.Node) error {
	v, err := im.value(n, 0)
	im.at[n.Outputs[0]] = v
	return err
}

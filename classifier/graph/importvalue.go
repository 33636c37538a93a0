package graph

import (
	"fmt"

	"slugpuppy/classifier/onnx"
)

// value is a layer as the file sees it: a tensor of some dimensions, in the same order in
// memory. Only the last dimensions depend on the picture's size.
type value struct {
	layer int
	dims  []int
	// tail is how many of the last dimensions make up a plane: 2 for rows and columns, 1 for
	// both in one, 0 for a vector, which has none. The others are channels, taken together.
	tail int
}

// planes is the usual view of a layer: [1][C][H][W].
func planes(layer int, s Shape) value { return value{layer, []int{1, s.C, s.H, s.W}, 2} }

// lead is the dimensions that are channels.
func (v value) lead() []int { return v.dims[:len(v.dims)-v.tail] }

// plain reports whether v is [1][C][H][W].
func (v value) plain() bool { return v.tail == 2 && len(v.dims) == 4 && v.dims[0] == 1 }

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// input returns the node's i-th input name, empty if it is left out.
func input(n *onnx.Node, i int) string {
	if i < len(n.Inputs) {
		return n.Inputs[i]
	}
	return ""
}

// value returns the node's i-th input, which must be computed from the picture.
func (im *importer) value(n *onnx.Node, i int) (value, error) {
	v, ok := im.at[input(n, i)]
	if !ok {
		return v, fmt.Errorf("input %q is not a value computed from the picture", input(n, i))
	}
	return v, nil
}

// picture returns the node's first input, which must be planes.
func (im *importer) picture(n *onnx.Node) (value, error) {
	v, err := im.value(n, 0)
	if err == nil && !v.plain() {
		err = fmt.Errorf("input of shape %v, want [1 channels height width]", v.dims)
	}
	return v, err
}

// sole reports whether the node alone reads its first input, just as its layer computes it:
// then the node's work may be done by that layer.
func (im *importer) sole(n *onnx.Node, v value) bool {
	name := input(n, 0)
	return im.uses[name] == 1 && !im.named[name] && im.net.layers[v.layer].name == name
}

// becomes says that v's layer now computes the node's output.
func (im *importer) becomes(n *onnx.Node, v value) {
	im.net.layers[v.layer].name = n.Outputs[0]
	im.titles[v.layer] = title{n.Name, n.Outputs[0], n.Op}
	im.at[n.Outputs[0]] = v
}

// floats returns the node's i-th input, which must be a constant; nil if it is left out.
func (im *importer) floats(n *onnx.Node, i int) (*onnx.Tensor, error) {
	name := input(n, i)
	if name == "" {
		return nil, nil
	}
	t := im.consts[name]
	if t == nil || t.Floats == nil {
		return nil, fmt.Errorf("input %q must be a constant", name)
	}
	return t, nil
}

// number returns a constant of one value at input i, else the attribute, else the fallback.
func (im *importer) number(n *onnx.Node, i int, attribute string, fallback float32) (float32, error) {
	t, err := im.floats(n, i)
	if err != nil {
		return 0, err
	}
	if t == nil {
		return n.Float(attribute, fallback), nil
	}
	if len(t.Floats) != 1 {
		return 0, fmt.Errorf("%s of %d values, want one", attribute, len(t.Floats))
	}
	return t.Floats[0], nil
}

// ints returns the constant integers at input i, else those of the attribute.
func (im *importer) ints(n *onnx.Node, i int, attribute string) ([]int64, error) {
	name := input(n, i)
	if name == "" {
		return n.Ints(attribute), nil
	}
	t := im.consts[name]
	if t == nil || t.Floats != nil {
		return nil, fmt.Errorf("input %q must be constant integers", name)
	}
	return t.Ints, nil
}

// axis turns an axis that may count from the end into an index.
func axis(a int64, rank int) (int, error) {
	if a < 0 {
		a += int64(rank)
	}
	if a < 0 || a >= int64(rank) {
		return 0, fmt.Errorf("no axis %d among %d", a, rank)
	}
	return int(a), nil
}

// perChannel spreads a constant over v's channels by ONNX's rules of broadcasting.
func (im *importer) perChannel(t *onnx.Tensor, v value) ([]float32, error) {
	channels := product(v.lead())
	if err := im.spend(int64(channels)); err != nil {
		return nil, err
	}
	out := make([]float32, channels)
	if len(t.Floats) == 1 {
		for i := range out {
			out[i] = t.Floats[0]
		}
		return out, nil
	}
	shape := t.Shape
	for len(shape) < len(v.dims) {
		shape = append([]int{1}, shape...)
	}
	wrong := fmt.Errorf("constant of shape %v for a value of %v; only one number or one a channel is supported", t.Shape, v.dims)
	if len(shape) != len(v.dims) || len(t.Floats) == 0 {
		return nil, wrong
	}
	lead := v.lead()
	for i, d := range shape {
		if d != 1 && (i >= len(lead) || d != lead[i]) {
			return nil, wrong
		}
	}
	for c := range out {
		at, step, rest := 0, 1, c
		for i := len(lead) - 1; i >= 0; i-- {
			if shape[i] != 1 {
				at += rest % lead[i] * step
				step *= shape[i]
			}
			rest /= lead[i]
		}
		out[c] = t.Floats[at]
	}
	return out, nil
}

// pair reads the two sizes of an attribute, 1 unless given; absurd ones become invalid.
func pair(v []int64) [2]int {
	if len(v) == 0 {
		return [2]int{1, 1}
	}
	if len(v) != 2 {
		return [2]int{-1, -1}
	}
	return [2]int{bounded(v[0]), bounded(v[1])}
}

func bounded(v int64) int {
	if v < 0 || v > 1<<16 {
		return -1
	}
	return int(v)
}

// pads reads the padding of a window that reaches over so many rows and columns. Automatic
// padding is that of a picture of the size the file was written for.
func pads(n *onnx.Node, s Shape, reach, stride [2]int) (top, left, bottom, right int, err error) {
	switch auto := n.Text("auto_pad", "NOTSET"); auto {
	case "NOTSET":
	case "VALID":
		return 0, 0, 0, 0, nil
	case "SAME_UPPER", "SAME_LOWER":
		if stride[0] < 1 || stride[1] < 1 {
			return 0, 0, 0, 0, fmt.Errorf("stride %v", stride)
		}
		y, x := same(s.H, reach[0], stride[0]), same(s.W, reach[1], stride[1])
		if auto == "SAME_UPPER" {
			return y / 2, x / 2, y - y/2, x - x/2, nil
		}
		return y - y/2, x - x/2, y / 2, x / 2, nil
	default:
		return 0, 0, 0, 0, fmt.Errorf("unknown automatic padding %q", auto)
	}
	p := n.Ints("pads")
	if len(p) == 0 {
		return 0, 0, 0, 0, nil
	}
	if len(p) != 4 {
		return 0, 0, 0, 0, fmt.Errorf("%d paddings, want 4", len(p))
	}
	return bounded(p[0]), bounded(p[1]), bounded(p[2]), bounded(p[3]), nil
}

// same is the padding along one side that gives one output for every stride.
func same(n, reach, stride int) int {
	return max(0, ((n+stride-1)/stride-1)*stride+reach-n)
}

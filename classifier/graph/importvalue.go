package graph

import (
	"fmt"
	"slices"

	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// value is a layer as the file sees it: a tensor of some dimensions. Two of them are the rows
// and columns of a picture, which alone depend on its size; the others are channels, taken
// together in the order in which they come. A file may have them anywhere: first, as PyTorch
// does, or last, as TensorFlow does. In memory the channels come first.
type value struct {
	layer int
	dims  []int
	// plane is which dimensions are rows and columns: two, one for both together, or none of a
	// vector.
	plane []int
	// packed is how many channels the plane's one dimension holds beside the plane: 0 unless a
	// file takes them together, to normalise groups of channels.
	packed int
}

// planes is the usual view of a layer: [1][C][H][W].
func planes(layer int, s Shape) value {
	return value{layer: layer, dims: []int{1, s.C, s.H, s.W}, plane: []int{2, 3}}
}

// leads lists which dimensions are channels.
func (v value) leads() []int {
	var at []int
	for i := range v.dims {
		if !slices.Contains(v.plane, i) {
			at = append(at, i)
		}
	}
	return at
}

// lead is the sizes of those dimensions.
func (v value) lead() []int {
	sizes := []int{}
	for _, i := range v.leads() {
		sizes = append(sizes, v.dims[i])
	}
	return sizes
}

// plain reports whether v is [1][C][H][W].
func (v value) plain() bool {
	return len(v.dims) == 4 && v.dims[0] == 1 && slices.Equal(v.plane, []int{2, 3})
}

// trailing reports whether rows and columns come last: v is in the file as it is in memory.
func (v value) trailing() bool {
	return len(v.plane) == 0 || len(v.plane) == len(v.dims)-v.plane[0]
}

// raised gives v dimensions of one element in front, rank of them in all.
func (v value) raised(rank int) value {
	more := rank - len(v.dims)
	if more <= 0 {
		return v
	}
	v.dims = append(slices.Repeat([]int{1}, more), v.dims...)
	v.plane = slices.Clone(v.plane)
	for i := range v.plane {
		v.plane[i] += more
	}
	return v
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
	if v.packed > 0 && n.Op != "Reshape" && n.Op != "InstanceNormalization" && n.Op != "Identity" {
		return v, fmt.Errorf("a value of shape %v, channels and positions together, can only be normalised", v.dims)
	}
	return v, nil
}

// picture returns the node's first input, which must be planes.
func (im *importer) picture(n *onnx.Node) (value, error) {
	v, err := im.value(n, 0)
	if err != nil {
		return v, err
	}
	if len(v.plane) == 0 && len(v.dims) == 4 && v.dims[2] == 1 && v.dims[3] == 1 {
		v.plane = []int{2, 3} // a vector as a picture of one pixel
	}
	if !v.plain() {
		return v, fmt.Errorf("input of shape %v, want [1 channels height width]", v.dims)
	}
	return v, nil
}

// sole reports whether the node alone reads the value of that name, just as its layer computes
// it: then the node's work may be done by that layer.
func (im *importer) sole(name string, v value) bool {
	return len(im.readers[name]) == 1 && !im.named[name] && im.net.layers[v.layer].name == name
}

// becomes says that v's layer now computes the node's output.
func (im *importer) becomes(n *onnx.Node, v value) {
	im.net.layers[v.layer].name = n.Outputs[0]
	im.titles[v.layer] = title{node: n.Name, output: n.Outputs[0], op: n.Op}
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
		return nil, fmt.Errorf("input %q must be constant numbers", name)
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

// perChannel spreads a constant over v's channels by ONNX's rules of broadcasting. Where it has
// more channels than v, v is repeated.
func (im *importer) perChannel(n *onnx.Node, t *onnx.Tensor, v value) (value, []float32, error) {
	v = v.raised(len(t.Shape))
	dims, err := shape.Broadcast(v.dims, t.Shape)
	if err != nil || t.Len() == 0 {
		return v, nil, fmt.Errorf("a constant of shape %v for a value of %v", t.Shape, v.dims)
	}
	own := append(slices.Repeat([]int{1}, len(dims)-len(t.Shape)), t.Shape...)
	for _, i := range v.plane {
		if own[i] != 1 {
			return v, nil, fmt.Errorf("a constant of shape %v for a value of %v: with a number for each position a network "+
				"fits pictures of one size only; %w", t.Shape, v.dims, errPositions)
		}
	}
	if v, err = im.expanded(n, v, dims); err != nil {
		return v, nil, err
	}
	lead := v.lead()
	channels := shape.Product(lead)
	if err := im.spend(int64(channels)); err != nil {
		return v, nil, err
	}
	out := make([]float32, channels)
	at := v.leads()
	for c := range out {
		from, step, rest := 0, 1, c
		for k := len(lead) - 1; k >= 0; k-- {
			if d := own[at[k]]; d != 1 {
				from += rest % lead[k] * step
				step *= d
			}
			rest /= lead[k]
		}
		out[c] = t.Floats[from]
	}
	return v, out, nil
}

// expanded repeats channels of v so that they have the sizes that dims says; rows and columns
// stay as they are.
func (im *importer) expanded(n *onnx.Node, v value, dims []int) (value, error) {
	for _, a := range v.leads() {
		if v.dims[a] == dims[a] {
			continue
		}
		if v.dims[a] != 1 {
			return v, fmt.Errorf("a value of shape %v as one of %v", v.dims, dims)
		}
		lead, index, err := im.along(v, a, make([]int, dims[a]))
		if err != nil {
			return v, err
		}
		if v, err = im.picked(n, n.Outputs[0], v, lead, index); err != nil {
			return v, err
		}
	}
	return v, nil
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

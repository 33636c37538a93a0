package graph

import (
	"errors"
	"fmt"
	"strings"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
)

// Logits is the name of the layer before softmax.
const Logits = "logits"

// Import turns a decoded model into a network. Normalisation becomes one operation, and a
// convolution takes over the ReLU that follows it. The model's outputs become the named
// layers, without the prefix "layer_"; one of them is the logits.
func Import(m *onnx.Model) (*Network, error) {
	im := &importer{
		consts: m.Graph.Initializers, at: map[string]int{}, uses: map[string]int{}, named: map[string]bool{},
		net: &Network{layers: []layer{{name: "picture"}}},
	}
	if err := im.start(m); err != nil {
		return nil, err
	}
	for i := range m.Graph.Nodes {
		n := &m.Graph.Nodes[i]
		if err := im.node(n); err != nil {
			return nil, fmt.Errorf("%s: %w", n.Title(), err)
		}
	}
	names, at, err := im.outputs(m)
	if err != nil {
		return nil, err
	}
	if err := im.net.finish(names, at); err != nil {
		return nil, fmt.Errorf("name layers: %w", err)
	}
	return im.net, nil
}

// importer holds what is known while the nodes are read in order.
type importer struct {
	net    *Network
	consts map[string]*onnx.Tensor
	at     map[string]int // values by name, into net.layers
	uses   map[string]int // how many nodes read a value
	named  map[string]bool
}

func (im *importer) start(m *onnx.Model) error {
	if len(m.Graph.Inputs) != 1 {
		return fmt.Errorf("a model with %d inputs, want one picture", len(m.Graph.Inputs))
	}
	in := m.Graph.Inputs[0]
	if len(in.Shape) != 4 || (in.Shape[1] != 3 && in.Shape[1] != 0) {
		return fmt.Errorf("input %q has shape %v, want [1 3 height width]", in.Name, in.Shape)
	}
	im.at[in.Name] = 0
	for _, n := range m.Graph.Nodes {
		for _, name := range n.Inputs {
			im.uses[name]++
		}
	}
	for _, o := range m.Graph.Outputs {
		im.named[o.Name] = true
	}
	return nil
}

// outputs lists the named layers in order of computation, the logits last.
func (im *importer) outputs(m *onnx.Model) (names []string, at []int, err error) {
	byLayer := map[int]string{}
	logits := -1
	for _, o := range m.Graph.Outputs {
		i, ok := im.at[o.Name]
		if !ok {
			return nil, nil, fmt.Errorf("no operator computes output %q", o.Name)
		}
		if i == 0 {
			return nil, nil, fmt.Errorf("output %q is the picture itself", o.Name)
		}
		name := strings.TrimPrefix(o.Name, "layer_")
		if name == Logits || len(m.Graph.Outputs) == 1 {
			logits, name = i, Logits
		}
		byLayer[i] = name
	}
	if logits < 0 {
		return nil, nil, fmt.Errorf("none of %d outputs is called %q", len(m.Graph.Outputs), Logits)
	}
	for i := range im.net.layers {
		if name, ok := byLayer[i]; ok && i != logits {
			names, at = append(names, name), append(at, i)
		}
	}
	return append(names, Logits), append(at, logits), nil
}

// readers maps an ONNX operator to how it is read.
var readers = map[string]func(*importer, *onnx.Node) error{
	"Constant": (*importer).constant,
	"Identity": (*importer).identity, "Dropout": (*importer).identity, "Softmax": (*importer).identity,
	"Sub": (*importer).normalise, "Div": (*importer).normalise, "Mul": (*importer).normalise, "Add": (*importer).add,
	"Conv": (*importer).conv, "Relu": (*importer).relu, "MaxPool": (*importer).maxPool,
	"Concat": (*importer).concat, "ReduceMean": (*importer).mean, "GlobalAveragePool": (*importer).mean,
	"Flatten": (*importer).flatten, "Gemm": (*importer).gemm,
}

func (im *importer) node(n *onnx.Node) error {
	read, ok := readers[n.Op]
	if !ok || (n.Domain != "" && n.Domain != "ai.onnx") {
		return fmt.Errorf("operator %s %s is not supported", n.Domain, n.Op)
	}
	if len(n.Outputs) == 0 {
		return errors.New("operator without an output")
	}
	return read(im, n)
}

// put appends a layer that computes the node's first output.
func (im *importer) put(n *onnx.Node, op operation, inputs ...string) error {
	l := layer{name: n.Outputs[0], op: op}
	for _, name := range inputs {
		i, ok := im.at[name]
		if !ok {
			return fmt.Errorf("input %q is not a value computed from the picture", name)
		}
		l.in = append(l.in, i)
	}
	im.at[n.Outputs[0]] = len(im.net.layers)
	im.net.layers = append(im.net.layers, l)
	return nil
}

// input returns the node's i-th input name, empty if it is left out.
func input(n *onnx.Node, i int) string {
	if i < len(n.Inputs) {
		return n.Inputs[i]
	}
	return ""
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

func (im *importer) constant(n *onnx.Node) error {
	a, ok := n.Attributes["value"]
	if !ok || a.Tensor == nil {
		return errors.New("constant without a tensor")
	}
	im.consts[n.Outputs[0]] = a.Tensor
	return nil
}

// identity passes its first input on. Softmax is one too: we read logits, and take
// probabilities of them ourselves.
func (im *importer) identity(n *onnx.Node) error {
	i, ok := im.at[input(n, 0)]
	if !ok {
		return fmt.Errorf("input %q is not a value computed from the picture", input(n, 0))
	}
	im.at[n.Outputs[0]] = i
	return nil
}

// normalise reads x-c, x/c and x*c. Two in a row become one operation.
func (im *importer) normalise(n *onnx.Node) error {
	c, err := im.floats(n, 1)
	if err != nil {
		return err
	}
	if c == nil {
		return errors.New("second operand is missing")
	}
	const channels = 3
	if len(c.Floats) != 1 && len(c.Floats) != channels {
		return fmt.Errorf("constant of shape %v; only normalisation of the picture is supported", c.Shape)
	}
	prev, ok := im.at[input(n, 0)]
	if !ok {
		return fmt.Errorf("input %q is not a value computed from the picture", input(n, 0))
	}
	op := &affine{scale: []float32{1, 1, 1}, shift: make([]float32, channels)}
	in := input(n, 0)
	if p, ok := im.net.layers[prev].op.(*affine); ok && im.uses[in] == 1 && !im.named[in] {
		op = p
	} else if err := im.put(n, op, in); err != nil {
		return err
	}
	im.at[n.Outputs[0]] = len(im.net.layers) - 1
	for i := range op.scale {
		v := c.Floats[i%len(c.Floats)]
		switch n.Op {
		case "Sub":
			op.shift[i] -= v
		case "Div":
			op.scale[i], op.shift[i] = op.scale[i]/v, op.shift[i]/v
		case "Mul":
			op.scale[i], op.shift[i] = op.scale[i]*v, op.shift[i]*v
		}
	}
	return nil
}

// add reads a sum of values.
func (im *importer) add(n *onnx.Node) error { return im.put(n, sum{}, n.Inputs...) }

func (im *importer) conv(n *onnx.Node) error {
	w, err := im.floats(n, 1)
	if err != nil {
		return err
	}
	if w == nil || len(w.Shape) != 4 {
		return errors.New("weights must have 4 dimensions")
	}
	b, err := im.floats(n, 2)
	if err != nil {
		return err
	}
	g := int(n.Int("group", 1))
	s := kernel.ConvShape{Out: w.Shape[0], In: w.Shape[1] * g, KernelH: w.Shape[2], KernelW: w.Shape[3], Groups: g}
	strides, dilations := pair(n.Ints("strides")), pair(n.Ints("dilations"))
	s.StrideH, s.StrideW, s.DilationH, s.DilationW = strides[0], strides[1], dilations[0], dilations[1]
	if s.Top, s.Left, s.Bottom, s.Right, err = pads(n); err != nil {
		return err
	}
	var bias []float32
	if b != nil {
		bias = b.Floats
	}
	c, err := kernel.NewConv(s, w.Floats, bias)
	if err != nil {
		return err
	}
	return im.put(n, &conv{Conv: c}, input(n, 0))
}

// relu joins the convolution before it, unless somebody else reads that one's result.
func (im *importer) relu(n *onnx.Node) error {
	in := input(n, 0)
	if i, ok := im.at[in]; ok && im.uses[in] == 1 && !im.named[in] {
		if c, ok := im.net.layers[i].op.(*conv); ok && !c.relu {
			c.relu = true
			im.net.layers[i].name = n.Outputs[0]
			im.at[n.Outputs[0]] = i
			return nil
		}
	}
	return im.put(n, relu{}, in)
}

func (im *importer) maxPool(n *onnx.Node) error {
	k, s := pair(n.Ints("kernel_shape")), pair(n.Ints("strides"))
	if d := pair(n.Ints("dilations")); d != [2]int{1, 1} {
		return errors.New("dilated pooling is not supported")
	}
	w := kernel.Window{KernelH: k[0], KernelW: k[1], StrideH: s[0], StrideW: s[1], Ceil: n.Int("ceil_mode", 0) != 0}
	var err error
	if w.Top, w.Left, w.Bottom, w.Right, err = pads(n); err != nil {
		return err
	}
	if err := w.Valid(); err != nil {
		return err
	}
	return im.put(n, maxPool{w}, input(n, 0))
}

func (im *importer) concat(n *onnx.Node) error {
	if axis := n.Int("axis", 1); axis != 1 && axis != -3 {
		return fmt.Errorf("concatenation along axis %d, want channels", axis)
	}
	return im.put(n, concat{}, n.Inputs...)
}

// mean reads the average over rows and columns.
func (im *importer) mean(n *onnx.Node) error {
	axes := n.Ints("axes")
	if t := im.consts[input(n, 1)]; t != nil { // an input since opset 18
		axes = t.Ints
	}
	if n.Op == "ReduceMean" {
		spatial := len(axes) == 2
		for _, a := range axes {
			spatial = spatial && (a == 2 || a == 3 || a == -1 || a == -2)
		}
		if !spatial {
			return fmt.Errorf("mean over axes %v, want rows and columns", axes)
		}
	}
	return im.put(n, mean{}, input(n, 0))
}

func (im *importer) flatten(n *onnx.Node) error {
	if axis := n.Int("axis", 1); axis != 1 {
		return fmt.Errorf("flatten from axis %d, want 1", axis)
	}
	return im.put(n, flat{}, input(n, 0))
}

// gemm reads a fully connected layer: one row times a constant matrix.
func (im *importer) gemm(n *onnx.Node) error {
	if n.Float("alpha", 1) != 1 || n.Float("beta", 1) != 1 || n.Int("transA", 0) != 0 {
		return errors.New("scaled or transposed product is not supported")
	}
	w, err := im.floats(n, 1)
	if err != nil {
		return err
	}
	if w == nil || len(w.Shape) != 2 {
		return errors.New("weights must have 2 dimensions")
	}
	d := &dense{weight: w.Floats}
	outs, ins := w.Shape[0], w.Shape[1]
	if len(w.Floats) == 0 {
		return errors.New("weights are empty")
	}
	if n.Int("transB", 0) == 0 {
		outs, ins = ins, outs
		d.weight = transpose(w.Floats, ins, outs)
	}
	b, err := im.floats(n, 2)
	if err != nil {
		return err
	}
	if d.bias = make([]float32, outs); b != nil {
		if len(b.Floats) != outs {
			return fmt.Errorf("%d biases for %d outputs", len(b.Floats), outs)
		}
		d.bias = b.Floats
	}
	return im.put(n, d, input(n, 0))
}

// transpose returns m [rows][cols] as [cols][rows].
func transpose(m []float32, rows, cols int) []float32 {
	t := make([]float32, len(m))
	for r := range rows {
		for c := range cols {
			t[c*rows+r] = m[r*cols+c]
		}
	}
	return t
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

func pads(n *onnx.Node) (top, left, bottom, right int, err error) {
	if auto := n.Text("auto_pad", "NOTSET"); auto != "NOTSET" && auto != "VALID" {
		return 0, 0, 0, 0, fmt.Errorf("automatic padding %s is not supported", auto)
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

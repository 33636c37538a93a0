package graph

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"slugpuppy/classifier/onnx"
)

// Logits is the name of the layer before softmax.
const Logits = "logits"

// The operator sets that are understood. Older files mean other things by the same names.
const (
	minOpset = 7
	maxOpset = 21
)

// usualSide is the size that is assumed of pictures when a file does not say. What a file
// computes from the size is folded for one size; the network then runs at any.
const usualSide = 224

// Input says what a network expects, when that is not the red, green and blue in [0,1] of a
// picture: Scale*x+Shift per channel, channels in reverse order with BGR. The constants are
// in the order in which the network sees the channels.
type Input struct {
	Scale, Shift [3]float32
	BGR          bool
}

// Import turns a decoded model into a network. Normalisation becomes one operation, and a
// convolution takes over the normalisation and the ReLU that follow it. With several outputs
// these become the named layers, without the prefix "layer_", and one of them is the logits;
// with one, which is the logits, layers get short names from those in the file.
func Import(m *onnx.Model) (*Network, error) { return ImportFor(m, nil) }

// ImportFor is Import for a network that wants pictures prepared; nil means it does not.
func ImportFor(m *onnx.Model, in *Input) (*Network, error) {
	im := &importer{
		consts: map[string]*onnx.Tensor{}, at: map[string]value{}, uses: map[string]int{}, named: map[string]bool{},
		opset: m.Opset,
		net:   &Network{layers: []layer{{name: "picture"}}}, titles: []title{{}},
	}
	if err := im.start(m, in); err != nil {
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
	if err := im.pack(); err != nil {
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
	opset  int64
	shapes []Shape // of net.layers, for a picture of the size the file was written for
	titles []title // of net.layers
	consts map[string]*onnx.Tensor
	at     map[string]value // computed from the picture, by name
	uses   map[string]int   // how many nodes read a value
	named  map[string]bool  // outputs of the file
	spent  int64            // values allocated beside those of the file
}

// title is what a file calls a layer.
type title struct{ node, output, op string }

func (im *importer) start(m *onnx.Model, in *Input) error {
	if m.Opset < minOpset || m.Opset > maxOpset {
		return fmt.Errorf("operator set %d; export the model with one from %d to %d", m.Opset, minOpset, maxOpset)
	}
	if len(m.Graph.Inputs) != 1 {
		return fmt.Errorf("a model with %d inputs, want one picture", len(m.Graph.Inputs))
	}
	v := m.Graph.Inputs[0]
	if len(v.Shape) != 4 || (v.Shape[1] != 3 && v.Shape[1] != 0) || v.Shape[0] > 1 {
		return fmt.Errorf("input %q has shape %v, want [1 3 height width]", v.Name, v.Shape)
	}
	s := Shape{3, usualSide, usualSide}
	const largest = 1024
	for i, side := range []*int{&s.H, &s.W} {
		if n := v.Shape[2+i]; n > largest {
			return fmt.Errorf("input %q is %d pixels long, the limit is %d", v.Name, n, largest)
		} else if n > 0 {
			*side = int(n)
		}
	}
	im.shapes = []Shape{s}
	for name, t := range m.Graph.Initializers {
		im.consts[name] = t
	}
	for _, n := range m.Graph.Nodes {
		for _, name := range n.Inputs {
			im.uses[name]++
		}
	}
	for _, o := range m.Graph.Outputs {
		im.named[o.Name] = true
	}
	picture, err := im.prepare(in)
	im.at[v.Name] = picture
	return err
}

// prepare puts what the picture needs before the network sees it in front.
func (im *importer) prepare(in *Input) (value, error) {
	v := planes(0, im.shapes[0])
	if in == nil {
		return v, nil
	}
	var err error
	front := &onnx.Node{Outputs: []string{"prepared picture"}}
	if in.BGR {
		if v, err = im.put(front, newPick([]int32{2, 1, 0}, 3), v); err != nil {
			return v, err
		}
	}
	return im.put(front, &affine{scale: in.Scale[:], shift: in.Shift[:]}, v)
}

// outputs lists the named layers in order of computation, the logits last.
func (im *importer) outputs(m *onnx.Model) (names []string, at []int, err error) {
	byLayer := map[int]string{}
	logits := -1
	for _, o := range m.Graph.Outputs {
		v, ok := im.at[o.Name]
		if !ok {
			return nil, nil, fmt.Errorf("no operator computes output %q", o.Name)
		}
		if im.net.layers[v.layer].op == nil || im.titles[v.layer] == (title{}) {
			return nil, nil, fmt.Errorf("output %q is the picture itself", o.Name)
		}
		name := strings.TrimPrefix(o.Name, "layer_")
		if name == Logits || len(m.Graph.Outputs) == 1 {
			logits, name = v.layer, Logits
		}
		byLayer[v.layer] = name
	}
	if logits < 0 {
		return nil, nil, fmt.Errorf("none of %d outputs is called %q", len(m.Graph.Outputs), Logits)
	}
	if len(m.Graph.Outputs) == 1 {
		byLayer = im.christen(logits)
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
	"Constant": (*importer).constant, "Shape": (*importer).shapeOf,
	"Identity": (*importer).identity, "Dropout": (*importer).identity, "Cast": (*importer).identity,
	"Softmax": (*importer).softmax, "LogSoftmax": (*importer).softmax,
	"Add": (*importer).binary, "Sub": (*importer).binary, "Mul": (*importer).binary, "Div": (*importer).binary,
	"Sum": (*importer).sum, "BatchNormalization": (*importer).batchNorm,
	"Conv": (*importer).conv, "Gemm": (*importer).gemm, "MatMul": (*importer).matMul,
	"Relu": (*importer).relu, "LeakyRelu": (*importer).curve, "Clip": (*importer).clip, "Sigmoid": (*importer).curve,
	"HardSigmoid": (*importer).curve, "HardSwish": (*importer).curve,
	"MaxPool": (*importer).maxPool, "AveragePool": (*importer).averagePool, "LRN": (*importer).lrn,
	"ReduceMean": (*importer).mean, "GlobalAveragePool": (*importer).mean,
	"Concat": (*importer).concat, "Flatten": (*importer).flatten, "Reshape": (*importer).reshape,
	"Squeeze": (*importer).squeeze, "Unsqueeze": (*importer).unsqueeze, "Transpose": (*importer).transpose,
	"Slice": (*importer).slice, "Split": (*importer).split, "Gather": (*importer).gather, "Pad": (*importer).pad,
}

func (im *importer) node(n *onnx.Node) error {
	read, ok := readers[n.Op]
	if n.Domain != "" && n.Domain != "ai.onnx" {
		return fmt.Errorf("operator %s of %s is not supported", n.Op, n.Domain)
	}
	if len(n.Outputs) == 0 {
		return errors.New("operator without an output")
	}
	for _, name := range n.Outputs {
		if _, computed := im.at[name]; computed || im.consts[name] != nil {
			return fmt.Errorf("%q is computed twice", name)
		}
	}
	if im.constantInputs(n) {
		return im.fold(n)
	}
	if !ok {
		return fmt.Errorf("operator %s is not supported", n.Op)
	}
	return read(im, n)
}

// put appends a layer that computes the node's first output from values, as planes.
func (im *importer) put(n *onnx.Node, op operation, inputs ...value) (value, error) {
	if len(inputs) == 0 {
		return value{}, errors.New("operator without an input")
	}
	l := layer{name: n.Outputs[0], op: op}
	in := make([]Shape, len(inputs))
	for i, v := range inputs {
		l.in, in[i] = append(l.in, v.layer), im.shapes[v.layer]
	}
	s, err := infer(op, in)
	if err != nil {
		return value{}, err
	}
	const mostChannels = 1 << 17
	if s.C > mostChannels || s.size() > math.MaxInt32/4 {
		return value{}, fmt.Errorf("a result of %d channels of %dx%d is too large", s.C, s.W, s.H)
	}
	im.shapes = append(im.shapes, s)
	im.net.layers = append(im.net.layers, l)
	im.titles = append(im.titles, title{n.Name, n.Outputs[0], n.Op})
	return planes(len(im.net.layers)-1, s), nil
}

// keep appends a layer whose result is laid out in the file like its first input.
func (im *importer) keep(n *onnx.Node, op operation, inputs ...value) error {
	v, err := im.put(n, op, inputs...)
	if err != nil {
		return err
	}
	v.dims, v.tail = inputs[0].dims, inputs[0].tail
	im.at[n.Outputs[0]] = v
	return nil
}

// spend counts values that are allocated beside the file's own. A file of a few bytes must
// not cost gigabytes.
func (im *importer) spend(n int64) error {
	const most = 1 << 28
	if im.spent += n; n < 0 || n > most || im.spent > most {
		return errors.New("the model needs more than 1 GB of weights")
	}
	return nil
}

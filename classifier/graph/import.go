package graph

import (
	"errors"
	"fmt"
	"math"

	"slugpuppy/classifier/onnx"
)

// Logits is the name of the layer before softmax.
const Logits = "logits"

// The operator sets that are understood. Older files mean other things by the same names.
const (
	minOpset = 7
	maxOpset = 23
)

// Input says what a network expects, when that is not the red, green and blue in [0,1] of a
// picture: Scale*x+Shift per channel, channels in reverse order with BGR. The constants are
// in the order in which the network sees the channels.
type Input struct {
	Scale, Shift [3]float32
	BGR          bool
}

// Import turns a decoded model into a network. Normalisation becomes one operation, and a
// convolution takes over the normalisation and the ReLU that follow it. Outputs whose names
// begin with "layer_" are the named layers, without that prefix, beside the logits; else the
// logits are an output of that name, or the first that is a row of classes, and layers get
// short names from those in the file.
func Import(m *onnx.Model) (*Network, error) { return ImportFor(m, nil) }

// ImportFor is Import for a network that wants pictures prepared; nil means it does not.
func ImportFor(m *onnx.Model, in *Input) (*Network, error) {
	n, err := importFor(m, in)
	return n, advised(err)
}

func importFor(m *onnx.Model, in *Input) (*Network, error) {
	im := &importer{
		consts: map[string]*onnx.Tensor{}, at: map[string]value{}, quantised: map[string]quantised{}, broken: map[string]error{},
		readers: map[string][]*onnx.Node{}, named: map[string]bool{}, opset: m.Opset,
		net: &Network{layers: []layer{{name: "picture"}}}, titles: []title{{}}, single: []bool{false},
	}
	if err := im.start(m, in); err != nil {
		return nil, err
	}
	for i := range m.Graph.Nodes {
		im.try(&m.Graph.Nodes[i])
	}
	im.prune(m.Graph.Outputs)
	names, at, err := im.outputs(m)
	if err != nil {
		return nil, err
	}
	im.net.postpone(at)
	if err := im.seal(); err != nil {
		return nil, err
	}
	if err := im.net.finish(names, at); err != nil {
		return nil, fmt.Errorf("name layers: %w", err)
	}
	return im.net, nil
}

// importer holds what is known while the nodes are read in order.
type importer struct {
	net       *Network
	opset     int64
	batch     int64   // pictures that the file takes at a time; we give it one
	shapes    []Shape // of net.layers, for a picture of the size the file was written for
	titles    []title // of net.layers
	single    []bool  // by layer: one row and column whatever the size of the picture
	consts    map[string]*onnx.Tensor
	at        map[string]value // computed from the picture, by name
	quantised map[string]quantised
	broken    map[string]error        // what could not be read, by name
	readers   map[string][]*onnx.Node // nodes that read a value
	named     map[string]bool         // outputs of the file
	spent     int64                   // values allocated beside those of the file
}

// title is what a file calls a layer.
type title struct {
	node, output, op string
	kind             string // what it is if not just the operator
}

func (im *importer) start(m *onnx.Model, in *Input) error {
	if m.Opset < minOpset || m.Opset > maxOpset {
		return refuse(fmt.Sprintf("export the model with one from %d to %d", minOpset, maxOpset), "operator set %d is not supported", m.Opset)
	}
	for name, t := range m.Graph.Initializers {
		im.consts[name] = t
	}
	im.listen(&m.Graph)
	for _, o := range m.Graph.Outputs {
		im.named[o.Name] = true
	}
	var inputs []onnx.Value // that somebody reads
	for _, v := range m.Graph.Inputs {
		if len(im.readers[v.Name]) > 0 {
			inputs = append(inputs, v)
		}
	}
	if len(inputs) != 1 {
		return refuse("export it with the others as constants", "a model with %d inputs, want one picture", len(inputs))
	}
	if in == nil {
		if inputs[0].Type == onnx.TypeInt8 {
			return refuse("export the model with an input of float or uint8, or say what they mean in notes beside it",
				"input %q takes signed bytes, for which there is no rule", inputs[0].Name)
		}
		in = described(m.Metadata, inputs[0].Type)
	}
	return im.open(inputs[0], in)
}

// listen notes who reads what.
func (im *importer) listen(g *onnx.Graph) {
	for i := range g.Nodes {
		n := &g.Nodes[i]
		for _, name := range n.Inputs {
			im.readers[name] = append(im.readers[name], n)
		}
		for _, a := range n.Attributes {
			if a.Graph != nil {
				im.listen(a.Graph)
				for _, o := range a.Graph.Outputs {
					im.readers[o.Name] = append(im.readers[o.Name], n)
				}
			}
		}
	}
}

// try reads a node. What cannot be read is remembered: only who wants it minds.
func (im *importer) try(n *onnx.Node) {
	err := im.inherited(n)
	if err == nil {
		if err = im.node(n); err == nil {
			return
		}
		err = fmt.Errorf("%s: %w", n.Title(), err)
	}
	for _, name := range n.Outputs {
		delete(im.at, name)
		im.broken[name] = err
	}
}

// inherited is why an input of the node could not be read.
func (im *importer) inherited(n *onnx.Node) error {
	for _, name := range n.Inputs {
		if err := im.broken[name]; err != nil {
			return err
		}
	}
	return nil
}

// readers maps an ONNX operator to how it is read.
var readers = map[string]func(*importer, *onnx.Node) error{
	"Constant": (*importer).constant, "Shape": (*importer).shapeOf, "Size": (*importer).sizeOf,
	"Identity": (*importer).identity, "Dropout": (*importer).identity, "Cast": (*importer).identity, "CastLike": (*importer).identity,
	"QuantizeLinear": (*importer).quantize, "DequantizeLinear": (*importer).dequantize,
	"Softmax": (*importer).softmax, "LogSoftmax": (*importer).softmax,
	"Add": (*importer).binary, "Sub": (*importer).binary, "Mul": (*importer).binary, "Div": (*importer).binary,
	"Sum": (*importer).binary, "Max": (*importer).binary, "Min": (*importer).binary, "Pow": (*importer).binary,
	"Mean": (*importer).meanOf, "Neg": (*importer).negative,
	"Conv": (*importer).conv, "Gemm": (*importer).gemm, "MatMul": (*importer).matMul,
	"Relu": (*importer).relu, "PRelu": (*importer).prelu, "Clip": (*importer).clip,
	"BatchNormalization": (*importer).batchNorm, "InstanceNormalization": (*importer).instanceNorm,
	"LayerNormalization": (*importer).layerNorm, "GroupNormalization": (*importer).groupNorm,
	"RMSNormalization": (*importer).rmsNorm, "MeanVarianceNormalization": (*importer).meanVariance,
	"LpNormalization": (*importer).lpNorm, "LRN": (*importer).lrn,
	"MaxPool": (*importer).maxPool, "AveragePool": (*importer).averagePool,
	"GlobalAveragePool": (*importer).reduce, "GlobalMaxPool": (*importer).reduce,
	"ReduceMean": (*importer).reduce, "ReduceSum": (*importer).reduce, "ReduceMax": (*importer).reduce, "ReduceMin": (*importer).reduce,
	"ReduceSumSquare": (*importer).reduce, "ReduceL1": (*importer).reduce, "ReduceL2": (*importer).reduce,
	"Concat": (*importer).concat, "Expand": (*importer).expand, "Flatten": (*importer).reshape, "Reshape": (*importer).reshape,
	"Squeeze": (*importer).reshape, "Unsqueeze": (*importer).reshape, "Transpose": (*importer).transpose,
	"SpaceToDepth": (*importer).spaceToDepth, "Slice": (*importer).slice, "Split": (*importer).split, "Gather": (*importer).gather, "Pad": (*importer).pad,
}

// borrowed is operators of ONNX Runtime's that mean what ONNX's own of that name do or would.
var borrowed = map[string]bool{"QuantizeLinear": true, "DequantizeLinear": true, "Gelu": true, "QuickGelu": true}

func (im *importer) node(n *onnx.Node) error {
	if n.Domain != "" && n.Domain != "ai.onnx" && !(n.Domain == "com.microsoft" && borrowed[n.Op]) {
		return foreign(n)
	}
	if len(n.Outputs) == 0 {
		return errors.New("operator without an output")
	}
	for _, name := range n.Outputs {
		if _, computed := im.at[name]; computed || im.consts[name] != nil || im.broken[name] != nil {
			return fmt.Errorf("%q is computed twice", name)
		}
	}
	if n.Op == "If" {
		return im.branch(n)
	}
	if im.constantInputs(n) {
		return im.fold(n)
	}
	if read, ok := readers[n.Op]; ok {
		return read(im, n)
	}
	if _, ok := curveOf[n.Op]; ok {
		return im.curve(n)
	}
	return unsupported(n)
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
	im.shapes, im.single = append(im.shapes, s), append(im.single, im.alone(op, s, inputs))
	im.net.layers = append(im.net.layers, l)
	im.titles = append(im.titles, title{node: n.Name, output: n.Outputs[0], op: n.Op})
	return planes(len(im.net.layers)-1, s), nil
}

// alone reports whether an operation's result has one row and column whatever the size of the
// picture.
func (im *importer) alone(op operation, s Shape, inputs []value) bool {
	switch o := op.(type) {
	case mean, flat, *dense:
		return true
	case reduction:
		if o.over == overPlane {
			return true
		}
	}
	for _, v := range inputs {
		if !im.single[v.layer] {
			return false
		}
	}
	return s.plane() == 1
}

// keep appends a layer whose result is laid out in the file like its first input.
func (im *importer) keep(n *onnx.Node, op operation, inputs ...value) error {
	v, err := im.put(n, op, inputs...)
	if err != nil {
		return err
	}
	v.dims, v.plane, v.packed = inputs[0].dims, inputs[0].plane, inputs[0].packed
	im.at[n.Outputs[0]] = v
	return nil
}

// spend counts values that are allocated beside the file's own. A file of a few bytes must
// not cost gigabytes.
func (im *importer) spend(n int64) error {
	const most = 1 << 28
	if im.spent += n; n < 0 || n > most || im.spent > most {
		return refuse("choose a smaller one", "the model needs more than 1 GB of weights")
	}
	return nil
}

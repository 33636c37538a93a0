package graph

import (
	"errors"
	"fmt"

	"slugpuppy/classifier/onnx"
)

// What cannot be run is refused by name, with what to do about it.

// refusal is why a file cannot be run, and what to do.
type refusal struct {
	reason error
	remedy string
}

func (r *refusal) Error() string { return r.reason.Error() + "; " + r.remedy }
func (r *refusal) Unwrap() error { return r.reason }

// refuse is a refusal with a remedy of its own.
func refuse(remedy, reason string, details ...any) error {
	return &refusal{fmt.Errorf(reason, details...), remedy}
}

// advised adds what can always be tried to a refusal without a remedy.
func advised(err error) error {
	var r *refusal
	if err == nil || errors.As(err, &r) {
		return err
	}
	return &refusal{err, "simplify the file (onnxsim does), or choose another network"}
}

// The remedies that several refusals have.
const (
	unquantised = "use the file before it was quantised, or quantise it in the QDQ format"
	classifier  = "choose a classifier of pictures"
)

// errPositions is why networks that are more than convolutions over a picture are refused: they
// fit one size only, and dreams have any.
var errPositions = refuse("choose a convolutional one, such as ConvNeXt, EfficientNet or ResNet",
	"transformers and other networks that mix positions are not supported")

// kinds is why operators that people meet are not supported.
var kinds = []struct {
	ops []string
	why error
}{
	{[]string{"If", "Loop", "Scan", "SequenceMap", "SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceInsert", "SplitToSequence", "ConcatFromSequence"},
		refuse("simplify the file (onnxsim does), or export it with fixed shapes", "control flow that depends on the picture is not supported")},
	{[]string{"Attention", "Einsum", "RotaryEmbedding", "MultiHeadAttention"}, errPositions},
	{[]string{"QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear"},
		refuse(unquantised, "arithmetic of integers is not supported")},
	{[]string{"LSTM", "GRU", "RNN"}, refuse(classifier, "recurrent networks are not supported")},
	{[]string{"NonMaxSuppression", "RoiAlign", "MaxRoiPool"}, refuse(classifier, "networks that find boxes are not supported")},
	{[]string{"ConvTranspose", "MaxUnpool", "GridSample", "DepthToSpace", "Col2Im"}, refuse(classifier, "networks that make pictures are not supported")},
	{[]string{"Resize", "Upsample", "CenterCropPad", "ImageDecoder"},
		refuse("export the network without it, and pictures are resized before they are shown to it", "resizing within a network is not supported")},
	{[]string{"Floor", "Ceil", "Round", "Sign", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Where", "Mod", "Not", "And", "Or",
		"ArgMax", "ArgMin", "TopK", "OneHot", "NonZero", "Hardmax"},
		refuse("export the network without it", "what has no slope to climb cannot dream")},
	{[]string{"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial"},
		refuse("export the network for inference (eval)", "networks that draw lots are not supported")},
}

// unsupported is the refusal of an operator.
func unsupported(n *onnx.Node) error {
	for _, kind := range kinds {
		for _, op := range kind.ops {
			if op == n.Op {
				return fmt.Errorf("operator %s: %w", n.Op, kind.why)
			}
		}
	}
	return fmt.Errorf("operator %s is not supported", n.Op)
}

// foreign is the refusal of an operator that is not of ONNX's own.
func foreign(n *onnx.Node) error {
	what := fmt.Errorf("operator %s of %s is not supported", n.Op, n.Domain)
	switch n.Domain {
	case "com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc":
		return refuse("use it as it was before", "%w: the file was optimised for ONNX Runtime", what)
	case "ai.onnx.ml":
		return refuse(classifier, "%w: that is no network", what)
	case "org.pytorch.aten", "aten":
		return refuse("export with a later operator set", "%w: PyTorch's exporter had no ONNX for it", what)
	}
	return refuse("export the model with ONNX's own operators, functions inlined", "%w", what)
}

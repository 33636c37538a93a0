package graph

import (
	"errors"
	"fmt"

	"slugpuppy/classifier/onnx"
)

// What cannot be run is refused by name, with what to do about it.

// errPositions is why networks that are more than convolutions over a picture are refused: they
// fit one size only, and dreams have any.
var errPositions = errors.New("transformers and other networks that mix positions are not supported; " +
	"choose a convolutional one, such as ConvNeXt, EfficientNet or ResNet")

// remedies is what to do about an operator, for those that people meet.
var remedies = func() map[string]string {
	byRemedy := map[string][]string{
		"control flow depends on nothing that a picture changes: simplify the file (onnxsim does), or export it with shapes that are fixed": {
			"If", "Loop", "Scan", "SequenceMap", "SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceInsert", "SplitToSequence", "ConcatFromSequence"},
		errPositions.Error(): {"Attention", "Einsum", "RotaryEmbedding", "MultiHeadAttention"},
		"it is quantised to integer arithmetic: use the file before it was quantised, or quantise it in the QDQ format": {
			"QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear"},
		"recurrent networks are not supported; choose a classifier of pictures":            {"LSTM", "GRU", "RNN"},
		"networks that find boxes are not supported; choose a classifier of pictures":      {"NonMaxSuppression", "RoiAlign", "MaxRoiPool"},
		"networks that make pictures are not supported; choose a classifier of pictures":   {"ConvTranspose", "MaxUnpool", "GridSample", "DepthToSpace", "Col2Im"},
		"pictures are resized before they are shown to a network; export it without that":  {"Resize", "Upsample", "CenterCropPad", "ImageDecoder"},
		"it has no slope to climb, and dreams climb; export the model without it":          {"Floor", "Ceil", "Round", "Sign", "Equal", "Less", "Greater", "Where", "Mod", "Not", "And", "Or", "ArgMax", "ArgMin", "TopK", "OneHot", "NonZero", "Hardmax", "LessOrEqual", "GreaterOrEqual"},
		"networks that draw lots are not supported; export the model for inference (eval)": {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial"},
	}
	all := map[string]string{}
	for remedy, ops := range byRemedy {
		for _, op := range ops {
			all[op] = remedy
		}
	}
	return all
}()

// unsupported is the refusal of an operator.
func unsupported(n *onnx.Node) error {
	if remedy, ok := remedies[n.Op]; ok {
		return fmt.Errorf("operator %s is not supported: %s", n.Op, remedy)
	}
	return fmt.Errorf("operator %s is not supported; simplify the file (onnxsim does), or choose another network", n.Op)
}

// foreign is the refusal of an operator that is not of ONNX's own.
func foreign(n *onnx.Node) error {
	switch n.Domain {
	case "com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc":
		return fmt.Errorf("operator %s of %s is not supported: the file was optimised for ONNX Runtime; use it as it was before", n.Op, n.Domain)
	case "ai.onnx.ml":
		return fmt.Errorf("operator %s of %s is not supported: that is no network; choose a classifier of pictures", n.Op, n.Domain)
	case "org.pytorch.aten", "aten":
		return fmt.Errorf("operator %s of %s is not supported: PyTorch's exporter had no ONNX for it; export with a later operator set", n.Op, n.Domain)
	}
	return fmt.Errorf("operator %s of %s is not supported; export the model with ONNX's own operators, functions inlined", n.Op, n.Domain)
}

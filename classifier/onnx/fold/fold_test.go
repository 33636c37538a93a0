package fold_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/fold"
)

func reals(dims []int, v ...float32) *onnx.Tensor {
	return &onnx.Tensor{Type: onnx.TypeFloat, Shape: dims, Floats: v}
}

func whole(dims []int, v ...int64) *onnx.Tensor {
	return &onnx.Tensor{Type: onnx.TypeInt64, Shape: dims, Ints: v}
}

func typed(t onnx.Type, dims []int, v ...int64) *onnx.Tensor {
	return &onnx.Tensor{Type: t, Shape: dims, Ints: v}
}

type attributes map[string]onnx.Attribute

func integer(v int64) onnx.Attribute    { return onnx.Attribute{Kind: onnx.KindInt, Int: v} }
func list(v ...int64) onnx.Attribute    { return onnx.Attribute{Kind: onnx.KindInts, Ints: v} }
func fraction(v float32) onnx.Attribute { return onnx.Attribute{Kind: onnx.KindFloat, Float: v} }

type tensors []*onnx.Tensor

func d(v ...int) []int { return v }

var tests = []struct {
	name string
	op   string
	in   tensors
	with attributes
	want tensors // nil: refused
}{
	{"negative", "Neg", tensors{reals(d(2), 1, -2)}, nil, tensors{reals(d(2), -1, 2)}},
	{"negative integers", "Neg", tensors{whole(d(2), 1, -2)}, nil, tensors{whole(d(2), -1, 2)}},
	{"negative scalar", "Neg", tensors{whole(nil, 3)}, nil, tensors{whole(nil, -3)}},
	{"absolute", "Abs", tensors{whole(d(2), 1, -2)}, nil, tensors{whole(d(2), 1, 2)}},
	{"root", "Sqrt", tensors{reals(d(1), 9)}, nil, tensors{reals(d(1), 3)}},
	{"root of an integer", "Sqrt", tensors{whole(d(1), 9)}, nil, nil},
	{"exponential", "Exp", tensors{reals(d(1), 0)}, nil, tensors{reals(d(1), 1)}},
	{"logarithm", "Log", tensors{reals(d(1), 1)}, nil, tensors{reals(d(1), 0)}},
	{"one over", "Reciprocal", tensors{reals(d(1), 4)}, nil, tensors{reals(d(1), 0.25)}},
	{"down", "Floor", tensors{reals(d(2), 1.5, -1.5)}, nil, tensors{reals(d(2), 1, -2)}},
	{"up", "Ceil", tensors{reals(d(2), 1.5, -1.5)}, nil, tensors{reals(d(2), 2, -1)}},
	{"to the nearest, halves to the even", "Round", tensors{reals(d(4), 0.5, 1.5, -0.5, 1.2)}, nil, tensors{reals(d(4), 0, 2, 0, 1)}},
	{"sign", "Sign", tensors{reals(d(3), 2, -3, 0)}, nil, tensors{reals(d(3), 1, -1, 0)}},
	{"not", "Not", tensors{whole(d(2), 0, 1)}, nil, tensors{whole(d(2), 1, 0)}},
	{"sum with a scalar", "Add", tensors{reals(d(2), 1, 2), reals(nil, 10)}, nil, tensors{reals(d(2), 11, 12)}},
	{"sum over two axes", "Add", tensors{reals(d(2, 1), 1, 2), reals(d(3), 10, 20, 30)}, nil,
		tensors{reals(d(2, 3), 11, 21, 31, 12, 22, 32)}},
	{"sum of what does not fit", "Add", tensors{reals(d(2), 1, 2), reals(d(3), 1, 2, 3)}, nil, nil},
	{"difference", "Sub", tensors{whole(d(2), 5, 6), whole(d(1), 7)}, nil, tensors{whole(d(2), -2, -1)}},
	{"product", "Mul", tensors{whole(d(2), 5, 6), whole(d(2), 2, -1)}, nil, tensors{whole(d(2), 10, -6)}},
	{"product of very large integers", "Mul", tensors{whole(nil, 1<<55+1), whole(nil, 3)}, nil, tensors{whole(nil, 3<<55+3)}},
	{"quotient", "Div", tensors{reals(d(1), 1), reals(d(1), 4)}, nil, tensors{reals(d(1), 0.25)}},
	{"quotient of integers", "Div", tensors{whole(d(2), 7, -7), whole(nil, 2)}, nil, tensors{whole(d(2), 3, -3)}},
	{"quotient by nothing", "Div", tensors{whole(nil, 7), whole(nil, 0)}, nil, nil},
	{"remainder", "Mod", tensors{whole(d(2), 7, -7), whole(nil, 3)}, nil, tensors{whole(d(2), 1, 2)}},
	{"remainder by nothing", "Mod", tensors{whole(nil, 7), whole(nil, 0)}, nil, nil},
	{"power", "Pow", tensors{reals(d(2), 2, 3), reals(nil, 2)}, nil, tensors{reals(d(2), 4, 9)}},
	{"power of integers", "Pow", tensors{whole(d(2), 2, 3), reals(nil, 2)}, nil, tensors{whole(d(2), 4, 9)}},
	{"smaller of three", "Min", tensors{reals(d(2), 1, 9), reals(nil, 5), reals(d(2), 7, 2)}, nil, tensors{reals(d(2), 1, 2)}},
	{"larger", "Max", tensors{whole(d(2), 1, 9), whole(nil, 5)}, nil, tensors{whole(d(2), 5, 9)}},
	{"equal", "Equal", tensors{whole(d(2), 1, 9), whole(nil, 9)}, nil, tensors{typed(onnx.TypeBool, d(2), 0, 1)}},
	{"less", "Less", tensors{reals(d(2), 1, 9), reals(nil, 9)}, nil, tensors{typed(onnx.TypeBool, d(2), 1, 0)}},
	{"greater or equal", "GreaterOrEqual", tensors{reals(d(2), 1, 9), reals(nil, 9)}, nil, tensors{typed(onnx.TypeBool, d(2), 0, 1)}},
	{"and", "And", tensors{whole(d(2), 1, 0), whole(nil, 1)}, nil, tensors{typed(onnx.TypeBool, d(2), 1, 0)}},
	{"where", "Where", tensors{whole(d(2), 1, 0), reals(nil, 3), reals(d(2), 4, 5)}, nil, tensors{reals(d(2), 3, 5)}},
	{"where of two types", "Where", tensors{whole(d(2), 1, 0), reals(nil, 3), whole(d(2), 4, 5)}, nil, nil},
	{"limits", "Clip", tensors{reals(d(3), -1, 0.5, 2), reals(nil, 0), reals(nil, 1)}, nil, tensors{reals(d(3), 0, 0.5, 1)}},
	{"an upper limit alone", "Clip", tensors{reals(d(2), -1, 2), nil, reals(nil, 1)}, nil, tensors{reals(d(2), -1, 1)}},
	{"limits as attributes", "Clip", tensors{reals(d(2), -1, 2)}, attributes{"min": fraction(0)}, tensors{reals(d(2), 0, 2)}},

	{"to integers", "Cast", tensors{reals(d(2), 1.9, -1.9)}, attributes{"to": integer(7)}, tensors{typed(onnx.TypeInt64, d(2), 1, -1)}},
	{"to truth", "Cast", tensors{reals(d(2), 0.5, 0)}, attributes{"to": integer(9)}, tensors{typed(onnx.TypeBool, d(2), 1, 0)}},
	{"to reals", "Cast", tensors{whole(d(2), 3, 4)}, attributes{"to": integer(1)}, tensors{reals(d(2), 3, 4)}},
	{"from half to double", "Cast", tensors{reals(d(1), 3)}, attributes{"to": integer(11)}, tensors{reals(d(1), 3)}},
	{"the largest integer as another", "Cast", tensors{whole(nil, math.MaxInt64)}, attributes{"to": integer(13)},
		tensors{typed(onnx.TypeUint64, nil, math.MaxInt64)}},
	{"like another", "CastLike", tensors{whole(d(1), 3), reals(nil, 0)}, nil, tensors{reals(d(1), 3)}},
	{"as it is", "Identity", tensors{reals(d(1), 3)}, nil, tensors{reals(d(1), 3)}},
	{"shape", "Shape", tensors{reals(d(1, 2), 3, 4)}, nil, tensors{whole(d(2), 1, 2)}},
	{"part of a shape", "Shape", tensors{reals(d(1, 2), 3, 4)}, attributes{"start": integer(-1)}, tensors{whole(d(1), 2)}},
	{"number of elements", "Size", tensors{reals(d(1, 2), 3, 4)}, nil, tensors{whole(nil, 2)}},
	{"range", "Range", tensors{whole(nil, 1), whole(nil, 8), whole(nil, 3)}, nil, tensors{whole(d(3), 1, 4, 7)}},
	{"range backwards", "Range", tensors{whole(nil, 1), whole(nil, -1), whole(nil, -1)}, nil, tensors{whole(d(2), 1, 0)}},
	{"range of fractions", "Range", tensors{reals(nil, 0), reals(nil, 1), reals(nil, 0.5)}, nil, tensors{reals(d(2), 0, 0.5)}},
	{"empty range", "Range", tensors{whole(nil, 1), whole(nil, 1), whole(nil, 1)}, nil, tensors{whole(d(0))}},
	{"range without a step", "Range", tensors{whole(nil, 1), whole(nil, 2), whole(nil, 0)}, nil, nil},
	{"range without an end", "Range", tensors{whole(nil, 0), whole(nil, math.MaxInt64), whole(nil, 1)}, nil, nil},
	{"constant of a shape", "ConstantOfShape", tensors{whole(d(1), 2)}, attributes{"value": {Kind: onnx.KindTensor, Tensor: whole(d(1), 7)}},
		tensors{whole(d(2), 7, 7)}},
	{"zeros", "ConstantOfShape", tensors{whole(d(2), 1, 2)}, nil, tensors{reals(d(1, 2), 0, 0)}},
	{"one number", "ConstantOfShape", tensors{whole(d(0))}, nil, tensors{reals(nil, 0)}},
	{"constant of a huge shape", "ConstantOfShape", tensors{whole(d(3), 1<<22, 1<<22, 1<<22)}, nil, nil},
	{"constant of less than nothing", "ConstantOfShape", tensors{whole(d(1), -1)}, nil, nil},

	{"reshaped", "Reshape", tensors{reals(d(4), 1, 2, 3, 4), whole(d(2), 2, -1)}, nil, tensors{reals(d(2, 2), 1, 2, 3, 4)}},
	{"flat", "Flatten", tensors{reals(d(2, 1, 2), 1, 2, 3, 4)}, nil, tensors{reals(d(2, 2), 1, 2, 3, 4)}},
	{"squeezed", "Squeeze", tensors{reals(d(1, 2), 1, 2)}, nil, tensors{reals(d(2), 1, 2)}},
	{"squeezed along axes of an input", "Squeeze", tensors{reals(d(1, 1), 1), whole(d(1), 0)}, nil, tensors{reals(d(1), 1)}},
	{"unsqueezed", "Unsqueeze", tensors{reals(d(2), 1, 2)}, attributes{"axes": list(1)}, tensors{reals(d(2, 1), 1, 2)}},
	{"turned", "Transpose", tensors{reals(d(2, 3), 1, 2, 3, 4, 5, 6)}, nil, tensors{reals(d(3, 2), 1, 4, 2, 5, 3, 6)}},
	{"turned in an order", "Transpose", tensors{whole(d(1, 2, 2), 1, 2, 3, 4)}, attributes{"perm": list(2, 0, 1)},
		tensors{whole(d(2, 1, 2), 1, 3, 2, 4)}},
	{"spread", "Expand", tensors{reals(d(2, 1), 1, 2), whole(d(3), 2, 1, 3)}, nil,
		tensors{reals(d(2, 2, 3), 1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2)}},
	{"spread over what does not fit", "Expand", tensors{reals(d(2), 1, 2), whole(d(1), 3)}, nil, nil},
	{"spread over too much", "Expand", tensors{reals(nil, 1), whole(d(2), 1<<20, 1<<20)}, nil, nil},
	{"repeated", "Tile", tensors{reals(d(2, 2), 1, 2, 3, 4), whole(d(2), 1, 2)}, nil, tensors{reals(d(2, 4), 1, 2, 1, 2, 3, 4, 3, 4)}},
	{"repeated too often", "Tile", tensors{reals(d(2), 1, 2), whole(d(1), 1<<22)}, nil, nil},
	{"joined", "Concat", tensors{whole(d(2), 1, 2), whole(d(1), 3)}, attributes{"axis": integer(0)}, tensors{whole(d(3), 1, 2, 3)}},
	{"joined along the last axis", "Concat", tensors{reals(d(2, 1), 1, 2), reals(d(2, 2), 3, 4, 5, 6)}, attributes{"axis": integer(-1)},
		tensors{reals(d(2, 3), 1, 3, 4, 2, 5, 6)}},
	{"joined though of two types", "Concat", tensors{whole(d(1), 1), reals(d(1), 3)}, nil, nil},
	{"joined though of two shapes", "Concat", tensors{reals(d(1, 2), 1, 2), reals(d(1, 1), 3)}, attributes{"axis": integer(0)}, nil},
	{"cut", "Slice", tensors{reals(d(2, 3), 1, 2, 3, 4, 5, 6), whole(d(1), 1), whole(d(1), 3), whole(d(1), 1)}, nil,
		tensors{reals(d(2, 2), 2, 3, 5, 6)}},
	{"cut backwards", "Slice", tensors{whole(d(3), 1, 2, 3), whole(d(1), -1), whole(d(1), math.MinInt64), whole(d(1), 0), whole(d(1), -1)}, nil,
		tensors{whole(d(3), 3, 2, 1)}},
	{"cut by attributes", "Slice", tensors{whole(d(3), 1, 2, 3)}, attributes{"starts": list(1), "ends": list(2)}, tensors{whole(d(1), 2)}},
	{"cut to nothing", "Slice", tensors{whole(d(3), 1, 2, 3), whole(d(1), 3), whole(d(1), 3)}, nil, tensors{whole(d(0))}},
	{"parted", "Split", tensors{whole(d(3), 1, 2, 3), whole(d(2), 1, 2)}, nil, tensors{whole(d(1), 1), whole(d(2), 2, 3)}},
	{"parted along columns", "Split", tensors{reals(d(2, 2), 1, 2, 3, 4)}, attributes{"axis": integer(1)}, tensors{reals(d(2, 1), 1, 3), reals(d(2, 1), 2, 4)}},
	{"picked", "Gather", tensors{reals(d(3), 1, 2, 3), whole(d(2), 2, -3)}, nil, tensors{reals(d(2), 3, 1)}},
	{"one picked", "Gather", tensors{whole(d(4), 1, 3, 32, 48), whole(nil, 2)}, nil, tensors{whole(nil, 32)}},
	{"columns picked", "Gather", tensors{reals(d(2, 3), 1, 2, 3, 4, 5, 6), whole(d(1, 2), 2, 0)}, attributes{"axis": integer(1)},
		tensors{reals(d(2, 1, 2), 3, 1, 6, 4)}},
	{"picked beyond the end", "Gather", tensors{reals(d(3), 1, 2, 3), whole(nil, 3)}, nil, nil},

	{"sum along an axis", "ReduceSum", tensors{reals(d(2, 2), 1, 2, 3, 4), whole(d(1), 0)}, nil, tensors{reals(d(1, 2), 4, 6)}},
	{"sum of everything", "ReduceSum", tensors{reals(d(2, 2), 1, 2, 3, 4)}, attributes{"keepdims": integer(0)}, tensors{reals(d(), 10)}},
	{"sum along no axis", "ReduceSum", tensors{reals(d(2), 1, 2)}, attributes{"noop_with_empty_axes": integer(1)}, tensors{reals(d(2), 1, 2)}},
	{"mean", "ReduceMean", tensors{reals(d(2, 2), 1, 2, 3, 4)}, attributes{"axes": list(-1), "keepdims": integer(0)}, tensors{reals(d(2), 1.5, 3.5)}},
	{"product of sizes", "ReduceProd", tensors{whole(d(3), 2, 3, 4)}, attributes{"keepdims": integer(0)}, tensors{whole(d(), 24)}},
	{"largest", "ReduceMax", tensors{reals(d(3), -2, -3, -4)}, nil, tensors{reals(d(1), -2)}},
	{"smallest", "ReduceMin", tensors{reals(d(3), 2, 3, 4)}, nil, tensors{reals(d(1), 2)}},
	{"sum of squares", "ReduceSumSquare", tensors{reals(d(2), 3, 4)}, nil, tensors{reals(d(1), 25)}},
	{"length", "ReduceL2", tensors{reals(d(2), 3, 4)}, nil, tensors{reals(d(1), 5)}},
	{"sum of sizes", "ReduceL1", tensors{reals(d(2), 3, -4)}, nil, tensors{reals(d(1), 7)}},
	{"largest of nothing", "ReduceMax", tensors{reals(d(0))}, nil, nil},

	{"numbers of bytes", "DequantizeLinear", tensors{typed(onnx.TypeInt8, d(2), -1, 3), reals(nil, 0.5), typed(onnx.TypeInt8, nil, 1)}, nil,
		tensors{reals(d(2), -1, 1)}},
	{"numbers of bytes without a zero point", "DequantizeLinear", tensors{typed(onnx.TypeInt8, d(2), -1, 3), reals(nil, 0.5)}, nil, tensors{reals(d(2), -0.5, 1.5)}},
	{"with steps by channel", "DequantizeLinear", tensors{typed(onnx.TypeInt8, d(2, 2), 1, 2, 3, 4), reals(d(2), 1, 10), typed(onnx.TypeInt8, d(2), 0, 1)},
		attributes{"axis": integer(0)}, tensors{reals(d(2, 2), 1, 2, 20, 30)}},
	{"with steps by channel along axis 1", "DequantizeLinear", tensors{typed(onnx.TypeInt8, d(2, 2), 1, 2, 3, 4), reals(d(2), 1, 10)}, nil,
		tensors{reals(d(2, 2), 1, 20, 3, 40)}},
	{"with steps by block", "DequantizeLinear", tensors{typed(onnx.TypeInt4, d(1, 4), 1, 2, 3, 4), reals(d(1, 2), 1, 10)},
		attributes{"axis": integer(1), "block_size": integer(2)}, tensors{reals(d(1, 4), 1, 2, 30, 40)}},
	{"with blocks that do not fit", "DequantizeLinear", tensors{typed(onnx.TypeInt4, d(1, 4), 1, 2, 3, 4), reals(d(1, 2), 1, 10)},
		attributes{"axis": integer(1), "block_size": integer(3)}, tensors{reals(d(1, 4), 1, 2, 3, 40)}},
	{"with blocks that say nothing", "DequantizeLinear", tensors{typed(onnx.TypeInt4, d(1, 4), 1, 2, 3, 4), reals(d(1, 2), 1, 10)},
		attributes{"axis": integer(1), "block_size": integer(5)}, nil},
	{"with too few steps", "DequantizeLinear", tensors{typed(onnx.TypeInt8, d(3), 1, 2, 3), reals(d(2), 1, 10)}, attributes{"axis": integer(0)}, nil},
	{"with other zero points than steps", "DequantizeLinear", tensors{typed(onnx.TypeInt8, d(2), 1, 2), reals(d(2), 1, 1), typed(onnx.TypeInt8, d(1), 0)},
		attributes{"axis": integer(0)}, nil},
	{"bytes of numbers", "QuantizeLinear", tensors{reals(d(5), -100, -0.25, 0.25, 0.75, 100), reals(nil, 0.5), typed(onnx.TypeInt8, nil, 1)}, nil,
		tensors{typed(onnx.TypeInt8, d(5), -128, 1, 1, 3, 127)}},
	{"unsigned bytes of numbers", "QuantizeLinear", tensors{reals(d(3), -1, 1, 1000), reals(nil, 0.5)}, nil, tensors{typed(onnx.TypeUint8, d(3), 0, 2, 255)}},

	{"normalised weights", "BatchNormalization", tensors{reals(d(1, 2, 1), 3, 8), reals(d(2), 1, 2), reals(d(2), 0, 1), reals(d(2), 1, 2), reals(d(2), 4, 9)},
		attributes{"epsilon": fraction(0)}, tensors{reals(d(1, 2, 1), 1, 5)}},
	{"weights normalised by themselves", "BatchNormalization", tensors{reals(d(1, 1, 2), 1, 3), reals(d(1), 1), reals(d(1), 5), reals(d(1), 9), reals(d(1), 9)},
		attributes{"epsilon": fraction(0), "training_mode": integer(1)}, tensors{reals(d(1, 1, 2), 4, 6)}},

	{"an operator of no number", "Conv", tensors{reals(d(1), 1), reals(d(1), 1)}, nil, nil},
	{"a missing operand", "Add", tensors{reals(d(1), 1), nil}, nil, nil},
	{"no operand", "Neg", tensors{nil}, nil, nil},
}

func TestConstantsAreComputed(t *testing.T) {
	for _, tt := range tests {
		t.Run(tt.op+"/"+tt.name, func(t *testing.T) {
			n := &onnx.Node{Op: tt.op, Attributes: tt.with, Outputs: make([]string, max(1, len(tt.want)))}
			for i := range n.Outputs {
				n.Outputs[i] = string(rune('a' + i))
			}
			got, err := fold.Node(n, tt.in, func(int64) error { return nil })
			if tt.want == nil {
				if err == nil {
					t.Errorf("got %v, want it refused", got[0])
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			same := []cmp.Option{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(onnx.Tensor{}, "Type")}
			if diff := cmp.Diff([]*onnx.Tensor(tt.want), got, same...); diff != "" {
				t.Error(diff)
			}
			if tt.op == "Cast" && got[0].Type != tt.want[0].Type && got[0].Floats == nil {
				t.Errorf("type %v, want %v", got[0].Type, tt.want[0].Type)
			}
		})
	}
}

func TestWhatIsNotComputedIsNamed(t *testing.T) {
	_, err := fold.Node(&onnx.Node{Op: "Loop", Outputs: []string{"y"}}, nil, func(int64) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "Loop") {
		t.Errorf("got %v", err)
	}
}

func TestNothingIsComputedBeyondTheBudget(t *testing.T) {
	stop := errors.New("no more")
	for _, tt := range tests {
		if tt.want == nil || tt.op == "Identity" || strings.Contains(tt.name, "along no axis") {
			continue
		}
		switch tt.op {
		case "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Shape", "Size": // nothing is allocated
			continue
		}
		if tt.name == "from half to double" {
			continue
		}
		n := &onnx.Node{Op: tt.op, Attributes: tt.with, Outputs: make([]string, len(tt.want))}
		if _, err := fold.Node(n, tt.in, func(int64) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("%s/%s: %v", tt.op, tt.name, err)
		}
	}
}

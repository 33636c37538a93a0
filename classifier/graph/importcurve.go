package graph

import (
	"errors"
	"fmt"
	"slices"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// curveOf is the functions of every value, as operators have them.
var curveOf = map[string]func(n *onnx.Node) kernel.Curve{
	"LeakyRelu": func(n *onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Leaky, A: n.Float("alpha", 0.01)} },
	"Sigmoid":   func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Sigmoid} },
	"HardSigmoid": func(n *onnx.Node) kernel.Curve {
		return kernel.Curve{Kind: kernel.HardSigmoid, A: n.Float("alpha", 0.2), B: n.Float("beta", 0.5)}
	},
	"HardSwish": func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.HardSwish} },
	"Elu":       func(n *onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Elu, A: n.Float("alpha", 1), B: 1} },
	"Selu": func(n *onnx.Node) kernel.Curve {
		return kernel.Curve{Kind: kernel.Elu, A: n.Float("alpha", 1.67326319217681884765625), B: n.Float("gamma", 1.05070102214813232421875)}
	},
	"Celu": func(n *onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Celu, A: n.Float("alpha", 1)} },
	"Tanh": func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Tanh} },
	"Gelu": func(n *onnx.Node) kernel.Curve {
		if n.Text("approximate", "none") == "tanh" {
			return kernel.Curve{Kind: kernel.GeluTanh}
		}
		return kernel.Curve{Kind: kernel.Gelu, B: 1}
	},
	"Erf":             func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Erf} },
	"Softplus":        func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Softplus} },
	"Softsign":        func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Softsign} },
	"Mish":            func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Mish} },
	"Swish":           func(n *onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Swish, A: n.Float("alpha", 1)} },
	"QuickGelu":       func(n *onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Swish, A: n.Float("alpha", 1.702)} },
	"ThresholdedRelu": func(n *onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Gate, A: n.Float("alpha", 1)} },
	"Shrink": func(n *onnx.Node) kernel.Curve {
		return kernel.Curve{Kind: kernel.Shrink, A: n.Float("lambd", 0.5), B: n.Float("bias", 0)}
	},
	"Exp":        func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Exp} },
	"Log":        func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Log} },
	"Sqrt":       func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Sqrt} },
	"Reciprocal": func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Power, A: -1} },
	"Abs":        func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Abs} },
	"Sin":        func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Sin} },
	"Cos":        func(*onnx.Node) kernel.Curve { return kernel.Curve{Kind: kernel.Cos} },
}

// curve reads a function of every value.
func (im *importer) curve(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	c := curveOf[n.Op](n)
	if c.Kind == kernel.Celu && c.A == 0 {
		return errors.New("alpha of 0")
	}
	return im.keep(n, curve{c}, v)
}

// negative reads -x.
func (im *importer) negative(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	op, err := im.uniform(im.shapes[v.layer].C, -1, 0)
	if err != nil {
		return err
	}
	return im.affine(n, input(n, 0), v, op.scale, op.shift)
}

// relu joins the convolution before it, unless somebody else reads that one's result.
func (im *importer) relu(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	return im.rectified(n, v)
}

func (im *importer) rectified(n *onnx.Node, v value) error {
	for _, name := range n.Inputs {
		if c, ok := im.net.layers[v.layer].op.(*conv); ok && !c.relu && im.sole(name, v) {
			c.relu = true
			im.becomes(n, v)
			return nil
		}
	}
	return im.keep(n, relu{}, v)
}

// prelu reads a leaky ReLU with a slope for each channel. Some exporters forget to say which
// axis the slopes are for, and mean channels.
func (im *importer) prelu(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	t, err := im.floats(n, 1)
	if err != nil {
		return err
	}
	if t == nil {
		return errors.New("slopes are missing")
	}
	if leads := v.leads(); len(t.Shape) == 1 && t.Shape[0] > 1 && v.plain() && t.Shape[0] == v.dims[leads[1]] {
		t = &onnx.Tensor{Shape: []int{t.Shape[0], 1, 1}, Floats: t.Floats}
	}
	v, slope, err := im.perChannel(n, t, v)
	if err != nil {
		return err
	}
	return im.keep(n, &prelu{slope: slope}, v)
}

// softmax at the end of a network passes its input on: we read logits, and take probabilities
// of them ourselves. Within a network it weighs channels.
func (im *importer) softmax(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	if im.last(n.Outputs[0], 0) {
		im.at[n.Outputs[0]] = v
		return nil
	}
	if n.Op == "LogSoftmax" {
		return errors.New("supported only as the end of a network")
	}
	fallback := int64(-1)
	if im.opset < 13 {
		fallback = 1
	}
	a, err := shape.Axis(n.Int("axis", fallback), len(v.dims))
	if err != nil {
		return err
	}
	if slices.Contains(v.plane, a) {
		return fmt.Errorf("weights of the positions of a value of shape %v, which is attention: %w", v.dims, errPositions)
	}
	if im.opset < 13 && shape.Product(v.dims[a+1:]) != 1 {
		return refuse("export with operator set 13 or later", "along several axes of a value of shape %v is not supported", v.dims)
	}
	k := slices.Index(v.leads(), a)
	lead := v.lead()
	return im.keep(n, softmax{extent{before: shape.Product(lead[:k]), n: lead[k], after: shape.Product(lead[k+1:])}}, v)
}

// last reports whether a value becomes an output of the file without any more arithmetic: what
// else is made of it, such as the number of the best class, is of no use here.
func (im *importer) last(name string, depth int) bool {
	const deepest = 16
	for _, r := range im.readers[name] {
		switch r.Op {
		case "ArgMax", "TopK":
		case "Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout":
			if depth == deepest || len(r.Outputs) == 0 || !im.last(r.Outputs[0], depth+1) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

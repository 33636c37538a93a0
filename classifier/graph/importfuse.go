package graph

import (
	"math"
	"slices"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
)

// Exporters spell out functions for which an operator set has no operator. Put together again
// they take a fraction of the memory: of a chain of operators, every value in between is kept
// for the gradient.

// fused returns one operation, what it works on and what it is called, in place of an operator on
// a and b; no operation if they are not what a known function ends with.
func (im *importer) fused(n *onnx.Node, a, b value) (op operation, of value, called string) {
	switch {
	case n.Op == "Div":
		op, of = im.layerNormal(a, b)
		return op, of, "LayerNormalization"
	case n.Op != "Mul" || !slices.Equal(a.dims, b.dims):
		return nil, a, ""
	}
	for _, pair := range [][2]value{{a, b}, {b, a}} {
		if im.gated(pair[0], pair[1]) {
			return curve{kernel.Curve{Kind: kernel.Swish, A: 1}}, pair[0], "Swish"
		}
		if scale, x, ok := im.gelu(pair[0], pair[1]); ok {
			return curve{kernel.Curve{Kind: kernel.Gelu, B: scale}}, x, "Gelu"
		}
	}
	return nil, a, ""
}

// on is v's view of another layer.
func (v value) on(layer int) value {
	v.layer = layer
	return v
}

// under returns a layer's operation and the one layer it works on.
func (im *importer) under(layer int) (operation, int) {
	l := im.net.layers[layer]
	if len(l.in) != 1 {
		return nil, 0
	}
	return l.op, l.in[0]
}

// gated recognises x*sigmoid(x).
func (im *importer) gated(x, gate value) bool {
	op, of := im.under(gate.layer)
	c, ok := op.(curve)
	return ok && c.Kind == kernel.Sigmoid && of == x.layer
}

// gelu recognises scale*x*(1+erf(x/sqrt(2))), which is twice as much of GELU.
func (im *importer) gelu(x, gate value) (scale float32, of value, ok bool) {
	op, layer := im.under(gate.layer)
	if a, b, ok := constants(op); !ok || a != 1 || b != 1 {
		return 0, x, false
	}
	op, layer = im.under(layer)
	if c, ok := op.(curve); !ok || c.Kind != kernel.Erf {
		return 0, x, false
	}
	op, layer = im.under(layer)
	if a, b, ok := constants(op); !ok || b != 0 || math.Abs(float64(a)*math.Sqrt2-1) > 1e-6 {
		return 0, x, false
	}
	if x.layer == layer {
		return 2, x, true
	}
	op, under := im.under(x.layer)
	a, b, ok := constants(op)
	return 2 * a, x.on(layer), ok && b == 0 && under == layer
}

// constants returns the two numbers of an operation that computes a*x+b, the same of all channels.
func constants(op operation) (a, b float32, ok bool) {
	o, ok := op.(*affine)
	if !ok {
		return 0, 0, false
	}
	for i := range o.scale {
		if o.scale[i] != o.scale[0] || o.shift[i] != o.shift[0] {
			return 0, 0, false
		}
	}
	return o.scale[0], o.shift[0], true
}

// layerNormal recognises (x-mean(x)) over sqrt(mean((x-mean(x))^2)+epsilon), over channels.
func (im *importer) layerNormal(centred, deviation value) (operation, value) {
	op, layer := im.under(deviation.layer)
	if c, ok := op.(curve); !ok || c.Kind != kernel.Sqrt {
		return nil, centred
	}
	op, layer = im.under(layer)
	a, epsilon, ok := constants(op)
	if !ok || a != 1 || epsilon <= 0 {
		return nil, centred
	}
	op, layer = im.under(layer)
	variance, ok := op.(reduction)
	if !ok || variance.kind != kernel.Average || variance.over != overChannels || variance.after != 1 || variance.before != 1 {
		return nil, centred
	}
	if !im.square(layer, centred.layer) {
		return nil, centred
	}
	l := im.net.layers[centred.layer]
	if o, ok := l.op.(blend); !ok || o.op != kernel.Minus {
		return nil, centred
	}
	op, of := im.under(l.in[1])
	if mean, ok := op.(reduction); !ok || mean != variance || of != l.in[0] {
		return nil, centred
	}
	c := variance.n
	if im.spend(2*int64(c)) != nil {
		return nil, centred
	}
	o := &norm{extent: variance.extent, epsilon: epsilon, scale: slices.Repeat([]float32{1}, c), shift: make([]float32, c)}
	return o, centred.on(l.in[0])
}

// square reports whether a layer is the square of another one.
func (im *importer) square(layer, of int) bool {
	switch l := im.net.layers[layer]; op := l.op.(type) {
	case curve:
		return op.Kind == kernel.Power && op.A == 2 && l.in[0] == of
	case blend:
		return op.op == kernel.Times && l.in[0] == of && l.in[1] == of
	}
	return false
}

// prune drops the layers that no output of the file needs.
func (im *importer) prune(outputs []onnx.Value) {
	var wanted []int
	for _, o := range outputs {
		if v, ok := im.at[o.Name]; ok {
			wanted = append(wanted, v.layer)
		}
	}
	needed := im.net.needed(wanted)
	needed[0] = true
	to := make([]int, len(needed)) // where each layer goes
	n := 0
	for i, l := range im.net.layers {
		if !needed[i] {
			continue
		}
		for k := range l.in {
			l.in[k] = to[l.in[k]]
		}
		im.net.layers[n], im.titles[n], im.shapes[n], im.single[n] = l, im.titles[i], im.shapes[i], im.single[i]
		to[i], n = n, n+1
	}
	im.net.layers, im.titles, im.shapes, im.single = im.net.layers[:n], im.titles[:n], im.shapes[:n], im.single[:n]
	for name, v := range im.at { // those of layers that are gone mean nothing any more
		if !needed[v.layer] {
			delete(im.at, name)
			continue
		}
		v.layer = to[v.layer]
		im.at[name] = v
	}
}

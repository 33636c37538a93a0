package graph

import (
	"errors"
	"fmt"
	"slices"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// draft is a convolution that is not packed yet, because what follows may become part of it.
type draft struct {
	shape  kernel.ConvShape
	weight []float32 // [Out][In/Groups][KernelH][KernelW]
	bias   []float32
	own    bool // weight is a copy that may be changed
}

func (im *importer) conv(n *onnx.Node) error {
	v, err := im.picture(n)
	if err != nil {
		return err
	}
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
	g := bounded(n.Int("group", 1))
	s := kernel.ConvShape{Out: w.Shape[0], In: w.Shape[1] * max(g, 0), KernelH: w.Shape[2], KernelW: w.Shape[3], Groups: g}
	strides, dilations := pair(n.Ints("strides")), pair(n.Ints("dilations"))
	s.StrideH, s.StrideW, s.DilationH, s.DilationW = strides[0], strides[1], dilations[0], dilations[1]
	reach := [2]int{(s.KernelH-1)*s.DilationH + 1, (s.KernelW-1)*s.DilationW + 1}
	if s.Top, s.Left, s.Bottom, s.Right, err = pads(n, im.shapes[v.layer], reach, strides); err != nil {
		return err
	}
	if err := im.bound(s, reach); err != nil {
		return err
	}
	d := &draft{shape: s, weight: w.Floats}
	if d.bias = make([]float32, s.Out); b != nil {
		if len(b.Floats) != s.Out {
			return fmt.Errorf("%d biases for %d channels", len(b.Floats), s.Out)
		}
		copy(d.bias, b.Floats)
	}
	out, err := im.put(n, &conv{draft: d}, v)
	im.at[n.Outputs[0]] = out
	return err
}

// bound refuses convolutions that no classifier has and that would cost far more than their
// weights: packed for the gradient, a dilated or strided kernel is as large as it reaches.
func (im *importer) bound(s kernel.ConvShape, reach [2]int) error {
	if err := s.Valid(); err != nil {
		return err
	}
	const longest, stride = 64, 32
	if max(reach[0], reach[1]) > longest || max(s.StrideH, s.StrideW) > stride ||
		max(s.Top, s.Left, s.Bottom, s.Right) > longest {
		return fmt.Errorf("a convolution that reaches %dx%d pixels with stride %dx%d is too wide", reach[1], reach[0], s.StrideW, s.StrideH)
	}
	up := func(n int) int64 { return (int64(n) + 15) &^ 15 }
	in, out := s.In/s.Groups, s.Out/s.Groups
	forward := up(out) * int64(in) * int64(s.KernelH*s.KernelW)
	backward := up(in) * int64(out) * int64((reach[0]+s.StrideH)*(reach[1]+s.StrideW))
	return im.spend(int64(s.Groups) * (forward + backward) / 2)
}

// seal packs the convolutions' weights for this processor.
func (im *importer) seal() error {
	for _, l := range im.net.layers {
		c, ok := l.op.(*conv)
		if !ok {
			continue
		}
		var err error
		if c.Conv, err = kernel.NewConv(c.draft.shape, c.draft.weight, c.draft.bias); err != nil {
			return fmt.Errorf("layer %s: %w", l.name, err)
		}
		c.draft = nil
	}
	return nil
}

// scaled multiplies the convolution's channels and adds to them.
func (d *draft) scaled(scale, shift []float32) {
	if !d.own {
		d.weight, d.own = slices.Clone(d.weight), true
	}
	n := len(d.weight) / d.shape.Out
	for c, a := range scale {
		for i := range d.weight[c*n : (c+1)*n] {
			d.weight[c*n+i] *= a
		}
		d.bias[c] = d.bias[c]*a + shift[c]
	}
}

// affine computes scale*x+shift per channel of v, called name in the file, as part of the
// operation before if it can be.
func (im *importer) affine(n *onnx.Node, name string, v value, scale, shift []float32) error {
	if im.sole(name, v) {
		switch op := im.net.layers[v.layer].op.(type) {
		case *conv:
			if !op.relu {
				op.draft.scaled(scale, shift)
				im.becomes(n, v)
				return nil
			}
		case *affine:
			for i, a := range scale {
				op.scale[i], op.shift[i] = op.scale[i]*a, op.shift[i]*a+shift[i]
			}
			im.becomes(n, v)
			return nil
		case *norm:
			for i, a := range scale {
				op.scale[i], op.shift[i] = op.scale[i]*a, op.shift[i]*a+shift[i]
			}
			im.becomes(n, v)
			return nil
		case curve:
			if a, b, ok := constants(&affine{scale: scale, shift: shift}); ok && b == 0 && op.Kind == kernel.Gelu {
				op.B *= a
				im.net.layers[v.layer].op = op
				kind := im.titles[v.layer].kind
				im.becomes(n, v)
				im.titles[v.layer].kind = kind
				return nil
			}
		}
	}
	return im.keep(n, &affine{scale: scale, shift: shift}, v)
}

// gemm reads a fully connected layer: one row times a constant matrix.
func (im *importer) gemm(n *onnx.Node) error {
	if n.Int("transA", 0) != 0 {
		return errors.New("a product with a transposed value is not supported")
	}
	d, err := im.matrix(n, n.Int("transB", 0) != 0, n.Float("alpha", 1))
	if err != nil {
		return err
	}
	b, err := im.floats(n, 2)
	if err != nil {
		return err
	}
	if b != nil {
		if len(b.Floats) != len(d.bias) && len(b.Floats) != 1 {
			return fmt.Errorf("%d biases for %d outputs", len(b.Floats), len(d.bias))
		}
		for i := range d.bias {
			d.bias[i] = n.Float("beta", 1) * b.Floats[i%len(b.Floats)]
		}
	}
	return im.connect(n, d)
}

// matMul reads a fully connected layer without a bias.
func (im *importer) matMul(n *onnx.Node) error {
	for i := range 2 {
		if _, computed := im.at[input(n, 1-i)]; computed && im.consts[input(n, i)] == nil {
			return fmt.Errorf("a product of two values computed from the picture, which is attention: %w", errPositions)
		}
	}
	d, err := im.matrix(n, false, 1)
	if err != nil {
		return err
	}
	return im.connect(n, d)
}

// matrix reads the weights of a fully connected layer, at input 1.
func (im *importer) matrix(n *onnx.Node, transposed bool, scale float32) (*dense, error) {
	w, err := im.floats(n, 1)
	if err != nil {
		return nil, err
	}
	if w == nil || len(w.Shape) < 2 || len(w.Floats) == 0 || shape.Product(w.Shape[:len(w.Shape)-2]) != 1 {
		return nil, errors.New("weights must have 2 dimensions")
	}
	rows, outs := w.Shape[len(w.Shape)-2], w.Shape[len(w.Shape)-1]
	d := &dense{weight: w.Floats}
	if !transposed || scale != 1 {
		if err := im.spend(int64(len(w.Floats))); err != nil {
			return nil, err
		}
	}
	if transposed {
		outs = rows
	} else {
		d.weight = transpose(w.Floats, rows, outs)
	}
	if scale != 1 {
		d.weight = slices.Clone(d.weight)
		for i := range d.weight {
			d.weight[i] *= scale
		}
	}
	d.bias = make([]float32, outs)
	return d, nil
}

// connect multiplies the last dimension of a value by a matrix: the row that a vector is, or
// the channels at every position, which is a convolution of one pixel.
func (im *importer) connect(n *onnx.Node, d *dense) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	last := len(v.dims) - 1
	if last < 0 || slices.Contains(v.plane, last) {
		return fmt.Errorf("fully connected layer on the positions of a value of shape %v: %w", v.dims, errPositions)
	}
	lead := v.lead()
	if shape.Product(lead[:len(lead)-1]) != 1 {
		return fmt.Errorf("fully connected layer on a value of shape %v, want one row", v.dims)
	}
	dims, plane := slices.Clone(v.dims), v.plane
	dims[last] = len(d.bias)
	var op operation = d
	if len(plane) > 0 {
		if op, err = im.pointwise(d); err != nil {
			return err
		}
	}
	out, err := im.put(n, op, v)
	out.dims, out.plane = dims, plane
	im.at[n.Outputs[0]] = out
	return err
}

// pointwise is a fully connected layer at every position.
func (im *importer) pointwise(d *dense) (*conv, error) {
	s := kernel.ConvShape{Out: len(d.bias), In: len(d.weight) / len(d.bias), KernelH: 1, KernelW: 1,
		StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1}
	if err := im.bound(s, [2]int{1, 1}); err != nil {
		return nil, err
	}
	return &conv{draft: &draft{shape: s, weight: d.weight, bias: d.bias}}, nil
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

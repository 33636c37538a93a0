package graph

import (
	"fmt"
	"math"
	"slices"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// Normalisation: with constants, or by the mean and variance of the picture's own values, over
// channels, over the picture, or over both.

// batchNorm reads normalisation with the statistics of the training or, of a file that was
// written as if to train further, those of the picture.
func (im *importer) batchNorm(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	if n.Int("spatial", 1) != 1 {
		return refuse("export with operator set 9 or later", "normalisation of each position by itself is not supported")
	}
	if len(v.dims) < 2 || v.dims[0] != 1 || v.dims[1] != im.shapes[v.layer].C || slices.Contains(v.plane, 1) {
		return fmt.Errorf("normalisation of a value of shape %v", v.dims)
	}
	channels := v.dims[1]
	var p [4][]float32 // scale, bias, mean, variance
	for i := range p {
		t, err := im.floats(n, i+1)
		if err != nil {
			return err
		}
		if t == nil || len(t.Floats) != channels {
			return fmt.Errorf("normalisation of %d channels without as many constants", channels)
		}
		p[i] = t.Floats
	}
	epsilon := n.Float("epsilon", 1e-5)
	if err := im.spend(2 * int64(channels)); err != nil {
		return err
	}
	if n.Training() {
		return im.keep(n, &norm{extent: extent{over: overPlane, before: channels}, epsilon: epsilon,
			scale: slices.Clone(p[0]), shift: slices.Clone(p[1])}, v) // others may have the same constants
	}
	scale, shift := make([]float32, channels), make([]float32, channels)
	for c := range scale {
		a := float64(p[0][c]) / math.Sqrt(float64(p[3][c])+float64(epsilon))
		scale[c], shift[c] = float32(a), float32(float64(p[1][c])-a*float64(p[2][c]))
	}
	return im.affine(n, input(n, 0), v, scale, shift)
}

// instanceNorm reads normalisation of each channel, or of each group of them, over the picture.
func (im *importer) instanceNorm(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	lead := v.lead()
	if len(lead) < 2 || lead[0] != 1 || len(v.plane) == 0 || !v.trailing() {
		return fmt.Errorf("normalisation of a value of shape %v, want [1 channels height width]", v.dims)
	}
	return im.grouped(n, v, lead[1], 1e-5)
}

// groupNorm reads normalisation of groups of channels over the picture.
func (im *importer) groupNorm(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	groups := bounded(n.Int("num_groups", 0))
	if c := im.shapes[v.layer].C; groups < 1 || c%groups != 0 || len(v.dims) < 2 || v.dims[1] != c || !v.trailing() {
		return fmt.Errorf("normalisation of %d groups of a value of shape %v", groups, v.dims)
	}
	return im.grouped(n, v, groups, 1e-5)
}

// grouped normalises groups of channels over the picture, with constants for each group or each
// channel.
func (im *importer) grouped(n *onnx.Node, v value, groups int, epsilon float32) error {
	o := &norm{extent: extent{over: overPlane, before: groups}, epsilon: n.Float("epsilon", epsilon)}
	var err error
	if o.scale, err = im.constants(n, 1, im.shapes[v.layer].C, 1); err != nil {
		return err
	}
	if o.shift, err = im.constants(n, 2, im.shapes[v.layer].C, 0); err != nil {
		return err
	}
	return im.keep(n, o, v)
}

// constants reads as many numbers as there are channels at input i: one for all of them, one for
// a group, or one for each; the fallback if the input is left out.
func (im *importer) constants(n *onnx.Node, i, channels int, fallback float32) ([]float32, error) {
	t, err := im.floats(n, i)
	if err != nil {
		return nil, err
	}
	if err := im.spend(int64(channels)); err != nil {
		return nil, err
	}
	if t == nil {
		return slices.Repeat([]float32{fallback}, channels), nil
	}
	k := t.Len()
	if k == 0 || channels%k != 0 {
		return nil, fmt.Errorf("%d constants for %d channels", k, channels)
	}
	out := make([]float32, channels)
	for c := range out {
		out[c] = t.Floats[c/(channels/k)]
	}
	return out, nil
}

// layerNorm reads normalisation over the channels at every position.
func (im *importer) layerNorm(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	groups, err := im.upTo(n, v)
	if err != nil {
		return err
	}
	c := im.shapes[v.layer].C
	o := &norm{extent: extent{before: groups, n: c / groups, after: 1}, epsilon: n.Float("epsilon", 1e-5)}
	if o.scale, err = im.repeated(n, 1, c, groups, 1); err != nil {
		return err
	}
	if o.shift, err = im.repeated(n, 2, c, groups, 0); err != nil {
		return err
	}
	return im.keep(n, o, v)
}

// upTo returns how many groups of channels there are before the axis from which on a value is
// normalised. There must be nothing but channels from there on.
func (im *importer) upTo(n *onnx.Node, v value) (groups int, err error) {
	a, err := shape.Axis(n.Int("axis", -1), len(v.dims))
	if err != nil {
		return 0, err
	}
	for _, p := range v.plane {
		if p >= a && v.dims[p] > 1 {
			return 0, refuse("choose one that normalises channels",
				"normalisation over the rows and columns of a value of shape %v, which fits pictures of one size only", v.dims)
		}
	}
	groups = 1
	for i, d := range v.dims[:a] {
		if !slices.Contains(v.plane, i) {
			groups *= d
		}
	}
	return groups, nil
}

// repeated reads constants of one group of channels, which all have.
func (im *importer) repeated(n *onnx.Node, i, channels, groups int, fallback float32) ([]float32, error) {
	one, err := im.constants(n, i, channels/groups, fallback)
	if err != nil {
		return nil, err
	}
	if err := im.spend(int64(channels)); err != nil {
		return nil, err
	}
	return slices.Repeat(one, groups), nil
}

// rmsNorm reads division by the root of the mean square of the channels at every position.
func (im *importer) rmsNorm(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	groups, err := im.upTo(n, v)
	if err != nil {
		return err
	}
	c := im.shapes[v.layer].C
	scale, err := im.repeated(n, 1, c, groups, 1)
	if err != nil {
		return err
	}
	e := extent{before: groups, n: c / groups, after: 1}
	over, err := im.chain(n, v, curve{kernel.Curve{Kind: kernel.Power, A: 2}}, reduction{e, kernel.Average})
	if err != nil {
		return err
	}
	epsilon, err := im.uniform(groups, 1, n.Float("epsilon", 1e-5))
	if err != nil {
		return err
	}
	index := make([]int32, c)
	for i := range index {
		index[i] = int32(i / (c / groups))
	}
	if over, err = im.chain(n, over, epsilon, curve{kernel.Curve{Kind: kernel.Power, A: -0.5}}, newPick(index, groups)); err != nil {
		return err
	}
	out, err := im.put(n, blend{kernel.Times}, v, over)
	if err != nil {
		return err
	}
	out.dims, out.plane = v.dims, v.plane
	return im.keep(n, &affine{scale: scale, shift: make([]float32, c)}, out)
}

// chain appends layers one on the other.
func (im *importer) chain(n *onnx.Node, v value, ops ...operation) (value, error) {
	for _, op := range ops {
		var err error
		if v, err = im.put(n, op, v); err != nil {
			return v, err
		}
	}
	return v, nil
}

// meanVariance reads normalisation of each channel without constants.
func (im *importer) meanVariance(n *onnx.Node) error {
	v, err := im.picture(n)
	if err != nil {
		return err
	}
	axes := n.Ints("axes")
	slices.Sort(axes)
	if axes != nil && !slices.Equal(axes, []int64{0, 2, 3}) && !slices.Equal(axes, []int64{2, 3}) {
		return fmt.Errorf("normalisation along axes %v, want rows and columns", axes)
	}
	plain := &onnx.Node{Name: n.Name, Op: n.Op, Inputs: n.Inputs[:1], Outputs: n.Outputs}
	return im.grouped(plain, v, im.shapes[v.layer].C, 1e-9)
}

// lpNorm reads division by the sum or the length of the channels at every position.
func (im *importer) lpNorm(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	a, err := shape.Axis(n.Int("axis", -1), len(v.dims))
	if err != nil {
		return err
	}
	part := *n
	part.Op, part.Outputs = "ReduceL2", []string{n.Outputs[0] + ", length"}
	if n.Int("p", 2) == 1 {
		part.Op = "ReduceL1"
	}
	if err := im.reduced(&part, v, []int{a}, true); err != nil {
		return err
	}
	over := *n
	over.Op, over.Inputs = "Div", []string{n.Inputs[0], part.Outputs[0]}
	return im.blend(&over)
}

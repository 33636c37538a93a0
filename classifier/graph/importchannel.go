package graph

import (
	"errors"
	"fmt"
	"slices"

	"slugpuppy/classifier/onnx"
)

// Operators that put channels in another order or leave some out: all become one operation
// that lists which channel goes where.

// picked makes output i of v's channels, now of dimensions lead, from channel index[i].
func (im *importer) picked(n *onnx.Node, output string, v value, lead []int, index []int32) error {
	dims := append(slices.Clone(lead), v.dims[len(v.lead()):]...)
	channels := im.shapes[v.layer].C
	plain := len(index) == channels
	for i := 0; plain && i < len(index); i++ {
		plain = int(index[i]) == i
	}
	if !plain {
		if len(index) == 0 {
			return errors.New("no channel is left")
		}
		if err := im.spend(int64(len(index) + channels)); err != nil {
			return err
		}
		var err error
		if v, err = im.put(&onnx.Node{Name: n.Name, Op: n.Op, Outputs: []string{output}}, newPick(index, channels), v); err != nil {
			return err
		}
	}
	tail := len(dims) - len(lead)
	v.dims, v.tail = dims, tail
	im.at[output] = v
	return nil
}

// along lists, for v's channels with only the given elements of one axis left, where each
// comes from.
func (im *importer) along(v value, a int, elements []int) (lead []int, index []int32, err error) {
	old := v.lead()
	if a >= len(old) {
		return nil, nil, fmt.Errorf("axis %d of a value of shape %v is not one of channels", a, v.dims)
	}
	lead = slices.Clone(old)
	lead[a] = len(elements)
	if err := im.spend(int64(product(lead))); err != nil {
		return nil, nil, err
	}
	before, after := product(old[:a]), product(old[a+1:])
	for b := range before {
		for _, e := range elements {
			for c := range after {
				index = append(index, int32((b*old[a]+e)*after+c))
			}
		}
	}
	return lead, index, nil
}

// transpose reads another order of the axes; rows and columns must stay last.
func (im *importer) transpose(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	perm := n.Ints("perm")
	lead := v.lead()
	for i, p := range perm {
		if i >= len(lead) && p != int64(i) {
			return fmt.Errorf("axes %v of a value of shape %v: rows and columns must stay last", perm, v.dims)
		}
	}
	if len(perm) != len(v.dims) {
		return fmt.Errorf("axes %v of a value of shape %v", perm, v.dims)
	}
	if err := im.spend(int64(product(lead))); err != nil {
		return err
	}
	index, to, err := permuted(lead, perm[:len(lead)])
	if err != nil {
		return err
	}
	return im.picked(n, n.Outputs[0], v, to, index)
}

// slice reads a range of channels.
func (im *importer) slice(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	ranges, err := im.ranges(n, v.dims)
	if err != nil {
		return err
	}
	if len(ranges) == 0 {
		im.at[n.Outputs[0]] = v
		return nil
	}
	if len(ranges) != 1 {
		return errors.New("a slice along several axes is not supported")
	}
	lead, index, err := im.along(v, ranges[0].axis, ranges[0].elements())
	if err != nil {
		return err
	}
	return im.picked(n, n.Outputs[0], v, lead, index)
}

// split reads consecutive ranges of channels.
func (im *importer) split(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	a, err := axis(n.Int("axis", 0), len(v.dims))
	if err != nil {
		return err
	}
	sizes, err := im.ints(n, 1, "split")
	if err != nil {
		return err
	}
	size := v.dims[a]
	if sizes == nil {
		each := (size + len(n.Outputs) - 1) / len(n.Outputs)
		for i := range n.Outputs {
			sizes = append(sizes, int64(min(each, size-i*each)))
		}
	}
	if len(sizes) != len(n.Outputs) {
		return fmt.Errorf("%d sizes for %d parts", len(sizes), len(n.Outputs))
	}
	from := 0
	for i, s := range sizes {
		if s < 1 || s > int64(size-from) {
			return fmt.Errorf("parts of %v for an axis of %d", sizes, size)
		}
		lead, index, err := im.along(v, a, span(from, 1, int(s)))
		if err != nil {
			return err
		}
		if err := im.picked(n, n.Outputs[i], v, lead, index); err != nil {
			return err
		}
		from += int(s)
	}
	return nil
}

// gather reads some channels, or one and its axis left out.
func (im *importer) gather(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	a, err := axis(n.Int("axis", 0), len(v.dims))
	if err != nil {
		return err
	}
	which := im.consts[input(n, 1)]
	if which == nil || which.Floats != nil || len(which.Shape) > 1 {
		return errors.New("only constant channels can be picked")
	}
	var elements []int
	for _, w := range which.Ints {
		e, err := axis(w, v.dims[a])
		if err != nil {
			return err
		}
		elements = append(elements, e)
	}
	lead, index, err := im.along(v, a, elements)
	if err != nil {
		return err
	}
	if len(which.Shape) == 0 {
		lead = slices.Delete(lead, a, a+1)
	}
	return im.picked(n, n.Outputs[0], v, lead, index)
}

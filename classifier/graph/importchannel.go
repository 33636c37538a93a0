package graph

import (
	"errors"
	"fmt"
	"slices"

	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// Operators that put channels in another order or leave some out: all become one operation
// that lists which channel goes where. Rows and columns can be cut off, and every second one
// taken.

// picked makes v's channels, now of dimensions lead, from channel index[i]. There are as many
// dimensions as before; the result is called output.
func (im *importer) picked(n *onnx.Node, output string, v value, lead []int, index []int32) (value, error) {
	dims := lead
	if len(v.plane) > 0 {
		dims = slices.Clone(v.dims)
		for k, i := range v.leads() {
			dims[i] = lead[k]
		}
	}
	channels := im.shapes[v.layer].C
	plain := len(index) == channels
	for i := 0; plain && i < len(index); i++ {
		plain = int(index[i]) == i
	}
	if plain {
		v.dims = dims
		return v, nil
	}
	if len(index) == 0 {
		return v, errors.New("no channel is left")
	}
	if err := im.spend(int64(len(index) + channels)); err != nil {
		return v, err
	}
	out, err := im.put(&onnx.Node{Name: n.Name, Op: n.Op, Outputs: []string{output}}, newPick(index, channels), v)
	out.dims, out.plane = dims, v.plane
	return out, err
}

// along lists, for v's channels with only the given elements of one axis left, where each
// comes from.
func (im *importer) along(v value, a int, elements []int) (lead []int, index []int32, err error) {
	k := slices.Index(v.leads(), a)
	if k < 0 {
		return nil, nil, fmt.Errorf("axis %d of a value of shape %v is not one of channels", a, v.dims)
	}
	old := v.lead()
	lead = slices.Clone(old)
	lead[k] = len(elements)
	if err := im.spend(int64(shape.Product(lead))); err != nil {
		return nil, nil, err
	}
	before, after := shape.Product(old[:k]), shape.Product(old[k+1:])
	for b := range before {
		for _, e := range elements {
			for c := range after {
				index = append(index, int32((b*old[k]+e)*after+c))
			}
		}
	}
	return lead, index, nil
}

// taken keeps the given elements of an axis of channels.
func (im *importer) taken(n *onnx.Node, output string, v value, a int, elements []int) (value, error) {
	lead, index, err := im.along(v, a, elements)
	if err != nil {
		return v, err
	}
	return im.picked(n, output, v, lead, index)
}

// transpose reads another order of the axes. Only channels move in memory.
func (im *importer) transpose(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	perm := n.Ints("perm")
	if perm == nil {
		for i := range v.dims {
			perm = append(perm, int64(len(v.dims)-1-i))
		}
	}
	if len(perm) != len(v.dims) {
		return fmt.Errorf("axes %v of a value of shape %v", perm, v.dims)
	}
	leads := v.leads()
	var order []int64 // of channels
	var dims, plane []int
	for i, p := range perm {
		if p < 0 || p >= int64(len(v.dims)) {
			return fmt.Errorf("axes %v of a value of shape %v", perm, v.dims)
		}
		dims = append(dims, v.dims[p])
		if k := slices.Index(leads, int(p)); k >= 0 {
			order = append(order, int64(k))
		} else {
			plane = append(plane, i)
		}
	}
	if len(plane) == 2 && perm[plane[0]] > perm[plane[1]] {
		return refuse("export the model with rows first", "axes %v of a value of shape %v: rows and columns would change places", perm, v.dims)
	}
	if err := im.spend(int64(shape.Product(v.lead()))); err != nil {
		return err
	}
	index, to, err := shape.Permute(v.lead(), order)
	if err != nil {
		return err
	}
	moved := value{layer: v.layer, dims: dims, plane: plane}
	v, err = im.picked(n, n.Outputs[0], moved, to, index)
	im.at[n.Outputs[0]] = v
	return err
}

// slice reads ranges of channels, and cuts rows and columns off.
func (im *importer) slice(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	var lists [4][]int64
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		if lists[i], err = im.ints(n, i+1, name); err != nil {
			return err
		}
	}
	ranges, err := shape.Slice(v.dims, lists[0], lists[1], lists[2], lists[3])
	if err != nil {
		return err
	}
	for _, r := range ranges {
		if slices.Contains(v.plane, r.Axis) {
			v, err = im.crop(n, v, r)
		} else {
			v, err = im.taken(n, n.Outputs[0], v, r.Axis, r.Elements())
		}
		if err != nil {
			return err
		}
	}
	im.at[n.Outputs[0]] = v
	return nil
}

// crop takes every so many rows or columns from one on. Of a picture of another size than the
// file was written for as many are left out at the end, and no more than that.
func (im *importer) crop(n *onnx.Node, v value, r shape.Stretch) (value, error) {
	if len(v.plane) != 2 || r.Step < 1 || r.N < 1 {
		return v, fmt.Errorf("elements from %d on in steps of %d along axis %d of a value of shape %v: "+
			"rows and columns can only be taken forwards, before they become one", r.From, r.Step, r.Axis, v.dims)
	}
	op := sample{{step: 1}, {step: 1}}
	taken := taking{from: r.From, step: r.Step, left: v.dims[r.Axis] - r.N*r.Step}
	op[slices.Index(v.plane, r.Axis)] = taken
	if max(r.From, taken.left) > widestBorder || r.Step > widestBorder {
		return v, fmt.Errorf("%d pixels cut off, the limit is %d", max(r.From, taken.left, r.Step), widestBorder)
	}
	out, err := im.put(n, op, v)
	out.dims, out.plane = slices.Clone(v.dims), v.plane
	out.dims[r.Axis] = r.N
	return out, err
}

// spaceToDepth makes channels of neighbouring pixels: all channels of the first of each block,
// then those of the next.
func (im *importer) spaceToDepth(n *onnx.Node) error {
	v, err := im.picture(n)
	if err != nil {
		return err
	}
	block := bounded(n.Int("blocksize", 0))
	const largest = 8
	if block < 1 || block > largest || v.dims[2]%block != 0 || v.dims[3]%block != 0 {
		return fmt.Errorf("blocks of %d pixels of a value of shape %v", block, v.dims)
	}
	var all []value
	for i := range block * block {
		part := v
		for axis, from := range []int{i / block, i % block} {
			r := shape.Stretch{Axis: 2 + axis, From: from, Step: block, N: v.dims[2+axis] / block}
			if part, err = im.crop(n, part, r); err != nil {
				return err
			}
		}
		all = append(all, part)
	}
	out, err := im.put(n, concat{}, all...)
	im.at[n.Outputs[0]] = out
	return err
}

// split reads consecutive ranges of channels.
func (im *importer) split(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	a, err := shape.Axis(n.Int("axis", 0), len(v.dims))
	if err != nil {
		return err
	}
	given, err := im.ints(n, 1, "split")
	if err != nil {
		return err
	}
	sizes, err := shape.Parts(v.dims[a], len(n.Outputs), given)
	if err != nil {
		return err
	}
	from := 0
	for i, size := range sizes {
		part, err := im.taken(n, n.Outputs[i], v, a, shape.Span(from, 1, size))
		if err != nil {
			return err
		}
		im.at[n.Outputs[i]] = part
		from += size
	}
	return nil
}

// gather reads some channels, or one and its axis left out.
func (im *importer) gather(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	a, err := shape.Axis(n.Int("axis", 0), len(v.dims))
	if err != nil {
		return err
	}
	which := im.consts[input(n, 1)]
	if which == nil || which.Floats != nil || len(which.Shape) > 1 {
		return errors.New("only constant channels can be picked")
	}
	var elements []int
	for _, w := range which.Ints {
		e, err := shape.Axis(w, v.dims[a])
		if err != nil {
			return err
		}
		elements = append(elements, e)
	}
	if slices.Contains(v.plane, a) {
		return fmt.Errorf("positions picked from a value of shape %v: %w", v.dims, errPositions)
	}
	if v, err = im.taken(n, n.Outputs[0], v, a, elements); err != nil {
		return err
	}
	if len(which.Shape) == 0 {
		v.dims, v.plane = slices.Delete(slices.Clone(v.dims), a, a+1), slices.Clone(v.plane)
		for i := range v.plane {
			if v.plane[i] > a {
				v.plane[i]--
			}
		}
	}
	im.at[n.Outputs[0]] = v
	return nil
}

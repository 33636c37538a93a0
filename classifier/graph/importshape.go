package graph

import (
	"errors"
	"fmt"
	"slices"

	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// concat reads channels one after the other.
func (im *importer) concat(n *onnx.Node) error {
	var all []value
	for i := range n.Inputs {
		if t := im.consts[input(n, i)]; t != nil {
			if t.Len() == 0 {
				continue
			}
			return fmt.Errorf("a constant beside values computed from the picture: %w", errPositions)
		}
		v, err := im.value(n, i)
		if err != nil {
			return err
		}
		all = append(all, v)
	}
	if len(all) == 0 {
		return errors.New("nothing to concatenate")
	}
	first := all[0]
	a, err := shape.Axis(n.Int("axis", 1), len(first.dims))
	if err != nil {
		return err
	}
	if slices.Contains(first.plane, a) {
		return fmt.Errorf("concatenation along axis %d of values of shape %v, which is one of rows or columns; want channels", a, first.dims)
	}
	dims := slices.Clone(first.dims)
	dims[a] = 0
	for _, v := range all {
		same := len(v.dims) == len(dims) && slices.Equal(v.plane, first.plane)
		for i := 0; same && i < len(dims); i++ {
			same = i == a || v.dims[i] == first.dims[i]
		}
		if !same {
			return fmt.Errorf("concatenation of values of shapes %v and %v along axis %d", first.dims, v.dims, a)
		}
		dims[a] += v.dims[a]
	}
	if len(all) == 1 {
		im.at[n.Outputs[0]] = first
		return nil
	}
	return im.joined(n, all, a, dims)
}

// joined puts the channels of values one after the other and, where axis a is not the first of
// several, in the order of the file.
func (im *importer) joined(n *onnx.Node, all []value, a int, dims []int) error {
	out, err := im.put(n, concat{}, all...)
	if err != nil {
		return err
	}
	k := slices.Index(all[0].leads(), a)
	lead := all[0].lead()
	before, after := shape.Product(lead[:k]), shape.Product(lead[k+1:])
	out.dims, out.plane = dims, all[0].plane
	if before == 1 {
		im.at[n.Outputs[0]] = out
		return nil
	}
	var index []int32
	if err := im.spend(int64(before * dims[a] * after)); err != nil {
		return err
	}
	for b := range before {
		from := 0
		for _, v := range all {
			size := v.dims[a] * after
			for i := range size {
				index = append(index, int32(from+b*size+i))
			}
			from += before * size
		}
	}
	out, err = im.picked(n, n.Outputs[0], out, out.lead(), index)
	im.at[n.Outputs[0]] = out
	return err
}

// reshape reads other dimensions for the same values, in the same order.
func (im *importer) reshape(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	var dims []int
	switch n.Op {
	case "Flatten":
		dims, err = shape.Flatten(v.dims, n.Int("axis", 1))
	case "Reshape":
		dims, err = im.target(n, v)
	default:
		var axes []int64
		if axes, err = im.ints(n, 1, "axes"); err != nil {
			return err
		}
		if n.Op == "Squeeze" {
			dims, err = shape.Squeeze(v.dims, axes)
		} else {
			dims, err = shape.Unsqueeze(v.dims, axes)
		}
	}
	if err != nil {
		return err
	}
	return im.shaped(n, v, dims)
}

// target reads what Reshape is to make. A file written for several pictures may have their
// number in it.
func (im *importer) target(n *onnx.Node, v value) ([]int, error) {
	target, err := im.ints(n, 1, "shape")
	if err != nil {
		return nil, err
	}
	dims, err := shape.Reshape(v.dims, target, n.Int("allowzero", 0) != 0)
	if err != nil && im.batch > 1 && len(target) > 0 && target[0] == im.batch {
		return shape.Reshape(v.dims, append([]int64{1}, target[1:]...), n.Int("allowzero", 0) != 0)
	}
	return dims, err
}

// shaped gives v other dimensions. Rows and columns must stay what they are, or become one;
// when nothing stays of them the value becomes a vector.
func (im *importer) shaped(n *onnx.Node, v value, dims []int) error {
	if v.packed > 0 { // apart again
		at := v.plane[0]
		v.dims = slices.Concat(v.dims[:at], []int{v.packed, v.dims[at] / v.packed})
		v.plane, v.packed = []int{at + 1}, 0
	}
	if len(v.plane) == 0 {
		v.dims = dims
		im.at[n.Outputs[0]] = v
		return nil
	}
	if slices.ContainsFunc(im.readers[n.Outputs[0]], normalises) && im.pack(n, v, dims) {
		return nil
	}
	if plane := im.kept(v, dims); plane != nil {
		v.dims, v.plane = dims, plane
		im.at[n.Outputs[0]] = v
		return nil
	}
	if shape.Product(dims[:max(0, len(dims)-1)]) == 1 {
		return im.vector(n, v, dims)
	}
	return fmt.Errorf("a value of shape %v as %v: rows and columns may only stay as they are, become one, or all become one row; %w",
		v.dims, dims, errPositions)
}

// kept finds rows and columns among other dimensions of v, nil if they are not there.
func (im *importer) kept(v value, dims []int) []int {
	if slices.Equal(v.dims, dims) {
		return v.plane
	}
	s := im.shapes[v.layer]
	first := v.plane[0]
	if len(v.plane) == 2 && v.plane[1] != first+1 {
		return nil
	}
	before := shape.Product(v.dims[:first])
	for q := range dims {
		if shape.Product(dims[:q]) != before || q == 0 && first > 0 && s.plane() == 1 { // the number of pictures
			continue
		}
		if q+1 < len(dims) && dims[q] == s.H && dims[q+1] == s.W {
			return []int{q, q + 1}
		}
		if dims[q] == s.plane() {
			return []int{q}
		}
	}
	return nil
}

func normalises(n *onnx.Node) bool { return n.Op == "InstanceNormalization" }

// pack takes channels and positions together, as PyTorch does to normalise groups of channels:
// [1][groups][channels of each, rows and columns].
func (im *importer) pack(n *onnx.Node, v value, dims []int) bool {
	plane, last := im.shapes[v.layer].plane(), len(dims)-1
	if !v.trailing() || last < 1 || dims[last] <= plane || dims[last]%plane != 0 {
		return false
	}
	v.dims, v.plane, v.packed = dims, []int{last}, dims[last]/plane
	im.at[n.Outputs[0]] = v
	return true
}

// vector takes planes as one row of values. Of a picture of another size the planes are
// first averaged to the size that the file was written for, as PyTorch's adaptive pooling
// does, so that what follows can take them.
func (im *importer) vector(n *onnx.Node, v value, dims []int) error {
	s := im.shapes[v.layer]
	lead, plane, trailing := v.lead(), v.plane, v.trailing()
	old := v.dims
	var err error
	if !im.single[v.layer] {
		if v, err = im.put(n, fit{s.H, s.W}, v); err != nil {
			return err
		}
	}
	if v, err = im.put(n, flat{}, v); err != nil {
		return err
	}
	v.dims, v.plane = dims, nil
	if trailing || s.plane() == 1 {
		im.at[n.Outputs[0]] = v
		return nil
	}
	// In memory channels come first; the file has them in another order.
	sizes, perm := append(lead, s.H, s.W), []int64{}
	k := int64(0)
	for i := range old {
		switch slices.Index(plane, i) {
		case -1:
			perm, k = append(perm, k), k+1
		case 0:
			if perm = append(perm, int64(len(lead))); len(plane) == 1 {
				perm = append(perm, int64(len(lead)+1))
			}
		case 1:
			perm = append(perm, int64(len(lead)+1))
		}
	}
	if err := im.spend(int64(2 * shape.Product(sizes))); err != nil {
		return err
	}
	index, _, err := shape.Permute(sizes, perm)
	if err != nil {
		return err
	}
	v, err = im.picked(n, n.Outputs[0], v, dims, index)
	im.at[n.Outputs[0]] = v
	return err
}

// expand reads a value spread over a shape: channels are repeated. Rows and columns are not,
// because operators on two values do that themselves.
func (im *importer) expand(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	target, err := im.ints(n, 1, "shape")
	if err != nil {
		return err
	}
	to := make([]int, len(target))
	for i, d := range target {
		if to[i] = bounded(d); to[i] < 1 {
			return fmt.Errorf("a value of shape %v as one of %v", v.dims, target)
		}
	}
	if im.batch > 1 && len(to) > 0 && int64(to[0]) == im.batch {
		to[0] = 1
	}
	v = v.raised(len(to))
	if len(v.plane) == 0 && len(v.dims) == 4 && v.dims[2] == 1 && v.dims[3] == 1 {
		v.plane = []int{2, 3}
	}
	dims, err := shape.Broadcast(v.dims, to)
	if err != nil {
		return err
	}
	for _, i := range v.plane {
		if dims[i] != v.dims[i] && slices.ContainsFunc(im.readers[n.Outputs[0]], func(r *onnx.Node) bool { return !spreads[r.Op] }) {
			return fmt.Errorf("a value of shape %v spread over %v can only be part of a sum, a product or the like", v.dims, dims)
		}
	}
	v, err = im.expanded(n, v, dims)
	im.at[n.Outputs[0]] = v
	return err
}

// spreads is the operators on two values that spread one over the other.
var spreads = map[string]bool{"Add": true, "Sub": true, "Mul": true, "Div": true, "Max": true, "Min": true}

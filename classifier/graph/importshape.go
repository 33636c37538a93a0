package graph

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"slugpuppy/classifier/onnx"
)

// concat reads channels one after the other.
func (im *importer) concat(n *onnx.Node) error {
	var all []value
	for i := range n.Inputs {
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
	a, err := axis(n.Int("axis", 1), len(first.dims))
	if err != nil {
		return err
	}
	dims := slices.Clone(first.dims)
	dims[a] = 0
	for _, v := range all {
		same := len(v.dims) == len(dims) && v.tail == first.tail
		for i := 0; same && i < len(dims); i++ {
			same = i == a || v.dims[i] == first.dims[i]
		}
		if !same || a >= len(v.lead()) || product(v.dims[:a]) != 1 {
			return fmt.Errorf("concatenation of values of shapes %v and %v along axis %d, want channels", first.dims, v.dims, a)
		}
		dims[a] += v.dims[a]
	}
	out, err := im.put(n, concat{}, all...)
	out.dims, out.tail = dims, first.tail
	im.at[n.Outputs[0]] = out
	return err
}

func (im *importer) flatten(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	a := n.Int("axis", 1)
	if a < 0 {
		a += int64(len(v.dims))
	}
	if a < 0 || a > int64(len(v.dims)) {
		return fmt.Errorf("flatten from axis %d of %d", a, len(v.dims))
	}
	return im.shaped(n, v, []int{product(v.dims[:a]), product(v.dims[a:])})
}

// reshape reads other dimensions for the same values, in the same order.
func (im *importer) reshape(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	target, err := im.ints(n, 1, "shape")
	if err != nil {
		return err
	}
	dims, err := reshaped(v.dims, target, n.Int("allowzero", 0) != 0)
	if err != nil {
		return err
	}
	return im.shaped(n, v, dims)
}

// reshaped resolves a target's 0, the old size, and -1, what is left.
func reshaped(old []int, target []int64, zero bool) ([]int, error) {
	wrong := fmt.Errorf("shape %v for a value of %v", target, old)
	if len(target) > 8 {
		return nil, wrong
	}
	dims, free, known := make([]int, len(target)), -1, 1
	for i, t := range target {
		switch {
		case t == 0 && !zero && i < len(old):
			dims[i] = old[i]
		case t == -1 && free < 0:
			free = i
			continue
		case t > 0 && t <= math.MaxInt32:
			dims[i] = int(t)
		default:
			return nil, wrong
		}
		if known *= dims[i]; known < 1 || known > math.MaxInt32 {
			return nil, wrong
		}
	}
	if free >= 0 {
		dims[free] = product(old) / known
	}
	if product(dims) != product(old) {
		return nil, wrong
	}
	return dims, nil
}

// shaped gives v other dimensions. What stays of rows and columns must be at the end; when
// nothing stays it becomes a vector.
func (im *importer) shaped(n *onnx.Node, v value, dims []int) error {
	s := im.shapes[v.layer]
	k := len(dims)
	switch {
	case v.tail == 0 && k == 4 && dims[2] == 1 && dims[3] == 1:
		v.dims, v.tail = dims, 2
	case v.tail == 0:
		v.dims = dims
	case k > 2 && dims[k-2] == s.H && dims[k-1] == s.W:
		v.dims, v.tail = dims, 2
	case k > 2 && dims[k-1] == s.plane():
		v.dims, v.tail = dims, 1
	case product(dims[:max(0, k-1)]) == 1:
		return im.vector(n, v, dims)
	default:
		return fmt.Errorf("value of shape %v as %v is not supported", v.dims, dims)
	}
	im.at[n.Outputs[0]] = v
	return nil
}

// vector takes planes as one row of values. Of a picture of another size the planes are
// first averaged to the size that the file was written for, as PyTorch's adaptive pooling
// does, so that what follows can take them.
func (im *importer) vector(n *onnx.Node, v value, dims []int) error {
	s := im.shapes[v.layer]
	var err error
	if _, single := im.net.layers[v.layer].op.(mean); !single {
		if v, err = im.put(n, fit{s.H, s.W}, v); err != nil {
			return err
		}
	}
	out, err := im.put(n, flat{}, v)
	out.dims, out.tail = dims, 0
	im.at[n.Outputs[0]] = out
	return err
}

func (im *importer) squeeze(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	axes, err := im.ints(n, 1, "axes")
	if err != nil {
		return err
	}
	dims, err := squeezed(v.dims, axes)
	if err != nil {
		return err
	}
	return im.shaped(n, v, dims)
}

func squeezed(dims []int, axes []int64) ([]int, error) {
	gone := map[int]bool{}
	for _, a := range axes {
		i, err := axis(a, len(dims))
		if err != nil {
			return nil, err
		}
		if dims[i] != 1 {
			return nil, fmt.Errorf("axis %d of a value of shape %v has more than one element", a, dims)
		}
		gone[i] = true
	}
	var out []int
	for i, d := range dims {
		if !gone[i] && (d != 1 || len(axes) > 0) {
			out = append(out, d)
		}
	}
	return out, nil
}

func (im *importer) unsqueeze(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	axes, err := im.ints(n, 1, "axes")
	if err != nil {
		return err
	}
	dims, err := unsqueezed(v.dims, axes)
	if err != nil {
		return err
	}
	return im.shaped(n, v, dims)
}

func unsqueezed(dims []int, axes []int64) ([]int, error) {
	const mostDims = 8
	rank := len(dims) + len(axes)
	if rank > mostDims {
		return nil, fmt.Errorf("a value of %d dimensions", rank)
	}
	added := map[int]bool{}
	for _, a := range axes {
		i, err := axis(a, rank)
		if err != nil {
			return nil, err
		}
		added[i] = true
	}
	if len(added) != len(axes) {
		return nil, fmt.Errorf("axes %v name one twice", axes)
	}
	out := make([]int, 0, rank)
	for i := range rank {
		if added[i] {
			out = append(out, 1)
		} else {
			out, dims = append(out, dims[0]), dims[1:]
		}
	}
	return out, nil
}

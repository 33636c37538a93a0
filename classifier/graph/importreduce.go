package graph

import (
	"slices"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// reduce reads sums, means and extremes along axes: over the picture, or over channels at every
// position. Others than these are made of these.
func (im *importer) reduce(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	var axes []int
	keep := true
	if slices.Contains([]string{"GlobalAveragePool", "GlobalMaxPool"}, n.Op) {
		if v, err = im.picture(n); err != nil {
			return err
		}
		axes = v.plane
	} else {
		list, err := im.ints(n, 1, "axes")
		if err != nil {
			return err
		}
		if axes, err = shape.Axes(list, len(v.dims)); err != nil {
			return err
		}
		if len(axes) == 0 && n.Int("noop_with_empty_axes", 0) != 0 {
			im.at[n.Outputs[0]] = v
			return nil
		}
		if len(axes) == 0 {
			axes = shape.Span(0, 1, len(v.dims))
		}
		keep = n.Int("keepdims", 1) != 0
	}
	return im.reduced(n, v, axes, keep)
}

// reduced puts v together along axes, which is done before or after for what is no sum itself.
func (im *importer) reduced(n *onnx.Node, v value, axes []int, keep bool) error {
	apply := func(ops ...operation) (err error) {
		for _, op := range ops {
			view := v
			if v, err = im.put(n, op, v); err != nil {
				return err
			}
			v.dims, v.plane = view.dims, view.plane
		}
		return nil
	}
	square, root := curve{kernel.Curve{Kind: kernel.Power, A: 2}}, curve{kernel.Curve{Kind: kernel.Sqrt}}
	kind := kernel.Sum
	var before, after []operation
	switch n.Op {
	case "ReduceMean", "GlobalAveragePool":
		kind = kernel.Average
	case "ReduceMax", "GlobalMaxPool":
		kind = kernel.Largest
	case "ReduceMin":
		kind = kernel.Largest
		opposite, err := im.uniform(im.shapes[v.layer].C, -1, 0)
		if err != nil {
			return err
		}
		before = []operation{opposite}
	case "ReduceSumSquare":
		before = []operation{square}
	case "ReduceL1":
		before = []operation{curve{kernel.Curve{Kind: kernel.Abs}}}
	case "ReduceL2":
		before, after = []operation{square}, []operation{root}
	}
	if err := apply(before...); err != nil {
		return err
	}
	v, err := im.collapsed(n, v, axes, kind)
	if err != nil {
		return err
	}
	if n.Op == "ReduceMin" {
		opposite, err := im.uniform(im.shapes[v.layer].C, -1, 0)
		if err != nil {
			return err
		}
		after = []operation{opposite}
	}
	if err := apply(after...); err != nil {
		return err
	}
	if !keep {
		v = without(v, axes)
	}
	im.at[n.Outputs[0]] = v
	return nil
}

// collapsed reduces one axis after the other; rows and columns are one.
func (im *importer) collapsed(n *onnx.Node, v value, axes []int, kind kernel.Reduction) (value, error) {
	var spatial []int
	for _, a := range axes {
		if slices.Contains(v.plane, a) {
			spatial = append(spatial, a)
			continue
		}
		if v.dims[a] == 1 {
			continue
		}
		k, lead := slices.Index(v.leads(), a), v.lead()
		e := extent{before: shape.Product(lead[:k]), n: lead[k], after: shape.Product(lead[k+1:])}
		var err error
		if v, err = im.shrunk(n, v, reduction{e, kind}, a); err != nil {
			return v, err
		}
	}
	switch {
	case len(spatial) == 0:
		return v, nil
	case len(spatial) == len(v.plane) && kind == kernel.Average:
		return im.shrunk(n, v, mean{}, spatial...)
	case len(spatial) == len(v.plane):
		return im.shrunk(n, v, reduction{extent{over: overPlane}, kind}, spatial...)
	case spatial[0] == v.plane[0]:
		return im.shrunk(n, v, reduction{extent{over: overRows}, kind}, spatial...)
	}
	return im.shrunk(n, v, reduction{extent{over: overColumns}, kind}, spatial...)
}

// shrunk appends a layer that leaves one element of each of the axes.
func (im *importer) shrunk(n *onnx.Node, v value, op operation, axes ...int) (value, error) {
	out, err := im.put(n, op, v)
	out.dims, out.plane = slices.Clone(v.dims), v.plane
	for _, a := range axes {
		out.dims[a] = 1
	}
	return out, err
}

// without leaves out axes of one element. What is left of rows and columns stays what it is; a
// value that keeps neither is a vector.
func without(v value, axes []int) value {
	var dims, plane []int
	for i, d := range v.dims {
		if slices.Contains(axes, i) {
			continue
		}
		if slices.Contains(v.plane, i) {
			plane = append(plane, len(dims))
		}
		dims = append(dims, d)
	}
	v.dims, v.plane = dims, plane
	return v
}

package graph

import (
	"errors"
	"fmt"
	"slices"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// window reads what pools have in common.
func (im *importer) window(n *onnx.Node, v value) (kernel.Window, error) {
	k, s := pair(n.Ints("kernel_shape")), pair(n.Ints("strides"))
	if d := pair(n.Ints("dilations")); d != [2]int{1, 1} {
		return kernel.Window{}, errors.New("dilated pooling is not supported")
	}
	w := kernel.Window{KernelH: k[0], KernelW: k[1], StrideH: s[0], StrideW: s[1], Ceil: n.Int("ceil_mode", 0) != 0}
	var err error
	if w.Top, w.Left, w.Bottom, w.Right, err = pads(n, im.shapes[v.layer], k, s); err != nil {
		return w, err
	}
	if max(w.Bottom, w.Right) > widestBorder {
		return w, fmt.Errorf("padding of %d pixels", max(w.Bottom, w.Right))
	}
	return w, nil
}

// widestBorder bounds what a few bytes can make of a picture.
const widestBorder = 64

func (im *importer) maxPool(n *onnx.Node) error {
	v, err := im.picture(n)
	if err != nil {
		return err
	}
	w, err := im.window(n, v)
	if err != nil {
		return err
	}
	var op operation = maxPool{w}
	if s := im.shapes[v.layer]; w.KernelH == s.H && w.KernelW == s.W && w.Top+w.Left+w.Bottom+w.Right == 0 {
		op = reduction{extent{over: overPlane}, kernel.Largest} // of all the picture, whatever its size
	} else if err := w.Valid(); err != nil {
		return err
	}
	out, err := im.put(n, op, v)
	im.at[n.Outputs[0]] = out
	return err
}

// averagePool reads averages over windows. One window over all of the picture is the mean:
// so the network runs at other sizes than the file was written for.
func (im *importer) averagePool(n *onnx.Node) error {
	v, err := im.picture(n)
	if err != nil {
		return err
	}
	s, k, strides := im.shapes[v.layer], pair(n.Ints("kernel_shape")), pair(n.Ints("strides"))
	top, left, bottom, right, err := pads(n, s, k, strides)
	if err != nil {
		return err
	}
	if one := [2]int{1, 1}; k == one && strides == one && top+left+bottom+right == 0 && k != [2]int{s.H, s.W} {
		return im.identity(n) // what exporters make of adaptive pooling to the size there is
	}
	var op operation = mean{}
	if k != [2]int{s.H, s.W} || top+left+bottom+right != 0 {
		w, err := im.window(n, v)
		if err != nil {
			return err
		}
		op = averagePool{Window: w, pads: n.Int("count_include_pad", 0) != 0}
	}
	out, err := im.put(n, op, v)
	im.at[n.Outputs[0]] = out
	return err
}

func (im *importer) lrn(n *onnx.Node) error {
	v, err := im.picture(n)
	if err != nil {
		return err
	}
	l := kernel.LRN{Size: bounded(n.Int("size", 0)), Alpha: n.Float("alpha", 1e-4), Beta: n.Float("beta", 0.75), Bias: n.Float("bias", 1)}
	if l.Size < 1 || l.Size > 256 {
		return fmt.Errorf("normalisation across %d channels", l.Size)
	}
	return im.keep(n, lrn{l}, v)
}

// pad reads a border around the picture, wherever the file has rows and columns.
func (im *importer) pad(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	wide, err := im.widths(n, len(v.dims))
	if err != nil {
		return err
	}
	f := kernel.Frame{}
	if f.Value, err = im.number(n, 2, "value", 0); err != nil {
		return err
	}
	modes := map[string]kernel.FrameMode{"constant": kernel.Constant, "edge": kernel.Edge, "reflect": kernel.Reflect}
	mode, ok := modes[n.Text("mode", "constant")]
	if !ok {
		return fmt.Errorf("padding in mode %s is not supported", n.Text("mode", "constant"))
	}
	for i, w := range wide {
		if w != [2]int{} && (len(v.plane) != 2 || !slices.Contains(v.plane, i)) {
			return fmt.Errorf("padding of axis %d of a value of shape %v is not supported, only of rows and columns", i, v.dims)
		}
	}
	if len(v.plane) != 2 || wide[v.plane[0]] == [2]int{} && wide[v.plane[1]] == [2]int{} {
		im.at[n.Outputs[0]] = v // nothing to do
		return nil
	}
	rows, columns := wide[v.plane[0]], wide[v.plane[1]]
	f.Mode, f.Top, f.Bottom, f.Left, f.Right = mode, rows[0], rows[1], columns[0], columns[1]
	out, err := im.put(n, frame{f}, v)
	if err != nil {
		return err
	}
	s := im.shapes[out.layer]
	out.dims, out.plane = slices.Clone(v.dims), v.plane
	out.dims[v.plane[0]], out.dims[v.plane[1]] = s.H, s.W
	im.at[n.Outputs[0]] = out
	return nil
}

// widths reads how much is padded before and behind each axis.
func (im *importer) widths(n *onnx.Node, rank int) ([][2]int, error) {
	p, err := im.ints(n, 1, "pads")
	if err != nil {
		return nil, err
	}
	axes := shape.Span(0, 1, rank)
	if input(n, 3) != "" {
		list, err := im.ints(n, 3, "axes")
		if err != nil {
			return nil, err
		}
		if axes, err = shape.Axes(list, rank); err != nil {
			return nil, err
		}
	}
	if len(p) != 2*len(axes) {
		return nil, fmt.Errorf("padding %v of %d axes", p, len(axes))
	}
	wide := make([][2]int, rank)
	for i, a := range axes {
		for side, w := range []int64{p[i], p[len(axes)+i]} {
			if w < -widestBorder || w > widestBorder {
				return nil, fmt.Errorf("padding of %d pixels", w)
			}
			wide[a][side] = int(w)
		}
	}
	return wide, nil
}

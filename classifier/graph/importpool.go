package graph

import (
	"errors"
	"fmt"
	"slices"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
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
	if err := w.Valid(); err != nil {
		return err
	}
	out, err := im.put(n, maxPool{w}, v)
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

// mean reads the average over rows and columns.
func (im *importer) mean(n *onnx.Node) error {
	v, err := im.value(n, 0)
	if err != nil {
		return err
	}
	rank := len(v.dims)
	keep := true
	if n.Op == "ReduceMean" {
		axes, err := im.ints(n, 1, "axes")
		if err != nil {
			return err
		}
		seen := map[int]bool{}
		for _, a := range axes {
			i, err := axis(a, rank)
			if err != nil {
				return err
			}
			seen[i] = i >= rank-v.tail
		}
		for _, spatial := range seen {
			if !spatial || len(seen) != v.tail {
				return fmt.Errorf("mean over axes %v of a value of shape %v, want rows and columns", axes, v.dims)
			}
		}
		keep = n.Int("keepdims", 1) != 0
		if len(seen) == 0 {
			return errors.New("mean over all values is not supported")
		}
	}
	if v.tail == 0 {
		return fmt.Errorf("mean of a value of shape %v", v.dims)
	}
	out, err := im.put(n, mean{}, v)
	out.dims, out.tail = slices.Clone(v.lead()), 0
	for range v.tail {
		if keep {
			out.dims, out.tail = append(out.dims, 1), v.tail
		}
	}
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

// pad reads a border around the picture.
func (im *importer) pad(n *onnx.Node) error {
	v, err := im.picture(n)
	if err != nil {
		return err
	}
	if input(n, 3) != "" {
		return errors.New("padding of chosen axes is not supported")
	}
	p, err := im.ints(n, 1, "pads")
	if err != nil {
		return err
	}
	f := kernel.Frame{}
	if f.Value, err = im.number(n, 2, "value", 0); err != nil {
		return err
	}
	modes := map[string]kernel.FrameMode{"constant": kernel.Constant, "edge": kernel.Edge, "reflect": kernel.Reflect}
	mode, ok := modes[n.Text("mode", "constant")]
	if !ok || len(p) != 8 || p[0] != 0 || p[1] != 0 || p[4] != 0 || p[5] != 0 {
		return fmt.Errorf("padding %v in mode %s is not supported", p, n.Text("mode", "constant"))
	}
	for _, w := range p {
		if w < -widestBorder || w > widestBorder {
			return fmt.Errorf("padding of %d pixels", w)
		}
	}
	f.Mode, f.Top, f.Left, f.Bottom, f.Right = mode, int(p[2]), int(p[3]), int(p[6]), int(p[7])
	out, err := im.put(n, frame{f}, v)
	im.at[n.Outputs[0]] = out
	return err
}

package graph

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"slugpuppy/classifier/onnx"
)

// What a file takes and what it gives.

// usualSide is the size that is assumed of pictures when a file does not say. What a file
// computes from the size is folded for one size; the network then runs at any.
const usualSide = 224

// open reads what the network wants of a picture, and puts what makes that of one in front.
func (im *importer) open(v onnx.Value, in *Input) error {
	dims, plane, err := im.layout(v)
	if err != nil {
		return err
	}
	s := Shape{3, usualSide, usualSide}
	const largest = 1024
	for i, side := range []*int{&s.H, &s.W} {
		if n := dims[plane[i]]; n > largest {
			return refuse("export it for smaller ones", "input %q is %d pixels long, the limit is %d", v.Name, n, largest)
		} else if n > 0 {
			*side = int(n)
		}
	}
	im.shapes = []Shape{s}
	picture, err := im.prepare(in)
	if err != nil {
		return err
	}
	picture.plane, picture.dims = plane, slices.Repeat([]int{1}, len(dims))
	for i, d := range []int{s.H, s.W} {
		picture.dims[plane[i]] = d
	}
	picture.dims[channelAxis(plane, len(dims))] = s.C
	im.at[v.Name] = picture
	return nil
}

// described is what a file says itself of the pictures it wants, in the words that ONNX has for
// that; nil if it says nothing. Whole numbers are the bytes of a picture.
func described(words map[string]string, t onnx.Type) *Input {
	in := &Input{Scale: [3]float32{1, 1, 1}, BGR: strings.HasPrefix(words["Image.BitmapPixelFormat"], "Bgr")}
	pixels := words["Image.NominalPixelRange"]
	scale, shift := float32(1), float32(0)
	switch {
	case pixels == "NominalRange_0_255" || pixels == "" && t.Integer():
		scale = 255
	case pixels == "Normalized_1_1":
		scale, shift = 2, -1
	case pixels == "NominalRange_16_235":
		scale, shift = 219, 16
	}
	if scale == 1 && !in.BGR {
		return nil
	}
	for c := range in.Scale {
		in.Scale[c], in.Shift[c] = scale, shift
	}
	return in
}

// channelAxis is the axis of channels: before rows and columns, or behind them.
func channelAxis(plane []int, rank int) int {
	if plane[1] == rank-1 {
		return plane[0] - 1
	}
	return rank - 1
}

// layout finds rows and columns in an input: [1 3 height width], [1 height width 3], or one of
// these without the number of pictures.
func (im *importer) layout(v onnx.Value) (dims []int64, plane []int, err error) {
	dims = v.Shape
	if len(dims) == 0 { // the file does not say
		dims = []int64{1, 3, 0, 0}
		if im.turnsFirst(v.Name) {
			dims = []int64{1, 0, 0, 3}
		}
	}
	wrong := refuse(classifier, "input %q has shape %v, want [1 3 height width]: a picture of red, green and blue", v.Name, v.Shape)
	rank := len(dims)
	if rank != 3 && rank != 4 {
		return nil, nil, wrong
	}
	first, last := dims[rank-3], dims[rank-1]
	switch {
	case first == 3 || first == 0 && last != 3:
		plane = []int{rank - 2, rank - 1}
	case last == 3:
		plane = []int{rank - 3, rank - 2}
	case first == 1 || last == 1:
		return nil, nil, refuse("choose one for pictures in colour",
			"input %q has shape %v: one channel; networks for grey pictures are not supported", v.Name, v.Shape)
	default:
		return nil, nil, wrong
	}
	if rank == 4 {
		im.batch = dims[0]
	}
	return dims, plane, nil
}

// turnsFirst reports whether all that read the input take its channels to be last.
func (im *importer) turnsFirst(name string) bool {
	turns := func(n *onnx.Node) bool {
		return n.Op == "Transpose" && slices.Equal(n.Ints("perm"), []int64{0, 3, 1, 2})
	}
	all := im.readers[name]
	return len(all) > 0 && !slices.ContainsFunc(all, func(n *onnx.Node) bool { return !turns(n) })
}

// prepare puts what the picture needs before the network sees it in front.
func (im *importer) prepare(in *Input) (value, error) {
	v := planes(0, im.shapes[0])
	if in == nil {
		return v, nil
	}
	var err error
	front := &onnx.Node{Outputs: []string{"prepared picture"}}
	if in.BGR {
		if v, err = im.put(front, newPick([]int32{2, 1, 0}, 3), v); err != nil {
			return v, err
		}
	}
	return im.put(front, &affine{scale: in.Scale[:], shift: in.Shift[:]}, v)
}

// prefix is that of outputs which are layers to look at.
const prefix = "layer_"

// outputs lists the named layers in order of computation, the logits last.
func (im *importer) outputs(m *onnx.Model) (names []string, at []int, err error) {
	ours := slices.ContainsFunc(m.Graph.Outputs, func(o onnx.Value) bool { return strings.HasPrefix(o.Name, prefix) })
	byLayer := map[int]string{}
	for _, o := range m.Graph.Outputs {
		layer, err := im.output(o.Name)
		if err != nil && (ours || len(m.Graph.Outputs) == 1 || o.Name == Logits) {
			return nil, nil, err
		}
		if err == nil {
			byLayer[layer] = strings.TrimPrefix(o.Name, prefix)
		}
	}
	logits, err := im.logits(m.Graph.Outputs)
	if err != nil {
		return nil, nil, err
	}
	if !ours {
		byLayer = im.christen(logits)
	}
	for i := range im.net.layers {
		if name, ok := byLayer[i]; ok && i != logits {
			names, at = append(names, name), append(at, i)
		}
	}
	return append(names, Logits), append(at, logits), nil
}

// output finds the layer that an output of the file is.
func (im *importer) output(name string) (int, error) {
	v, ok := im.at[name]
	switch err := im.broken[name]; {
	case err != nil:
		return 0, err
	case !ok:
		return 0, fmt.Errorf("no operator computes output %q from the picture", name)
	case im.net.layers[v.layer].op == nil || im.titles[v.layer].op == "":
		return 0, fmt.Errorf("output %q is the picture itself", name)
	}
	return v.layer, nil
}

// logits finds the output that says how much a picture is of which class: the one of that name
// or, of several others, the first that a fully connected layer computes.
func (im *importer) logits(outputs []onnx.Value) (int, error) {
	var first error
	found, layers := false, []int{}
	for _, o := range outputs {
		layer, err := im.output(o.Name)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		if o.Name == Logits {
			return layer, nil
		}
		found = true
		layers = append(layers, layer)
	}
	if !found {
		if first == nil {
			first = errors.New("a model without outputs")
		}
		return 0, first
	}
	for _, l := range layers {
		if _, ok := im.net.layers[l].op.(*dense); ok {
			return l, nil
		}
	}
	return layers[0], nil
}

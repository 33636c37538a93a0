// Package graph turns a decoded ONNX model into a gorgonia graph over our own operators.
// gorgonia owns the graph, the differentiation and the order of execution; the operators own
// kernels, weights and buffers. A Network is immutable; a Plan is the network compiled for
// one size of picture and one set of questions.
package graph

import (
	"fmt"
	"math"
	"slices"

	"slugpuppy/classifier/kernel"
)

// Shape is that of a value: channels, rows, columns. Vectors have one row and column.
type Shape struct{ C, H, W int }

func (s Shape) size() int  { return s.C * s.H * s.W }
func (s Shape) plane() int { return s.H * s.W }

// operation is a layer's arithmetic without a size: weights, if any, packed once.
type operation interface {
	// at prepares the operation for inputs of the given shapes.
	at(in []Shape) (step, Shape, error)
}

// sized is an operation that knows the shape of its result without being prepared for it.
type sized interface {
	size(in []Shape) (Shape, error)
}

// infer returns the shape of an operation's result.
func infer(op operation, in []Shape) (Shape, error) {
	if s, ok := op.(sized); ok {
		return s.size(in)
	}
	_, out, err := op.at(in)
	return out, err
}

// step is an operation at one size, inside one plan.
type step interface {
	// state is how many bytes must survive from forward to backward; they are handed over
	// once by keep.
	state() int
	keep(state []byte)
	scratch() int // values needed while forward runs
	forward(t *kernel.Team, out []float32, in [][]float32, scratch []float32)
	// needs says which values the gradient with respect to an input reads.
	needs() (in, out bool)
	backwardScratch() int
	// backward sets dx to the gradient with respect to input i given dy with respect to the
	// output, or adds it to dx. in and out are nil unless needed.
	backward(t *kernel.Team, i int, dx, dy []float32, in [][]float32, out, scratch []float32, add bool)
}

// stateless is what most steps are: nothing kept, no scratch.
type stateless struct{}

func (stateless) state() int            { return 0 }
func (stateless) keep([]byte)           {}
func (stateless) scratch() int          { return 0 }
func (stateless) needs() (in, out bool) { return false, false }
func (stateless) backwardScratch() int  { return 0 }

// layer is one value of the network: an operation on earlier layers.
type layer struct {
	name string
	op   operation
	in   []int
}

// Network is an imported model.
type Network struct {
	layers []layer // layers[0] is the picture
	named  []Layer
	index  map[string]int // of named, by name, into layers
	alias  map[string]int // other names, in lower case, into layers
	min    int
}

// Rough returns the same network in one of the kernels' rough arithmetics, the quickest of which is 1, sharing all that does not
// differ; 0 is the exact one.
func (n *Network) Rough(arithmetic int) *Network {
	r := *n
	r.layers = slices.Clone(n.layers)
	for i := range r.layers {
		if c, ok := r.layers[i].op.(*conv); ok {
			r.layers[i].op = &conv{Conv: c.Conv.Rough(arithmetic), relu: c.relu}
		}
	}
	return &r
}

// Layer is a layer that has a name.
type Layer struct {
	Name     string
	Channels int
	Stride   int // input pixels per output pixel
}

// Layers returns the named layers in the order in which they are computed; the last one is
// the logits.
func (n *Network) Layers() []Layer { return append([]Layer(nil), n.named...) }

// Find returns the layer of that name, in any case, or of a name it has in the file.
func (n *Network) Find(name string) (Layer, bool) {
	name = plain(name)
	for _, l := range n.named {
		if plain(l.Name) == name {
			return l, true
		}
	}
	at, ok := n.alias[name]
	for _, l := range n.named {
		if ok && n.index[l.Name] == at {
			return l, true
		}
	}
	return Layer{}, false
}

// MinSide is the smallest side of a picture that all layers can be computed for.
func (n *Network) MinSide() int { return n.min }

// WeightBytes is the memory the weights hold once they are packed both ways.
func (n *Network) WeightBytes() int64 {
	sum := int64(0)
	for _, l := range n.layers {
		if w, ok := l.op.(interface{ bytes() int64 }); ok {
			sum += w.bytes()
		}
	}
	return sum
}

// shapes prepares every layer that is wanted, given its dependencies.
func (n *Network) shapes(h, w int, wanted []bool) ([]step, []Shape, error) {
	steps := make([]step, len(n.layers))
	shapes, err := n.walk(h, w, wanted, func(i int, in []Shape) (s Shape, err error) {
		steps[i], s, err = n.layers[i].op.at(in)
		return s, err
	})
	return steps, shapes, err
}

// sizes infers the shape of every layer that is wanted.
func (n *Network) sizes(h, w int, wanted []bool) ([]Shape, error) {
	return n.walk(h, w, wanted, func(i int, in []Shape) (Shape, error) { return infer(n.layers[i].op, in) })
}

func (n *Network) walk(h, w int, wanted []bool, shape func(i int, in []Shape) (Shape, error)) ([]Shape, error) {
	shapes := make([]Shape, len(n.layers))
	shapes[0] = Shape{3, h, w}
	var in []Shape
	for i := 1; i < len(n.layers); i++ {
		if !wanted[i] {
			continue
		}
		l := n.layers[i]
		in = in[:0]
		for _, k := range l.in {
			in = append(in, shapes[k])
		}
		var err error
		if shapes[i], err = shape(i, in); err != nil {
			return nil, fmt.Errorf("layer %s: %w", l.name, err)
		}
		if shapes[i].size() > math.MaxInt32/4 {
			return nil, fmt.Errorf("layer %s: picture of %dx%d is too large for one piece", l.name, w, h)
		}
	}
	return shapes, nil
}

// needed marks the layers that the given ones are computed from, themselves included.
func (n *Network) needed(targets []int) []bool {
	wanted := make([]bool, len(n.layers))
	for _, t := range targets {
		wanted[t] = true
	}
	for i := len(n.layers) - 1; i > 0; i-- {
		if wanted[i] {
			for _, k := range n.layers[i].in {
				wanted[k] = true
			}
		}
	}
	return wanted
}

// finish names layers and measures their channels and strides with a picture of usual size.
func (n *Network) finish(names []string, at []int) error {
	n.index = map[string]int{}
	for i, name := range names {
		if _, ok := n.index[name]; ok {
			return fmt.Errorf("two layers are called %q", name)
		}
		n.index[name] = at[i]
	}
	const usual, smallest, largest = 256, 32, 512
	all := n.needed(at)
	for n.min = smallest; ; n.min++ {
		_, err := n.sizes(n.min, n.min, all)
		if err == nil {
			break
		}
		if n.min == largest {
			return err
		}
	}
	side := max(usual, n.min)
	shapes, err := n.sizes(side, side, all)
	if err != nil { // a network of one size only
		side = n.min
		shapes, err = n.sizes(side, side, all)
	}
	if err != nil {
		return err
	}
	for i, name := range names {
		s := shapes[at[i]]
		stride := 1 << max(0, int(math.Round(math.Log2(float64(side)/float64(s.H)))))
		n.named = append(n.named, Layer{Name: name, Channels: s.C, Stride: stride})
	}
	return nil
}

package graph

import (
	"slices"

	"slugpuppy/classifier/kernel"
)

// postpone puts averages behind convolutions of one pixel that alone read them, where these leave fewer channels
// to average: one sums over places and the other over channels, so that their order does not matter. Layers
// that somebody asks for stay what they are.
func (n *Network) postpone(asked []int) {
	readers := make([]int, len(n.layers))
	for _, l := range n.layers {
		for _, k := range l.in {
			readers[k]++
		}
	}
	for i := range n.layers {
		l := &n.layers[i]
		c, ok := l.op.(*conv)
		if !ok || !c.draft.pointwise() || c.draft.shape.Out >= c.draft.shape.In {
			continue
		}
		before := l.in[0]
		pool, ok := n.layers[before].op.(averagePool)
		if !ok || readers[before] != 1 || slices.Contains(asked, before) || !pool.even() {
			continue
		}
		b := &n.layers[before]
		b.op, l.op = &conv{draft: c.draft}, averagePool{Window: pool.Window, relu: c.relu}
		b.name, l.name = l.name, b.name
	}
}

// pointwise reports whether the convolution looks at every pixel by itself.
func (d *draft) pointwise() bool {
	s := d.shape
	return s == kernel.ConvShape{In: s.In, Out: s.Out, KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1}
}

// even reports whether the weights of every window sum up to one, so that a bias is its own average, and whether
// there are no more windows before them than behind.
func (o averagePool) even() bool {
	padded := max(o.Top, o.Left, o.Bottom, o.Right) > 0
	return (!o.pads || !padded) && o.StrideH == 1 && o.StrideW == 1 && !o.Ceil
}

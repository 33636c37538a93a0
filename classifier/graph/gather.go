package graph

import (
	"cmp"
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"slugpuppy/classifier/kernel"
)

// Where a value feeds several layers, gorgonia adds their gradients with its own Add nodes,
// which run on one thread and allocate. gather puts a chain in their place: the first
// gradient is written, the others are added to it by the operators that compute them. The
// stock nodes are no longer reachable from the outputs and so are not compiled.

// gather returns a node for the sum that grad stands for.
func (b *builder) gather(grad *G.Node) (*G.Node, error) {
	leaves := b.leaves(grad, nil)
	if len(leaves) == 1 {
		return leaves[0], nil
	}
	// The order of the sum is the order of the layers, whatever order gorgonia found.
	slices.SortStableFunc(leaves, func(x, y *G.Node) int {
		return cmp.Compare(b.plan.operators[x].rank, b.plan.operators[y].rank)
	})
	var writers, views G.Nodes
	for _, l := range leaves {
		if b.onto[l] != nil {
			writers = append(writers, l)
		} else {
			views = append(views, l)
		}
	}
	if len(writers) == 0 {
		return b.add(nil, views)
	}
	acc := writers[0]
	for _, w := range writers[1:] {
		var err error
		if acc, err = b.onto[w](acc); err != nil {
			return nil, err
		}
	}
	if len(views) == 0 {
		return acc, nil
	}
	return b.add(acc, views)
}

// leaves takes gorgonia's additions apart.
func (b *builder) leaves(n *G.Node, found G.Nodes) G.Nodes {
	if b.plan.operators[n] != nil {
		return append(found, n)
	}
	for it := b.graph.From(n.ID()); it.Next(); {
		found = b.leaves(it.Node().(*G.Node), found)
	}
	return found
}

// add sums views: in place onto acc, or into a buffer of its own if acc is nil.
func (b *builder) add(acc *G.Node, views G.Nodes) (*G.Node, error) {
	children := views
	first := b.plan.operators[views[0]]
	o := &operator{id: "sum of gradients", rank: first.rank, shape: first.shape}
	if acc != nil {
		children = append(G.Nodes{acc}, views...)
		o.base = b.plan.operators[acc]
	}
	o.run = func(t *kernel.Team, o *operator, _ []G.Value) error {
		if acc == nil {
			copy(o.buf, o.inputs[0].buf)
		}
		for _, in := range o.inputs[1:] {
			kernel.Add(t, o.buf, in.buf)
		}
		return nil
	}
	return b.apply(o, o, children...)
}

// part adds a view of grad: the gradient of layer i with respect to its input j.
func (b *builder) part(i, j int, grad *G.Node, offset int) (*G.Node, error) {
	o := &operator{
		id: fmt.Sprintf("part of gradient of %s", b.plan.net.layers[i].name), rank: i, shape: b.inputShape(i, j),
		base: b.plan.operators[grad], offset: offset,
	}
	o.run = func(*kernel.Team, *operator, []G.Value) error { return nil }
	return b.apply(o, o, grad)
}

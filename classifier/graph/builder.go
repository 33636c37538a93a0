package graph

import (
	"errors"
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"slugpuppy/classifier/kernel"
)

// builder makes a plan's gorgonia graph.
type builder struct {
	plan    *Plan
	graph   *G.ExprGraph
	picture *G.Node
	steps   []step
	shapes  []Shape
	nodes   []*G.Node // by layer
	outputs G.Nodes
	// onto rebuilds a gradient node so that it adds to another node's value in place.
	onto  map[*G.Node]func(onto *G.Node) (*G.Node, error)
	count int
}

func (b *builder) build(reads []string, objectives []Objective) error {
	n := b.plan.net
	b.onto = map[*G.Node]func(*G.Node) (*G.Node, error){}
	targets, err := n.resolve(reads, objectives)
	if err != nil {
		return err
	}
	wanted := n.needed(targets)
	if b.steps, b.shapes, err = n.shapes(b.plan.h, b.plan.w, wanted); err != nil {
		return err
	}
	b.picture = G.NewTensor(b.graph, G.Float32, 4, G.WithShape(1, 3, b.plan.h, b.plan.w), G.WithName("picture"))
	b.nodes = make([]*G.Node, len(n.layers))
	b.nodes[0] = b.picture
	for i := 1; i < len(n.layers); i++ {
		if wanted[i] {
			if b.nodes[i], err = b.forward(i); err != nil {
				return fmt.Errorf("layer %s: %w", n.layers[i].name, err)
			}
		}
	}
	for i, name := range reads {
		node := b.nodes[targets[i]]
		b.plan.reads[name] = b.plan.operators[node]
		b.output(node)
	}
	if len(objectives) == 0 {
		return nil
	}
	return b.differentiate(objectives, targets[len(reads):])
}

// resolve finds the layers of reads, then of objectives.
func (n *Network) resolve(reads []string, objectives []Objective) ([]int, error) {
	names := slices.Clone(reads)
	for _, o := range objectives {
		names = append(names, o.Layer)
	}
	if len(names) == 0 {
		return nil, errors.New("nothing to compute")
	}
	targets := make([]int, len(names))
	for i, name := range names {
		at, ok := n.index[name]
		if !ok {
			return nil, fmt.Errorf("no layer %q", name)
		}
		targets[i] = at
	}
	return targets, nil
}

func (b *builder) output(n *G.Node) {
	if !slices.Contains(b.outputs, n) {
		b.outputs = append(b.outputs, n)
	}
}

// apply adds an operator to the graph.
func (b *builder) apply(op G.Op, o *operator, children ...*G.Node) (*G.Node, error) {
	b.count++
	o.plan, o.id = b.plan, fmt.Sprintf("%s #%d", o.id, b.count)
	o.ranks = nil
	for _, c := range children {
		o.ranks = append(o.ranks, c.Dims())
		o.inputs = append(o.inputs, b.plan.operators[c])
	}
	if o.shape == (Shape{}) {
		o.ranks = append(o.ranks, 0)
	} else {
		o.ranks = append(o.ranks, 4)
	}
	node, err := G.ApplyOp(op, children...)
	if err != nil {
		return nil, err
	}
	b.plan.operators[node] = o
	return node, nil
}

// forward adds a layer.
func (b *builder) forward(i int) (*G.Node, error) {
	l, s := b.plan.net.layers[i], b.steps[i]
	children := make([]*G.Node, len(l.in))
	for j, k := range l.in {
		children[j] = b.nodes[k]
	}
	in := make([][]float32, len(children))
	o := &operator{id: l.name, rank: i, shape: b.shapes[i], need: s.scratch(), state: s.state()}
	o.run = func(t *kernel.Team, o *operator, values []G.Value) error {
		for j := range in {
			if o.inputs[j] == nil {
				in[j] = b.plan.image
			} else {
				in[j] = o.inputs[j].buf
			}
		}
		s.forward(t, o.buf, in, o.temp)
		clear(in) // the memory is lent
		return nil
	}
	values := o.shape.size()
	for j := range children {
		values += b.inputShape(i, j).size()
	}
	o.cost = cost(s, false, values)
	o.conv, _ = s.(*convStep)
	d := &differentiable{operator: o, diff: func(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
		return b.backward(i, in, out, grad)
	}}
	return b.apply(d, o, children...)
}

// differentiate adds the objectives, their sum and its gradient.
func (b *builder) differentiate(objectives []Objective, targets []int) error {
	var terms G.Nodes
	for i, o := range objectives {
		s := newScore(o.Kind, b.shapes[targets[i]])
		b.plan.scores = append(b.plan.scores, s)
		node, err := b.score(s, b.nodes[targets[i]], len(b.nodes)+i)
		if err != nil {
			return fmt.Errorf("objective at %s: %w", o.Layer, err)
		}
		terms = append(terms, node)
	}
	total, err := b.total(terms)
	if err != nil {
		return fmt.Errorf("sum of objectives: %w", err)
	}
	grads, err := G.Grad(total, b.picture)
	if err != nil {
		return fmt.Errorf("differentiate: %w", err)
	}
	grad, err := b.gather(grads[0])
	if err != nil {
		return fmt.Errorf("gradient of the picture: %w", err)
	}
	b.plan.total, b.plan.grad = b.plan.operators[total], b.plan.operators[grad]
	b.output(total)
	b.output(grad)
	return nil
}

// score adds one objective.
func (b *builder) score(s *score, x *G.Node, rank int) (*G.Node, error) {
	o := &operator{id: "objective", rank: rank, need: s.scratch()}
	o.run = func(t *kernel.Team, o *operator, _ []G.Value) error {
		setScalar(o, s.value(t, o.inputs[0].buf, o.temp))
		return nil
	}
	d := &differentiable{operator: o, diff: func(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
		node, err := b.scoreGradient(s, rank, in[0], out, grad, nil)
		return G.Nodes{node}, err
	}}
	return b.apply(d, o, x)
}

// scoreGradient adds the gradient of an objective. The objective's value is an input only
// because the guided gradient reads what the objective found.
func (b *builder) scoreGradient(s *score, rank int, x, out, grad, onto *G.Node) (*G.Node, error) {
	o := &operator{id: "gradient of objective", rank: rank, shape: s.shape}
	children := G.Nodes{x, grad, out}
	if onto != nil {
		children = append(children, onto)
		o.base = b.plan.operators[onto]
	}
	o.run = func(t *kernel.Team, o *operator, in []G.Value) error {
		s.gradient(t, o.buf, o.inputs[0].buf, in[1].Data().(float32), onto != nil)
		return nil
	}
	node, err := b.apply(o, o, children...)
	if err == nil {
		b.onto[node] = func(onto *G.Node) (*G.Node, error) { return b.scoreGradient(s, rank, x, out, grad, onto) }
	}
	return node, err
}

// total adds scalars.
func (b *builder) total(terms G.Nodes) (*G.Node, error) {
	o := &operator{id: "sum of objectives"}
	o.run = func(_ *kernel.Team, o *operator, in []G.Value) error {
		sum := float32(0)
		for _, v := range in {
			sum += v.Data().(float32)
		}
		setScalar(o, sum)
		return nil
	}
	d := &differentiable{operator: o, diff: func(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
		same := make(G.Nodes, len(in))
		for i := range same {
			same[i] = grad
		}
		return same, nil
	}}
	return b.apply(d, o, terms...)
}

func setScalar(o *operator, v float32) {
	f := G.F32(v)
	*o.out.(*G.F32) = f
}

// backward adds the gradient of layer i with respect to each of its inputs.
func (b *builder) backward(i int, in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	grad, err := b.gather(grad)
	if err != nil {
		return nil, err
	}
	grads := make(G.Nodes, len(in))
	for j := range in {
		if v, ok := b.steps[i].(viewer); ok {
			grads[j], err = b.part(i, j, grad, v.view(j))
		} else {
			grads[j], err = b.gradient(i, j, in, out, grad, nil)
		}
		if err != nil {
			return nil, err
		}
	}
	return grads, nil
}

// gradient adds the gradient of layer i with respect to its input j; with onto it is added
// to that node's value, in place.
func (b *builder) gradient(i, j int, in G.Nodes, out, grad, onto *G.Node) (*G.Node, error) {
	l, s := b.plan.net.layers[i], b.steps[i]
	o := &operator{id: "gradient of " + l.name, rank: i, shape: b.inputShape(i, j), need: s.backwardScratch()}
	if s.state() > 0 {
		o.lender = b.plan.operators[out]
	}
	children := G.Nodes{grad}
	needIn, needOut := s.needs()
	if needOut || s.state() > 0 {
		children = append(children, out)
	}
	first := len(children)
	if needIn {
		children = append(children, in...)
	}
	if onto != nil {
		children = append(children, onto)
		o.base = b.plan.operators[onto]
	}
	values := o.shape.size() + b.shapes[i].size()
	if needOut {
		values += b.shapes[i].size()
	}
	for k := range in {
		if needIn {
			values += b.inputShape(i, k).size()
		}
	}
	o.gradient, o.cost = true, cost(s, true, values)
	inputs := make([][]float32, len(in))
	o.run = func(t *kernel.Team, o *operator, _ []G.Value) error {
		var result []float32
		if needOut {
			result = o.inputs[1].buf
		}
		if needIn {
			for k := range inputs {
				if inputs[k] = b.plan.image; o.inputs[first+k] != nil {
					inputs[k] = o.inputs[first+k].buf
				}
			}
		}
		s.backward(t, j, o.buf, o.inputs[0].buf, inputs, result, o.temp, onto != nil)
		clear(inputs)
		return nil
	}
	node, err := b.apply(o, o, children...)
	if err == nil {
		b.onto[node] = func(onto *G.Node) (*G.Node, error) { return b.gradient(i, j, in, out, grad, onto) }
	}
	return node, err
}

func (b *builder) inputShape(i, j int) Shape { return b.shapes[b.plan.net.layers[i].in[j]] }

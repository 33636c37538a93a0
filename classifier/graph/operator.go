package graph

import (
	"fmt"
	"hash"
	"hash/fnv"
	"slices"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"slugpuppy/classifier/kernel"
)

// operator is a node of the gorgonia graph as gorgonia sees it: an Op that computes into a
// buffer it owns. Buffers are laid out when the graph is complete, see layout.
type operator struct {
	plan  *Plan
	id    string // unique: gorgonia merges nodes with equal hashes and children
	rank  int    // layer it belongs to: gives sums of gradients a fixed order
	ranks []int  // dimensions of the inputs and the output, 4 or 0
	shape Shape  // of the output, unless it is a scalar
	run   func(t *kernel.Team, o *operator, in []G.Value) error
	cost  Cost // of one run

	conv   *convStep   // in the forward half, if it is one
	joined []*operator // convolutions that it computes too, see share

	gradient bool        // of the layer
	inputs   []*operator // nil for what is not ours: the picture and constants
	args     []G.Value   // what the tape machine hands over: scalars; everything else is read where it lies

	out    G.Value
	at     int       // where buf begins in the memory
	buf    []float32 // while the plan has memory
	need   int       // values of scratch while it runs
	temp   []float32
	state  int       // bytes kept from the first run to the last operator that shares them
	lender *operator // whose state this operator reads
	base   *operator // buf is part of this operator's, from offset on
	offset int
}

// In gorgonia's words: a plain function that returns what it owns and never writes its inputs.
func (o *operator) Arity() int            { return len(o.ranks) - 1 }
func (o *operator) ReturnsPtr() bool      { return false }
func (o *operator) CallsExtern() bool     { return false }
func (o *operator) OverwritesInput() int  { return -1 }
func (o *operator) WriteHash(h hash.Hash) { fmt.Fprint(h, o.id) }
func (o *operator) String() string        { return o.id }

func (o *operator) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *operator) Type() hm.Type {
	a := hm.TypeVariable('a')
	types := make([]hm.Type, len(o.ranks))
	for i, d := range o.ranks {
		types[i] = a
		if d > 0 {
			types[i] = G.TensorType{Dims: d, Of: a}
		}
	}
	return hm.NewFnType(types...)
}

func (o *operator) InferShape(...G.DimSizer) (tensor.Shape, error) {
	if o.scalar() {
		return tensor.ScalarShape(), nil
	}
	return tensor.Shape{1, o.shape.C, o.shape.H, o.shape.W}, nil
}

func (o *operator) scalar() bool { return o.ranks[len(o.ranks)-1] == 0 }

// size is the number of values of the output.
func (o *operator) size() int {
	if o.scalar() {
		return 1
	}
	return o.shape.size()
}

// Do is how gorgonia runs the operator. A panic would otherwise end the process, because
// gorgonia runs programs in a goroutine of its own.
func (o *operator) Do(in ...G.Value) (G.Value, error) {
	p := o.plan
	if p.rehearsal != nil {
		o.args = slices.Clone(in)
		*p.rehearsal = append(*p.rehearsal, o)
		return G.NewF32(0), nil
	}
	if err := o.step(in); err != nil {
		return nil, err
	}
	return o.out, nil
}

// step computes the operator's value from its inputs' values.
func (o *operator) step(in []G.Value) (err error) {
	if err := o.plan.ctx.Err(); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %v", o.id, r)
		}
	}()
	return o.run(o.plan.team, o, in)
}

// differentiable is an operator of the forward half.
type differentiable struct {
	*operator
	diff func(in G.Nodes, out, grad *G.Node) (G.Nodes, error)
}

// DiffWRT says that the gradient with respect to every input exists.
func (o *differentiable) DiffWRT(n int) []bool {
	all := make([]bool, n)
	for i := range all {
		all[i] = true
	}
	return all
}

// SymDiff adds the nodes of the gradient with respect to each input.
func (o *differentiable) SymDiff(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	return o.diff(in, out, grad)
}

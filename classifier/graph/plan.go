package graph

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"slugpuppy/classifier/kernel"
)

// building serialises the construction of graphs: gorgonia numbers node groups with a
// global counter that it does not lock. Running compiled plans concurrently is fine.
var building sync.Mutex

// Plan is a network compiled for one size of picture: which layers are read, which
// objectives are differentiated. It is used by one goroutine at a time. It computes in memory that
// is lent to it, and is small without: plans that run one after the other can share theirs.
type Plan struct {
	net     *Network
	w, h    int
	size    int   // values of the memory it needs
	beside  int64 // bytes it holds beside that
	picture *G.Node
	image   []float32 // in that memory, while there is some
	machine G.VM
	order   []*operator            // what the machine runs, in its order
	furnish func(memory []float32) // hands out what layout decided; nil takes it back

	reads  map[string]*operator
	stages [][]string // the layers that are shown after each of order; nil: they are kept
	scores []*score
	total  *operator
	grad   *operator

	operators map[*G.Node]*operator
	rehearsal *[]*operator // not nil: operators write down their order instead of running

	ctx  context.Context // of the run in progress
	team *kernel.Team
}

// NewPlan compiles the network for pictures of w by h. Layers in reads can be read after
// each run. If there are objectives, their sum and its gradient with respect to the picture
// are computed.
func (n *Network) NewPlan(w, h int, reads []string, objectives []Objective) (*Plan, error) {
	return n.draft(w, h, reads, objectives, false)
}

// NewShow compiles the network like NewPlan, but what layers answer is shown while Show runs and kept no longer than
// the next layer needs it, which takes half the memory.
func (n *Network) NewShow(w, h int, reads []string) (*Plan, error) {
	return n.draft(w, h, reads, nil, true)
}

// Measure returns the bytes that a plan computes in.
func (n *Network) Measure(w, h int, reads []string, objectives []Objective) (int64, error) {
	p, err := n.draft(w, h, reads, objectives, false)
	if err != nil {
		return 0, err
	}
	return p.Bytes(), nil
}

// Bytes is what the plan computes in.
func (p *Plan) Bytes() int64 { return 4*int64(p.size) + p.beside }

// Size is how many values of memory the plan computes in.
func (p *Plan) Size() int { return p.size }

// Lend gives the plan memory of at least Size values, as kernel.Floats makes it, until TakeBack. A
// plan that is run without has memory of its own from then on.
func (p *Plan) Lend(memory []float32) { p.furnish(memory) }

// TakeBack takes the memory, and what the last run left in it, from the plan.
func (p *Plan) TakeBack() { p.furnish(nil) }

// draft builds the graph, compiles it and finds the order of execution.
func (n *Network) draft(w, h int, reads []string, objectives []Objective, show bool) (*Plan, error) {
	if w < 1 || h < 1 {
		return nil, fmt.Errorf("picture of %dx%d", w, h)
	}
	building.Lock()
	defer building.Unlock()
	p := &Plan{net: n, w: w, h: h, reads: map[string]*operator{}, operators: map[*G.Node]*operator{}}
	b := &builder{plan: p, graph: G.NewGraph()}
	if err := b.build(reads, objectives); err != nil {
		return nil, fmt.Errorf("plan for %dx%d: %w", w, h, err)
	}
	prog, locations, err := G.CompileFunction(b.graph, G.Nodes{b.picture}, b.outputs)
	if err != nil {
		return nil, fmt.Errorf("compile plan for %dx%d: %w", w, h, err)
	}
	p.picture = b.picture
	p.machine = G.NewTapeMachine(b.graph, G.WithPrecompiled(prog, locations))
	// The machine's finalizer only matters for CUDA. It would keep the plan for ever: the
	// operators that the machine runs know their plan, and the collector frees no cycle with
	// a finalizer in it.
	runtime.SetFinalizer(p.machine, nil)
	if p.order, err = p.rehearse(); err != nil {
		return nil, fmt.Errorf("rehearse plan for %dx%d: %w", w, h, err)
	}
	if show {
		p.stages = b.stages(reads)
	}
	share(p.order)
	b.layout(p.order)
	return p, nil
}

// rehearse runs the program once without computing anything, to learn its order.
func (p *Plan) rehearse() ([]*operator, error) {
	var order []*operator
	p.rehearsal = &order
	defer func() { p.rehearsal = nil }()
	if err := G.Let(p.picture, absent{p.picture.Shape()}); err != nil {
		return nil, err
	}
	defer p.machine.Reset()
	if err := p.machine.RunAll(); err != nil {
		return nil, err
	}
	return order, nil
}

// absent stands for the picture where there is none: gorgonia's machine asks for its shape and type alone.
type absent struct{ shape tensor.Shape }

func (a absent) Shape() tensor.Shape      { return a.shape }
func (a absent) Size() int                { return a.shape.TotalSize() }
func (absent) Dtype() tensor.Dtype        { return tensor.Float32 }
func (absent) Data() any                  { return []float32(nil) }
func (absent) Uintptr() uintptr           { return 0 }
func (absent) MemSize() uintptr           { return 0 }
func (absent) Format(f fmt.State, _ rune) { fmt.Fprint(f, "no picture") }

// drive has gorgonia's machine run the program for a picture.
func (p *Plan) drive(image []float32) error {
	if err := G.Let(p.picture, tensor.New(tensor.WithShape(1, 3, p.h, p.w), tensor.WithBacking(image))); err != nil {
		return err
	}
	err := p.machine.RunAll()
	p.machine.Reset()
	return errors.Join(err, G.Let(p.picture, absent{p.picture.Shape()})) // lest it hold the picture's memory
}

// Run computes the plan for a picture [3][h][w]. The objectives must be those of NewPlan in
// layer and kind; their weights, channels and guides are those of this run.
//
// It replays what gorgonia's machine ran in rehearsal: the same operators on the same buffers
// in the same order, without the machine's goroutine, locked thread and four allocations an
// operator.
func (p *Plan) Run(ctx context.Context, team *kernel.Team, image []float32, objectives []Objective) error {
	return p.with(ctx, team, image, objectives, func() error {
		for _, o := range p.order {
			if err := o.step(o.args); err != nil {
				return err
			}
		}
		return nil
	})
}

// Show is Run for a plan of NewShow: it shows what each layer answers, in the order in which they are computed. The
// data is only show's until it returns.
func (p *Plan) Show(ctx context.Context, team *kernel.Team, image []float32, show func(name string, data []float32, s Shape)) error {
	return p.with(ctx, team, image, nil, func() error {
		for i, o := range p.order {
			if err := o.step(o.args); err != nil {
				return err
			}
			for _, name := range p.stages[i] {
				show(name, p.reads[name].buf, p.reads[name].shape)
			}
		}
		return nil
	})
}

// stages lists what is to be shown after each operator.
func (b *builder) stages(reads []string) [][]string {
	all := make([][]string, len(b.plan.order))
	for _, name := range reads {
		i := slices.Index(b.plan.order, b.plan.reads[name])
		if i >= 0 && !slices.Contains(all[i], name) {
			all[i] = append(all[i], name)
		}
	}
	return all
}

// RunTape does what Run does, on gorgonia's tape machine: the yardstick for what replaying
// saves, and the witness that it computes the same.
func (p *Plan) RunTape(ctx context.Context, team *kernel.Team, image []float32, objectives []Objective) error {
	return p.with(ctx, team, image, objectives, func() error {
		for _, o := range p.order {
			o.wrap()
		}
		return p.drive(p.image)
	})
}

// with sets up what operators read while run runs them.
func (p *Plan) with(ctx context.Context, team *kernel.Team, image []float32, objectives []Objective, run func() error) error {
	if len(image) != 3*p.w*p.h {
		return fmt.Errorf("picture of %d values in a plan for %d", len(image), 3*p.w*p.h)
	}
	if len(objectives) != len(p.scores) {
		return errors.New("other objectives than the plan was made for")
	}
	for i, o := range objectives {
		if err := p.scores[i].accept(o); err != nil {
			return err
		}
	}
	if p.image == nil {
		p.Lend(kernel.Floats(p.size))
	}
	copy(p.image, image)
	p.ctx, p.team = ctx, team
	defer func() { p.ctx, p.team = nil, nil }()
	err := run()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("run plan for %dx%d: %w", p.w, p.h, err)
	}
	return nil
}

// Read returns a layer's activations and shape after a run. The data is overwritten by the
// next one.
func (p *Plan) Read(name string) ([]float32, Shape, error) {
	o, ok := p.reads[name]
	if !ok {
		return nil, Shape{}, fmt.Errorf("layer %q is not read by this plan", name)
	}
	return o.buf, o.shape, nil
}

// Value is the sum of the objectives after a run.
func (p *Plan) Value() float32 { return p.total.out.Data().(float32) }

// Gradient is the gradient of the objectives' sum with respect to the picture, [3][h][w].
// The data is overwritten by the next run.
func (p *Plan) Gradient() []float32 { return p.grad.buf }

package graph

import (
	"cmp"
	"slices"
	"unsafe"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// buffer is memory that is needed from one step of the program to another.
type buffer struct {
	size       int                 // values
	start, end int                 // first and last step that touch it
	offset     int                 // in the arena, once placed
	give       func(mem []float32) // hands it to whoever uses it; nil takes it back
}

// layout decides where every operator's result, scratch and state lie, sharing memory among
// what is never needed at the same time. Nothing is allocated yet.
func (b *builder) layout(order []*operator) {
	p := b.plan
	when := map[*operator]int{}
	for i, o := range order {
		when[o] = i
	}
	b.nest(order, when)
	results := map[*operator]*buffer{} // by root
	image := &buffer{size: 3 * p.w * p.h, end: len(order), give: func(m []float32) { p.image = m }}
	all := []*buffer{image}
	hold := func(o *operator, i int) {
		root, _ := o.root()
		if results[root] == nil {
			results[root] = &buffer{size: root.size(), start: i}
			all = append(all, results[root])
		}
		results[root].end = i
	}
	for i, o := range order {
		if !o.scalar() {
			hold(o, i)
		}
		for _, other := range o.joined {
			hold(other, i)
		}
		for _, in := range o.inputs {
			if in != nil && !in.scalar() {
				root, _ := in.root()
				results[root].end = max(results[root].end, i)
			}
		}
		if o.need > 0 {
			all = append(all, &buffer{size: o.need, start: i, end: i, give: func(m []float32) { o.temp = m }})
		}
	}
	for _, o := range p.kept() {
		root, _ := o.root()
		results[root].end = len(order)
	}
	all = append(all, b.states(order, when)...)
	p.size = place(all)
	for _, s := range p.scores {
		p.beside += s.bytes()
	}
	for _, o := range order {
		o.settle(results)
	}
	p.furnish = func(memory []float32) {
		for _, m := range all {
			if m.give != nil {
				m.give(m.in(memory))
			}
		}
		for _, o := range order {
			o.bind(memory)
		}
	}
}

// in is the buffer's part of the memory that plans are lent.
func (m *buffer) in(memory []float32) []float32 {
	if memory == nil {
		return nil
	}
	return memory[m.offset : m.offset+m.size]
}

// nest computes what a concatenation joins in place.
func (b *builder) nest(order []*operator, when map[*operator]int) {
	for node, o := range b.plan.operators {
		_, ours := when[o]
		d, forward := node.Op().(*differentiable)
		if !ours || !forward || d.operator.shape == (Shape{}) || o.rank >= len(b.steps) {
			continue
		}
		c, ok := b.steps[o.rank].(*concatStep)
		if !ok {
			continue
		}
		for j, in := range o.inputs {
			if in != nil && in.base == nil {
				in.base, in.offset = o, c.offsets[j]
			}
		}
	}
}

// states returns the buffers of what operators keep for their gradients. Where there is no
// gradient nothing is kept.
func (b *builder) states(order []*operator, when map[*operator]int) []*buffer {
	byLender := map[*operator]*buffer{}
	var all []*buffer
	for i, o := range order {
		if o.lender == nil {
			continue
		}
		if m := byLender[o.lender]; m != nil {
			m.end = i
			continue
		}
		s, n := b.steps[o.lender.rank], o.lender.state
		m := &buffer{size: (n + 3) / 4, start: when[o.lender], end: i, give: func(m []float32) {
			s.keep(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(m))), n*min(1, len(m))))
		}}
		byLender[o.lender] = m
		all = append(all, m)
	}
	return all
}

// kept lists the operators whose results are read after a run.
func (p *Plan) kept() []*operator {
	var kept []*operator
	if p.stages == nil {
		for _, o := range p.reads {
			kept = append(kept, o)
		}
	}
	if p.grad != nil {
		kept = append(kept, p.grad)
	}
	return kept
}

// root follows o to the operator whose buffer it lies in, and returns where.
func (o *operator) root() (*operator, int) {
	offset := 0
	for o.base != nil {
		offset += o.offset
		o = o.base
	}
	return o, offset
}

// settle notes where in the memory the operator's result will be, and which scalars it is handed.
func (o *operator) settle(results map[*operator]*buffer) {
	if !o.scalar() {
		root, offset := o.root()
		o.at = results[root].offset + offset
	}
	for i, in := range o.inputs {
		if in == nil {
			continue // the picture, or a constant of gorgonia's
		}
		if o.args[i] = nil; in.scalar() {
			if in.out == nil {
				in.out = G.NewF32(0)
			}
			o.args[i] = in.out
		}
	}
	if o.scalar() && o.out == nil {
		o.out = G.NewF32(0)
	}
}

// bind gives the operator its part of the memory, nil takes it back.
func (o *operator) bind(memory []float32) {
	if o.scalar() {
		return
	}
	if o.buf, o.out = nil, nil; memory != nil {
		o.buf = memory[o.at : o.at+o.size()]
	}
}

// wrap makes the result a value of gorgonia's, which only its machine wants.
func (o *operator) wrap() {
	if !o.scalar() && o.out == nil {
		o.out = tensor.New(tensor.WithShape(1, o.shape.C, o.shape.H, o.shape.W), tensor.WithBacking(o.buf))
	}
}

// place gives every buffer an offset such that no two that are needed at the same time
// overlap, largest first, each as low as it fits. It returns the size of the arena.
func place(all []*buffer) int {
	const line = 16 // values in a cache line
	bySize := slices.Clone(all)
	slices.SortStableFunc(bySize, func(x, y *buffer) int {
		return cmp.Or(cmp.Compare(y.size, x.size), cmp.Compare(x.start, y.start))
	})
	top := 0
	var placed []*buffer // by offset
	for _, m := range bySize {
		m.offset = 0
		for _, other := range placed {
			if other.end < m.start || m.end < other.start {
				continue
			}
			if m.offset+m.size <= other.offset {
				break
			}
			m.offset = max(m.offset, (other.offset+other.size+line-1)/line*line)
		}
		at, _ := slices.BinarySearchFunc(placed, m, func(x, y *buffer) int { return cmp.Compare(x.offset, y.offset) })
		placed = slices.Insert(placed, at, m)
		top = max(top, m.offset+m.size)
	}
	return top
}

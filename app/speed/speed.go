// Package speed measures how fast this machine runs a network and dreams with it.
package speed

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/classifier/kernel"
	"slugpuppy/picture"
)

// Measurement is what one kind of work took. Zero is what was not measured.
type Measurement struct {
	Work     string  // what was measured
	Size     int     // side of the picture in pixels
	MS       float64 // shortest time
	GFLOPS   float64 // 1e9 floating-point operations a second
	Share    float64 // of PeakGF
	PerSec   float64 // pictures
	Allocs   float64 // allocations of each repeat
	AllocKB  float64 // and what they amount to
	PlanMB   float64 // what the gradient holds beside the weights
	WeightMB float64 // what the packed weights hold
	PeakMB   float64 // most memory this process has held so far
	Tape     float64 // overhead of gorgonia's tape machine over the bare kernels, a share
	Replay   float64 // that of replaying the machine's program, which is what dreams run on
	Set      string  // instruction set
	Threads  int
	PeakGF   float64 // what multiply-add units deliver, measured
	Repeated int
}

// Works are the kinds of work, in the order they are measured.
var Works = []string{"forward", "gradient", "rough", "overhead", "dream", "fingerprint", "judge"}

// Options of a Watch.
type Options struct {
	Layer string        // to compute and to raise; else the logits and the layer before them
	Size  int           // side of the pictures in pixels
	Spend time.Duration // how long each measurement goes on
	Rough bool          // profile the gradient in rough arithmetic
}

// Watch measures one network on all threads that Go may use.
type Watch struct {
	net    *classifier.Network
	quick  *classifier.Network // with gradients in the arithmetic of dreams
	rough  bool
	size   int
	spend  time.Duration
	peak   float64 // operations a second
	answer string  // layer to compute
	raise  string  // layer to raise
}

// New measures the processor's peak. The error is a *classifier.UnknownLayer when the network lacks the
// layer.
func New(ctx context.Context, net *classifier.Network, o Options) (*Watch, error) {
	quick, err := net.In("")
	if err != nil {
		return nil, err
	}
	w := &Watch{net: net, quick: quick, rough: o.Rough, size: o.Size, spend: o.Spend, answer: classifier.Logits,
		raise: net.Layers()[max(0, len(net.Layers())-2)].Name}
	if o.Layer != "" {
		l, err := net.Layer(o.Layer)
		if err != nil {
			return nil, err
		}
		w.answer, w.raise = l.Name, l.Name
	}
	w.peak, err = kernel.Processor().Peak(ctx)
	return w, err
}

// Measure measures these works, all when there are none; an error ends it. Fingerprints are made of the
// embedded network's layers alone, and judged by the head that goes with it.
func (w *Watch) Measure(ctx context.Context, only ...string) iter.Seq2[Measurement, error] {
	measures := []func(context.Context) (Measurement, error){w.forward, w.gradient, w.roughGradient, w.overhead, w.dream, w.fingerprints, w.judgements}
	return func(yield func(Measurement, error) bool) {
		for i, measure := range measures {
			if len(only) > 0 && !slices.Contains(only, Works[i]) ||
				(Works[i] == "fingerprint" || Works[i] == "judge") && w.net.Name() != classifier.Embedded || Works[i] == "rough" && !kernel.Rough() {
				continue
			}
			m, err := measure(ctx)
			m.Set, m.Threads, m.PeakGF, m.PeakMB = arithmetic(Works[i]), runtime.GOMAXPROCS(0), w.peak/1e9, peakMemory()
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// arithmetic is the name of that in which a work is done.
func arithmetic(work string) string {
	names := kernel.Names()
	if slices.Contains([]string{"forward", "gradient", "overhead"}, work) {
		return names[len(names)-1] // what nobody asks to be quick is exact
	}
	return names[0]
}

// Operator is what one operator of a gradient takes, and what it would take at its own limit.
type Operator struct {
	Name  string
	Kind  string // of arithmetic; none where values are only moved
	Took  time.Duration
	Share float64       // of the time of all
	Limit time.Duration // at the processor's peak, or at what its memory delivers, whichever takes longer
	Bound Bound
}

// Bound is what limits an operator.
type Bound string

// What may limit one.
const (
	Arithmetic Bound = "arithmetic"
	Memory     Bound = "memory"
)

// Profile says what each operator of a gradient takes, in order.
func (w *Watch) Profile(ctx context.Context) ([]Operator, error) {
	const runs = 12
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	net := w.net
	if w.rough {
		net = w.quick
	}
	spent, err := net.Profile(ctx, in, w.targets(), runs)
	if err != nil {
		return nil, err
	}
	memory := memory{}
	whole := time.Duration(0)
	for _, s := range spent {
		whole += s.Time
	}
	all := make([]Operator, len(spent))
	for i, s := range spent {
		o := Operator{Name: s.Operator, Kind: s.Cost.Kind, Took: s.Time, Share: float64(s.Time) / float64(whole), Bound: Arithmetic}
		bandwidth, err := memory.bandwidth(ctx, s.Cost.Bytes)
		if err != nil {
			return nil, err
		}
		seconds := s.Cost.Operations / w.peak
		if moving := s.Cost.Bytes / bandwidth; moving > seconds {
			o.Bound, seconds = Memory, moving
		}
		o.Limit = time.Duration(seconds * float64(time.Second))
		all[i] = o
	}
	return all, nil
}

// memory is what copying within so many bytes delivers, in bytes a second: the caches' speed, or that of
// what is beyond them.
type memory map[int]float64

// bandwidth is that of a working set of this size, measured once for each power of four.
func (m memory) bandwidth(ctx context.Context, bytes float64) (float64, error) {
	const smallest, largest = 64 << 10, 256 << 20
	size := smallest
	for float64(size) < bytes && size < largest {
		size *= 4
	}
	if m[size] > 0 {
		return m[size], nil
	}
	var err error
	m[size], err = kernel.Processor().Bandwidth(ctx, size)
	return m[size], err
}

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
var Works = []string{"forward", "gradient", "overhead", "dream", "fingerprint"}

// Options of a Watch.
type Options struct {
	Layer string        // to compute and to raise; else the logits and the layer before them
	Size  int           // side of the pictures in pixels
	Spend time.Duration // how long each measurement goes on
}

// Watch measures one network on all threads that Go may use.
type Watch struct {
	net    *classifier.Network
	size   int
	spend  time.Duration
	peak   float64 // operations a second
	answer string  // layer to compute
	raise  string  // layer to raise
}

// New measures the processor's peak. The error is a *classifier.UnknownLayer when the network lacks the
// layer.
func New(ctx context.Context, net *classifier.Network, o Options) (*Watch, error) {
	net.SetCache(1 << 30)
	w := &Watch{net: net, size: o.Size, spend: o.Spend, answer: classifier.Logits,
		raise: net.Layers()[max(0, len(net.Layers())-2)].Name}
	if o.Layer != "" {
		l, err := net.Layer(o.Layer)
		if err != nil {
			return nil, err
		}
		w.answer, w.raise = l.Name, l.Name
	}
	var err error
	w.peak, err = kernel.Processor().Peak(ctx)
	return w, err
}

// Measure measures these works, all when there are none; an error ends it. Fingerprints are made of the
// embedded network's layers alone.
func (w *Watch) Measure(ctx context.Context, only ...string) iter.Seq2[Measurement, error] {
	measures := []func(context.Context) (Measurement, error){w.forward, w.gradient, w.overhead, w.dream, w.fingerprints}
	return func(yield func(Measurement, error) bool) {
		for i, measure := range measures {
			if len(only) > 0 && !slices.Contains(only, Works[i]) ||
				Works[i] == "fingerprint" && w.net.Name() != classifier.Embedded {
				continue
			}
			m, err := measure(ctx)
			m.Set, m.Threads, m.PeakGF, m.PeakMB = kernel.Set(), runtime.GOMAXPROCS(0), w.peak/1e9, peakMemory()
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// Operator is the share that one operator has in a gradient.
type Operator struct {
	Name  string
	Took  time.Duration
	Share float64 // of the time of all
}

// Profile says what each operator of a gradient takes, in order.
func (w *Watch) Profile(ctx context.Context) ([]Operator, error) {
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	o, err := w.net.Overhead(ctx, in, w.targets(), 10)
	if err != nil {
		return nil, err
	}
	all := make([]Operator, len(o.Operators))
	for i, s := range o.Operators {
		all[i] = Operator{s.Operator, s.Time, float64(s.Time) / float64(o.Kernels)}
	}
	return all, nil
}

package cli

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/classifier/kernel"
	"slugpuppy/cli/object"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// measured is one line of `bench`.
type measured struct {
	Work     string  `json:"work"`                        // what was measured
	Size     int     `json:"size"`                        // side of the picture in pixels
	MS       float64 `json:"ms"`                          // shortest time
	GFLOPS   float64 `json:"gflops,omitempty"`            // 1e9 floating-point operations a second
	Share    float64 `json:"share_of_peak,omitempty"`     // of peak_gflops
	PerSec   float64 `json:"per_second,omitempty"`        // pictures
	Allocs   float64 `json:"allocs,omitempty"`            // allocations of each repeat
	AllocKB  float64 `json:"alloc_kb,omitempty"`          // and what they amount to
	PlanMB   float64 `json:"plan_mb,omitempty"`           // what the gradient holds beside the weights
	WeightMB float64 `json:"weights_mb,omitempty"`        // what the packed weights hold
	PeakMB   float64 `json:"process_peak_mb,omitempty"`   // most memory this process has held so far
	Tape     float64 `json:"tape_overhead,omitempty"`     // of gorgonia's tape machine over the bare kernels, a share
	Replay   float64 `json:"gorgonia_overhead,omitempty"` // of replaying the machine's program, which is what dreams run on
	Set      string  `json:"kernels"`                     // instruction set
	Threads  int     `json:"threads"`
	PeakGF   float64 `json:"peak_gflops"` // what multiply-add units deliver, measured
	Repeated int     `json:"repeats"`
}

type benchFlags struct {
	layer         string
	only          []string
	size, threads int
	spend         time.Duration
	profile       bool
}

func (c *console) benchCommand() *cobra.Command {
	f := benchFlags{}
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure how fast this machine dreams",
		Long: "Measures forward passes, gradients, a dream and fingerprints, each as often as fits into a few " +
			"seconds,\n" +
			"and prints the best time, what that is of the processor's measured peak, and what was allocated.\n" +
			"The operations counted are those of the definition, whatever shortcut the kernels take.\n\n" +
			"With --json each line is an object: work, size (pixels), ms (best), gflops, share_of_peak, peak_gflops,\n" +
			"per_second (pictures), allocs and alloc_kb (of each repeat), plan_mb and weights_mb (what the plan and " +
			"the\n" +
			"packed weights hold), process_peak_mb (the most this process has held so far), gorgonia_overhead (what\n" +
			"driving the kernels costs, as a share of their time), tape_overhead (the same on gorgonia's own " +
			"machine),\n" +
			"kernels (instruction set), threads, repeats.",
		Example: "  slugpuppy bench --model googlenet --layer 5b --size 224 --only forward,gradient --json",
		Args:    usageArgs(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.bench(cmd.Context(), f) },
	}
	cmd.Flags().StringVar(&f.layer, "layer", "",
		"layer to compute and to raise; else the logits and the layer before them")
	cmd.Flags().StringSliceVar(&f.only, "only", nil, "some of "+strings.Join(works, ","))
	cmd.Flags().IntVar(&f.size, "size", 512, "side of the pictures in pixels")
	cmd.Flags().IntVar(&f.threads, "threads", runtime.GOMAXPROCS(0), "how many threads compute")
	cmd.Flags().DurationVar(&f.spend, "time", 3*time.Second, "how long each measurement goes on")
	cmd.Flags().BoolVar(&f.profile, "profile", false, "list what each operator of the gradient takes instead")
	return c.withModel(cmd)
}

// works are the measurements, in order.
var works = []string{"forward", "gradient", "overhead", "dream", "fingerprint"}

// stopwatch repeats things and keeps the best time.
type stopwatch struct {
	spend  time.Duration
	peak   float64
	size   int
	answer string // layer to compute
	raise  string // layer to raise
}

func (f benchFlags) check() error {
	if f.threads < 1 || f.size < 64 || f.size > 4096 {
		return fmt.Errorf("--threads must be at least 1, --size 64 to 4096")
	}
	for _, w := range f.only {
		if !slices.Contains(works, w) {
			return fmt.Errorf("--only knows no %q, but %s", w, strings.Join(works, ", "))
		}
	}
	return nil
}

func (c *console) bench(ctx context.Context, f benchFlags) error {
	if err := f.check(); err != nil {
		return usageError(err)
	}
	a, err := c.load()
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(f.threads) // before the pool of workers is made
	net, err := chosen(a)
	if err != nil {
		return err
	}
	net.SetCache(1 << 30)
	w := stopwatch{spend: f.spend, size: f.size, answer: classifier.Logits,
		raise: net.Layers()[max(0, len(net.Layers())-2)].Name}
	if f.layer != "" {
		l, err := net.Layer(f.layer)
		if err != nil {
			return notFoundError(err)
		}
		w.answer, w.raise = l.Name, l.Name
	}
	if w.peak, err = kernel.Processor().Peak(ctx); err != nil {
		return err
	}
	if f.profile {
		return c.profile(ctx, net, w)
	}
	measures := []func(context.Context, *classifier.Network) (measured, error){w.forward, w.gradient, w.overhead,
		w.dream, w.fingerprints}
	for i, measure := range measures {
		if len(f.only) > 0 && !slices.Contains(f.only, works[i]) ||
			works[i] == "fingerprint" && net.Name() != classifier.Embedded {
			continue // fingerprints are made of the embedded network's layers
		}
		m, err := measure(ctx, net)
		if err != nil {
			return err
		}
		m.Set, m.Threads, m.PeakGF, m.PeakMB = kernel.Set(), f.threads, w.peak/1e9, peakMemory()
		if err := c.print(m, m.text()); err != nil {
			return err
		}
	}
	return nil
}

// profile lists the operators of one gradient.
func (c *console) profile(ctx context.Context, net *classifier.Network, w stopwatch) error {
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	o, err := net.Overhead(ctx, in, w.targets(), 10)
	if err != nil {
		return err
	}
	for _, s := range o.Operators {
		ms := s.Time.Seconds() * 1000
		line := object.Operator{Operator: s.Operator, MS: ms}
		if err := c.print(line, fmt.Sprintf("%9.3f ms  %4.1f %%  %s", ms, 100*float64(s.Time)/float64(o.Kernels),
			s.Operator)); err != nil {
			return err
		}
	}
	return nil
}

func (m measured) text() string {
	s := fmt.Sprintf("%-22s %5d px  %9.2f ms", m.Work, m.Size, m.MS)
	if m.GFLOPS > 0 {
		s += fmt.Sprintf("  %7.1f GFLOP/s, %3.0f %% of the peak of %.0f (%s, %d threads)", m.GFLOPS, 100*m.Share,
			m.PeakGF, m.Set, m.Threads)
	}
	if m.PerSec > 0 {
		s += fmt.Sprintf("  %7.1f pictures/s", m.PerSec)
	}
	if m.PlanMB > 0 {
		s += fmt.Sprintf("  %.0f MB", m.PlanMB)
	}
	if m.WeightMB > 0 {
		s += fmt.Sprintf(" beside %.0f MB of weights, %.0f MB in the whole process", m.WeightMB, m.PeakMB)
	}
	if m.Tape != 0 {
		s += fmt.Sprintf("  %+.2f %% over the bare kernels; on gorgonia's own machine %+.1f %%", 100*m.Replay,
			100*m.Tape)
	}
	if m.Allocs > 0 {
		s += fmt.Sprintf("  %.0f allocations, %.0f KB each time", m.Allocs, m.AllocKB)
	}
	return s
}

// best repeats f, after once to warm up, and reports the shortest time and what it allocated.
func (w stopwatch) best(what string, size int, f func() error) (measured, error) {
	m := measured{Work: what, Size: size}
	if err := f(); err != nil {
		return m, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for end := time.Now().Add(w.spend); m.Repeated < 3 || time.Now().Before(end); m.Repeated++ {
		start := time.Now()
		if err := f(); err != nil {
			return m, err
		}
		if ms := float64(time.Since(start).Microseconds()) / 1000; m.MS == 0 || ms < m.MS {
			m.MS = ms
		}
	}
	runtime.ReadMemStats(&after)
	m.Allocs = float64(after.Mallocs-before.Mallocs) / float64(m.Repeated)
	m.AllocKB = float64(after.TotalAlloc-before.TotalAlloc) / 1024 / float64(m.Repeated)
	return m, nil
}

// rate adds speed to a measurement of so many operations.
func (w stopwatch) rate(m *measured, work float64) {
	m.GFLOPS = work / m.MS / 1e6
	m.Share = work / m.MS * 1e3 / w.peak
}

func (w stopwatch) targets() []classifier.Target {
	return []classifier.Target{{Layer: w.raise, Weight: 1}}
}

func (w stopwatch) forward(ctx context.Context, net *classifier.Network) (measured, error) {
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	m, err := w.best("forward", w.size, func() error {
		return net.Read(ctx, in, []string{w.answer}, func(*classifier.Features) {})
	})
	if err != nil {
		return m, err
	}
	work, err := net.ForwardWork(w.size, w.size, w.answer)
	w.rate(&m, work)
	return m, err
}

func (w stopwatch) gradient(ctx context.Context, net *classifier.Network) (measured, error) {
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	grad := picture.NewPlanar(w.size, w.size)
	m, err := w.best("gradient of "+w.raise, w.size, func() error {
		_, err := net.Gradient(ctx, in, w.targets(), grad)
		return err
	})
	if err != nil {
		return m, err
	}
	work, err := net.GradientWork(w.size, w.size, w.targets())
	if err != nil {
		return m, err
	}
	w.rate(&m, work)
	bytes, err := net.GradientBytes(w.size, w.size, w.targets())
	m.PlanMB, m.WeightMB = float64(bytes)/(1<<20), float64(net.WeightBytes())/(1<<20)
	return m, err
}

// overhead compares gradients with what their kernels alone take.
func (w stopwatch) overhead(ctx context.Context, net *classifier.Network) (measured, error) {
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	m := measured{Work: "gorgonia's overhead", Size: w.size}
	var best classifier.Overhead
	for end := time.Now().Add(w.spend); m.Repeated < 3 || time.Now().Before(end); m.Repeated++ {
		o, err := net.Overhead(ctx, in, w.targets(), 1)
		if err != nil {
			return m, err
		}
		tape := o.Tape
		if m.Repeated > 0 {
			tape = min(tape, best.Tape)
		}
		if m.Repeated == 0 || o.Replay < best.Replay {
			best = o
		}
		best.Tape = tape
	}
	m.MS = best.Replay.Seconds() * 1000
	m.Tape, m.Replay = best.Over(best.Tape), best.Over(best.Replay)
	return m, nil
}

func (w stopwatch) dream(ctx context.Context, net *classifier.Network) (measured, error) {
	maker, src := dream.New(net, dream.Options{}), picture.Landscape(w.size, w.size, 1)
	r := dream.Recipe{Octaves: 4, OctaveScale: 1.4, Steps: 10,
		Layers: []dream.LayerTerm{{Layer: w.raise, Channel: -1, Weight: 1}}}
	return w.best("dream, 4 octaves x 10", w.size, func() error {
		_, err := maker.Make(ctx, dream.Order{Recipe: r, Source: src}, nil)
		return err
	})
}

// fingerprints judges pictures on all threads at a time, one thread each.
func (w stopwatch) fingerprints(ctx context.Context, net *classifier.Network) (measured, error) {
	eye, src := detector.NewFingerprinter(net), picture.Landscape(341, 256, 1)
	if _, err := eye.Of(ctx, src); err != nil {
		return measured{}, err
	}
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	start := time.Now()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for time.Since(start) < w.spend {
				if _, err := eye.Of(ctx, src); err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return measured{}, *err
	}
	rate := float64(done.Load()) / time.Since(start).Seconds()
	return measured{Work: "fingerprint", Size: 256, MS: 1000 / rate, PerSec: rate, Repeated: int(done.Load())}, nil
}

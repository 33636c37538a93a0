package cli

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/classifier/graph"
	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// measured is one line of `bench`.
type measured struct {
	Work     string  `json:"work"`
	Size     int     `json:"size"`
	MS       float64 `json:"ms"`
	GFLOPS   float64 `json:"gflops,omitempty"`
	Share    float64 `json:"share_of_peak,omitempty"`
	PerSec   float64 `json:"per_second,omitempty"`
	Allocs   float64 `json:"allocs,omitempty"`
	AllocKB  float64 `json:"alloc_kb,omitempty"`
	PlanMB   float64 `json:"plan_mb,omitempty"`
	Tape     float64 `json:"tape_overhead,omitempty"` // of gorgonia's tape machine over replaying, a share
	Set      string  `json:"kernels"`
	Threads  int     `json:"threads"`
	PeakGF   float64 `json:"peak_gflops"`
	Repeated int     `json:"repeats"`
}

type benchFlags struct {
	model         string
	size, threads int
	spend         time.Duration
}

func (a *app) benchCommand() *cobra.Command {
	f := benchFlags{}
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure how fast this machine dreams",
		Long: "Measures forward passes, gradients, a dream and fingerprints, each as often as fits into a few seconds,\n" +
			"and prints the best time, what that is of the processor's measured peak, and what was allocated.\n" +
			"The operations counted are those of the definition, whatever shortcut the kernels take.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.bench(cmd.Context(), f) },
	}
	cmd.Flags().StringVar(&f.model, "model", "", "ONNX file of another network, for forward passes and gradients")
	cmd.Flags().IntVar(&f.size, "size", 512, "side of the pictures in pixels")
	cmd.Flags().IntVar(&f.threads, "threads", runtime.GOMAXPROCS(0), "how many threads compute")
	cmd.Flags().DurationVar(&f.spend, "time", 3*time.Second, "how long each measurement goes on")
	return cmd
}

// stopwatch repeats things and keeps the best time.
type stopwatch struct {
	spend time.Duration
	peak  float64
	size  int
}

func (a *app) bench(ctx context.Context, f benchFlags) error {
	if f.threads < 1 || f.size < 64 || f.size > 4096 {
		return usageError(fmt.Errorf("--threads must be at least 1, --size 64 to 4096"))
	}
	runtime.GOMAXPROCS(f.threads) // before the pool of workers is made
	net, err := benchModel(f.model)
	if err != nil {
		return err
	}
	net.SetCache(1 << 30)
	peak, err := kernel.Processor().Peak(ctx)
	if err != nil {
		return err
	}
	w := stopwatch{f.spend, peak, f.size}
	measures := []func(context.Context, *classifier.Network) (measured, error){w.forward, w.gradient, w.overhead, w.dream}
	if f.model == "" { // fingerprints are made of the embedded network's layers
		measures = append(measures, w.fingerprints)
	}
	for _, measure := range measures {
		m, err := measure(ctx, net)
		if err != nil {
			return err
		}
		m.Set, m.Threads, m.PeakGF = kernel.Set(), f.threads, peak/1e9
		if err := a.print(m, m.text()); err != nil {
			return err
		}
	}
	return nil
}

// benchModel loads a network whose labels do not matter, or the embedded one.
func benchModel(path string) (*classifier.Network, error) {
	if path == "" {
		return classifier.Default()
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	model, err := onnx.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	g, err := graph.Import(model)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	layers := g.Layers()
	labels := make([]classifier.Label, layers[len(layers)-1].Channels)
	for i := range labels {
		labels[i] = classifier.Label{Names: []string{fmt.Sprint("class ", i)}}
	}
	net, err := classifier.Load(file, labels)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return net, nil
}

func (m measured) text() string {
	s := fmt.Sprintf("%-22s %5d px  %9.2f ms", m.Work, m.Size, m.MS)
	if m.GFLOPS > 0 {
		s += fmt.Sprintf("  %7.1f GFLOP/s, %3.0f %% of the peak of %.0f (%s, %d threads)", m.GFLOPS, 100*m.Share, m.PeakGF, m.Set, m.Threads)
	}
	if m.PerSec > 0 {
		s += fmt.Sprintf("  %7.1f pictures/s", m.PerSec)
	}
	if m.PlanMB > 0 {
		s += fmt.Sprintf("  %.0f MB", m.PlanMB)
	}
	if m.Tape != 0 {
		s += fmt.Sprintf("  %+.1f %% over replaying its program", 100*m.Tape)
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

func (w stopwatch) forward(ctx context.Context, net *classifier.Network) (measured, error) {
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	m, err := w.best("forward", w.size, func() error {
		return net.Read(ctx, in, []string{classifier.Logits}, func(*classifier.Features) {})
	})
	if err != nil {
		return m, err
	}
	work, err := net.ForwardWork(w.size, w.size, classifier.Logits)
	w.rate(&m, work)
	return m, err
}

func (w stopwatch) gradient(ctx context.Context, net *classifier.Network) (measured, error) {
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	grad := picture.NewPlanar(w.size, w.size)
	deep := net.Layers()[len(net.Layers())-2].Name
	targets := []classifier.Target{{Layer: deep, Weight: 1}}
	m, err := w.best("gradient of "+deep, w.size, func() error {
		_, err := net.Gradient(ctx, in, targets, grad)
		return err
	})
	if err != nil {
		return m, err
	}
	work, err := net.GradientWork(w.size, w.size, targets)
	if err != nil {
		return m, err
	}
	w.rate(&m, work)
	bytes, err := net.GradientBytes(w.size, w.size, targets)
	m.PlanMB = float64(bytes) / (1 << 20)
	return m, err
}

// overhead compares gorgonia's tape machine with what gradients really run on.
func (w stopwatch) overhead(ctx context.Context, net *classifier.Network) (measured, error) {
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	targets := []classifier.Target{{Layer: net.Layers()[len(net.Layers())-2].Name, Weight: 1}}
	m := measured{Work: "gorgonia's machine", Size: w.size}
	var best time.Duration
	for end := time.Now().Add(w.spend); m.Repeated < 3 || time.Now().Before(end); m.Repeated++ {
		tape, replay, err := net.Overhead(ctx, in, targets, 1)
		if err != nil {
			return m, err
		}
		if ms := tape.Seconds() * 1000; m.MS == 0 || ms < m.MS {
			m.MS = ms
		}
		if best == 0 || replay < best {
			best = replay
		}
	}
	m.Tape = m.MS/(best.Seconds()*1000) - 1
	return m, nil
}

func (w stopwatch) dream(ctx context.Context, net *classifier.Network) (measured, error) {
	maker, src := dream.New(net, dream.Options{}), picture.Landscape(w.size, w.size, 1)
	r := dream.Recipe{Octaves: 4, OctaveScale: 1.4, Steps: 10, Layers: []dream.LayerTerm{{Layer: net.Layers()[len(net.Layers())-2].Name, Channel: -1, Weight: 1}}}
	return w.best("dream, 4 octaves x 10", w.size, func() error {
		_, err := maker.Dream(ctx, src, nil, r, nil)
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

package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/app/speed"
	"slugpuppy/classifier"
	"slugpuppy/cli/object"
)

// measured is one line of `bench`: a measurement.
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
	PeakGF   float64 `json:"peak_gflops"` // what multiply-add units deliver in float32, measured
	Repeated int     `json:"repeats"`
}

type benchFlags struct {
	layer         string
	only          []string
	size, threads int
	spend         time.Duration
	profile       bool
	rough         bool
}

func (c *console) benchCommand() *cobra.Command {
	f := benchFlags{}
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure how fast this machine dreams",
		Long: "Measures forward passes, gradients (in bfloat16 too, where the processor has that), a dream,\n" +
			"fingerprints and how an ordinary preview of 640x360 is judged, each as often as fits into a few seconds,\n" +
			"and prints the best time, what that is of the processor's measured peak in float32, and what was allocated.\n" +
			"The operations counted are those of the definition, whatever shortcut the kernels take.\n\n" +
			"With --json each line is an object: work, size (pixels), ms (best), gflops, share_of_peak, peak_gflops,\n" +
			"per_second (pictures), allocs and alloc_kb (of each repeat), plan_mb and weights_mb (what the plan and the\n" +
			"packed weights hold), process_peak_mb (the most this process has held so far), gorgonia_overhead (what\n" +
			"driving the kernels costs, as a share of their time), tape_overhead (the same on gorgonia's own machine),\n" +
			"kernels (instruction set), threads, repeats.",
		Example: "  slugpuppy bench --model googlenet --layer 5b --size 224 --only forward,gradient --json",
		Args:    usageArgs(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.bench(cmd.Context(), f) },
	}
	cmd.Flags().Var(flagOf(&f.layer, "", nonempty("layer")), "layer",
		"layer to compute and to raise; else the logits and the layer before them")
	cmd.Flags().Var(listOf(&f.only, either(speed.Works...)), "only", "some of "+strings.Join(speed.Works, ","))
	cmd.Flags().Var(flagOf(&f.size, "512", between(64, 4096)), "size", "side of the pictures in pixels")
	cmd.Flags().Var(flagOf(&f.threads, strconv.Itoa(runtime.GOMAXPROCS(0)), between(1, 4096)), "threads", "how many threads compute")
	cmd.Flags().Var(flagOf(&f.spend, "3s", span(time.Millisecond, time.Hour)), "time", "how long each measurement goes on")
	cmd.Flags().BoolVar(&f.profile, "profile", false, "list what each operator of the gradient takes instead")
	cmd.Flags().BoolVar(&f.rough, "rough", false, "profile the gradient in bfloat16, as dreams compute it on processors that have that")
	return c.withModel(cmd)
}

func (c *console) bench(ctx context.Context, f benchFlags) error {
	switch {
	case f.profile && len(f.only) > 0:
		return usageError(errors.New("--profile is of the gradient, so there is nothing to choose with --only"))
	case f.rough && !f.profile:
		return usageError(errors.New("--rough is about --profile; --only rough measures the gradient in bfloat16"))
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
	w, err := speed.New(ctx, net, speed.Options{Layer: f.layer, Size: f.size, Spend: f.spend, Rough: f.rough})
	if unknown := (*classifier.UnknownLayer)(nil); errors.As(err, &unknown) {
		return notFoundError(err)
	}
	if err != nil {
		return err
	}
	if f.profile {
		return c.profile(ctx, w)
	}
	done := c.working("measuring")
	defer func() { done() }()
	for m, err := range w.Measure(ctx, f.only...) {
		if err != nil {
			return err
		}
		done()
		done = c.working("measuring, after " + m.Work)
		if err := c.print(measured(m), measured(m).text()); err != nil {
			return err
		}
	}
	return nil
}

// profile lists the operators of one gradient.
func (c *console) profile(ctx context.Context, w *speed.Watch) error {
	operators, err := w.Profile(ctx)
	if err != nil {
		return err
	}
	for _, o := range operators {
		ms := o.Took.Seconds() * 1000
		limit := o.Limit.Seconds() * 1000
		line := object.Operator{Operator: o.Name, Kind: o.Kind, MS: ms, LimitMS: limit, Bound: string(o.Bound)}
		text := fmt.Sprintf("%9.3f ms  %4.1f %%  %3.0f %% of its limit (%s)  %s  %s", ms, 100*o.Share, min(100, 100*limit/max(ms, 1e-6)),
			o.Bound, o.Name, o.Kind)
		if err := c.print(line, strings.TrimRight(text, " ")); err != nil {
			return err
		}
	}
	return nil
}

func (m measured) text() string {
	s := fmt.Sprintf("%-22s %5d px  %9.2f ms", m.Work, m.Size, m.MS)
	if m.GFLOPS > 0 {
		s += fmt.Sprintf("  %7.1f GFLOP/s, %3.0f %% of the float32 peak of %.0f (%s, %s)", m.GFLOPS, 100*m.Share,
			m.PeakGF, m.Set, counted(m.Threads, "thread"))
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

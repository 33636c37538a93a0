package speed

import (
	"context"
	"runtime"
	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"sync"
	"sync/atomic"
	"time"
)

// best repeats f, after once to warm up, and reports the shortest time and what it allocated.
func (w *Watch) best(what string, size int, f func() error) (Measurement, error) {
	m := Measurement{Work: what, Size: size}
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
func (w *Watch) rate(m *Measurement, work float64) {
	m.GFLOPS = work / m.MS / 1e6
	m.Share = work / m.MS * 1e3 / w.peak
}

func (w *Watch) targets() []classifier.Target {
	return []classifier.Target{{Layer: w.raise, Weight: 1}}
}

func (w *Watch) forward(ctx context.Context) (Measurement, error) {
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	m, err := w.best("forward", w.size, func() error {
		return w.net.Read(ctx, in, []string{w.answer}, func(*classifier.Features) {})
	})
	if err != nil {
		return m, err
	}
	work, err := w.net.ForwardWork(w.size, w.size, w.answer)
	w.rate(&m, work)
	return m, err
}

func (w *Watch) gradient(ctx context.Context) (Measurement, error) {
	return w.gradientOf(ctx, w.net, "gradient of "+w.raise)
}

// roughGradient is what dreams climb where the processor has rough arithmetic.
func (w *Watch) roughGradient(ctx context.Context) (Measurement, error) {
	return w.gradientOf(ctx, w.quick, "in bfloat16")
}

func (w *Watch) gradientOf(ctx context.Context, net *classifier.Network, what string) (Measurement, error) {
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	grad := picture.NewPlanar(w.size, w.size)
	m, err := w.best(what, w.size, func() error {
		_, err := net.Gradient(ctx, in, w.targets(), grad)
		return err
	})
	if err != nil {
		return m, err
	}
	work, err := w.net.GradientWork(w.size, w.size, w.targets())
	if err != nil {
		return m, err
	}
	w.rate(&m, work)
	bytes, err := net.GradientBytes(w.size, w.size, w.targets())
	m.PlanMB, m.WeightMB = float64(bytes)/(1<<20), float64(w.net.WeightBytes())/(1<<20)
	return m, err
}

// overhead compares gradients with what their kernels alone take.
func (w *Watch) overhead(ctx context.Context) (Measurement, error) {
	in := picture.FromImage(picture.Landscape(w.size, w.size, 1))
	m := Measurement{Work: "gorgonia's overhead", Size: w.size}
	var best classifier.Overhead
	for end := time.Now().Add(w.spend); m.Repeated < 3 || time.Now().Before(end); m.Repeated++ {
		o, err := w.net.Overhead(ctx, in, w.targets(), 1)
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

func (w *Watch) dream(ctx context.Context) (Measurement, error) {
	maker, src := dream.New(w.net, dream.Options{}), picture.Landscape(w.size, w.size, 1)
	r := dream.Recipe{Octaves: 4, OctaveScale: 1.4, Steps: 10,
		Layers: []dream.LayerTerm{{Layer: w.raise, Channel: -1, Weight: 1}}}
	return w.best("dream, 4 octaves x 10", w.size, func() error {
		_, err := maker.Make(ctx, dream.Order{Recipe: r, Source: src}, nil)
		return err
	})
}

// fingerprints takes those of small pictures.
func (w *Watch) fingerprints(ctx context.Context) (Measurement, error) {
	eye, src := detector.NewFingerprinter(w.net), picture.Landscape(341, 256, 1)
	return w.many(ctx, Measurement{Work: "fingerprint", Size: 256}, func(ctx context.Context) error {
		_, err := eye.Of(ctx, src)
		return err
	})
}

// judgements judges a preview such as timelines have, an ordinary one: no part of it is worth a closer look.
func (w *Watch) judgements(ctx context.Context) (Measurement, error) {
	eye, err := detector.New(w.net)
	if err != nil {
		return Measurement{}, err
	}
	src := picture.Landscape(640, 360, ordinary)
	return w.many(ctx, Measurement{Work: "judge", Size: 360}, func(ctx context.Context) error {
		_, err := eye.Judge(ctx, src)
		return err
	})
}

// ordinary is the seed of a landscape that is looked at once.
const ordinary = 1

// many looks at pictures on all threads at a time, one thread each.
func (w *Watch) many(ctx context.Context, m Measurement, look func(context.Context) error) (Measurement, error) {
	if err := look(ctx); err != nil { // the network's plan is made
		return Measurement{}, err
	}
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	start := time.Now()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for time.Since(start) < w.spend {
				if err := look(ctx); err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return Measurement{}, *err
	}
	m.PerSec = float64(done.Load()) / time.Since(start).Seconds()
	m.MS, m.Repeated = 1000/m.PerSec, int(done.Load())
	return m, nil
}

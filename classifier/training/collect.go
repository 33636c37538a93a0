package training

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
)

// Options of Collect.
type Options struct {
	Corpus string
	Copies int                   // weathered copies of every picture
	Dreams int                   // own dreams, of photographs of the corpus
	Nets   []*classifier.Network // that dream them
	Eye    *detector.Fingerprinter
	Seed   uint64
	Log    func(format string, args ...any)
}

// collector gathers samples from several goroutines; order is made the same afterwards.
type collector struct {
	o       Options
	mu      sync.Mutex
	samples map[string]detector.Sample
	done    atomic.Int64
}

// Collect fingerprints the corpus, weathered copies of it, and own dreams. A picture that
// cannot be read is an error: the corpus should not have it.
func Collect(ctx context.Context, o Options) ([]detector.Sample, error) {
	entries, err := ReadManifest(o.Corpus)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	if o.Dreams > 0 && len(o.Nets) == 0 {
		return nil, errors.New("own dreams need a network")
	}
	c := &collector{o: o, samples: map[string]detector.Sample{}}
	dreams := shares(entries, o.Dreams)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, e := range entries {
		group.Go(func() error {
			if err := c.entry(ctx, e, dreams[i]); err != nil {
				return fmt.Errorf("%s: %w", e.File, err)
			}
			if n := c.done.Add(1); n%100 == 0 {
				o.Log("%d of %d pictures", n, len(entries))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	samples := c.sorted(entries)
	Describe(samples, entries)
	return samples, nil
}

// shares deals own dreams out to the photographs.
func shares(entries []Entry, dreams int) []int {
	n := make([]int, len(entries))
	for dreams > 0 {
		before := dreams
		for i, e := range entries {
			if e.Class == detector.Photograph && dreams > 0 {
				n[i]++
				dreams--
			}
		}
		if dreams == before {
			break // no photographs
		}
	}
	return n
}

// entry makes all samples of one picture.
func (c *collector) entry(ctx context.Context, e Entry, dreams int) error {
	rng := rngOf(c.o.Seed, e.File)
	img, err := open(ctx, c.o.Corpus, e)
	if err != nil {
		return err
	}
	k := kinds[e.Class]
	base := detector.Sample{Dream: k.dream, Clear: k.clear, Weight: k.weight, Group: e.Group, Class: e.Class, File: e.File}
	if err := c.add(ctx, img, base); err != nil {
		return err
	}
	if err := c.copies(ctx, img, base, c.o.Copies, rng); err != nil {
		return err
	}
	for d := range dreams {
		net := c.o.Nets[rng.IntN(len(c.o.Nets))]
		dreamed, err := ownDream(ctx, net, img, rng)
		if err != nil {
			return err
		}
		made := base
		made.Dream, made.Clear, made.Weight, made.Class = true, false, 0.5, own
		made.File = fmt.Sprintf("%s#%d", e.File, d)
		out, err := weather(ctx, dreamed, rng)
		if err != nil {
			return err
		}
		if err := c.add(ctx, out, made); err != nil {
			return err
		}
		if rng.IntN(4) == 0 { // before and after
			made.Copy = 1
			if err := c.add(ctx, beside(fit(img, dreamSide), dreamed), made); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *collector) copies(ctx context.Context, img *image.NRGBA, base detector.Sample, n int, rng *rand.Rand) error {
	for i := range n {
		out, err := weather(ctx, img, rng)
		if err != nil {
			return err
		}
		s := base
		s.Copy, s.Weight = i+1, base.Weight/2
		if err := c.add(ctx, out, s); err != nil {
			return err
		}
	}
	return nil
}

func (c *collector) add(ctx context.Context, img *image.NRGBA, s detector.Sample) error {
	print, err := c.o.Eye.Of(ctx, img)
	if err != nil {
		return err
	}
	s.Print = print
	c.mu.Lock()
	defer c.mu.Unlock()
	c.samples[key(s.File, s.Copy)] = s
	return nil
}

func key(file string, copy int) string { return fmt.Sprintf("%s@%d", filepath.ToSlash(file), copy) }

// sorted puts samples in the order of the manifest, whoever was first.
func (c *collector) sorted(entries []Entry) []detector.Sample {
	var all []detector.Sample
	take := func(file string) bool {
		for n := 0; ; n++ {
			s, ok := c.samples[key(file, n)]
			if !ok {
				return n > 0
			}
			all = append(all, s)
		}
	}
	for _, e := range entries {
		take(e.File)
		for d := 0; take(fmt.Sprintf("%s#%d", e.File, d)); d++ {
		}
	}
	return all
}

// rngOf depends on the seed and the file alone, not on the order of work.
func rngOf(seed uint64, file string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(file))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

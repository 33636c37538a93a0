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
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/dream"
)

// Options of Collect.
type Options struct {
	Corpus   string
	More     []string              // folders of pictures that are only learned from
	Ordinary []listed              // ordinary pictures that are only learned from
	Copies   int                   // weathered copies of every picture
	Dreams   int                   // own dreams, of photographs of the corpus, weathered
	Posted   int                   // own dreams as they are posted, by the looks people ask for
	Patterns int                   // drawn for training, none of them dreams
	Redrawn  int                   // photographs of the corpus as filters and brushes redraw them
	Nets     []*classifier.Network // that dream
	Eye      *detector.Fingerprinter
	Seed     uint64
	Log      func(format string, args ...any)
	// Progress is told how much of what is done, by several at a time; nil: nobody is.
	Progress func(what string, done, of int)

	// Known are samples from before, which are not made again; Keep is told of every new one, one
	// at a time. Both may be nil.
	Known []detector.Sample
	Keep  func(detector.Sample) error
}

// task is one sample to be made.
type task struct {
	sample detector.Sample // all but the fingerprint
	make   making
}

// making makes what is looked at; rng depends on the seed and the sample's name alone.
type making func(ctx context.Context, rng *rand.Rand) (*image.NRGBA, error)

// throughWindows is the share of copies that are seen through one window of the many that a picture is looked at through.
const throughWindows = 0.4

// fingerprint looks at what was made for a sample.
func (o Options) fingerprint(ctx context.Context, s detector.Sample, img *image.NRGBA, rng *rand.Rand) (detector.Fingerprint, error) {
	if s.Copy == 0 || rng.Float64() >= throughWindows {
		return o.Eye.Of(ctx, img)
	}
	return o.Eye.Through(ctx, img, func(n int) int { return 1 + rng.IntN(n-1) })
}

// Collect fingerprints the corpus, weathered copies of it, own dreams and patterns. A picture
// that cannot be read is an error: the corpus should not have it. Of what is only learned from it is left out.
func Collect(ctx context.Context, o Options) ([]detector.Sample, error) {
	entries, err := ReadManifest(o.Corpus)
	if err != nil {
		return nil, err
	}
	more, err := readMore(o.More)
	if err != nil {
		return nil, err
	}
	entries = append(entries, more...)
	for _, l := range o.Ordinary {
		entries = append(entries, l.entry())
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	if o.Dreams+o.Posted > 0 && len(o.Nets) == 0 {
		return nil, errors.New("own dreams need a network")
	}
	tasks := o.tasks(entries)
	known := map[string]detector.Fingerprint{}
	for _, s := range o.Known {
		known[key(s)] = s.Print
	}
	samples := make([]detector.Sample, len(tasks))
	var done atomic.Int64
	var keeping sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, t := range tasks {
		samples[i] = t.sample
		if samples[i].Print = known[key(t.sample)]; samples[i].Print != nil {
			done.Add(1)
			continue
		}
		group.Go(func() error {
			rng := rngOf(o.Seed, key(t.sample))
			img, err := t.make(ctx, rng)
			if err == nil {
				samples[i].Print, err = o.fingerprint(ctx, t.sample, img, rng)
			}
			if err != nil && t.sample.Extra && ctx.Err() == nil { // of many pictures of others some cannot be read
				o.Log("left out: %s: %v", t.sample.File, err)
				done.Add(1)
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", t.sample.File, err)
			}
			n := done.Add(1)
			o.Progress("taking fingerprints", int(n), len(tasks))
			if n%100 == 0 {
				o.Log("%d of %d pictures", n, len(tasks))
			}
			if o.Keep == nil {
				return nil
			}
			keeping.Lock()
			defer keeping.Unlock()
			return o.Keep(samples[i])
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	samples = slices.DeleteFunc(samples, func(s detector.Sample) bool { return s.Print == nil })
	Describe(samples, entries)
	return samples, nil
}

// tasks lists what to make: originals first, so that a run that is stopped has the most useful.
func (o Options) tasks(entries []Entry) []task {
	var all []task
	for n := range 1 + o.Copies {
		for _, e := range entries {
			if n == 0 || !e.Extra || kinds[e.Class].dream { // of what is no dream there is enough
				all = append(all, o.corpusTask(e, n))
			}
		}
	}
	for n := range o.Patterns {
		s := detector.Sample{Weight: 0.25, Class: made, Copy: 1, Group: made + patterns[n%len(patterns)].name, File: fmt.Sprintf("pattern#%d", n)}
		all = append(all, task{s, func(ctx context.Context, rng *rand.Rand) (*image.NRGBA, error) {
			return weather(ctx, pattern(n, rng), rng)
		}})
	}
	for _, of := range []struct {
		photographs int
		make        func(Entry, int) task
	}{{o.Redrawn, o.redrawnTask}, {o.Dreams, o.dreamTask}, {o.Posted, o.postedTask}} {
		dealt := shares(entries, of.photographs)
		for i, e := range entries {
			for n := range dealt[i] {
				all = append(all, of.make(e, n))
			}
		}
	}
	return all
}

// shares deals own dreams out to the photographs.
func shares(entries []Entry, dreams int) []int {
	n := make([]int, len(entries))
	for dreams > 0 {
		before := dreams
		for i, e := range entries {
			if e.Class == detector.Photograph && !e.Extra && dreams > 0 {
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

// corpusTask is a picture of the corpus, or its nth copy.
func (o Options) corpusTask(e Entry, n int) task {
	k := kinds[e.Class]
	s := detector.Sample{Dream: k.dream, Clear: k.clear, Weight: k.weight, Group: e.Group, Class: e.Class, File: e.File, Copy: n, Extra: e.Extra}
	if n > 0 {
		s.Weight /= 2
	}
	if e.Light {
		s.Weight /= 2
	}
	return task{s, func(ctx context.Context, rng *rand.Rand) (*image.NRGBA, error) {
		img, err := open(ctx, o.Corpus, e)
		if err != nil || n == 0 {
			return img, err
		}
		return weather(ctx, img, rng)
	}}
}

// redrawnTask is the nth redrawing of a photograph, which is of the photograph's group.
func (o Options) redrawnTask(e Entry, n int) task {
	s := detector.Sample{Weight: 0.25, Class: made, Copy: 1, Group: e.Group, File: fmt.Sprintf("%s#redrawn%d", e.File, n)}
	return task{s, func(ctx context.Context, rng *rand.Rand) (*image.NRGBA, error) {
		img, err := open(ctx, o.Corpus, e)
		if err != nil {
			return nil, err
		}
		return weather(ctx, redrawn(rng.IntN(len(redrawings)), fit(img, dreamSide+rng.IntN(200)), rng), rng)
	}}
}

// dreamTask is the nth dream of a photograph, which is of the photograph's group.
func (o Options) dreamTask(e Entry, n int) task {
	s := detector.Sample{Dream: true, Weight: 0.3, Group: e.Group, Class: own, File: fmt.Sprintf("%s#%d", e.File, n)}
	return task{s, func(ctx context.Context, rng *rand.Rand) (*image.NRGBA, error) {
		img, err := open(ctx, o.Corpus, e)
		if err != nil {
			return nil, err
		}
		img = fit(img, dreamSide)
		net := o.Nets[rng.IntN(len(o.Nets))]
		dreamed, err := dreamed(ctx, net, img, rng)
		if err != nil {
			return nil, err
		}
		if rng.IntN(6) == 0 { // before and after
			return saved(ctx, beside(img, dreamed), 30+rng.IntN(66))
		}
		return weather(ctx, dreamed, rng)
	}}
}

// postedTask is the nth dream of a photograph as this program posts it, in one of its looks, after a
// platform has made it smaller and saved it again.
func (o Options) postedTask(e Entry, n int) task {
	s := detector.Sample{Dream: true, Weight: 0.5, Group: e.Group, Class: posted, File: fmt.Sprintf("%s#posted%d", e.File, n)}
	return task{s, func(ctx context.Context, rng *rand.Rand) (*image.NRGBA, error) {
		img, err := open(ctx, o.Corpus, e)
		if err != nil {
			return nil, err
		}
		looks := dream.Presets()
		dreamed, err := dreamOf(ctx, o.Nets[0], fit(img, postedSide), dream.Recipe{Preset: looks[rng.IntN(len(looks))].Name, Seed: rng.Uint64()})
		if err != nil {
			return nil, err
		}
		if rng.IntN(2) == 0 {
			dreamed = preview(dreamed)
		}
		return saved(ctx, dreamed, 70+rng.IntN(26))
	}}
}

// key names a sample.
func key(s detector.Sample) string { return fmt.Sprintf("%s@%d", filepath.ToSlash(s.File), s.Copy) }

// rngOf depends on the seed and the file alone, not on the order of work.
func rngOf(seed uint64, file string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(file))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

package training

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
)

// FitOptions say what a head is fitted to.
type FitOptions struct {
	Corpus string   // folder of pictures with a manifest.tsv, to learn from and to be judged by
	More   []string // folders of pictures with a manifest.tsv, to learn from only
	// Ordinary is a list of files of ordinary pictures, such as timelines hold: promises are measured on them, but for the first
	// Learned, which are learned from.
	Ordinary string
	Learned  int
	Cache    string   // file that keeps the fingerprints between runs, and beside it what was seen; "" for none
	Networks []string // ONNX files of further networks that dream, with the embedded one's labels
	Copies   int      // of every picture, changed as the world changes pictures
	Dreams   int      // to make of the corpus' photographs
	Posted   int      // to make of them as they are posted
	Redrawn  int      // photographs to redraw as filters and brushes do
	Patterns int      // to draw
	Settings int      // clear dreams and photographs of the corpus to look for in each setting
	Seed     uint64   // of everything random
	L2       float64  // penalty on the weights of channels; 0 for the usual
	// L2Texture is the penalty on those of the texture.
	L2Texture float64
	Log       func(format string, args ...any) // nil: nobody is told
	// Progress is told how much of what is done, by several at a time; nil: nobody is.
	Progress func(what string, done, of int)
}

// Fitted is a head and what it was fitted to: the samples, and for each the score by a head that did not
// see its picture.
type Fitted struct {
	Head    *detector.Head
	Samples []detector.Sample
	Scores  []float64
	// Ordinary are the pictures that promises were measured on, highest score first, and OrdinaryLooks how many closer looks at
	// parts one of them took on average.
	Ordinary      []Mistake
	OrdinaryLooks float64
	Settings      []Setting
}

// Setting is what was found where people meet pictures besides alone.
type Setting struct {
	Name string
	// Alone are the scores of dreams, Set those of the same in the setting, and Others those of photographs in it.
	Alone, Set, Others []float64
}

// examples of every class are kept for explanations.
const examples = 40

// fitting is a fit on its way.
type fitting struct {
	FitOptions
	net      *classifier.Network
	trained  detector.Trained
	samples  []detector.Sample
	ordinary []listed // to measure on
}

// Fit gathers samples and fits a head to them, which remembers examples, and has it promise what it keeps on
// what it did not see.
func Fit(ctx context.Context, net *classifier.Network, o FitOptions) (Fitted, error) {
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	list, err := readList(o.Ordinary)
	if err != nil {
		return Fitted{}, err
	}
	learned := min(o.Learned, len(list))
	f := fitting{FitOptions: o, net: net, ordinary: list[learned:]}
	if f.samples, err = f.gather(ctx, list[:learned]); err != nil {
		return Fitted{}, err
	}
	f.trained, err = detector.Train(net.Hash(), f.samples, detector.TrainOptions{
		Channels: detector.NewFingerprinter(net).Channels(), L2: o.L2, L2Tex: o.L2Texture, Seed: o.Seed, Log: o.Log, Progress: o.Progress})
	if err != nil {
		return Fitted{}, fmt.Errorf("train: %w", err)
	}
	return f.settle(ctx)
}

// beginning is how many ordinary pictures, spread over all, settle when parts are looked at more closely.
const beginning = 400

// settle looks at pictures as the program does, with heads that did not learn from them.
func (f *fitting) settle(ctx context.Context) (Fitted, error) {
	head := f.trained.Head
	s := scanner{net: f.net, kept: f.Cache, progress: f.Progress}
	head.Beginning(nil) // no part is worth a closer look
	all := f.ordinaryViews()
	seen, err := s.scan(ctx, "beginning", head, spread(all, beginning))
	if err != nil {
		return Fitted{}, err
	}
	head.Beginning(scans(seen))
	for _, h := range f.trained.Folds {
		h.Closer = head.Closer
	}
	ordinary, err := s.scan(ctx, "ordinary", head, all)
	if err != nil {
		return Fitted{}, err
	}
	views, of := f.corpusViews()
	corpus, err := s.scan(ctx, "corpus", head, views)
	if err != nil {
		return Fitted{}, err
	}
	var hard, clear []detector.Scan
	for i, at := range of {
		switch s := f.samples[at]; {
		case s.Clear:
			clear = append(clear, corpus[i].Scan)
		case !s.Dream && s.Class != detector.Photograph:
			hard = append(hard, corpus[i].Scan)
		}
	}
	head.Settle(scans(ordinary), hard, clear)
	out := Fitted{Head: head, Samples: f.samples, Scores: make([]float64, len(f.samples))}
	for i, v := range f.trained.Logits {
		out.Scores[i] = probability(v)
	}
	for i, at := range of {
		out.Scores[at] = probability(head.Closer.Logit(corpus[i].Scan))
	}
	out.judged(f.ordinary, ordinary)
	if out.Settings, err = f.settings(ctx, s, out.Scores); err != nil {
		return Fitted{}, err
	}
	return out, head.Remember(Examples(f.samples, out.Scores, examples))
}

// spread are so many of all, evenly: lists are in the order of their sources.
func spread[T any](all []T, n int) []T {
	n = min(n, len(all))
	some := make([]T, n)
	for i := range some {
		some[i] = all[i*len(all)/n]
	}
	return some
}

func probability(logit float64) float64 { return 1 / (1 + math.Exp(-logit)) }

// judged notes what came of the ordinary pictures.
func (f *Fitted) judged(list []listed, seen []sight) {
	looks := 0
	for i, s := range seen {
		if s.Unread {
			continue
		}
		looks += s.Scan.Looks - 1
		f.Ordinary = append(f.Ordinary, Mistake{detector.Sample{File: s.Name, Kind: list[i].kind}, probability(f.Head.Closer.Logit(s.Scan))})
	}
	f.OrdinaryLooks = float64(looks) / float64(max(1, len(f.Ordinary)))
	slices.SortStableFunc(f.Ordinary, func(a, b Mistake) int { return cmp.Compare(b.Score, a.Score) })
}

func (f *fitting) ordinaryViews() (all []view) {
	for _, l := range f.ordinary {
		all = append(all, view{l.file, decoded(l.file), f.trained.Head})
	}
	return all
}

// corpusViews are the pictures of the corpus, and dreams that were made of files, and of which sample each is.
func (f *fitting) corpusViews() (all []view, of []int) {
	for i, s := range f.samples {
		path := filepath.FromSlash(s.File)
		kept := s.Class == own && filepath.IsAbs(path) // in a folder, not made on the way
		if !judging(s) && (!kept || s.Copy > 0) {
			continue
		}
		if !kept {
			path = filepath.Join(f.Corpus, path)
		}
		all, of = append(all, view{s.File, decoded(path), f.trained.LeftOut(i)}), append(of, i)
	}
	return all, of
}

// settings looks for clear dreams, and in vain for photographs, where people meet pictures besides alone.
func (f *fitting) settings(ctx context.Context, s scanner, scores []float64) ([]Setting, error) {
	dreams, photographs := f.some(func(s detector.Sample) bool { return s.Clear }), f.some(func(s detector.Sample) bool { return s.Class == detector.Photograph })
	if len(photographs) < 4 {
		return nil, nil
	}
	var all []Setting
	for k, in := range settings {
		var views []view
		for n, one := range slices.Concat(dreams, photographs) {
			name := fmt.Sprintf("%s#%s", f.samples[one].File, in.name)
			views = append(views, view{name, func(ctx context.Context) (image.Image, error) {
				rng := rngOf(f.Seed, name)
				img, err := open(ctx, f.Corpus, Entry{File: f.samples[one].File})
				if err != nil {
					return nil, err
				}
				var others []*image.NRGBA
				for i := range 3 {
					other, err := open(ctx, f.Corpus, Entry{File: f.samples[photographs[(n+7*k+5*i+1)%len(photographs)]].File})
					if err != nil {
						return nil, err
					}
					others = append(others, other)
				}
				return saved(ctx, in.put(img, others, rng), 75+rng.IntN(20))
			}, f.trained.LeftOut(one)})
		}
		seen, err := s.scan(ctx, "set"+fmt.Sprint(k), f.trained.Head, views)
		if err != nil {
			return nil, err
		}
		out := Setting{Name: in.name}
		for i, v := range seen {
			score := probability(f.trained.Head.Closer.Logit(v.Scan))
			if i < len(dreams) {
				out.Alone, out.Set = append(out.Alone, scores[dreams[i]]), append(out.Set, score)
			} else {
				out.Others = append(out.Others, score)
			}
		}
		all = append(all, out)
	}
	return all, nil
}

// some are pictures of the corpus, spread over it.
func (f *fitting) some(of func(detector.Sample) bool) []int {
	var all []int
	for i, s := range f.samples {
		if s.Copy == 0 && !s.Extra && !generated(s) && of(s) {
			all = append(all, i)
		}
	}
	return spread(all, f.Settings)
}

// gather takes samples from the cache as far as it has them; new ones are added to it as they are made,
// so that a run that was stopped goes on where it was.
func (f *fitting) gather(ctx context.Context, learned []listed) (all []detector.Sample, err error) {
	nets := []*classifier.Network{f.net}
	for _, path := range f.Networks {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		other, err := classifier.Open(data, classifier.Spec{Name: filepath.Base(path)})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		nets = append(nets, other)
	}
	o := Options{
		Corpus: f.Corpus, More: f.More, Ordinary: learned, Copies: f.Copies, Dreams: f.Dreams, Posted: f.Posted, Patterns: f.Patterns,
		Redrawn: f.Redrawn, Nets: nets, Seed: f.Seed, Eye: detector.NewFingerprinter(f.net), Log: f.Log, Progress: f.Progress,
	}
	if f.Cache != "" {
		cache, err := OpenCache(f.Cache, f.net.Hash())
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, cache.Close()) }()
		o.Known, o.Keep = cache.Samples, cache.Add
	}
	return Collect(ctx, o)
}

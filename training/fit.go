package training

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
)

// FitOptions say what a head is fitted to.
type FitOptions struct {
	Corpus   string   // folder of pictures with a manifest.tsv
	Cache    string   // file that keeps the fingerprints between runs; "" for none
	Networks []string // ONNX files of further networks that dream, with the embedded one's labels
	Copies   int      // of every picture, changed as the world changes pictures
	Dreams   int      // to make of the corpus' photographs
	Posted   int      // to make of them as they are posted
	Redrawn  int      // photographs to redraw as filters and brushes do
	Patterns int      // to draw
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
}

// examples of every class are kept for explanations.
const examples = 40

// Fit gathers samples and fits a head to them, which remembers examples.
func Fit(ctx context.Context, net *classifier.Network, o FitOptions) (Fitted, error) {
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	samples, err := gather(ctx, net, o)
	if err != nil {
		return Fitted{}, err
	}
	head, scores, err := detector.Train(net.Hash(), samples, detector.TrainOptions{
		Channels: detector.NewFingerprinter(net).Channels(), L2: o.L2, L2Tex: o.L2Texture, Seed: o.Seed, Log: o.Log, Progress: o.Progress})
	if err != nil {
		return Fitted{}, fmt.Errorf("train: %w", err)
	}
	if err := head.Remember(Examples(samples, scores, examples)); err != nil {
		return Fitted{}, err
	}
	return Fitted{head, samples, scores}, nil
}

// gather takes samples from the cache as far as it has them; new ones are added to it as they are made,
// so that a run that was stopped goes on where it was.
func gather(ctx context.Context, net *classifier.Network, f FitOptions) (all []detector.Sample, err error) {
	nets := []*classifier.Network{net}
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
		Corpus: f.Corpus, Copies: f.Copies, Dreams: f.Dreams, Posted: f.Posted, Patterns: f.Patterns,
		Redrawn: f.Redrawn, Nets: nets, Seed: f.Seed, Eye: detector.NewFingerprinter(net), Log: f.Log, Progress: f.Progress,
	}
	if f.Cache != "" {
		cache, err := OpenCache(f.Cache, net.Hash())
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, cache.Close()) }()
		o.Known, o.Keep = cache.Samples, cache.Add
	}
	return Collect(ctx, o)
}

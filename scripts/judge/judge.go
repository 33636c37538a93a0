package main

import (
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"slugpuppy/classifier"
	"slugpuppy/classifier/networks"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/scripts/pieces"
)

// judge is a network that says what it sees.
type judge struct {
	name  string // of its file
	net   *classifier.Network
	maker *dream.Maker
	words *dream.Vocabulary
}

func openJudge(model string) (*judge, error) {
	net, err := networks.Folder{}.Open(model)
	if err != nil {
		return nil, fmt.Errorf("open network: %w", err)
	}
	return &judge{filepath.Base(model), net, dream.New(net, dream.Options{}), dream.NewVocabulary(net.Labels())}, nil
}

// classes are those that each of some words means to the judge.
func (j *judge) classes(words []string) ([][]int, error) {
	var all [][]int
	for _, w := range words {
		m, err := j.words.Lookup(w)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", j.name, err)
		}
		all = append(all, j.words.Labels(m.Terms))
	}
	return all, nil
}

// ranks are the places, from 1, at which the first class of each word stands among all that the judge says.
func (j *judge) ranks(ctx context.Context, img image.Image, words []string) ([]int, error) {
	classes, err := j.classes(words)
	if err != nil {
		return nil, err
	}
	sight, err := j.maker.See(ctx, img, len(j.net.Labels()))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.name, err)
	}
	var ranks []int
	for _, of := range classes {
		at := slices.IndexFunc(sight.Guesses, func(g classifier.Guess) bool { return slices.Contains(of, g.Index) })
		if at < 0 {
			at = len(sight.Guesses)
		}
		ranks = append(ranks, at+1)
	}
	return ranks, nil
}

// manner are the mean activations of a picture, channel by channel, in each of the layers in which textures and parts are.
func (j *judge) manner(ctx context.Context, path string) ([][]float64, error) {
	img, _, err := pieces.Read(ctx, path)
	if err != nil {
		return nil, err
	}
	layers := j.net.Layers()
	layers = layers[:len(layers)-1] // the logits
	var names []string
	for _, part := range []int{3, 4, 5} {
		if name := layers[part*len(layers)/6].Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	const side = 224 // pixels on the short side, as most networks learnt
	w, h := img.Rect.Dx(), img.Rect.Dy()
	by := float64(side) / float64(min(w, h))
	small := picture.FromImage(img).Resize(max(side, int(by*float64(w))), max(side, int(by*float64(h))))
	out := make([][]float64, len(names))
	err = j.net.Read(ctx, small, names, func(f *classifier.Features) {
		layer, n := slices.Index(names, f.Layer), f.W*f.H
		for c := range f.C {
			sum := 0.0
			for _, v := range f.Data[c*n : (c+1)*n] {
				sum += float64(v)
			}
			out[layer] = append(out[layer], sum/float64(n))
		}
	})
	return out, err
}

// copies are a picture as it is and what often happens to pictures.
var copies = []struct {
	name string
	make func(context.Context, *image.NRGBA) (image.Image, error)
}{
	{"as made", func(_ context.Context, img *image.NRGBA) (image.Image, error) { return img, nil }},
	{"jpeg 50", func(ctx context.Context, img *image.NRGBA) (image.Image, error) {
		data, err := picture.EncodeJPEG(img, 50, "")
		if err != nil {
			return nil, err
		}
		p, err := picture.Decode(ctx, data, picture.Limits{})
		if err != nil {
			return nil, err
		}
		return p.Image, nil
	}},
	{"half size", func(_ context.Context, img *image.NRGBA) (image.Image, error) {
		return picture.FromImage(img).Resize(max(1, img.Rect.Dx()/2), max(1, img.Rect.Dy()/2)).NRGBA(), nil
	}},
}

// photographs are the pictures of a folder, by their names.
func photographs(folder string) ([]string, error) {
	var files []string
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if slices.Contains([]string{".jpg", ".jpeg", ".png"}, strings.ToLower(filepath.Ext(e.Name()))) {
			files = append(files, filepath.Join(folder, e.Name()))
		}
	}
	return files, err
}

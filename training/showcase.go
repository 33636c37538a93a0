package training

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strings"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// ShownWords are the words that a showcase imagines: those of the essay and others that people
// can name at a glance.
var ShownWords = []string{
	"banana", "dumbbell", "slug", "golden retriever", "school bus",
	"goldfish", "king penguin", "Chihuahua", "tabby", "lion",
	"jellyfish", "ladybug", "monarch", "snail", "spider web",
	"African elephant", "lemon", "pizza", "teapot", "umbrella",
}

// Showcase shows what a network's dreams look like.
type Showcase struct {
	Net   *classifier.Network
	Maker *dream.Maker
	Seed  uint64
	Size  int // long side of the pictures made, in pixels
	Steps int // of ascent, 0: as many as usual
	// Progress is told how many of all pictures are made; nil: nobody is.
	Progress func(done, of int)
}

// Imagined is a word drawn from noise, and how sure the network is of it: in the picture as it
// is, and the least sure it is after what happens to pictures (see Trials).
type Imagined struct {
	Word  string
	Drawn float64
	Least float64
	image *image.NRGBA
}

// Sheet puts a picture, its dreams with every layer and every preset, and words from noise on one
// contact sheet with cells of so many pixels a side. What became of each word is told as it is made.
func (s Showcase) Sheet(ctx context.Context, src image.Image, v *dream.Vocabulary, words []string, side int, tell func(Imagined) error) (*image.NRGBA, error) {
	cells := []Cell{{Image: picture.ToNRGBA(src), Text: "picture"}}
	if told, done := s.Progress, 0; told != nil {
		of := len(s.raised()) + len(dream.Presets()) + len(words)
		s.Progress = func(int, int) { done++; told(done, of) }
	} else {
		s.Progress = func(int, int) {}
	}
	for _, dreams := range []func(context.Context, image.Image) ([]Cell, error){s.layers, s.presets} {
		more, err := dreams(ctx, src)
		if err != nil {
			return nil, err
		}
		cells = append(cells, more...)
	}
	for _, word := range words {
		done, err := s.Imagine(ctx, v, strings.TrimSpace(word))
		if err != nil {
			return nil, err
		}
		if err := tell(done); err != nil {
			return nil, err
		}
		cells = append(cells, done.Cell())
		s.Progress(1, 1)
	}
	return Board(cells, 6, side), nil
}

// layers dreams a picture with every layer of the network by itself.
func (s Showcase) layers(ctx context.Context, src image.Image) ([]Cell, error) {
	var cells []Cell
	for _, l := range s.raised() {
		c, err := s.dream(ctx, src, l.Name, dream.Recipe{Layers: []dream.LayerTerm{{Layer: l.Name, Channel: -1, Weight: 1}}})
		if err != nil {
			return nil, err
		}
		cells = append(cells, c)
	}
	return cells, nil
}

// raised are the layers that a sheet shows: all but the labels.
func (s Showcase) raised() []classifier.Layer {
	return slices.DeleteFunc(slices.Clone(s.Net.Layers()), func(l classifier.Layer) bool { return l.Name == classifier.Logits })
}

// presets dreams a picture with every preset.
func (s Showcase) presets(ctx context.Context, src image.Image) ([]Cell, error) {
	var cells []Cell
	for _, p := range dream.Presets() {
		c, err := s.dream(ctx, src, p.Name, dream.Recipe{Preset: p.Name})
		if err != nil {
			return nil, err
		}
		cells = append(cells, c)
	}
	return cells, nil
}

func (s Showcase) dream(ctx context.Context, src image.Image, name string, r dream.Recipe) (Cell, error) {
	r.Seed, r.Size, r.Steps = s.Seed, s.Size, s.Steps
	res, err := s.Maker.Make(ctx, dream.Order{Recipe: r, Source: picture.ToNRGBA(src)}, nil)
	if err != nil {
		return Cell{}, fmt.Errorf("dream %s: %w", name, err)
	}
	text := name
	if len(res.Dreamed) > 0 {
		text += ": " + res.Dreamed[0].Label
	}
	return Cell{res.Image, text}, nil
}

// Imagine draws a word from noise and asks the network what it is.
func (s Showcase) Imagine(ctx context.Context, v *dream.Vocabulary, word string) (Imagined, error) {
	meaning, err := v.Lookup(word)
	if err != nil {
		return Imagined{}, err
	}
	res, err := s.Maker.Make(ctx, dream.Order{
		Recipe: dream.Recipe{Verb: dream.Imagine, Words: meaning.Terms, Seed: s.Seed, Size: s.Size, Steps: s.Steps}}, nil)
	if err != nil {
		return Imagined{}, fmt.Errorf("imagine %s: %w", word, err)
	}
	trials, err := Trials(ctx, res.Image)
	if err != nil {
		return Imagined{}, err
	}
	out := Imagined{Word: word, Least: 1, image: res.Image}
	for i, img := range append([]*image.NRGBA{res.Image}, trials...) {
		p, err := s.sure(ctx, img, v.Labels(meaning.Terms))
		if err != nil {
			return Imagined{}, err
		}
		if i == 0 {
			out.Drawn = p
		}
		out.Least = min(out.Least, p)
	}
	return out, nil
}

// String says how sure the network is of the word.
func (i Imagined) String() string {
	return fmt.Sprintf("%-20s %.2f as made, %.2f at worst", i.Word, i.Drawn, i.Least)
}

// Cell is the picture with the figures below it.
func (i Imagined) Cell() Cell {
	return Cell{i.image, fmt.Sprintf("%.16s %.2f/%.2f", i.Word, i.Drawn, i.Least)}
}

// sure is how likely the network finds any of the labels that a word stands for.
func (s Showcase) sure(ctx context.Context, img *image.NRGBA, labels []int) (p float64, err error) {
	all, err := s.Net.See(ctx, picture.FromImage(img), len(s.Net.Labels()))
	for _, g := range all {
		if slices.Contains(labels, g.Index) {
			p += g.P
		}
	}
	return p, err
}

// Trials are what happens to pictures, each by itself and all together: saved as JPEG 50,
// half the size, cut to the middle 80 %.
func Trials(ctx context.Context, img *image.NRGBA) ([]*image.NRGBA, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	middle := func(img *image.NRGBA) *image.NRGBA {
		w, h := img.Rect.Dx(), img.Rect.Dy()
		return cut(img, image.Rect(w/10, h/10, w-w/10, h-h/10))
	}
	half := resize(img, w/2, h/2)
	var out []*image.NRGBA
	for _, t := range []*image.NRGBA{img, middle(half)} {
		t, err := saved(ctx, t, 50)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return append(out, half, middle(img)), nil
}

// cut is a copy of a part of a picture.
func cut(img *image.NRGBA, r image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	for y := range r.Dy() {
		copy(out.Pix[y*out.Stride:(y+1)*out.Stride], img.Pix[(r.Min.Y+y)*img.Stride+4*r.Min.X:])
	}
	return out
}

// Command pictures makes anew the pictures that README.md and docs/ show, with the network inside
// the program and a landscape painted by it:
//
//	go run ./scripts/pictures [DIR]
//
// DIR is docs if not given. It takes some minutes.
package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"log"
	"os"
	"path/filepath"
	"time"

	"slugpuppy/bot/mention"
	"slugpuppy/classifier"
	"slugpuppy/classifier/training"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

func main() {
	dir := "docs"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := makeAll(context.Background(), dir); err != nil {
		log.Fatal(err)
	}
}

// painter makes pictures from words as people say them.
type painter struct {
	net   *classifier.Network
	maker *dream.Maker
	words *dream.Vocabulary
	src   *image.NRGBA
}

func makeAll(ctx context.Context, dir string) error {
	net, err := classifier.Default()
	if err != nil {
		return err
	}
	p := painter{net, dream.New(net, dream.Options{}), dream.NewVocabulary(net.Labels()), picture.Landscape(480, 360, 7)}
	rows := map[string][]string{
		"slug.jpg":    {"slug"},
		"presets.jpg": {"eyes", "swirl"},
		"more.jpg":    {"birds", "temple", "fractal"},
		"imagine.jpg": {"banana", "dumbbell", "golden retriever", "king penguin"},
	}
	for name, words := range rows {
		begun := time.Now()
		var made []*image.NRGBA
		if name == "slug.jpg" {
			made = append(made, p.src)
		}
		for _, w := range words {
			img, err := p.make(ctx, w, name == "imagine.jpg")
			if err != nil {
				return fmt.Errorf("%s: %w", w, err)
			}
			made = append(made, img)
		}
		if err := save(filepath.Join(dir, name), inRow(made)); err != nil {
			return err
		}
		log.Printf("%s in %v", name, time.Since(begun).Round(time.Second))
	}
	if err := p.dive(ctx, filepath.Join(dir, "dive.gif")); err != nil {
		return err
	}
	return p.sheet(ctx, filepath.Join(dir, "sheet.jpg"))
}

// recipe turns words into one.
func (p painter) recipe(words string) (dream.Recipe, error) {
	req, err := mention.Parse(words)
	if err != nil {
		return dream.Recipe{}, err
	}
	return req.Recipe(p.words, 1)
}

// make dreams the landscape in a look, or imagines a word.
func (p painter) make(ctx context.Context, words string, imagine bool) (*image.NRGBA, error) {
	if imagine {
		words = "imagine " + words + " size=320"
	}
	r, err := p.recipe(words)
	if err != nil {
		return nil, err
	}
	var res *dream.Result
	if imagine {
		res, err = p.maker.Imagine(ctx, r, nil)
	} else {
		res, err = p.maker.Dream(ctx, p.src, nil, r, nil)
	}
	if err != nil {
		return nil, err
	}
	return res.Image, nil
}

func (p painter) dive(ctx context.Context, path string) error {
	r, err := p.recipe("dive slug 2s")
	if err != nil {
		return err
	}
	small := dream.New(p.net, dream.Options{ClipSide: 240})
	clip, err := small.Dive(ctx, p.src, r, nil)
	if err != nil {
		return fmt.Errorf("dive: %w", err)
	}
	return os.WriteFile(path, clip.GIF, 0o644)
}

func (p painter) sheet(ctx context.Context, path string) error {
	show := training.Showcase{Net: p.net, Maker: p.maker, Seed: 1, Size: 448}
	sheet, err := show.Sheet(ctx, picture.Landscape(448, 336, 1), p.words, training.ShownWords, 240, func(i training.Imagined) error {
		log.Print(i)
		return nil
	})
	if err != nil {
		return err
	}
	return save(path, sheet)
}

const gap = 8 // between pictures of a row, in pixels

// inRow puts pictures of one height side by side on white.
func inRow(made []*image.NRGBA) *image.NRGBA {
	w := -gap
	for _, img := range made {
		w += img.Rect.Dx() + gap
	}
	row := image.NewNRGBA(image.Rect(0, 0, w, made[0].Rect.Dy()))
	draw.Draw(row, row.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	at := image.Point{}
	for _, img := range made {
		draw.Draw(row, img.Rect.Add(at), img, image.Point{}, draw.Src)
		at.X += img.Rect.Dx() + gap
	}
	return row
}

func save(path string, img image.Image) error {
	data, err := picture.EncodeJPEG(img, 85, "")
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

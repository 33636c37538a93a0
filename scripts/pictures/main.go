// Command pictures makes anew the pictures that README.md and docs/ show, with the network inside
// the program and a landscape painted by it:
//
//	go run ./scripts/pictures [flags] [DIR [NAME...]]
//
// DIR is docs if not given; with names, such as dive.gif, only those are made. All but the gallery take some minutes.
//
// The gallery, gallery.md with its sheets, shows what becomes of the same photographs. It is made by the commands of a program,
// that of this checkout or another one (-program FILE), and takes most of an hour on a core; its pictures are kept in a
// folder (-keep DIR) from which the next call goes on, or which is all that is shown (-kept). To lay what another network or
// another way to dream made beside it, -before names an older program, or the folder that it kept its pictures in.
package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"log"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/scripts/pieces"
	"slugpuppy/training"
)

func main() {
	keep := flag.String("keep", filepath.Join(os.TempDir(), "slugpuppy-pieces"), "folder that the gallery's pictures are kept in")
	kept := flag.Bool("kept", false, "show in the gallery what is kept, and make nothing new")
	program := flag.String("program", "", "what makes the gallery's pictures; this checkout if not given")
	before := flag.String("before", "", "an older program, or the folder that its pictures are kept in")
	flag.Parse()
	dir, only := "docs", []string(nil)
	if flag.NArg() > 0 {
		dir, only = flag.Arg(0), flag.Args()[1:]
	}
	g := hall{pieces.Maker{Program: *program, Folder: *keep}, *before, *kept}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := makeAll(ctx, dir, only, g); err != nil {
		log.Fatal(err)
	}
}

// hall is where the gallery's pictures come from.
type hall struct {
	pieces.Maker
	before string // program or folder, "" for none
	kept   bool   // nothing is made
}

// gallery makes the page.
func (h hall) gallery(ctx context.Context, page string) error {
	photos, err := filepath.Glob("scripts/pictures/photographs/*.jpg")
	if err != nil {
		return err
	}
	g := gallery{photos: photos, now: h.Maker}
	if h.before != "" {
		if g.before, err = older(h.before, h.Folder); err != nil {
			return err
		}
	}
	switch {
	case h.kept:
		g.now.Program, g.before.Program = "", ""
	case h.Program == "":
		program, remove, err := pieces.Build(ctx)
		if err != nil {
			return err
		}
		defer remove()
		g.now.Program = program
	}
	return g.write(ctx, page)
}

// older is what makes, or has, the pictures of before.
func older(path, folder string) (pieces.Maker, error) {
	file, err := os.Stat(path)
	if err != nil {
		return pieces.Maker{}, err
	}
	if file.IsDir() {
		return pieces.Maker{Folder: path}, nil
	}
	return pieces.Maker{Program: path, Folder: filepath.Join(folder, "before")}, nil
}

// painter makes pictures from words as people say them.
type painter struct {
	net   *classifier.Network
	maker *dream.Maker
	words *dream.Vocabulary
	src   *image.NRGBA
}

// makeAll makes the pictures of those names in a folder, or all.
func makeAll(ctx context.Context, dir string, only []string, h hall) error {
	net, err := classifier.Default()
	if err != nil {
		return err
	}
	p := painter{net, dream.New(net, dream.Options{}), dream.NewVocabulary(net.Labels()), picture.Landscape(480, 360, 7)}
	all := []struct {
		name string
		make func(ctx context.Context, path string) error
	}{
		{"slug.jpg", p.row("", "slug")},
		{"presets.jpg", p.row("eyes", "swirl")},
		{"more.jpg", p.row("birds", "temple", "fractal")},
		{"imagine.jpg", p.row("imagine banana", "imagine dumbbell", "imagine golden retriever", "imagine king penguin")},
		{"dive.gif", p.dive},
		{"sheet.jpg", p.sheet},
		{"../bot/web/static/logo.png", p.logo},
		{"gallery.md", h.gallery},
	}
	for _, pic := range all {
		if len(only) > 0 && !slices.Contains(only, pic.name) {
			continue
		}
		begun := time.Now()
		if err := pic.make(ctx, filepath.Join(dir, pic.name)); err != nil {
			return fmt.Errorf("%s: %w", pic.name, err)
		}
		log.Printf("%s in %v", pic.name, time.Since(begun).Round(time.Second))
	}
	return nil
}

// row makes pictures from words, none for the landscape itself, and puts them side by side.
func (p painter) row(words ...string) func(context.Context, string) error {
	return func(ctx context.Context, path string) error {
		var made []*image.NRGBA
		for _, w := range words {
			img, err := p.paint(ctx, w)
			if err != nil {
				return fmt.Errorf("%s: %w", w, err)
			}
			made = append(made, img)
		}
		return save(path, inRow(made))
	}
}

// recipe turns words into one.
func (p painter) recipe(ctx context.Context, words string) (dream.Recipe, error) {
	req, err := mention.Parse(words, "")
	if err != nil {
		return dream.Recipe{}, err
	}
	r, _, err := req.Recipe(ctx, p.words, 1)
	return r, err
}

// paint dreams the landscape, or imagines a word.
func (p painter) paint(ctx context.Context, words string) (*image.NRGBA, error) {
	if words == "" {
		return p.src, nil
	}
	r, err := p.recipe(ctx, words)
	if err != nil {
		return nil, err
	}
	if r.Verb.FromNoise() {
		r.Size = 320
	}
	res, err := p.maker.Make(ctx, dream.Order{Recipe: r, Source: p.src}, nil)
	if err != nil {
		return nil, err
	}
	return res.Image, nil
}

func (p painter) dive(ctx context.Context, path string) error {
	r, err := p.recipe(ctx, "dive slug 2s")
	if err != nil {
		return err
	}
	small := dream.New(p.net, dream.Options{ClipSide: 240})
	clip, err := small.Make(ctx, dream.Order{Recipe: r, Source: p.src, Accept: []dream.Format{{MIME: dream.GIF}}}, nil)
	if err != nil {
		return err
	}
	return os.WriteFile(path, clip.File.Data, 0o644)
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

// logo is the face that came out of a slug and a dog, in a circle.
func (p painter) logo(ctx context.Context, path string) error {
	r, err := p.recipe(ctx, "imagine slug and a golden retriever size=224 steps=50 seed=5")
	if err != nil {
		return err
	}
	res, err := p.maker.Make(ctx, dream.Order{Recipe: r}, nil)
	if err != nil {
		return err
	}
	face := image.Rect(28, 74, 156, 202)
	const side = 72 // twice what the page shows, for fine screens
	cut := picture.FromImage(res.Image.SubImage(face)).Resize(side, side).NRGBA()
	for y := range side {
		for x := range side {
			off := math.Hypot(float64(x)+0.5-side/2, float64(y)+0.5-side/2) - (side/2 - 1)
			c := cut.NRGBAAt(x, y)
			c.A = uint8(255 * (1 - min(max(off, 0), 1)))
			cut.SetNRGBA(x, y, c)
		}
	}
	data, err := picture.EncodePNG(cut, "")
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
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

package main

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/scripts/pieces"
	"slugpuppy/training"
)

// gallery is the page of docs that shows what the program makes of the same photographs.
type gallery struct {
	photos []string // files
	now    pieces.Maker
	before pieces.Maker // another program's, or network's; no folder: there is none
}

const (
	cellW, cellH = 176, 118 // of a sheet, in pixels, as most photographs are
	square       = 160      // of what is imagined
	quality      = 74       // of the JPEGs
)

// shownSeeds is how often each word is imagined.
const shownSeeds = 2

// shownWords are imagined for the gallery: those of the essay, and others of every kind.
var shownWords = []string{
	"banana", "dumbbell", "goldfish", "golden retriever", "school bus", "king penguin",
	"castle", "volcano", "teapot", "violin", "chimpanzee", "slug",
}

// shownMixes are several things in one picture.
var shownMixes = []string{"banana goldfish"}

// frames is how many of a dive are shown.
const frames = 10

// write makes the sheets and the page in the folder of the documents.
func (g *gallery) write(ctx context.Context, page string) error {
	folder := strings.TrimSuffix(page, filepath.Ext(page))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	about := struct {
		Now, Before origin
		Sheets      map[string]bool
	}{Sheets: map[string]bool{}}
	for _, s := range []struct {
		name  string
		w, h  int
		cells func(context.Context) (shelf, error)
	}{
		{"presets", cellW, cellH, g.presets},
		{"large", cellW, cellH, g.large},
		{"generations", cellW, cellH, g.generations},
		{"imagines", square, square, g.imagines},
		{"dive", cellW, cellH, g.dive},
		{"before", cellW, cellH, g.compared},
	} {
		cells, err := s.cells(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if cells.empty() {
			continue
		}
		about.Sheets[s.name] = true
		about.Now, about.Before = cmp.Or(about.Now, cells.now), cmp.Or(about.Before, cells.before)
		data, err := picture.EncodeJPEG(training.Grid(cells.cells, cells.across, s.w, s.h), quality, "")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, s.name+".jpg"), data, 0o644); err != nil {
			return err
		}
	}
	var text strings.Builder
	if err := galleryPage.Execute(&text, about); err != nil {
		return err
	}
	return os.WriteFile(page, []byte(text.String()), 0o644)
}

//go:embed gallery.md.tmpl
var galleryText string

// galleryPage says what a person saw in the sheets. Whoever makes them with another network looks again, writes that
// down there, and says of which network it is.
var galleryPage = template.Must(template.New("gallery.md").Parse(galleryText))

// origin is what made pictures.
type origin struct{ Recipes, Network string }

// shelf is what a sheet shows.
type shelf struct {
	across      int
	cells       []training.Cell
	now, before origin
}

func (s *shelf) empty() bool {
	return !slices.ContainsFunc(s.cells, func(c training.Cell) bool { return c.Image != nil })
}

// add puts a piece on the shelf, with a cut of it where one is wanted; an empty cell where it is not kept.
func (s *shelf) add(ctx context.Context, m pieces.Maker, p pieces.Piece, text string, from *origin, cut func(*image.NRGBA) *image.NRGBA) error {
	path, err := m.Make(ctx, p)
	if errors.Is(err, pieces.ErrNotKept) {
		s.cells = append(s.cells, training.Cell{})
		return nil
	}
	if err != nil {
		return err
	}
	img, file, err := pieces.Read(ctx, path)
	if err != nil {
		return err
	}
	if cut != nil {
		img = cut(img)
	}
	s.cells = append(s.cells, training.Cell{Image: img, Text: text})
	if *from == (origin{}) {
		from.Recipes, from.Network = pieces.Origin(file)
	}
	return nil
}

// row ends a row, which is left out if fewer pictures are in it.
func (s *shelf) row(least int) {
	begins := len(s.cells) - s.across
	for _, c := range s.cells[begins:] {
		if c.Image != nil {
			least--
		}
	}
	if least > 0 {
		s.cells = s.cells[:begins]
	}
}

// dreamOf is a photograph in a look.
func dreamOf(photo, look string, size int) pieces.Piece {
	return pieces.Piece{Verb: "dream", Of: photo, Words: look, More: fmt.Sprintf("seed=1 size=%d", size)}
}

// presets has every photograph in every look.
func (g *gallery) presets(ctx context.Context) (shelf, error) {
	s := shelf{across: len(g.photos)}
	for _, p := range g.photos {
		img, _, err := pieces.Read(ctx, p)
		if err != nil {
			return s, err
		}
		s.cells = append(s.cells, training.Cell{Image: img, Text: name(p)})
	}
	err := g.looks(ctx, &s, 512, nil)
	return s, err
}

// large has cuts of them of their own size, for detail.
func (g *gallery) large(ctx context.Context) (shelf, error) {
	s := shelf{across: len(g.photos)}
	err := g.looks(ctx, &s, 1024, middle)
	return s, err
}

func (g *gallery) looks(ctx context.Context, s *shelf, size int, cut func(*image.NRGBA) *image.NRGBA) error {
	for _, look := range dream.Presets() {
		for _, p := range g.photos {
			if err := s.add(ctx, g.now, dreamOf(p, look.Name, size), look.Name, &s.now, cut); err != nil {
				return err
			}
		}
		s.row(1)
	}
	return nil
}

// generations are dreams of dreams.
func (g *gallery) generations(ctx context.Context) (shelf, error) {
	s := shelf{across: dream.MaxRepeat}
	for _, p := range g.photos {
		for i, piece := range deeper(p) {
			if err := s.add(ctx, g.now, piece, fmt.Sprintf("%s, generation %d", name(p), i+1), &s.now, nil); err != nil {
				return s, err
			}
		}
		s.row(2)
	}
	return s, nil
}

func deeper(photo string) []pieces.Piece {
	all := []pieces.Piece{dreamOf(photo, dream.DefaultPreset, 512)}
	for len(all) < dream.MaxRepeat {
		from := all[len(all)-1]
		all = append(all, pieces.Piece{Verb: "dream", From: &from, Words: "deeper", More: "seed=1"})
	}
	return all
}

// imagines are words from noise.
func (g *gallery) imagines(ctx context.Context) (shelf, error) {
	s := shelf{across: 6}
	for seed := range shownSeeds {
		for _, w := range slices.Concat(shownWords, shownMixes) {
			if err := s.add(ctx, g.now, imagined(w, seed+1), w, &s.now, nil); err != nil {
				return s, err
			}
		}
	}
	s.cells = slices.DeleteFunc(s.cells, func(c training.Cell) bool { return c.Image == nil })
	return s, nil
}

func imagined(word string, seed int) pieces.Piece {
	return pieces.Piece{Verb: "imagine", Words: word, More: fmt.Sprintf("seed=%d size=448", seed)}
}

// dive has frames of a dive into the drawn photograph.
func (g *gallery) dive(ctx context.Context) (shelf, error) {
	s := shelf{across: frames / 2}
	p := pieces.Piece{Verb: "dive", Of: g.drawn(), Words: dream.DefaultPreset + " 2s", More: "seed=1 size=240"}
	path, err := g.now.Make(ctx, p)
	if errors.Is(err, pieces.ErrNotKept) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	clip, err := picture.OpenClip(file, picture.Limits{})
	if err != nil {
		return s, err
	}
	i := 0
	for f, err := range clip.All(ctx) {
		if err != nil {
			return s, err
		}
		if len(s.cells) < frames && i*(frames-1) >= len(s.cells)*(clip.Frames-1) {
			s.cells = append(s.cells, training.Cell{Image: picture.FromImage(f.Image).NRGBA(), Text: fmt.Sprintf("frame %d of %d", i+1, clip.Frames)})
		}
		i++
	}
	return s, nil
}

// drawn is the photograph that is none.
func (g *gallery) drawn() string {
	if i := slices.IndexFunc(g.photos, func(p string) bool { return name(p) == "landscape" }); i >= 0 {
		return g.photos[i]
	}
	return g.photos[0]
}

// compared has what both programs made, the one before on the left. The other one makes few.
func (g *gallery) compared(ctx context.Context) (shelf, error) {
	s := shelf{across: 4}
	if g.before.Folder == "" {
		return s, nil
	}
	var all []pieces.Piece
	for _, p := range g.photos {
		all = append(all, dreamOf(p, dream.DefaultPreset, 512))
	}
	for _, w := range shownWords {
		all = append(all, imagined(w, 1))
	}
	for _, p := range all {
		two := shelf{across: 2, now: s.now, before: s.before}
		what := cmp.Or(name(p.Of), p.Words)
		if err := two.add(ctx, g.before, p, what+", before", &two.before, nil); err != nil {
			return s, err
		}
		if err := two.add(ctx, g.now, p, what, &two.now, nil); err != nil {
			return s, err
		}
		if two.cells[0].Image != nil && two.cells[1].Image != nil {
			s.cells, s.now, s.before = append(s.cells, two.cells...), two.now, two.before
		}
	}
	return s, nil
}

// middle cuts a cell out of the middle of a picture.
func middle(img *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, min(cellW-8, img.Rect.Dx()), min(cellH-8, img.Rect.Dy())))
	at := image.Pt((img.Rect.Dx()-out.Rect.Dx())/2, (img.Rect.Dy()-out.Rect.Dy())/2)
	draw.Draw(out, out.Rect, img, at, draw.Src)
	return out
}

// name is what a photograph is called.
func name(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

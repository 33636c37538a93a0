package main

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/scripts/pieces"
)

// keep puts a picture where a piece of a network belongs.
func keep(t *testing.T, m pieces.Maker, p pieces.Piece, network string) {
	t.Helper()
	r := dream.Recipe{Verb: dream.Dream, Preset: "slug", Model: network, Octaves: 1, OctaveScale: 1.5, Steps: 1, Strength: 1, Generation: 1, Repeat: 1}
	file, err := picture.EncodePNG(picture.Landscape(60, 40, 1), dream.Signature+r.Token())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.Folder, p.Name()), file, 0o600); err != nil {
		t.Fatal(err)
	}
}

func size(t *testing.T, path string) image.Point {
	t.Helper()
	img, _, err := pieces.Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return img.Rect.Size()
}

func TestTheGalleryShowsWhatIsKept(t *testing.T) {
	photos := []string{"photographs/cat.jpg", "photographs/landscape.jpg"}
	g := gallery{photos: photos, now: pieces.Maker{Folder: t.TempDir()}, before: pieces.Maker{Folder: t.TempDir()}}
	for _, p := range []pieces.Piece{
		dreamOf(photos[0], "slug", 512), dreamOf(photos[1], "birds", 512), deeper(photos[0])[1], imagined("banana", 1), imagined("castle", 2),
	} {
		keep(t, g.now, p, "0123abcd")
	}
	keep(t, g.before, dreamOf(photos[0], "slug", 512), "89efcdab")
	keep(t, g.before, imagined("slug", 1), "89efcdab") // of which there is no other
	dir := t.TempDir()
	page := filepath.Join(dir, "gallery.md")
	if err := g.write(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	rows := func(n int) int { return n * (cellH + 16) }
	for name, want := range map[string]image.Point{
		"presets":     {2 * cellW, rows(3)}, // the photographs, slug, birds
		"generations": {5 * cellW, rows(1)},
		"imagines":    {6 * square, square + 16}, // both
		"before":      {4 * cellW, rows(1)},
	} {
		if got := size(t, filepath.Join(dir, "gallery", name+".jpg")); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{"gallery/presets.jpg", "gallery/before.jpg", "0123abcd", "89efcdab", "look again"} {
		if !strings.Contains(string(text), says) {
			t.Errorf("the page does not say %q", says)
		}
	}
	for _, name := range []string{"large", "dive"} {
		if strings.Contains(string(text), "gallery/"+name) {
			t.Errorf("the page shows %s, of which nothing is kept", name)
		}
	}
}

func TestFramesOfADiveAreFromAllOverIt(t *testing.T) {
	g := gallery{photos: []string{"photographs/landscape.jpg"}, now: pieces.Maker{Folder: t.TempDir()}}
	file, err := os.Create(filepath.Join(g.now.Folder, "dive landscape.jpg slug 2s seed=1 size=240.gif"))
	if err != nil {
		t.Fatal(err)
	}
	a := picture.NewAnimation(file)
	for i := range 24 {
		if err := a.Add(picture.Landscape(12, 8, uint64(i)), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := g.dive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.cells) != frames || s.cells[0].Text != "frame 1 of 24" || s.cells[frames-1].Text != "frame 24 of 24" {
		t.Errorf("%d frames, from %q to %q", len(s.cells), s.cells[0].Text, s.cells[len(s.cells)-1].Text)
	}
}

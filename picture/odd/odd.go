// Package odd makes picture files for tests: each is unusual or broken in one way that is met in the
// wild, and all show the same drawing. Decoders are tested with them, fuzzing begins with them, and
// browsers can be asked what they make of them.
package odd

import (
	"image"
	"image/color"
)

// Shown is how much of its drawing a file shows.
type Shown int

// How much is shown.
const (
	Whole   Shown = iota // all of it
	Part                 // the first quarter of its rows at least
	Nothing              // the file is refused
)

// File is one odd file.
type File struct {
	Name   string
	Format string // as picture.Sniff names it
	Data   []byte
	Shown  Shown
	W, H   int  // of what is shown
	Off    int  // how far colours may be from the drawing's, on average
	Lax    bool // Chromium shows less of it, or nothing
	Strict bool // Chromium shows it
	Other  bool // the colours are not the drawing's, on purpose
}

// W and H are the size of the drawing.
const W, H = 40, 32

// Drawing is what the files show: colours that change slowly.
func Drawing() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, W, H))
	for y := range H {
		for x := range W {
			img.SetNRGBA(x, y, color.NRGBA{uint8(40 + 5*x), uint8(250 - 6*y), uint8(60 + 2*x + 2*y), 255})
		}
	}
	return img
}

// All are the files of every format.
func All() []File {
	var all []File
	for _, files := range [][]File{JPEGs(), PNGs(), GIFs(), WebPs(), BMPs(), TIFFs()} {
		for _, f := range files {
			if f.W == 0 {
				f.W, f.H = W, H
			}
			all = append(all, f)
		}
	}
	return all
}

// Of are the files of one format.
func Of(format string) (files []File) {
	for _, f := range All() {
		if f.Format == format {
			files = append(files, f)
		}
	}
	return files
}

// cut is the first part of a file.
func cut(data []byte, percent int) []byte { return data[:len(data)*percent/100] }

// spliced is data with some bytes replaced by others.
func spliced(data []byte, at, n int, with ...byte) []byte {
	out := append([]byte{}, data[:at]...)
	return append(append(out, with...), data[at+n:]...)
}

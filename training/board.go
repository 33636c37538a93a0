package training

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// Cell is one picture of a contact sheet with a line of text below it.
type Cell struct {
	Image *image.NRGBA
	Text  string
}

const caption = 16 // height of the line of text in pixels

// Board draws a contact sheet: so many cells across, each with side pixels for its picture.
func Board(cells []Cell, across, side int) *image.NRGBA { return Grid(cells, across, side, side) }

// Grid is a Board whose cells have w by h pixels for their pictures. Those without a picture stay empty.
func Grid(cells []Cell, across, w, h int) *image.NRGBA {
	rows := max(1, (len(cells)+across-1)/across)
	board := image.NewNRGBA(image.Rect(0, 0, across*w, rows*(h+caption)))
	draw.Draw(board, board.Rect, image.NewUniform(color.NRGBA{32, 32, 32, 255}), image.Point{}, draw.Src)
	for i, c := range cells {
		if c.Image == nil {
			continue
		}
		by := min(1, float64(w-8)/float64(c.Image.Rect.Dx()), float64(h-8)/float64(c.Image.Rect.Dy()))
		img := resize(c.Image, int(math.Round(by*float64(c.Image.Rect.Dx()))), int(math.Round(by*float64(c.Image.Rect.Dy()))))
		at := image.Pt(i%across*w, i/across*(h+caption))
		middle := at.Add(image.Pt((w-img.Rect.Dx())/2, (h-img.Rect.Dy())/2))
		draw.Draw(board, img.Rect.Add(middle), img, image.Point{}, draw.Src)
		text := font.Drawer{Dst: board, Src: image.White, Face: basicfont.Face7x13, Dot: fixed.P(at.X+4, at.Y+h+caption-5)}
		text.DrawString(c.Text)
	}
	return board
}

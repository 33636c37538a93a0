package training

import (
	"image"
	"image/color"
	"image/draw"

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
func Board(cells []Cell, across, side int) *image.NRGBA {
	rows := max(1, (len(cells)+across-1)/across)
	board := image.NewNRGBA(image.Rect(0, 0, across*side, rows*(side+caption)))
	draw.Draw(board, board.Rect, image.NewUniform(color.NRGBA{32, 32, 32, 255}), image.Point{}, draw.Src)
	for i, c := range cells {
		img := fit(c.Image, side-8)
		at := image.Pt(i%across*side, i/across*(side+caption))
		middle := at.Add(image.Pt((side-img.Rect.Dx())/2, (side-img.Rect.Dy())/2))
		draw.Draw(board, img.Rect.Add(middle), img, image.Point{}, draw.Src)
		text := font.Drawer{Dst: board, Src: image.White, Face: basicfont.Face7x13, Dot: fixed.P(at.X+4, at.Y+side+caption-5)}
		text.DrawString(c.Text)
	}
	return board
}

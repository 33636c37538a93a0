package training

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// A contact sheet has so many pictures in a row, each in a cell with a line of text below.
const (
	across  = 6
	cell    = 200
	caption = 16
)

// Sheet draws mistakes with their scores and kinds on one picture. It holds pictures of the
// corpus, so it is not to be published.
func Sheet(ctx context.Context, corpus string, mistakes []Mistake) (*image.NRGBA, error) {
	rows := (len(mistakes) + across - 1) / across
	sheet := image.NewNRGBA(image.Rect(0, 0, across*cell, max(1, rows)*(cell+caption)))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(color.NRGBA{32, 32, 32, 255}), image.Point{}, draw.Src)
	for i, m := range mistakes {
		img, err := open(ctx, corpus, Entry{File: m.Sample.File})
		if err != nil {
			return nil, fmt.Errorf("contact sheet: %s: %w", m.Sample.File, err)
		}
		img = fit(img, cell-8)
		at := image.Pt(i%across*cell, i/across*(cell+caption))
		middle := at.Add(image.Pt((cell-img.Rect.Dx())/2, (cell-img.Rect.Dy())/2))
		draw.Draw(sheet, img.Rect.Add(middle), img, image.Point{}, draw.Src)
		text := font.Drawer{Dst: sheet, Src: image.White, Face: basicfont.Face7x13, Dot: fixed.P(at.X+4, at.Y+cell+caption-5)}
		text.DrawString(fmt.Sprintf("%.3f %.20s", m.Score, m.Sample.Kind))
	}
	return sheet, nil
}

package detector

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"math"
)

// Heatmap draws over a picture how dreamed it looks through the smallest of the windows that Scan looks through: red where
// it does, grey where it does not.
func (d *Detector) Heatmap(ctx context.Context, img image.Image) (*image.NRGBA, error) {
	g, err := d.eye.glance(ctx, img, func(all grid) []Window { return all.squares(smallest) })
	if err != nil {
		return nil, err
	}
	h := heat{across: g.grid.x - smallest + 1, down: g.grid.y - smallest + 1}
	for i := range g.windows {
		h.scores = append(h.scores, sigmoid(d.head.alone(g.answers[i])))
	}
	src := image.NewNRGBA(g.picture.Rect)
	draw.Draw(src, src.Rect, g.picture, image.Point{}, draw.Src)
	return overlay(src, g.at, h), nil
}

// alone is the logit of a score if the texture said what the channels do.
func (h *Head) alone(answers []float32) float64 {
	sum := 0.0
	for _, m := range h.Mix {
		sum += m
	}
	return sum*h.Experts[0].margin(answers) + h.Offset
}

// heat are the scores of windows, row by row.
type heat struct {
	across, down int
	scores       []float64
}

// at is the heat at a place, both of whose coordinates are in [0,1].
func (h heat) at(x, y float64) float64 {
	// The centres of the outermost windows lie half a window from the edges.
	place := func(at float64, n int) (lo, hi int, part float64) {
		cells := float64(n + smallest - 1)
		p := min(float64(n-1), max(0, at*cells-smallest/2.0))
		return int(p), min(int(p)+1, n-1), p - math.Floor(p)
	}
	x0, x1, fx := place(x, h.across)
	y0, y1, fy := place(y, h.down)
	of := func(x, y int) float64 { return h.scores[y*h.across+x] }
	return (of(x0, y0)*(1-fx)+of(x1, y0)*fx)*(1-fy) + (of(x0, y1)*(1-fx)+of(x1, y1)*fx)*fy
}

// overlay draws heat over a picture, which lies at a place within its borders.
func overlay(src *image.NRGBA, at image.Rectangle, h heat) *image.NRGBA {
	out := image.NewNRGBA(src.Rect)
	for y := range src.Rect.Dy() {
		for x := range src.Rect.Dx() {
			v := 0.0
			if image.Pt(x, y).In(at) {
				v = h.at((float64(x-at.Min.X)+0.5)/float64(at.Dx()), (float64(y-at.Min.Y)+0.5)/float64(at.Dy()))
			}
			out.SetNRGBA(x, y, blend(src.NRGBAAt(x, y), v))
		}
	}
	return out
}

func blend(c color.NRGBA, heat float64) color.NRGBA {
	grey := 0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)
	a := 0.65 * heat
	mix := func(tint float64) uint8 { return uint8(math.Round(min(255, grey*(1-a)+tint*a))) }
	return color.NRGBA{mix(255), mix(40), mix(20), 255}
}

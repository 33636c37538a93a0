package detector

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"math"
)

// hops is how many of the smallest windows lie across a picture.
const hops = cells - smallest + 1

const smallest = 2

// Heatmap draws over a picture how dreamed it looks through the smallest of the windows that Scan looks through: red where
// it does, grey where it does not.
func (d *Detector) Heatmap(ctx context.Context, img image.Image) (*image.NRGBA, error) {
	var small []Window
	for _, w := range windows {
		if w.Side == smallest {
			small = append(small, w)
		}
	}
	g, err := d.eye.glance(ctx, img, small...)
	if err != nil {
		return nil, err
	}
	var heat [hops][hops]float64
	for i, w := range small {
		heat[w.Y][w.X] = sigmoid(d.head.alone(g.answers[i]))
	}
	src := image.NewNRGBA(g.picture.Rect)
	draw.Draw(src, src.Rect, g.picture, image.Point{}, draw.Src)
	return overlay(src, g.at, heat), nil
}

// alone is the logit of a score if the texture said what the channels do.
func (h *Head) alone(answers []float32) float64 {
	sum := 0.0
	for _, m := range h.Mix {
		sum += m
	}
	return sum*h.Experts[0].margin(answers) + h.Offset
}

// overlay draws heat over a picture, which lies at a place within its borders.
func overlay(src *image.NRGBA, at image.Rectangle, heat [hops][hops]float64) *image.NRGBA {
	out := image.NewNRGBA(src.Rect)
	// The centres of the outermost windows lie half a window from the edges.
	const window = float64(smallest) / cells
	place := func(i, n int) (int, float64) {
		p := ((float64(i)+0.5)/float64(n) - window/2) / (1 - window) * (hops - 1)
		p = min(hops-1, max(0, p))
		lo := min(int(p), hops-2)
		return lo, p - float64(lo)
	}
	for y := range src.Rect.Dy() {
		y0, fy := place(y-at.Min.Y, at.Dy())
		for x := range src.Rect.Dx() {
			v := 0.0
			if image.Pt(x, y).In(at) {
				x0, fx := place(x-at.Min.X, at.Dx())
				v = (heat[y0][x0]*(1-fx)+heat[y0][x0+1]*fx)*(1-fy) + (heat[y0+1][x0]*(1-fx)+heat[y0+1][x0+1]*fx)*fy
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

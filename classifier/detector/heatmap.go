package detector

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"math"
)

// window and hop of a heat map, as parts of the picture's sides: each place is judged by a
// crop around it, small enough to find a dreamed part in a collage.
const (
	window = 0.4
	hops   = 5 // windows across
)

// Heatmap judges overlapping crops and draws their scores over the picture: red where it looks
// dreamed, grey where it does not.
func (d *Detector) Heatmap(ctx context.Context, img image.Image) (*image.NRGBA, error) {
	b := img.Bounds()
	src := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(src, src.Rect, img, b.Min, draw.Src)
	w, h := max(1, int(window*float64(b.Dx()))), max(1, int(window*float64(b.Dy())))
	var heat [hops][hops]float64
	for y := range hops {
		for x := range hops {
			at := image.Pt(x*(b.Dx()-w)/(hops-1), y*(b.Dy()-h)/(hops-1))
			v, err := d.Judge(ctx, src.SubImage(image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}))
			if err != nil {
				return nil, err
			}
			heat[y][x] = v.Score
		}
	}
	return overlay(src, heat), nil
}

func overlay(src *image.NRGBA, heat [hops][hops]float64) *image.NRGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	out := image.NewNRGBA(src.Rect)
	// The centres of the outermost windows lie half a window from the edges.
	place := func(i, n int) (int, float64) {
		p := ((float64(i)+0.5)/float64(n) - window/2) / (1 - window) * (hops - 1)
		p = min(hops-1, max(0, p))
		lo := min(int(p), hops-2)
		return lo, p - float64(lo)
	}
	for y := range h {
		y0, fy := place(y, h)
		for x := range w {
			x0, fx := place(x, w)
			v := (heat[y0][x0]*(1-fx)+heat[y0][x0+1]*fx)*(1-fy) + (heat[y0+1][x0]*(1-fx)+heat[y0+1][x0+1]*fx)*fy
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

package training

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// redrawings are what filters and brushes make of photographs. None of them is a dream, and all
// have some of what dreams have.
var redrawings = []func(img *image.NRGBA, rng *rand.Rand) *image.NRGBA{brushed, tiled, melted, overdone, mapped}

// redrawn redraws a photograph in the nth way.
func redrawn(n int, img *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	return redrawings[n%len(redrawings)](img, rng)
}

// brushed paints with short strokes along the lines of the picture, and curls where it has none.
func brushed(img *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewNRGBA(img.Rect)
	copy(out.Pix, img.Pix)
	wind := plasma(rng)
	boost := 1 + rng.Float64()*1.5
	for _, size := range []float64{0.035, 0.018, 0.009} {
		length, radius := size*float64(min(w, h))*(2+3*rng.Float64()), max(1, size*float64(min(w, h))/3)
		for range int(2.5 * float64(w*h) / (length * radius * 2)) {
			x, y := rng.Float64()*float64(w-1), rng.Float64()*float64(h-1)
			c := vivid(img.NRGBAAt(int(x), int(y)), boost, (rng.Float64()-0.5)*40)
			for range int(length) {
				gx, gy := slope(img, int(x), int(y))
				turn := 2 * math.Pi * wind(x/float64(w), y/float64(h))
				dx, dy := -gy+6*math.Cos(turn), gx+6*math.Sin(turn)
				norm := math.Hypot(dx, dy) + 1e-9
				x, y = x+dx/norm, y+dy/norm
				dab(out, x, y, radius, c)
			}
		}
	}
	return out
}

// slope is the gradient of brightness over a few pixels.
func slope(img *image.NRGBA, x, y int) (gx, gy float64) {
	at := func(x, y int) float64 {
		x, y = min(img.Rect.Dx()-1, max(0, x)), min(img.Rect.Dy()-1, max(0, y))
		return float64(img.Pix[y*img.Stride+4*x+1])
	}
	return at(x+2, y) - at(x-2, y), at(x, y+2) - at(x, y-2)
}

// dab paints a disc.
func dab(out *image.NRGBA, x, y, radius float64, c color.NRGBA) {
	for py := int(y - radius); py <= int(y+radius); py++ {
		for px := int(x - radius); px <= int(x+radius); px++ {
			if dx, dy := float64(px)-x, float64(py)-y; dx*dx+dy*dy <= radius*radius && (image.Point{X: px, Y: py}).In(out.Rect) {
				out.SetNRGBA(px, py, c)
			}
		}
	}
}

// vivid moves a colour away from grey, and lifts it.
func vivid(c color.NRGBA, boost, lift float64) color.NRGBA {
	grey := 0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)
	move := func(v uint8) uint8 { return uint8(min(255, max(0, grey+boost*(float64(v)-grey)+lift))) }
	return color.NRGBA{move(c.R), move(c.G), move(c.B), 255}
}

// tiled lays a mosaic whose stones have the picture's colours.
func tiled(img *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	step := 6 + rng.IntN(16)
	wander, boost := rng.Float64(), 1+rng.Float64()
	seed := noise(rng.Uint64())
	place := func(i, j int) (float64, float64) {
		return (float64(i) + 0.5 + wander*(seed(float64(i), float64(j))-0.5)) * float64(step), (float64(j) + 0.5 + wander*(seed(float64(j)+99, float64(i))-0.5)) * float64(step)
	}
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			best, second, bx, by := math.Inf(1), math.Inf(1), x, y
			for j := y/step - 1; j <= y/step+1; j++ {
				for i := x/step - 1; i <= x/step+1; i++ {
					px, py := place(i, j)
					switch d := math.Hypot(float64(x)-px, float64(y)-py); {
					case d < best:
						best, second, bx, by = d, best, int(px), int(py)
					case d < second:
						second = d
					}
				}
			}
			bx, by = min(img.Rect.Dx()-1, max(0, bx)), min(img.Rect.Dy()-1, max(0, by))
			c := vivid(img.NRGBAAt(bx, by), boost, 0)
			if second-best < 1 {
				c = vivid(c, 1, -60)
			}
			out.SetNRGBA(x, y, c)
		}
	}
	return out
}

// melted moves places about, as liquify filters and rippled glass do.
func melted(img *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	a, b := plasma(rng), plasma(rng)
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	far, ripple, k := 0.3*rng.Float64(), 8*rng.Float64()*float64(rng.IntN(2)), 0.1+rng.Float64()*0.5
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			u, v := float64(x)/w, float64(y)/h
			sx := float64(x) + far*w*(a(u, v)-0.5) + ripple*math.Sin(k*float64(y))
			sy := float64(y) + far*h*(b(u, v)-0.5) + ripple*math.Cos(k*float64(x))
			out.SetNRGBA(x, y, img.NRGBAAt(min(img.Rect.Dx()-1, max(0, int(sx))), min(img.Rect.Dy()-1, max(0, int(sy)))))
		}
	}
	return out
}

// overdone sharpens and colours far too much, as "HDR" filters do.
func overdone(img *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	out := sharpened(img, 2+5*rng.Float64())
	boost := 1.5 + 2*rng.Float64()
	for i := 0; i < len(out.Pix); i += 4 {
		c := vivid(color.NRGBA{out.Pix[i], out.Pix[i+1], out.Pix[i+2], 255}, boost, 0)
		out.Pix[i], out.Pix[i+1], out.Pix[i+2] = c.R, c.G, c.B
	}
	return out
}

// mapped turns brightness into a palette of many turns, as heat maps and pop art do.
func mapped(img *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	paint, turns := palette(rng), 0.5+2*rng.Float64()
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			c := img.NRGBAAt(x, y)
			out.SetNRGBA(x, y, paint(turns*(0.299*float64(c.R)+0.587*float64(c.G)+0.114*float64(c.B))/255))
		}
	}
	return out
}

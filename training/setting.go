package training

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"slices"
)

// setting puts one picture among others, where people meet it besides alone.
type setting struct {
	name string
	put  func(one *image.NRGBA, others []*image.NRGBA, rng *rand.Rand) *image.NRGBA
}

// settings are looked at as they are, and as timelines show them.
var settings = withPreviews([]setting{
	{"screenshot", screenshot}, {"a quarter of a collage", quarter}, {"on white", onWhite}, {"in a photograph", within},
})

func withPreviews(all []setting) []setting {
	for _, s := range slices.Clone(all) {
		all = append(all, setting{s.name + ", its preview", func(one *image.NRGBA, others []*image.NRGBA, rng *rand.Rand) *image.NRGBA {
			return preview(s.put(one, others, rng))
		}})
	}
	return all
}

// screenshot is a picture on a page of a phone, with bars and lines like text.
func screenshot(one *image.NRGBA, _ []*image.NRGBA, rng *rand.Rand) *image.NRGBA {
	const w, h = 720, 1440
	paper, ink := color.NRGBA{255, 255, 255, 255}, color.NRGBA{30, 30, 30, 255}
	if rng.IntN(3) == 0 {
		paper, ink = color.NRGBA{21, 24, 28, 255}, color.NRGBA{230, 230, 230, 255}
	}
	out := filled(w, h, paper)
	draw.Draw(out, image.Rect(0, 0, w, 90), image.NewUniform(color.NRGBA{60, 90, uint8(120 + rng.IntN(120)), 255}), image.Point{}, draw.Src)
	draw.Draw(out, image.Rect(0, h-110, w, h), image.NewUniform(color.NRGBA{128, 128, 128, 255}), image.Point{}, draw.Src)
	picture := fitted(one, w-48, 620)
	top := 250 + rng.IntN(200)
	text(out, image.Rect(24, 120, w-24, top-20), ink, rng)
	draw.Draw(out, picture.Rect.Add(image.Pt((w-picture.Rect.Dx())/2, top)), picture, image.Point{}, draw.Src)
	text(out, image.Rect(24, top+picture.Rect.Dy()+24, w-24, h-140), ink, rng)
	return out
}

// text draws lines of strokes like letters.
func text(out *image.NRGBA, in image.Rectangle, ink color.NRGBA, rng *rand.Rand) {
	for y := in.Min.Y; y+22 < in.Max.Y; y += 36 {
		if rng.IntN(5) == 0 {
			continue // between paragraphs
		}
		end := in.Max.X - rng.IntN(in.Dx()/2)
		for x := in.Min.X; x < end; x += 10 + rng.IntN(6) {
			if rng.IntN(6) == 0 {
				continue // a space
			}
			draw.Draw(out, image.Rect(x, y+rng.IntN(8), x+2, y+20), image.NewUniform(ink), image.Point{}, draw.Src)
			draw.Draw(out, image.Rect(x, y+10*rng.IntN(3), x+7, y+10*rng.IntN(3)+2), image.NewUniform(ink), image.Point{}, draw.Src)
		}
	}
}

// quarter is a picture among three others.
func quarter(one *image.NRGBA, others []*image.NRGBA, rng *rand.Rand) *image.NRGBA {
	const side, gap = 400, 6
	out := filled(2*side+gap, 2*side+gap, color.NRGBA{255, 255, 255, 255})
	place := rng.IntN(4)
	for i := range 4 {
		img := one
		if i != place {
			img = others[i%len(others)]
		}
		at := image.Pt(i%2*(side+gap), i/2*(side+gap))
		square := resize(middle(img), side, side)
		draw.Draw(out, square.Rect.Add(at), square, image.Point{}, draw.Src)
	}
	return out
}

// onWhite is a disc of a picture, as of a thing that is shown on nothing.
func onWhite(one *image.NRGBA, _ []*image.NRGBA, rng *rand.Rand) *image.NRGBA {
	side := 420 + rng.IntN(120)
	img := resize(middle(one), side, side)
	out := filled(900, 700, color.NRGBA{255, 255, 255, 255})
	return laid(out, img, image.Pt(rng.IntN(900-side), rng.IntN(700-side)), 2)
}

// within is a disc of a picture in another, with a soft rim.
func within(one *image.NRGBA, others []*image.NRGBA, rng *rand.Rand) *image.NRGBA {
	out := resize(others[0], 720, 540)
	if out == others[0] {
		out = crop(out, rng, 1)
	}
	side := 300 + rng.IntN(100)
	img := resize(middle(one), side, side)
	return laid(out, img, image.Pt(rng.IntN(720-side), rng.IntN(540-side)), 30)
}

// laid puts the disc in a square picture on another, whose rim is so many pixels wide.
func laid(out, img *image.NRGBA, at image.Point, rim float64) *image.NRGBA {
	r := float64(img.Rect.Dx()) / 2
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			a := min(1, max(0, (r-math.Hypot(float64(x)-r, float64(y)-r))/rim))
			from, to := img.Pix[img.PixOffset(x, y):], out.Pix[out.PixOffset(at.X+x, at.Y+y):]
			for c := range 3 {
				to[c] = uint8(a*float64(from[c]) + (1-a)*float64(to[c]) + 0.5)
			}
		}
	}
	return out
}

func filled(w, h int, c color.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return out
}

// fitted scales a picture into a box.
func fitted(img *image.NRGBA, w, h int) *image.NRGBA {
	f := min(float64(w)/float64(img.Rect.Dx()), float64(h)/float64(img.Rect.Dy()))
	return resize(img, max(1, int(f*float64(img.Rect.Dx()))), max(1, int(f*float64(img.Rect.Dy()))))
}

// middle is the largest square in the middle of a picture.
func middle(img *image.NRGBA) *image.NRGBA {
	side := min(img.Rect.Dx(), img.Rect.Dy())
	return cut(img, image.Rect(0, 0, side, side).Add(image.Pt((img.Rect.Dx()-side)/2, (img.Rect.Dy()-side)/2)))
}

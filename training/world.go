package training

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"

	"slugpuppy/picture"
)

// weather does to a picture what happens to pictures on their way through the world: cropped,
// scaled, mirrored, framed, faded, made grey, blurred, sharpened, written over, and always saved as JPEG again.
func weather(ctx context.Context, img *image.NRGBA, rng *rand.Rand) (*image.NRGBA, error) {
	img = crop(img, rng, 0.55)
	if rng.IntN(2) == 0 {
		img = mirrored(img)
	}
	f := math.Exp((rng.Float64() - 0.7) * 1.1)
	w, h := int(f*float64(img.Rect.Dx())), int(f*float64(img.Rect.Dy()))
	if min(w, h) >= 120 {
		img = resize(img, w, h)
	}
	switch rng.IntN(9) {
	case 0:
		img = framed(img, rng)
	case 1:
		img = toned(img, rng)
	case 2:
		img = captioned(img, rng)
	case 3:
		img = sharpened(img, 0.3+2*rng.Float64())
	case 4:
		img = grey(img)
	case 5:
		img = blurred(img)
	}
	return saved(ctx, img, 30+rng.IntN(66))
}

// crop keeps a random part, at least the given share of each side.
func crop(img *image.NRGBA, rng *rand.Rand, least float64) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	cw, ch := int((least+(1-least)*rng.Float64())*float64(w)), int((least+(1-least)*rng.Float64())*float64(h))
	cw, ch = max(1, cw), max(1, ch)
	x, y := rng.IntN(w-cw+1), rng.IntN(h-ch+1)
	out := image.NewNRGBA(image.Rect(0, 0, cw, ch))
	draw.Draw(out, out.Rect, img, image.Pt(x, y), draw.Src)
	return out
}

func mirrored(img *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			out.SetNRGBA(img.Rect.Dx()-1-x, y, img.NRGBAAt(x, y))
		}
	}
	return out
}

// framed puts a plain border around, as screenshots have.
func framed(img *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	l, r, t, b := rng.IntN(w/6+1), rng.IntN(w/6+1), rng.IntN(h/4+1), rng.IntN(h/4+1)
	out := image.NewNRGBA(image.Rect(0, 0, w+l+r, h+t+b))
	v := uint8(rng.IntN(2) * (200 + rng.IntN(56)))
	draw.Draw(out, out.Rect, image.NewUniform(color.NRGBA{v, v, v, 255}), image.Point{}, draw.Src)
	draw.Draw(out, image.Rect(l, t, l+w, t+h), img, image.Point{}, draw.Src)
	return out
}

// toned changes brightness, contrast and saturation, as filters do.
func toned(img *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	gain, lift, grey := 0.7+0.6*rng.Float64(), (rng.Float64()-0.5)*50, rng.Float64()
	out := image.NewNRGBA(img.Rect)
	for i := 0; i < len(img.Pix); i += 4 {
		luma := luma(img.Pix[i:])
		for c := range 3 {
			v := float64(img.Pix[i+c])
			v += (luma - v) * grey * 0.8
			out.Pix[i+c] = uint8(min(255, max(0, (v-128)*gain+128+lift)))
		}
		out.Pix[i+3] = 255
	}
	return out
}

// luma is the brightness of a pixel, 0 to 255.
func luma(p []uint8) float64 { return 0.299*float64(p[0]) + 0.587*float64(p[1]) + 0.114*float64(p[2]) }

// grey takes all colour.
func grey(img *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	for i := 0; i < len(img.Pix); i += 4 {
		v := uint8(luma(img.Pix[i:]) + 0.5)
		out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = v, v, v, 255
	}
	return out
}

// blurred is somewhat out of focus: made smaller and large again.
func blurred(img *image.NRGBA) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	return resize(resize(img, w/2, h/2), w, h)
}

// sharpened exaggerates what differs from the surroundings.
func sharpened(img *image.NRGBA, much float64) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	copy(out.Pix, img.Pix)
	for y := 1; y+1 < img.Rect.Dy(); y++ {
		for x := 1; x+1 < img.Rect.Dx(); x++ {
			i := y*img.Stride + 4*x
			for c := range 3 {
				v := float64(img.Pix[i+c])
				around := (float64(img.Pix[i+c-4]) + float64(img.Pix[i+c+4]) + float64(img.Pix[i+c-img.Stride]) + float64(img.Pix[i+c+img.Stride])) / 4
				out.Pix[i+c] = uint8(min(255, max(0, v+much*(v-around))))
			}
		}
	}
	return out
}

// captioned lays a bar with strokes like letters over an edge.
func captioned(img *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	draw.Draw(out, out.Rect, img, image.Point{}, draw.Src)
	w, h := img.Rect.Dx(), img.Rect.Dy()
	size := max(6, h/14)
	y := rng.IntN(2) * (h - 2*size)
	ink := color.NRGBA{255, 255, 255, 255}
	if rng.IntN(2) == 0 {
		draw.Draw(out, image.Rect(0, y, w, y+2*size), image.Black, image.Point{}, draw.Src)
	}
	for x := size; x < w-size; x += size/2 + rng.IntN(size/2+1) {
		if rng.IntN(6) == 0 {
			continue // a space
		}
		draw.Draw(out, image.Rect(x, y+size/2, x+max(1, size/6), y+size/2+size/2+rng.IntN(size/2+1)), image.NewUniform(ink), image.Point{}, draw.Src)
		draw.Draw(out, image.Rect(x, y+size/2+rng.IntN(size), x+size/3, y+size/2+rng.IntN(size)+max(1, size/6)), image.NewUniform(ink), image.Point{}, draw.Src)
	}
	return out
}

// saved goes through a JPEG file.
func saved(ctx context.Context, img *image.NRGBA, quality int) (*image.NRGBA, error) {
	data, err := picture.EncodeJPEG(img, quality, "")
	if err != nil {
		return nil, fmt.Errorf("save as JPEG: %w", err)
	}
	p, err := picture.Decode(ctx, bytes.Clone(data), picture.Limits{})
	if err != nil {
		return nil, fmt.Errorf("read JPEG back: %w", err)
	}
	return picture.ToNRGBA(p.Image), nil
}

// previewArea is how many pixels Mastodon's previews have at most.
const previewArea = 640 * 360

// preview shrinks as Mastodon does for timelines.
func preview(img *image.NRGBA) *image.NRGBA {
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	f := min(1, math.Sqrt(previewArea/(w*h)))
	return resize(img, int(math.Round(f*w)), int(math.Round(f*h)))
}

// beside puts two pictures next to each other: before and after.
func beside(a, b *image.NRGBA) *image.NRGBA {
	h := max(a.Rect.Dy(), b.Rect.Dy())
	out := image.NewNRGBA(image.Rect(0, 0, a.Rect.Dx()+b.Rect.Dx(), h))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(out, a.Rect, a, image.Point{}, draw.Src)
	draw.Draw(out, b.Rect.Add(image.Pt(a.Rect.Dx(), 0)), b, image.Point{}, draw.Src)
	return out
}

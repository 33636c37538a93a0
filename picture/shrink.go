package picture

import "image"

// Thumbnail is an opaque copy whose longer side is at most side, transparent parts laid over mid grey, as in
// FromImage; a picture that is no larger is returned as it is. It takes no memory but the copy's.
func Thumbnail(img image.Image, side int) image.Image {
	b := img.Bounds()
	w, h := Fit(b.Dx(), b.Dy(), side)
	if w >= b.Dx() && h >= b.Dy() {
		return img
	}
	return shrunk(Pixels{ToNRGBA(img)}, w, h)
}

// scaleDown resamples to w by h as Scale does, and respects transparency: what cannot be seen gives no
// colour to what can.
func scaleDown(img image.Image, w, h int) image.Image {
	if b := img.Bounds(); b.Dx() == w && b.Dy() == h {
		return img
	}
	src := ToNRGBA(img)
	if src.Opaque() {
		return shrunk(Pixels{src}, w, h)
	}
	alpha := make([]float32, w*h)
	Scale(opacity{src}, w, h, func(y int, row *[3][]float32) { copy(alpha[y*w:(y+1)*w], row[0]) })
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	Scale(seen{src}, w, h, func(y int, row *[3][]float32) {
		px := out.Pix[y*out.Stride:]
		for x, a := range alpha[y*w : (y+1)*w] {
			if a <= 0 {
				continue // nothing to see
			}
			for c := range 3 {
				px[4*x+c] = eightBit(row[c][x] / a)
			}
			px[4*x+3] = eightBit(a)
		}
	})
	return out
}

// shrunk is an opaque picture of the rows at another size.
func shrunk(src Rows, w, h int) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	Scale(src, w, h, func(y int, row *[3][]float32) {
		px := out.Pix[y*out.Stride:]
		for x := range w {
			for c := range 3 {
				px[4*x+c] = eightBit(row[c][x])
			}
			px[4*x+3] = 255
		}
	})
	return out
}

// seen are a picture's colours times their opacity.
type seen struct{ *image.NRGBA }

func (s seen) Size() (w, h int) { return s.Rect.Dx(), s.Rect.Dy() }

func (s seen) Row(dst *[3][]float32, y int) {
	row := s.Pix[y*s.Stride:]
	for x := range dst[0] {
		px := row[4*x : 4*x+4 : 4*x+4]
		for c := range 3 {
			dst[c][x] = float32(px[c]) * float32(px[3]) / (255 * 255)
		}
	}
}

// opacity is a picture's alpha in each of three planes.
type opacity struct{ *image.NRGBA }

func (o opacity) Size() (w, h int) { return o.Rect.Dx(), o.Rect.Dy() }

func (o opacity) Row(dst *[3][]float32, y int) {
	row := o.Pix[y*o.Stride:]
	for x := range dst[0] {
		a := float32(row[4*x+3]) / 255
		dst[0][x], dst[1][x], dst[2][x] = a, a, a
	}
}

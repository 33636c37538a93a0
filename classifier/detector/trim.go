package detector

import "image"

const (
	// plain is how far the pixels of a border lie from its first, in steps of 255, and stray the share of them that may lie
	// further: saving as JPEG and thin lines leave some.
	plain = 12
	stray = 0.01
	// leastKept is the share of a side that trimming leaves at least: a small thing on a plain ground is looked at with some of it.
	leastKept = 0.15
)

// frames is how many frames around each other are trimmed: a plot on a page, and the line around its picture.
const frames = 4

// trim is where a picture lies within its uniform borders, such as the bars of letterboxes and the ground of what stands on
// white, and within frames of ticks and text.
func trim(img *image.NRGBA) image.Rectangle {
	r := img.Rect
	least := image.Pt(max(1, int(leastKept*float64(r.Dx()))), max(1, int(leastKept*float64(r.Dy()))))
	for range frames {
		inner, ok := unbordered(img, r, least)
		if !ok { // nothing stands out
			break
		}
		if inner = unframed(img, r, inner); inner == r || inner.Dx() <= least.X || inner.Dy() <= least.Y {
			break
		}
		r = inner
	}
	return r
}

// unbordered is what is left without uniform borders, unless that is hardly anything.
func unbordered(img *image.NRGBA, r image.Rectangle, least image.Point) (image.Rectangle, bool) {
	for r.Dy() > least.Y && uniform(img, image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1)) {
		r.Min.Y++
	}
	for r.Dy() > least.Y && uniform(img, image.Rect(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y)) {
		r.Max.Y--
	}
	for r.Dx() > least.X && uniform(img, image.Rect(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y)) {
		r.Min.X++
	}
	for r.Dx() > least.X && uniform(img, image.Rect(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y)) {
		r.Max.X--
	}
	return r, r.Dx() > least.X && r.Dy() > least.Y
}

// uniform says whether a line of pixels has one colour.
func uniform(img *image.NRGBA, line image.Rectangle) bool {
	first := img.Pix[img.PixOffset(line.Min.X, line.Min.Y):]
	allowed := int(stray * float64(line.Dx()*line.Dy()))
	for y := line.Min.Y; y < line.Max.Y; y++ {
		for x := line.Min.X; x < line.Max.X; x++ {
			p := img.Pix[img.PixOffset(x, y):]
			if far(p[0], first[0]) || far(p[1], first[1]) || far(p[2], first[2]) || far(p[3], first[3]) {
				if allowed--; allowed < 0 {
					return false
				}
			}
		}
	}
	return true
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > plain }

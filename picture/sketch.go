package picture

import (
	"image"
	"math"
)

// sketchSide is the side of a sketch, in pixels.
const sketchSide = 32

// Sketch is what a picture looks like from far away: 32x32 levels of grey, row by row. It knows
// nothing of networks, so it outlives them.
type Sketch []byte

// SketchOf draws the sketch of a picture of any size; its sides are squeezed to a square.
func SketchOf(img image.Image) Sketch {
	s := make(Sketch, sketchSide*sketchSide)
	Scale(Pixels{ToNRGBA(img)}, sketchSide, sketchSide, func(y int, row *[3][]float32) {
		for x := range sketchSide { // ITU-R BT.601 luma
			s[y*sketchSide+x] = byte(255*clamp01(0.299*row[0][x]+0.587*row[1][x]+0.114*row[2][x]) + 0.5)
		}
	})
	return s
}

func clamp01(v float32) float32 { return max(0, min(1, v)) }

// SamePicture is the likeness from which two sketches are taken to show the same picture. Of
// 3,000 pairs of different pictures two reached it, which were versions of one; of pictures
// cropped by a tenth and encoded as JPEG of quality 40, 95 % do.
const SamePicture = 0.72

// Likeness is how much two sketches look like the same picture, also when one of them is a crop
// of six sevenths of the other's sides: the correlation of what is left without slow changes of
// brightness, from -1 to 1, at the best fit. A pair without detail is not alike.
func Likeness(a, b Sketch) float64 {
	if len(a) != sketchSide*sketchSide || len(b) != len(a) {
		return -1
	}
	return max(fit(a, b), fit(b, a))
}

// fit slides crops of b over a.
func fit(a, b Sketch) float64 {
	target := detail(whole(a))
	best := -1.0
	for _, w := range cropSides {
		for _, h := range cropSides {
			for _, x := range offsets(w) {
				for _, y := range offsets(h) {
					best = max(best, correlation(target, detail(crop(b, x, y, w, h))))
				}
			}
		}
	}
	return best
}

// cropSides are the sides of crops tried, in pixels of a sketch.
var cropSides = []float64{sketchSide, 30.4, 28.8, 27.2}

func offsets(side float64) []float64 {
	room := sketchSide - side
	if room == 0 {
		return []float64{0}
	}
	return []float64{0, room / 2, room}
}

type plane [sketchSide * sketchSide]float64

func whole(s Sketch) *plane {
	var p plane
	for i, v := range s {
		p[i] = float64(v)
	}
	return &p
}

// crop enlarges a window of a sketch to its full size.
func crop(s Sketch, x0, y0, w, h float64) *plane {
	var p plane
	for y := range sketchSide {
		fy, y1, y2 := place(y0, h, y)
		for x := range sketchSide {
			fx, x1, x2 := place(x0, w, x)
			top := float64(s[y1*sketchSide+x1])*(1-fx) + float64(s[y1*sketchSide+x2])*fx
			bottom := float64(s[y2*sketchSide+x1])*(1-fx) + float64(s[y2*sketchSide+x2])*fx
			p[y*sketchSide+x] = top*(1-fy) + bottom*fy
		}
	}
	return &p
}

// place is where the centre of pixel i of a stretched window lies, between two pixels.
func place(start, side float64, i int) (fraction float64, before, after int) {
	at := start + (float64(i)+0.5)*side/sketchSide - 0.5
	at = max(0, min(sketchSide-1, at))
	before = int(at)
	return at - float64(before), before, min(before+1, sketchSide-1)
}

// reach is how far around a pixel its mean is taken to find slow changes.
const reach = 4

// detail takes off the mean of each pixel's neighbourhood.
func detail(p *plane) *plane {
	var sums [(sketchSide + 1) * (sketchSide + 1)]float64
	for y := range sketchSide {
		for x := range sketchSide {
			sums[(y+1)*(sketchSide+1)+x+1] = p[y*sketchSide+x] + sums[y*(sketchSide+1)+x+1] +
				sums[(y+1)*(sketchSide+1)+x] - sums[y*(sketchSide+1)+x]
		}
	}
	var d plane
	for y := range sketchSide {
		top, bottom := max(0, y-reach), min(sketchSide, y+reach+1)
		for x := range sketchSide {
			left, right := max(0, x-reach), min(sketchSide, x+reach+1)
			sum := sums[bottom*(sketchSide+1)+right] - sums[top*(sketchSide+1)+right] -
				sums[bottom*(sketchSide+1)+left] + sums[top*(sketchSide+1)+left]
			d[y*sketchSide+x] = p[y*sketchSide+x] - sum/float64((bottom-top)*(right-left))
		}
	}
	return &d
}

// faint is the energy of detail below which a sketch shows nothing to tell it by: one level of
// grey on average.
const faint = sketchSide * sketchSide

func correlation(a, b *plane) float64 {
	var aa, bb, ab float64
	for i := range a {
		aa, bb, ab = aa+a[i]*a[i], bb+b[i]*b[i], ab+a[i]*b[i]
	}
	if aa < faint || bb < faint {
		return -1
	}
	return ab / math.Sqrt(aa*bb)
}

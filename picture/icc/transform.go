package icc

import (
	"context"
	"image"
	"math"
)

// Transform leads from a picture's colours to those of sRGB.
type Transform struct {
	light  [3][256]float32 // what each value stands for
	matrix [3][3]float32   // to sRGB's light
}

// sameness is how far sRGB's own values may move before a transform is worth its time: other
// people's sRGB profiles round their matrices differently.
const sameness = 1

// newTransform is nil where the transform would change nothing, or is no transform of colours.
func newTransform(curves [3]curve, m matrix) *Transform {
	t := new(Transform)
	for i, c := range curves {
		for v := range t.light[i] {
			l := c(float64(v) / 255)
			if math.IsNaN(l) {
				return nil
			}
			t.light[i][v] = float32(min(max(l, -2), 2))
		}
	}
	for i, row := range m {
		for j, v := range row {
			if !(math.Abs(v) < 100) {
				return nil
			}
			t.matrix[i][j] = float32(v)
		}
	}
	if t.changesNothing() {
		return nil
	}
	return t
}

// changesNothing tries colours on a grid.
func (t *Transform) changesNothing() bool {
	for r := 0; r < 256; r += 51 {
		for g := 0; g < 256; g += 51 {
			for b := 0; b < 256; b += 51 {
				x, y, z := t.colour(byte(r), byte(g), byte(b))
				if far(x, r) || far(y, g) || far(z, b) {
					return false
				}
			}
		}
	}
	for v := range 256 {
		if x, y, z := t.colour(byte(v), byte(v), byte(v)); far(x, v) || far(y, v) || far(z, v) {
			return false
		}
	}
	return true
}

func far(a byte, b int) bool { return int(a)-b > sameness || b-int(a) > sameness }

func (t *Transform) colour(r, g, b byte) (byte, byte, byte) {
	x, y, z := t.light[0][r], t.light[1][g], t.light[2][b]
	m := &t.matrix
	return stored(m[0][0]*x + m[0][1]*y + m[0][2]*z),
		stored(m[1][0]*x + m[1][1]*y + m[1][2]*z),
		stored(m[2][0]*x + m[2][1]*y + m[2][2]*z)
}

// Apply converts a picture in place. Colours that sRGB does not have become the nearest in each
// channel, as in browsers. It stops when ctx ends, with its error.
func (t *Transform) Apply(ctx context.Context, img *image.NRGBA) error {
	for y := range img.Rect.Dy() {
		if y%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		for ; len(row) >= 4; row = row[4:] {
			row[0], row[1], row[2] = t.colour(row[0], row[1], row[2])
		}
	}
	return nil
}

// steps of the table that turns light into sRGB's values; fine enough for the steep part near black.
const steps = 1 << 13

var storedTable = func() (table [steps + 1]byte) {
	for i := range table {
		table[i] = byte(math.Round(255 * encoded(float64(i)/steps)))
	}
	return table
}()

// stored is sRGB's value for light.
func stored(light float32) byte {
	return storedTable[int(min(max(light, 0), 1)*steps+0.5)]
}

// encoded is sRGB's curve (IEC 61966-2-1), its inverse decoded.
func encoded(light float64) float64 {
	if light <= 0.0031308 {
		return 12.92 * light
	}
	return 1.055*math.Pow(light, 1/2.4) - 0.055
}

func decoded(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

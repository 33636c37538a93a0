package dream

import (
	"math"

	"slugpuppy/picture"
)

const (
	plainCell  = 8   // pixels of a cell's side
	plainReach = 5   // cells around that a place is compared by, twice
	plainPower = 0.5 // of the strength round about, by which steps are divided
	plainMost  = 3   // times that a place may move as far as it would
)

// even lets the plain areas of a picture join in: a gradient is strong where there is something already, and steps of one
// length for the whole picture leave skies empty. It divides g by a power of its strength round about, against that of
// the whole picture, its root mean square.
func even(g *picture.Planar, rms float32) {
	w, h := (g.W+plainCell-1)/plainCell, (g.H+plainCell-1)/plainCell
	heat := boxBlur(boxBlur(heat(g, w, h), w, h, plainReach), w, h, plainReach)
	whole := float64(rms) * float64(rms)
	for i, v := range heat {
		heat[i] = float32(min(plainMost, math.Pow(float64(v)/whole+1e-9, -plainPower/2)))
	}
	gains := &mask{w: w, h: h, data: heat}
	row := make([]float32, g.W)
	for y := range g.H {
		gains.row(row, y, g.H)
		for c := range 3 {
			line := g.Plane(c)[y*g.W:][:g.W]
			for x, f := range row {
				line[x] *= f
			}
		}
	}
}

// heat is the mean square of a gradient by cell.
func heat(g *picture.Planar, w, h int) []float32 {
	sums := make([]float32, w*h)
	for c := range 3 {
		plane := g.Plane(c)
		for y := range g.H {
			out := sums[y/plainCell*w:][:w]
			for x, v := range plane[y*g.W:][:g.W] {
				out[x/plainCell] += v * v
			}
		}
	}
	for i := range sums {
		across := min(plainCell, g.W-i%w*plainCell)
		down := min(plainCell, g.H-i/w*plainCell)
		sums[i] /= float32(3 * across * down)
	}
	return sums
}

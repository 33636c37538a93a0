package picture

import (
	"image"
	"math"
	"math/bits"
	"slices"
)

// hashSide is the side a picture is reduced to before its transform, hashBand the side of
// the block of low frequencies that is kept.
const (
	hashSide = 32
	hashBand = 8
)

// PHash is a perceptual hash: pictures that look alike have hashes that differ in few bits
// (Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, section
// 3.2.1: 32x32 luma, DCT-II, the 8x8 frequencies after the constant ones, one bit each for
// above the median). It survives scaling, recompression and small changes of light; not
// cropping, turning or mirroring. A plain area hashes to 0. Ten bits or fewer is "the same picture" in most use.
func PHash(img image.Image) uint64 {
	luma := reduce(img)
	freq := make([]float64, 0, hashBand*hashBand)
	var rows [hashSide][hashBand]float64
	for y := range hashSide {
		for u := range hashBand {
			for x := range hashSide {
				rows[y][u] += luma[y][x] * cosines[u+1][x]
			}
		}
	}
	for v := range hashBand {
		for u := range hashBand {
			sum := 0.0
			for y := range hashSide {
				sum += rows[y][u] * cosines[v+1][y]
			}
			if math.Abs(sum) < 1 { // rounding, where luma itself goes to 255,000
				sum = 0
			}
			freq = append(freq, sum)
		}
	}
	sorted := slices.Sorted(slices.Values(freq))
	median := (sorted[len(sorted)/2-1] + sorted[len(sorted)/2]) / 2
	var hash uint64
	for i, f := range freq {
		if f > median {
			hash |= 1 << i
		}
	}
	return hash
}

// HashDistance is in how many of 64 bits two hashes differ.
func HashDistance(a, b uint64) int { return bits.OnesCount64(a ^ b) }

// cosines are the rows of a DCT-II of hashSide samples.
var cosines = func() (t [hashBand + 1][hashSide]float64) {
	for u := range t {
		for x := range t[u] {
			t[u][x] = math.Cos(math.Pi * float64(u) * (2*float64(x) + 1) / (2 * hashSide))
		}
	}
	return t
}()

// reduce averages the luma of hashSide by hashSide blocks; transparent parts are laid over
// mid grey. Pictures smaller than that repeat their pixels; one without any is grey.
func reduce(img image.Image) *[hashSide][hashSide]float64 {
	var out [hashSide][hashSide]float64
	src := ToNRGBA(img)
	w, h := src.Rect.Dx(), src.Rect.Dy()
	if w == 0 || h == 0 {
		return &out
	}
	rows(hashSide, func(by int) {
		y0, y1 := span(by, h)
		for bx := range hashSide {
			x0, x1 := span(bx, w)
			sum := 0
			for y := y0; y < y1; y++ {
				row := src.Pix[y*src.Stride+4*x0 : y*src.Stride+4*x1]
				for i := 0; i < len(row); i += 4 {
					sum += luma(row[i], row[i+1], row[i+2], row[i+3])
				}
			}
			out[by][bx] = float64(sum) / float64((y1-y0)*(x1-x0))
		}
	})
	return &out
}

// span is the block of n samples that belongs to one of hashSide places, never empty.
func span(i, n int) (int, int) {
	lo := i * n / hashSide
	return lo, max(lo+1, (i+1)*n/hashSide)
}

// luma is Rec. 601's, times 1000*255, over mid grey.
func luma(r, g, b, a uint8) int {
	l := 299*int(r) + 587*int(g) + 114*int(b)
	return l*int(a) + 128_000*(255-int(a))
}

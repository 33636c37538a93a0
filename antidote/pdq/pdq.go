// Package pdq computes PDQ, a perceptual hash of 256 bits by which pictures are exchanged that look the
// same. It is written from "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm"
// (Facebook, 2019), and gives the hashes of that paper's reference program for the same pixels. It does not
// look anything up.
package pdq

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"math"
	"math/bits"
	"slices"

	"slugpuppy/picture"
)

// Hash is a PDQ hash: bit 16i+j says whether the DCT coefficient of the vertical frequency i+1 and the
// horizontal frequency j+1, in half-cycles a picture, is above the median of all 256. Bit 0 is the lowest of
// the last word.
type Hash [4]uint64

// Radius is the distance up to which the publishers of PDQ take two hashes to be of one picture, and
// LeastQuality the quality below which they advise to trust none.
const (
	Radius       = 31
	LeastQuality = 50
)

// ErrHash is what Parse says of anything but 64 hexadecimal digits.
var ErrHash = errors.New("a PDQ hash is 64 hexadecimal digits")

// Parse reads a hash as String writes it.
func Parse(s string) (h Hash, err error) {
	var b [32]byte
	if len(s) != hex.EncodedLen(len(b)) {
		return h, ErrHash
	}
	if _, err := hex.Decode(b[:], []byte(s)); err != nil {
		return h, ErrHash
	}
	for i := range h {
		h[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return h, nil
}

// String is the hash as 64 hexadecimal digits, the highest bit first.
func (h Hash) String() string { return fmt.Sprintf("%016x%016x%016x%016x", h[0], h[1], h[2], h[3]) }

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hash) UnmarshalText(text []byte) (err error) {
	*h, err = Parse(string(text))
	return err
}

// Distance is in how many bits two hashes differ, from 0 to 256.
func (h Hash) Distance(o Hash) int {
	return bits.OnesCount64(h[0]^o[0]) + bits.OnesCount64(h[1]^o[1]) +
		bits.OnesCount64(h[2]^o[2]) + bits.OnesCount64(h[3]^o[3])
}

// Of hashes a picture. The quality, from 0 to 100, is how much there is in it to tell it by.
func Of(img image.Image) (h Hash, quality int) { return FromLuma(luma(img)) }

// FromLuma hashes rows of luma values in [0,255], w to a row.
func FromLuma(pix []float32, w, h int) (Hash, int) {
	if min(w, h) < smallest {
		return Hash{}, 0
	}
	small, quality := blocks(pix, w, h)
	return coefficients(small).hash(), quality
}

// The names of what can be done to a picture without changing its pixels, in the order of Dihedral.
var Turns = [8]string{"original", "rotate90", "rotate180", "rotate270", "flipx", "flipy", "flipplus1", "flipminus1"}

// Dihedral hashes a picture and how it looks turned and mirrored, in the order of Turns.
func Dihedral(img image.Image) (hashes [8]Hash, quality int) { return DihedralFromLuma(luma(img)) }

// DihedralFromLuma is Dihedral of rows of luma values in [0,255], w to a row.
func DihedralFromLuma(pix []float32, w, h int) (hashes [8]Hash, quality int) {
	if min(w, h) < smallest {
		return hashes, 0
	}
	small, quality := blocks(pix, w, h)
	c := coefficients(small)
	for i := range hashes {
		hashes[i] = c.turned(i).hash()
	}
	return hashes, quality
}

// smallest is the side below which a picture has the hash zero, as the reference program has it.
const smallest = 5

// largest is the side to which larger pictures are reduced before anything else, for what they would cost.
// The reference program reduces, too, to 512 pixels a side; its published hashes are of pictures as they are.
const largest = 2048

// luma is a picture's ITU-R BT.601 luma in [0,255], of at most largest pixels a side.
func luma(img image.Image) (pix []float32, w, h int) {
	src := picture.ToNRGBA(img)
	w, h = src.Rect.Dx(), src.Rect.Dy()
	if w > largest || h > largest {
		return reduced(src, min(w, largest), min(h, largest))
	}
	pix = make([]float32, w*h)
	for y := range h {
		row := src.Pix[y*src.Stride:]
		for x := range w {
			pix[y*w+x] = weigh(float32(row[4*x]), float32(row[4*x+1]), float32(row[4*x+2]))
		}
	}
	return pix, w, h
}

func reduced(src *image.NRGBA, w, h int) ([]float32, int, int) {
	pix := make([]float32, w*h)
	picture.Scale(picture.Pixels{NRGBA: src}, w, h, func(y int, row *[3][]float32) {
		for x := range w {
			pix[y*w+x] = 255 * weigh(row[0][x], row[1][x], row[2][x])
		}
	})
	return pix, w, h
}

func weigh(r, g, b float32) float32 { return 0.299*r + 0.587*g + 0.114*b }

// side is that of the square every picture is reduced to.
const side = 64

type square [side * side]float32

// blocks reduces a picture to a square: blurred twice by a box in each direction, which makes a tent, and
// read at the centres of the square's pixels.
func blocks(pix []float32, w, h int) (*square, int) {
	a, b := slices.Clone(pix), make([]float32, len(pix))
	for range 2 {
		boxRows(b, a, w, h)
		boxColumns(a, b, w, h)
	}
	var s square
	for i := range side {
		y := (2*i + 1) * h / (2 * side)
		for j := range side {
			s[i*side+j] = a[y*w+(2*j+1)*w/(2*side)]
		}
	}
	return &s, quality(&s)
}

// reach is how far a window around a value reaches: a 128th of all n, which is cut off at the ends.
func reach(n int) (behind, ahead int) {
	window := (n + 2*side - 1) / (2 * side)
	ahead = (window + 2) / 2
	return window - ahead, ahead
}

// boxRows averages each row over the window.
func boxRows(out, in []float32, w, h int) {
	behind, ahead := reach(w)
	for y := range h {
		from, to := in[y*w:(y+1)*w], out[y*w:(y+1)*w]
		var sum, count float32
		next := 0
		for x := range to {
			for ; next < min(w, x+ahead); next++ {
				sum += from[next]
				count++
			}
			if gone := x - behind - 1; gone >= 0 {
				sum -= from[gone]
				count--
			}
			to[x] = sum / count
		}
	}
}

// boxColumns averages each column over the window, all of them at once: memory is read in its order.
func boxColumns(out, in []float32, w, h int) {
	behind, ahead := reach(h)
	sums := make([]float32, w)
	var count float32
	next := 0
	for y := range h {
		for ; next < min(h, y+ahead); next++ {
			for x, v := range in[next*w : (next+1)*w] {
				sums[x] += v
			}
			count++
		}
		if gone := y - behind - 1; gone >= 0 {
			for x, v := range in[gone*w : (gone+1)*w] {
				sums[x] -= v
			}
			count--
		}
		to := out[y*w : (y+1)*w]
		for x, v := range sums {
			to[x] = v / count
		}
	}
}

// quality counts steps between neighbours, each in hundredths of full contrast.
func quality(s *square) int {
	steps := 0
	for i := range side {
		for j := range side {
			if i+1 < side {
				steps += step(s[i*side+j], s[(i+1)*side+j])
			}
			if j+1 < side {
				steps += step(s[i*side+j], s[i*side+j+1])
			}
		}
	}
	return min(steps/90, 100)
}

func step(a, b float32) int {
	d := int((a - b) * 100 / 255)
	return max(d, -d)
}

// low is how many frequencies are taken in each direction, from the first above the mean.
const low = 16

// spectrum has the coefficients of the low frequencies, vertical ones by row.
type spectrum [low * low]float32

// cosines are the DCT-II's, a row a frequency.
var cosines = func() (c [low * side]float32) {
	scale := float32(math.Sqrt(2.0 / side))
	for i := range low {
		for j := range side {
			c[i*side+j] = scale * float32(math.Cos(math.Pi/2/side*float64((i+1)*(2*j+1))))
		}
	}
	return c
}()

func coefficients(s *square) *spectrum {
	var half [low * side]float32
	for i := range low {
		for j := range side {
			var sum float32
			for k := range side {
				sum += cosines[i*side+k] * s[k*side+j]
			}
			half[i*side+j] = sum
		}
	}
	var c spectrum
	for i := range low {
		for j := range low {
			var sum float32
			for k := range side {
				sum += half[i*side+k] * cosines[j*side+k]
			}
			c[i*low+j] = sum
		}
	}
	return &c
}

// hash compares the coefficients with their median, the lower of the two in the middle.
func (c *spectrum) hash() (h Hash) {
	median := c.median()
	for k, v := range c {
		if v > median {
			h[3-k/64] |= 1 << (k % 64)
		}
	}
	return h
}

// median is the lower of the two in the middle, found as by Hoare ("Algorithm 65: find", 1961).
func (c *spectrum) median() float32 {
	v := *c
	const k = len(v)/2 - 1
	for first, last := 0, len(v)-1; first < last; {
		pivot, i, j := v[(first+last)/2], first, last
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			last = j
		case k >= i:
			first = i
		default:
			return v[k]
		}
	}
	return v[k]
}

// turned is the spectrum of the picture turned or mirrored: that changes signs, and rows into columns.
func (c *spectrum) turned(how int) *spectrum {
	var out spectrum
	for i := range low {
		for j := range low {
			v, oddRow, oddColumn := c[i*low+j], i%2 == 0, j%2 == 0 // of the frequencies, which begin with 1
			negate := [...]bool{false, oddColumn, oddRow != oddColumn, oddRow, oddRow, oddColumn, false, oddRow != oddColumn}[how]
			if negate {
				v = -v
			}
			if transposed := how == 1 || how == 3 || how >= 6; transposed {
				out[j*low+i] = v
			} else {
				out[i*low+j] = v
			}
		}
	}
	return &out
}

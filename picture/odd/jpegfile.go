package odd

import (
	"encoding/binary"
	"image"
	"math"
)

// JPEG says how a JPEG file is written.
type JPEG struct {
	Model       string   // "ycc", "rgb", "grey", "cmyk" or "ycck"
	Sampling    [][2]int // of each component; 1x1 where there are too few
	Adobe       bool     // with Adobe's segment
	Restart     int      // in MCUs
	Progressive bool     // averages first, then two bands of each component
	Apart       bool     // a scan a component
	NoTables    bool     // without Huffman tables
	Extra       [][]byte // segments before the frame
}

// Write makes the file.
func (j JPEG) Write(img *image.NRGBA) []byte {
	w := &jpegWriter{JPEG: j, w: img.Rect.Dx(), h: img.Rect.Dy()}
	w.planes(img)
	w.head()
	w.scans()
	return append(w.out, 0xff, 0xd9)
}

// Segment is a marker with its length and body.
func Segment(marker byte, body ...byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2)), body...)
}

type jpegPlane struct {
	h, v   int
	bw, bh int // blocks, up to whole MCUs
	tw, th int // blocks with samples
	coef   [][64]int
}

type jpegWriter struct {
	JPEG
	w, h       int
	hmax, vmax int
	mcuW, mcuH int
	comp       []jpegPlane
	out        []byte

	acc  uint32
	bits int
}

// values of a pixel in each model.
func (w *jpegWriter) values(img *image.NRGBA, x, y int) []float64 {
	p := img.NRGBAAt(min(x, w.w-1), min(y, w.h-1))
	r, g, b := float64(p.R), float64(p.G), float64(p.B)
	ycc := []float64{
		0.299*r + 0.587*g + 0.114*b,
		128 - 0.168736*r - 0.331264*g + 0.5*b,
		128 + 0.5*r - 0.418688*g - 0.081312*b,
	}
	switch w.Model {
	case "grey":
		return ycc[:1]
	case "rgb":
		return []float64{r, g, b}
	case "cmyk", "ycck": // how much is left of each ink; black is half there
		most := math.Max(math.Max(r, g), math.Max(b, 1))
		k := math.Min(255, most+20)
		c := []float64{r * 255 / k, g * 255 / k, b * 255 / k, k}
		if w.Model == "cmyk" {
			return c
		}
		r, g, b = 255-c[0], 255-c[1], 255-c[2]
		return []float64{
			0.299*r + 0.587*g + 0.114*b,
			128 - 0.168736*r - 0.331264*g + 0.5*b,
			128 + 0.5*r - 0.418688*g - 0.081312*b,
			k,
		}
	}
	return ycc
}

func (w *jpegWriter) planes(img *image.NRGBA) {
	n := len(w.values(img, 0, 0))
	w.hmax, w.vmax = 1, 1
	for i := range n {
		c := jpegPlane{h: 1, v: 1}
		if i < len(w.Sampling) {
			c.h, c.v = w.Sampling[i][0], w.Sampling[i][1]
		}
		w.hmax, w.vmax = max(w.hmax, c.h), max(w.vmax, c.v)
		w.comp = append(w.comp, c)
	}
	up := func(a, b int) int { return (a + b - 1) / b }
	w.mcuW, w.mcuH = up(w.w, 8*w.hmax), up(w.h, 8*w.vmax)
	for i := range w.comp {
		c := &w.comp[i]
		c.bw, c.bh = w.mcuW*c.h, w.mcuH*c.v
		c.tw, c.th = up(up(w.w*c.h, w.hmax), 8), up(up(w.h*c.v, w.vmax), 8)
		for by := range c.bh {
			for bx := range c.bw {
				c.coef = append(c.coef, w.block(img, i, bx, by))
			}
		}
	}
}

// block is the transform of a block; a sample is the mean of the pixels it stands for.
func (w *jpegWriter) block(img *image.NRGBA, i, bx, by int) (out [64]int) {
	c := &w.comp[i]
	var s [64]float64
	for k := range s {
		x, y := 8*bx+k%8, 8*by+k/8
		x0, x1 := x*w.hmax/c.h, max(x*w.hmax/c.h+1, (x+1)*w.hmax/c.h)
		y0, y1 := y*w.vmax/c.v, max(y*w.vmax/c.v+1, (y+1)*w.vmax/c.v)
		for py := y0; py < y1; py++ {
			for px := x0; px < x1; px++ {
				s[k] += w.values(img, px, py)[i] / float64((x1-x0)*(y1-y0))
			}
		}
		s[k] -= 128
	}
	for k := range out {
		u, v := k%8, k/8
		sum := 0.0
		for n, val := range s {
			sum += val * math.Cos(float64(2*(n%8)+1)*float64(u)*math.Pi/16) * math.Cos(float64(2*(n/8)+1)*float64(v)*math.Pi/16)
		}
		for _, f := range []int{u, v} {
			if f == 0 {
				sum /= math.Sqrt2
			}
		}
		out[k] = int(math.Round(sum / 4))
	}
	return out
}

func (w *jpegWriter) head() {
	w.out = []byte{0xff, 0xd8}
	if w.Adobe {
		transform := map[string]byte{"ycc": 1, "ycck": 2}[w.Model]
		w.out = append(w.out, Segment(0xee, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), transform)...)...)
	}
	for _, e := range w.Extra {
		w.out = append(w.out, e...)
	}
	quant := make([]byte, 65)
	for i := range quant[1:] {
		quant[1+i] = 1
	}
	w.out = append(w.out, Segment(0xdb, quant...)...)
	sof := []byte{8, byte(w.h >> 8), byte(w.h), byte(w.w >> 8), byte(w.w), byte(len(w.comp))}
	for i, c := range w.comp {
		sof = append(sof, w.id(i), byte(c.h<<4|c.v), 0)
	}
	marker := byte(0xc0)
	if w.Progressive {
		marker = 0xc2
	}
	w.out = append(w.out, Segment(marker, sof...)...)
	if !w.NoTables {
		w.out = append(w.out, Segment(0xc4, append(append([]byte{0}, dcCounts...), dcValues...)...)...)
		w.out = append(w.out, Segment(0xc4, append(append([]byte{0x10}, acCounts...), acValues()...)...)...)
	}
	if w.Restart > 0 {
		w.out = append(w.out, Segment(0xdd, byte(w.Restart>>8), byte(w.Restart))...)
	}
}

func (w *jpegWriter) id(i int) byte {
	if w.Model == "rgb" && !w.Adobe {
		return "RGB"[i]
	}
	return byte(i + 1)
}

func (w *jpegWriter) scans() {
	var all []int
	for i := range w.comp {
		all = append(all, i)
	}
	switch {
	case w.Progressive:
		if !w.Apart {
			w.scan(all, 0, 0)
		}
		for i := range w.comp {
			if w.Apart {
				w.scan([]int{i}, 0, 0)
			}
			w.scan([]int{i}, 1, 5)
			w.scan([]int{i}, 6, 63)
		}
	case w.Apart:
		for i := range w.comp {
			w.scan([]int{i}, 0, 63)
		}
	default:
		w.scan(all, 0, 63)
	}
}

func (w *jpegWriter) scan(comps []int, from, to int) {
	sos := []byte{byte(len(comps))}
	for _, i := range comps {
		sos = append(sos, w.id(i), 0)
	}
	w.out = append(w.out, Segment(0xda, append(sos, byte(from), byte(to), 0)...)...)
	last := make([]int, len(w.comp))
	done := 0
	next := func() { // before each MCU
		if w.Restart > 0 && done > 0 && done%w.Restart == 0 {
			w.flush()
			w.out = append(w.out, 0xff, 0xd0+byte(done/w.Restart-1)%8)
			clear(last)
		}
		done++
	}
	if len(comps) == 1 {
		c := &w.comp[comps[0]]
		for by := range c.th {
			for bx := range c.tw {
				next()
				w.code(&c.coef[by*c.bw+bx], &last[comps[0]], from, to)
			}
		}
	} else {
		for m := range w.mcuW * w.mcuH {
			next()
			for _, i := range comps {
				c := &w.comp[i]
				for k := range c.h * c.v {
					bx, by := m%w.mcuW*c.h+k%c.h, m/w.mcuW*c.v+k/c.h
					w.code(&c.coef[by*c.bw+bx], &last[i], from, to)
				}
			}
		}
	}
	w.flush()
}

// code writes a block's coefficients of a band.
func (w *jpegWriter) code(b *[64]int, last *int, from, to int) {
	if from == 0 {
		d := b[0] - *last
		*last = b[0]
		w.huff(dcCounts, dcValues, byte(size(d)))
		w.put(amplitude(d), size(d))
		from = 1
	}
	run := 0
	for k := from; k <= to; k++ {
		v := b[zigzag[k]]
		if v == 0 {
			run++
			continue
		}
		for ; run > 15; run -= 16 {
			w.huff(acCounts, acValues(), 0xf0)
		}
		w.huff(acCounts, acValues(), byte(run<<4|size(v)))
		w.put(amplitude(v), size(v))
		run = 0
	}
	if run > 0 {
		w.huff(acCounts, acValues(), 0)
	}
}

func size(v int) (n int) {
	for v = max(v, -v); v > 0; v >>= 1 {
		n++
	}
	return n
}

func amplitude(v int) int {
	if v < 0 {
		return v + 1<<size(v) - 1
	}
	return v
}

func (w *jpegWriter) huff(counts, values []byte, symbol byte) {
	code, k := 0, 0
	for l, n := range counts {
		for range n {
			if values[k] == symbol {
				w.put(code, l+1)
				return
			}
			code++
			k++
		}
		code <<= 1
	}
	panic("no code for that symbol")
}

func (w *jpegWriter) put(v, n int) {
	for i := n - 1; i >= 0; i-- {
		w.acc = w.acc<<1 | uint32(v>>i&1)
		if w.bits++; w.bits == 8 {
			w.out = append(w.out, byte(w.acc))
			if byte(w.acc) == 0xff {
				w.out = append(w.out, 0)
			}
			w.acc, w.bits = 0, 0
		}
	}
}

func (w *jpegWriter) flush() {
	if w.bits > 0 {
		w.put(0x7f, 8-w.bits)
	}
}

// The standard tables for luma (T.81, K.3 and K.5).
var (
	dcCounts = []byte{0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0}
	dcValues = []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	acCounts = []byte{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d}
)

var zigzag = [64]int{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

func acValues() []byte { return []byte(standardAC) }

const standardAC = "\x01\x02\x03\x00\x04\x11\x05\x12\x21\x31\x41\x06\x13\x51\x61\x07\x22\x71\x14\x32\x81\x91\xa1\x08" +
	"\x23\x42\xb1\xc1\x15\x52\xd1\xf0\x24\x33\x62\x72\x82\x09\x0a\x16\x17\x18\x19\x1a\x25\x26\x27\x28" +
	"\x29\x2a\x34\x35\x36\x37\x38\x39\x3a\x43\x44\x45\x46\x47\x48\x49\x4a\x53\x54\x55\x56\x57\x58\x59" +
	"\x5a\x63\x64\x65\x66\x67\x68\x69\x6a\x73\x74\x75\x76\x77\x78\x79\x7a\x83\x84\x85\x86\x87\x88\x89" +
	"\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6" +
	"\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe1\xe2" +
	"\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa"

package picture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"testing"

	"slugpuppy/picture"
)

// must fails the test on an error.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// arrow is 3 wide and 2 high, and no two of its eight orientations look the same.
func arrow() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i, v := range []uint8{10, 50, 90, 130, 170, 250} {
		img.SetNRGBA(i%3, i/3, color.NRGBA{v, v, v, 255})
	}
	return img
}

// exif is a TIFF block that holds nothing but an orientation.
func exif(order binary.AppendByteOrder, orientation int) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, 0x0112)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, uint16(orientation))
	return append(b, 0, 0, 0, 0, 0, 0)
}

// segment puts a segment behind a JPEG's first marker.
func segment(jpeg []byte, marker byte, body []byte) []byte {
	out := append([]byte{}, jpeg[:2]...)
	out = append(out, 0xff, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	out = append(out, body...)
	return append(out, jpeg[2:]...)
}

// chunk is a PNG chunk.
func chunk(name string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// afterHead puts a chunk behind a PNG's IHDR.
func afterHead(png, extra []byte) []byte {
	return bytes.Join([][]byte{png[:33], extra, png[33:]}, nil)
}

// pngHeader is the beginning of a PNG that claims a size.
func pngHeader(w, h uint32) []byte {
	body := binary.BigEndian.AppendUint32(nil, w)
	body = binary.BigEndian.AppendUint32(body, h)
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(body, 8, 2, 0, 0, 0))...)
}

// gifOf is a GIF whose frames claim a size and hold a few bytes each.
func gifOf(frames, w, h int) []byte {
	size := func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint16(b, uint16(w))
		return binary.LittleEndian.AppendUint16(b, uint16(h))
	}
	out := append(size([]byte("GIF89a")), 0x80, 0, 0)
	out = append(out, 0, 0, 0, 255, 255, 255)
	for range frames {
		out = append(size(append(out, 0x2c, 0, 0, 0, 0)), 0)
		out = append(out, 2, 2, 0x4c, 0x01, 0)
	}
	return append(out, 0x3b)
}

// smallGIF is a GIF of real frames in shades that rise.
func smallGIF(t testing.TB, frames int) []byte {
	var g gif.GIF
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, 4, 3), color.Palette{color.Gray{uint8(40 * i)}, color.White})
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 5)
	}
	var buf bytes.Buffer
	if err := gif.EncodeAll(&buf, &g); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// bits writes numbers least significant bit first, as lossless WebP wants them.
type bits struct {
	out []byte
	n   int
}

func (b *bits) put(v, width int) {
	for i := range width {
		if b.n&7 == 0 {
			b.out = append(b.out, 0)
		}
		b.out[b.n>>3] |= byte(v>>i&1) << (b.n & 7)
		b.n++
	}
}

// webpOf writes a lossless WebP of pixels that are grey 0 or 255 in green alone: one code of
// two symbols for green, codes of one symbol for the rest (WebP lossless, section 6.2.1).
func webpOf(w, h int, lit func(x, y int) bool) []byte {
	var b bits
	b.put(0x2f, 8)
	b.put(w-1, 14)
	b.put(h-1, 14)
	b.put(0, 1+3)           // no alpha, version
	b.put(0, 3)             // no transform, no colour cache, no meta codes
	b.put(1, 1)             // green: simple,
	b.put(1, 1)             // of two symbols,
	b.put(1, 1)             // the first of eight bits
	b.put(0, 8)             // 0
	b.put(255, 8)           // and 255
	single := func(s int) { // simple, one symbol, of eight bits
		b.put(1, 1)
		b.put(0, 1)
		b.put(1, 1)
		b.put(s, 8)
	}
	single(100) // red
	single(100) // blue
	single(255) // alpha
	single(0)   // distance
	for y := range h {
		for x := range w {
			v := 0
			if lit(x, y) {
				v = 1
			}
			b.put(v, 1)
		}
	}
	return riff(webpChunk("VP8L", b.out))
}

func webpChunk(name string, body []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))
	out = append(out, body...)
	if len(body)&1 == 1 {
		out = append(out, 0)
	}
	return out
}

func riff(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// extended is a WebP with a header that announces flags and more chunks behind the picture.
func extended(flags byte, webp []byte, w, h int, more ...[]byte) []byte {
	head := []byte{flags, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), 0, byte(h - 1), byte((h - 1) >> 8), 0}
	return riff(append([][]byte{webpChunk("VP8X", head), webp[12:]}, more...)...)
}

// scenery is a picture with something in it.
func scenery(w, h int) *image.NRGBA { return picture.Landscape(w, h, 4) }

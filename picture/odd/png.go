package odd

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"math"
)

// Chunk is a PNG chunk.
func Chunk(name string, body ...byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// wrong is a chunk with another checksum.
func wrong(chunk []byte) []byte {
	return spliced(chunk, len(chunk)-1, 1, chunk[len(chunk)-1]^0xff)
}

const pngSignature = "\x89PNG\r\n\x1a\n"

// Header is the IHDR chunk.
func Header(w, h uint32, depth, colour, interlace byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, w)
	b = binary.BigEndian.AppendUint32(b, h)
	return Chunk("IHDR", append(b, depth, colour, 0, 0, interlace)...)
}

func pngOf(chunks ...[]byte) []byte {
	return append([]byte(pngSignature), bytes.Join(chunks, nil)...)
}

func deflated(raw []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(raw)
	w.Close()
	return b.Bytes()
}

// raw are the rows of a picture, by turns of the five filters.
func raw(img *image.NRGBA, depth int, colour byte) []byte {
	var out []byte
	var above []byte
	for y := range img.Rect.Dy() {
		line := packed(img, y, 0, 1, depth, colour)
		if above == nil {
			above = make([]byte, len(line))
		}
		out = append(out, filtered(byte(y%5), line, above, max(1, channels[colour]*depth/8))...)
		above = line
	}
	return out
}

var channels = map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}

// packed is a row of every dx-th pixel.
func packed(img *image.NRGBA, y, x0, dx, depth int, colour byte) []byte {
	var out []byte
	acc, n := 0, 0
	put := func(v byte) {
		switch depth {
		case 16:
			out = append(out, v, v)
		case 8:
			out = append(out, v)
		default:
			acc = acc<<depth | int(v)>>(8-depth)
			if n += depth; n == 8 {
				out, acc, n = append(out, byte(acc)), 0, 0
			}
		}
	}
	for x := x0; x < img.Rect.Dx(); x += dx {
		p := img.NRGBAAt(x, y)
		switch colour {
		case 0:
			put(p.G)
		case 2:
			put(p.R)
			put(p.G)
			put(p.B)
		case 3:
			put(p.R&0xe0 | p.G>>3&0x1c | p.B>>6)
		case 4:
			put(p.G)
			put(p.A)
		case 6:
			put(p.R)
			put(p.G)
			put(p.B)
			put(p.A)
		}
	}
	if n > 0 {
		out = append(out, byte(acc<<(8-n)))
	}
	return out
}

func filtered(kind byte, line, above []byte, near int) []byte {
	out := []byte{kind}
	for i, v := range line {
		var a, c int
		b := int(above[i])
		if i >= near {
			a, c = int(line[i-near]), int(above[i-near])
		}
		switch kind {
		case 1:
			v -= byte(a)
		case 2:
			v -= byte(b)
		case 3:
			v -= byte((a + b) / 2)
		case 4:
			p := a + b - c
			da, db, dc := math.Abs(float64(p-a)), math.Abs(float64(p-b)), math.Abs(float64(p-c))
			switch {
			case da <= db && da <= dc:
				v -= byte(a)
			case db <= dc:
				v -= byte(b)
			default:
				v -= byte(c)
			}
		}
		out = append(out, v)
	}
	return out
}

// interlaced are the rows of the seven passes.
func interlaced(img *image.NRGBA) (out []byte) {
	for _, p := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		for y := p[1]; y < img.Rect.Dy(); y += p[3] {
			line := packed(img, y, p[0], p[2], 8, 2)
			out = append(append(out, 0), line...)
		}
	}
	return out
}

// rgb332 is the palette of three bits of red and green and two of blue.
func rgb332() (out []byte) {
	for i := range 256 {
		out = append(out, byte(i>>5*255/7), byte(i>>2&7*255/7), byte(i&3*85))
	}
	return out
}

// PNGs are odd PNG files.
func PNGs() []File {
	var files []File
	add := func(name string, data []byte, shown Shown, more ...func(*File)) {
		f := File{Name: name, Format: "png", Data: data, Shown: shown}
		for _, m := range more {
			m(&f)
		}
		files = append(files, f)
	}
	lax := func(f *File) { f.Lax = true }
	other := func(f *File) { f.Other = true }
	off := func(n int) func(*File) { return func(f *File) { f.Off = n } }

	img := Drawing()
	head, end := Header(W, H, 8, 2, 0), Chunk("IEND")
	rows := raw(img, 8, 2)
	z := deflated(rows)
	data := Chunk("IDAT", z...)
	whole := pngOf(head, data, end)
	half := pngOf(head, Chunk("IDAT", z[:len(z)/2]...), Chunk("IDAT", z[len(z)/2:]...), end)
	text := Chunk("tEXt", []byte("Comment\x00hello")...)

	add("plain", whole, Whole)
	add("of 16 bits", pngOf(Header(W, H, 16, 2, 0), Chunk("IDAT", deflated(raw(img, 16, 2))...), end), Whole)
	add("with alpha", pngOf(Header(W, H, 8, 6, 0), Chunk("IDAT", deflated(raw(img, 8, 6))...), end), Whole)
	add("with alpha of 16 bits", pngOf(Header(W, H, 16, 6, 0), Chunk("IDAT", deflated(raw(img, 16, 6))...), end), Whole)
	palette := Chunk("PLTE", rgb332()...)
	indices := Chunk("IDAT", deflated(raw(img, 8, 3))...)
	add("of a palette", pngOf(Header(W, H, 8, 3, 0), palette, indices, end), Whole, off(40))
	for _, depth := range []byte{1, 2, 4, 8, 16} {
		add("grey of "+string('0'+depth/10)+string('0'+depth%10)+" bits",
			pngOf(Header(W, H, depth, 0, 0), Chunk("IDAT", deflated(raw(img, int(depth), 0))...), end), Whole, other)
	}
	add("grey with alpha", pngOf(Header(W, H, 8, 4, 0), Chunk("IDAT", deflated(raw(img, 8, 4))...), end), Whole, other)
	z7 := deflated(interlaced(img))
	add("interlaced", pngOf(Header(W, H, 8, 2, 1), Chunk("IDAT", z7...), end), Whole)
	add("interlaced and cut", pngOf(Header(W, H, 8, 2, 1), Chunk("IDAT", z7[:len(z7)*6/10]...)), Part, off(12))

	add("a comment's checksum", pngOf(head, wrong(text), data, end), Whole)
	add("a checksum of the pixels", pngOf(head, wrong(data), end), Whole)
	add("a checksum of half the pixels",
		pngOf(head, Chunk("IDAT", z[:300]...), wrong(Chunk("IDAT", z[300:]...)), end), Whole)
	add("the last checksum", pngOf(head, data, wrong(end)), Whole)
	add("zlib's checksum", pngOf(head, Chunk("IDAT", spliced(z, len(z)-4, 4, 1, 2, 3, 4)...), end), Whole)
	add("zlib's window is too small", pngOf(head, Chunk("IDAT", spliced(z, 0, 2, 0x08, 0x1d)...), end), Whole)
	add("no end", pngOf(head, data), Whole)
	add("pixels without their checksum", whole[:len(whole)-16], Whole)
	add("one row more", pngOf(head, Chunk("IDAT", deflated(append(bytes.Clone(rows), rows[:3*W+1]...))...), end), Whole)
	add("garbage behind", append(bytes.Clone(whole), make([]byte, 400)...), Whole)
	add("an unknown chunk behind the pixels", pngOf(head, data, Chunk("ABCD", 1), end), Whole)
	add("a palette that means nothing", pngOf(head, Chunk("PLTE", 1, 2, 3, 4, 5, 6, 7), data, end), Whole)
	add("a chunk between the pixels",
		pngOf(head, Chunk("IDAT", z[:200]...), text, Chunk("IDAT", z[200:]...), end), Whole, lax)

	add("cut at 60 percent", cut(half, 60), Part)
	add("half of the rows", pngOf(head, Chunk("IDAT", deflated(rows[:len(rows)/2])...), end), Part)
	add("a filter that there is not", pngOf(head, Chunk("IDAT", deflated(spliced(rows, (3*W+1)*20, 1, 9))...), end), Part)
	add("damage within the pixels",
		pngOf(head, Chunk("IDAT", spliced(z, len(z)*7/10, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)...), end), Part, lax)

	add("the header's checksum", pngOf(wrong(head), data, end), Nothing)
	add("a header too long", pngOf(Chunk("IHDR", append(bytes.Clone(head[8:21]), 0)...), data, end), Nothing)
	add("a comment first", pngOf(text, head, data, end), Nothing)
	add("a second header", pngOf(head, head, data, end), Nothing)
	add("a palette's checksum", pngOf(Header(W, H, 8, 3, 0), wrong(palette), indices, end), Nothing)
	add("no palette", pngOf(Header(W, H, 8, 3, 0), indices, end), Nothing)
	add("an unknown chunk before the pixels", pngOf(head, Chunk("ABCD", 1), data, end), Nothing)
	add("no pixels", pngOf(head, end), Nothing)
	add("a zlib header that there is not", pngOf(head, Chunk("IDAT", spliced(z, 0, 2, 0, 0)...), end), Nothing)
	add("a colour type that there is not", pngOf(Header(W, H, 8, 5, 0), data, end), Nothing)
	add("a depth that there is not", pngOf(Header(W, H, 4, 2, 0), data, end), Nothing)
	add("no width", pngOf(Header(0, H, 8, 2, 0), data, end), Nothing)
	return append(append(files, transparent()...), coloured(data, end)...)
}

// transparent are files with a tRNS chunk.
func transparent() (files []File) {
	img, end := Drawing(), Chunk("IEND")
	first := img.NRGBAAt(0, 0)
	add := func(name string, chunks ...[]byte) {
		files = append(files, File{Name: name, Format: "png", Data: pngOf(chunks...), Off: 40, Other: true})
	}
	add("a transparent colour",
		Header(W, H, 8, 2, 0), Chunk("tRNS", 0, first.R, 0, first.G, 0, first.B), Chunk("IDAT", deflated(raw(img, 8, 2))...), end)
	add("a transparent colour of 16 bits",
		Header(W, H, 16, 2, 0), Chunk("tRNS", first.R, first.R, first.G, first.G, first.B, first.B), Chunk("IDAT", deflated(raw(img, 16, 2))...), end)
	add("a transparent grey",
		Header(W, H, 8, 0, 0), Chunk("tRNS", 0, first.G), Chunk("IDAT", deflated(raw(img, 8, 0))...), end)
	add("a transparent grey of 4 bits",
		Header(W, H, 4, 0, 0), Chunk("tRNS", 0, first.G>>4), Chunk("IDAT", deflated(raw(img, 4, 0))...), end)
	alphas := make([]byte, 256)
	for i := range alphas {
		alphas[i] = byte(i)
	}
	add("a palette with alpha",
		Header(W, H, 8, 3, 0), Chunk("PLTE", rgb332()...), Chunk("tRNS", alphas...), Chunk("IDAT", deflated(raw(img, 8, 3))...), end)
	add("alpha for half of a palette",
		Header(W, H, 8, 3, 0), Chunk("PLTE", rgb332()...), Chunk("tRNS", alphas[:128]...), Chunk("IDAT", deflated(raw(img, 8, 3))...), end)
	return files
}

// coloured are files that say what their colours mean.
func coloured(data, end []byte) (files []File) {
	head := Header(W, H, 8, 2, 0)
	four := func(values ...uint32) (out []byte) {
		for _, v := range values {
			out = binary.BigEndian.AppendUint32(out, v)
		}
		return out
	}
	add := func(name string, off int, other bool, chunks ...[]byte) {
		files = append(files, File{Name: name, Format: "png", Data: pngOf(append([][]byte{head}, chunks...)...), Off: off, Other: other})
	}
	for _, s := range Spaces() {
		pixels := Chunk("IDAT", deflated(raw(s.Into(), 8, 2))...)
		add("profile "+s.Name,
			5, false, Chunk("iCCP", append([]byte("x\x00\x00"), deflated(s.Profile())...)...), pixels, end)
	}
	p3 := Spaces()[1]
	profile := Chunk("iCCP", append([]byte("x\x00\x00"), deflated(p3.Profile())...)...)
	places := Chunk("cHRM", four(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)...)
	add("a profile's checksum", 0, false, wrong(profile), data, end)
	add("a profile that is no profile", 0, false, Chunk("iCCP", []byte("x\x00\x00garbage")...), data, end)
	add("gamma as of sRGB", 0, false, Chunk("gAMA", four(45455)...), data, end)
	add("gamma of light itself", 0, true, Chunk("gAMA", four(100000)...), data, end)
	add("sRGB beside another gamma", 0, false, Chunk("gAMA", four(30000)...), Chunk("sRGB", 0), data, end)
	add("primaries without a gamma", 0, false, places, data, end)
	add("primaries of P3 with a gamma", 0, true, Chunk("gAMA", four(45455)...), places, data, end)
	add("primaries of sRGB with a gamma",
		3, true, Chunk("gAMA", four(45455)...), Chunk("cHRM", four(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)...), data, end)
	add("code points of P3", 5, false, Chunk("cICP", 12, 13, 0, 1), Chunk("IDAT", deflated(raw(p3.Into(), 8, 2))...), end)
	add("code points of sRGB beside a profile", 0, false, Chunk("cICP", 1, 13, 0, 1), profile, data, end)
	add("code points of video", 0, true, Chunk("cICP", 1, 1, 0, 1), data, end)
	return files
}

// PNG is the drawing, and more behind its rows.
func PNG(more []byte) []byte {
	return pngOf(Header(W, H, 8, 2, 0), Chunk("IDAT", deflated(append(raw(Drawing(), 8, 2), more...))...), Chunk("IEND"))
}

// PNGWithProfile is the drawing with anything as its profile.
func PNGWithProfile(profile []byte) []byte {
	packed := append([]byte("x\x00\x00"), deflated(profile)...)
	return pngOf(Header(W, H, 8, 2, 0), Chunk("iCCP", packed...), Chunk("IDAT", deflated(raw(Drawing(), 8, 2))...), Chunk("IEND"))
}

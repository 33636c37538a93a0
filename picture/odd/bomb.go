package odd

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"slices"
)

// Bomb is a file that is made to cost far more than it looks.
type Bomb struct {
	Name string
	Data []byte
}

// Bombs makes a hundred such files of all formats: most reach what may just be asked for, the others ask for
// more. Nearly all have less than 16 MiB. They are handed on one by one, for together they are large.
func Bombs(use func(Bomb)) {
	add := func(data []byte, format string, args ...any) { use(Bomb{fmt.Sprintf(format, args...), data}) }
	jpegBombs(add)
	pngBombs(add)
	gifBombs(add)
	webpBombs(add)
	tiffBombs(add)
	bmpBombs(add)
}

// limit is how large a file may be.
const limit = 16 << 20

func jpegBombs(add func([]byte, string, ...any)) {
	for _, side := range []int{120, 600, 1300, 2400, 5752} {
		for _, scans := range []int{20, 60, 500, 3000, 20_000} {
			if size := 100 + scans*(20+side*side/64/8/1000); size < limit/2 {
				add(ScanBomb(side, scans), "JPEG of %d pixels a side and %d scans", side, scans)
			}
		}
	}
	head := []byte{0xff, 0xd8}
	table := Segment(0xc4, append(append([]byte{0x10}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 7)...)
	add(append(append(head, bytes.Repeat(table, limit/2/len(table))...), ScanBomb(400, 2)[2:]...), "JPEG of many tables")
	part := iccSegment(make([]byte, 60_000), 1, 255)
	add(append(append(head[:2:2], bytes.Repeat(part, 200)...), ScanBomb(400, 2)[2:]...), "JPEG of many pieces of a profile")
	add(append(append(head[:2:2], bytes.Repeat([]byte{0xff}, limit/2)...), ScanBomb(400, 2)[2:]...), "JPEG of fill bytes")
	whole := JPEG{}.Write(Drawing())
	at := bytes.Index(whole, []byte{0xff, 0xda})
	add(append(whole[:at:at], bytes.Repeat(Segment(0xfe), limit/4-1000)...), "JPEG of empty comments")
	large := bytes.Clone(whole)
	sof := bytes.Index(large, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(large[sof+5:], 5700)
	binary.BigEndian.PutUint16(large[sof+7:], 5700)
	add(large, "JPEG of 32 megapixels of which few are there")
	add(append(large[:len(large)-2:len(large)-2], bytes.Repeat([]byte{0xa5}, 12<<20)...), "JPEG of 32 megapixels of noise")
	add(append(large[:len(large)-2:len(large)-2], bytes.Repeat([]byte{0xff, 0xd0}, 6<<20)...), "JPEG of restarts")
}

// ScanBomb is a small, valid progressive JPEG of many scans, each of which goes over all blocks.
func ScanBomb(side, scans int) []byte {
	var tables []byte
	tables = append(tables, Segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)...)
	s := byte(side >> 8)
	tables = append(tables, Segment(0xc2, 8, s, byte(side), s, byte(side), 1, 1, 0x11, 0)...)
	counts := append([]byte{1}, make([]byte, 15)...)
	tables = append(tables, Segment(0xc4, append(append([]byte{0}, counts...), 0)...)...)
	end := byte(0xe0) // for 16,384 blocks and more
	tables = append(tables, Segment(0xc4, append(append([]byte{0x10}, counts...), end)...)...)
	blocks := (side + 7) / 8 * ((side + 7) / 8)
	averages := append(Segment(0xda, 1, 1, 0, 0, 0, 0), make([]byte, (blocks+7)/8)...)
	var runs []byte
	acc, n := 0, 0
	for left := blocks; left > 0; {
		run := max(16384, min(left, 32766))
		left -= run
		acc, n = acc<<15|run-16384, n+15
		for ; n >= 8; n -= 8 {
			if runs = append(runs, byte(acc>>(n-8))); runs[len(runs)-1] == 0xff {
				runs = append(runs, 0)
			}
		}
	}
	if n > 0 {
		runs = append(runs, byte(acc<<(8-n)))
	}
	scan := append(Segment(0xda, 1, 1, 0, 1, 63, 0), runs...)
	out := append([]byte{0xff, 0xd8}, tables...)
	out = append(out, averages...)
	out = append(out, bytes.Repeat(scan, scans)...)
	return append(out, 0xff, 0xd9)
}

func pngBombs(add func([]byte, string, ...any)) {
	end := Chunk("IEND")
	for _, size := range [][2]uint32{{300, 200}, {5752, 5752}, {12_000, 2700}, {20_000, 20_000}} {
		pixels := Chunk("IDAT", zeros(min(int(size[0])*int(size[1])*9, 300<<20))...)
		for _, kind := range [][2]byte{{1, 0}, {8, 3}, {8, 6}, {16, 6}} {
			for _, interlace := range []byte{0, 1} {
				if size[0] < 1000 && interlace == 1 {
					continue
				}
				palette := Chunk("PLTE", rgb332()...)
				if kind[1] != 3 {
					palette = nil
				}
				add(pngOf(Header(size[0], size[1], kind[0], kind[1], interlace), palette, pixels, end),
					"PNG of %dx%d, %d bits, colour type %d, interlace %d", size[0], size[1], kind[0], kind[1], interlace)
			}
		}
	}
	add(PNG(make([]byte, 64<<20)), "PNG whose pixels go on")
	add(PNGWithProfile(make([]byte, 64<<20)), "PNG whose profile goes on")
	head := Header(5000, 5000, 8, 2, 0)
	add(pngOf(head, bytes.Repeat(Chunk("IDAT"), limit/12-1000)), "PNG of empty chunks of pixels")
	add(pngOf(head, bytes.Repeat(Chunk("tEXt", 'a', 0), limit/14-20_000), Chunk("IDAT", zeros(80<<20)...), end), "PNG of comments")
	stored := append([]byte{0x78, 0x01}, bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, limit/5-1000)...)
	add(pngOf(head, Chunk("IDAT", stored...), end), "PNG of empty blocks")
	var tables bytes.Buffer // a block of its own codes that has nothing in it, again and again
	tables.Write([]byte{0x78, 0x01})
	w, _ := flate.NewWriter(&tables, flate.HuffmanOnly)
	for range 20_000 {
		w.Write([]byte("abcabcdefghijklmnopqrstuvw"))
		w.Flush()
	}
	add(pngOf(head, Chunk("IDAT", tables.Bytes()...), end), "PNG of many small blocks")
}

// zeros are so many, packed by zlib.
func zeros(n int) []byte { return deflated(make([]byte, n)) }

func gifBombs(add func([]byte, string, ...any)) {
	pal, end := rgb332(), []byte{0x3b}
	zeros := func(n int) []byte { // of the codes that are longest
		var p packer
		p.put(256, 9)
		width, next, made := 9, 258, 0
		for code := 0; made < n; {
			p.put(code, width)
			if code == 0 {
				made++
			} else {
				made += code - 256
			}
			if code = next; next < 4095 {
				if next++; next == 1<<width {
					width++
				}
			} else {
				code = 4094
			}
		}
		return p.out
	}
	for _, side := range []int{100, 1000, 5752} {
		frame := gifFrame(0, 0, uint16(side), uint16(side), 0, 8, subBlocks(zeros(side*side)))
		for _, n := range []int{1, 40, 90, 1000} {
			if n*len(frame) < limit {
				add(join(screen(uint16(side), uint16(side), pal), bytes.Repeat(frame, n), end), "GIF of %d frames of %d pixels a side", n, side)
			}
		}
	}
	clear := bytes.Repeat([]byte{0x00, 0x03, 0x08, 0x10}, limit/4-70_000)
	add(join(screen(5000, 5000, pal), gifFrame(0, 0, 5000, 5000, 0, 8, subBlocks(clear)), end), "GIF of codes that clear")
	add(join(screen(5000, 5000, pal), gifFrame(0, 0, 5000, 5000, 0, 8, bytes.Repeat([]byte{1, 0}, limit/2-1000)), end), "GIF of small blocks")
	add(join(screen(10, 10, pal), bytes.Repeat([]byte{0x21, 0xfe, 0}, limit/3-1000), end), "GIF of comments")
	add(join(screen(60_000, 60_000, pal), gifFrame(0, 0, 10, 10, 0, 8, subBlocks(zeros(100))), end), "GIF of a huge canvas")
}

func webpBombs(add func([]byte, string, ...any)) {
	for _, side := range []int{500, 2000, 5752, 16_000} {
		add(RIFF(plainLossless(side, 0)), "WebP of %d pixels a side", side)
		add(RIFF(plainLossless(side, 2600)), "WebP of %d pixels a side and 2,600 groups of codes", side)
	}
	add(RIFF(plainLossless(2000, 1<<16)), "WebP of 65,536 groups of codes")
	anim := RIFFChunk("ANIM", []byte{255, 255, 255, 255, 0, 0})
	for _, n := range []int{50, 90, 5000} {
		frame := animated(0, 0, 500, 500, plainLossless(500, 0))
		add(RIFF(extendedHeader(2, 500, 500), anim, bytes.Repeat(frame, n)), "WebP of %d frames", n)
	}
	add(RIFF(extendedHeader(2, 5752, 5752), anim, animated(0, 0, 5752, 5752, plainLossless(5752, 0))), "WebP, a frame of a large canvas")
	vp8 := decoded(lossy)
	large := append(bytes.Clone(vp8), make([]byte, 8<<20)...)
	binary.LittleEndian.PutUint16(large[6:], 5700)
	binary.LittleEndian.PutUint16(large[8:], 5700)
	add(RIFF(RIFFChunk("VP8 ", large)), "WebP, lossy, of 32 megapixels")
	add(RIFF(extendedHeader(0, 10, 10), bytes.Repeat(RIFFChunk("ABCD", nil), limit/8-1000)), "WebP of empty chunks")
	add(RIFF(extendedHeader(0x20, 500, 500), RIFFChunk("ICCP", make([]byte, 8<<20)), plainLossless(500, 0)), "WebP of a large profile")
}

// plainLossless is the VP8L chunk of one colour, in one code of no bits a pixel; with groups, each tile of
// 4x4 pixels has codes of its own, as many as there may be.
func plainLossless(side, groups int) []byte {
	var p packer
	p.put(0x2f, 8)
	p.put(side-1, 14)
	p.put(side-1, 14)
	p.put(0, 1+3)    // no alpha, version
	p.put(0, 1)      // no transform
	p.put(0, 1)      // no cache of colours
	none := func() { // five codes of one symbol: no bits
		for range 5 {
			p.put(1, 1+1+1) // simple, of one symbol, of one bit,
			p.put(0, 1)     // which is 0
		}
	}
	if groups == 0 {
		p.put(0, 1) // no groups
		none()
		return RIFFChunk("VP8L", p.out)
	}
	p.put(1, 1)
	p.put(0, 3) // tiles of 4 pixels a side
	p.put(0, 1) // no cache of colours
	for i := range 5 {
		if i > 1 {
			p.put(1, 3)
			p.put(0, 1)
			continue
		}
		p.put(0, 1) // green and red have eight bits each: the number of the group
		p.put(8, 4)
		for j := range 12 {
			p.put(map[bool]int{true: 1}[j == 2 || j == 11], 3)
		}
		p.put(0, 1)
		for s := range []int{280, 256}[i] {
			p.put(map[bool]int{true: 1}[s < 256], 1)
		}
	}
	tiles := (side + 3) / 4 * ((side + 3) / 4)
	for i := range tiles {
		v := i % groups
		p.put(int(reversed(byte(v))), 8)
		p.put(int(reversed(byte(v>>8))), 8)
	}
	for range min(tiles, groups) {
		none()
	}
	return RIFFChunk("VP8L", p.out)
}

func reversed(b byte) (r byte) {
	for i := range 8 {
		r |= b >> i & 1 << (7 - i)
	}
	return r
}

func tiffBombs(add func([]byte, string, ...any)) {
	for _, kind := range []struct {
		name    string
		packing uint16
		body    []byte
	}{
		{"deflated", 8, deflated(make([]byte, 64<<20))},
		{"of LZW", 5, bytes.Repeat([]byte{0x80, 0x00, 0x00, 0x08}, 1<<18)},
		{"of runs", 32773, bytes.Repeat([]byte{0x81, 0}, 1<<20)},
		{"not packed", 1, make([]byte, 1<<20)},
	} {
		for _, size := range [][3]int{{100, 100, 100}, {5752, 5752, 5752}, {5752, 5752, 1}, {1, 12_000, 1}} {
			strips := (size[1] + size[2] - 1) / size[2]
			add(stripTIFF(size[0], size[1], size[2], strips, kind.packing, kind.body), "TIFF %s, %dx%d in %d strips",
				kind.name, size[0], size[1], strips)
		}
	}
	add(tileTIFF(1400, 1, deflated([]byte{0})), "TIFF of two million tiles")
	add(tileTIFF(1100, 1, deflated([]byte{0})), "TIFF of a million tiles")
	add(tileTIFF(1400, 1, nil), "TIFF of two million empty tiles")
	add(tileTIFF(5700, 16, deflated(make([]byte, 256))), "TIFF of small tiles")
}

// stripTIFF is grey; all its strips are the same bytes.
func stripTIFF(w, h, rows, strips int, packing uint16, body []byte) []byte {
	return tiffOf(w, h, packing, strips, body, 273, 279, [2]int{278, rows})
}

// tileTIFF is grey; all its tiles are the same bytes.
func tileTIFF(side, tile int, body []byte) []byte {
	across := (side + tile - 1) / tile
	return tiffOf(side, side, 8, across*across, body, 324, 325, [2]int{322, tile}, [2]int{323, tile})
}

func tiffOf(w, h int, packing uint16, pieces int, body []byte, offsets, counts uint16, more ...[2]int) []byte {
	le := binary.LittleEndian
	out := le.AppendUint32([]byte("II*\x00"), 0)
	at := len(out)
	out = append(out, body...)
	where := len(out)
	for range pieces {
		out = le.AppendUint32(out, uint32(at))
	}
	lengths := len(out)
	for range pieces {
		out = le.AppendUint32(out, uint32(len(body)))
	}
	le.PutUint32(out[4:], uint32(len(out)))
	entries := [][3]int{{256, 1, w}, {257, 1, h}, {258, 1, 8}, {259, 1, int(packing)}, {262, 1, 1}, {277, 1, 1},
		{int(offsets), pieces, where}, {int(counts), pieces, lengths}}
	for _, m := range more {
		entries = append(entries, [3]int{m[0], 1, m[1]})
	}
	if pieces == 1 {
		entries[6][2], entries[7][2] = at, len(body)
	}
	slices.SortFunc(entries, func(a, b [3]int) int { return a[0] - b[0] })
	out = le.AppendUint16(out, uint16(len(entries)))
	for _, e := range entries {
		out = le.AppendUint16(out, uint16(e[0]))
		out = le.AppendUint16(out, 4) // LONG
		out = le.AppendUint32(out, uint32(e[1]))
		out = le.AppendUint32(out, uint32(e[2]))
	}
	return le.AppendUint32(out, 0)
}

func bmpBombs(add func([]byte, string, ...any)) {
	for _, packing := range []int{1, 2} {
		b := BMP{Depth: 8 / packing, Packing: uint32(packing), Palette: make([]byte, 1024/packing), Pixels: bytes.Repeat([]byte{255, 1}, limit/2-1000)}.Write()
		add(b, "BMP of runs beyond its edge, packing %d", packing)
		large := bytes.Clone(b)
		binary.LittleEndian.PutUint32(large[18:], 5700)
		binary.LittleEndian.PutUint32(large[22:], 5700)
		add(large, "BMP of 32 megapixels of runs, packing %d", packing)
		jumps := BMP{Depth: 8 / packing, Packing: uint32(packing), Palette: make([]byte, 1024/packing), Pixels: bytes.Repeat([]byte{0, 2, 1, 0}, limit/4-1000)}.Write()
		binary.LittleEndian.PutUint32(jumps[18:], 5700)
		binary.LittleEndian.PutUint32(jumps[22:], 5700)
		add(jumps, "BMP of jumps, packing %d", packing)
	}
}

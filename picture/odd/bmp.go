package odd

import (
	"encoding/binary"
	"image"
)

// BMP says how a BMP file is written.
type BMP struct {
	Core    bool // OS/2's header
	Depth   int
	Packing uint32
	TopDown bool
	Masks   [4]uint32
	Palette []byte // blue, green, red and nothing, each
	Pixels  []byte
}

// Write makes the file.
func (b BMP) Write() []byte {
	le := binary.LittleEndian
	var info []byte
	if b.Core {
		info = le.AppendUint16(le.AppendUint16(le.AppendUint32(nil, 12), W), H)
		info = le.AppendUint16(le.AppendUint16(info, 1), uint16(b.Depth))
	} else {
		h := int32(H)
		if b.TopDown {
			h = -h
		}
		size := uint32(40)
		if b.Masks[3] != 0 {
			size = 108
		}
		info = le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, size), W), uint32(h))
		info = le.AppendUint16(le.AppendUint16(info, 1), uint16(b.Depth))
		info = le.AppendUint32(info, b.Packing)
		info = append(info, make([]byte, 20)...)
		if b.Packing == 3 {
			for _, m := range b.Masks {
				info = le.AppendUint32(info, m)
			}
			if b.Masks[3] == 0 {
				info = info[:40+12]
			}
		}
		info = append(info, make([]byte, max(0, int(size)-len(info)))...)
	}
	head := le.AppendUint32([]byte("BM"), uint32(14+len(info)+len(b.Palette)+len(b.Pixels)))
	head = le.AppendUint32(append(head, 0, 0, 0, 0), uint32(14+len(info)+len(b.Palette)))
	return join(head, info, b.Palette, b.Pixels)
}

// bmpRows are the rows of a picture from below, each pixel written by put.
func bmpRows(img *image.NRGBA, put func(row []byte, x, y int) []byte) (out []byte) {
	for y := H - 1; y >= 0; y-- {
		var row []byte
		for x := range W {
			row = put(row, x, y)
		}
		out = append(out, row...)
		out = append(out, make([]byte, -len(row)&3)...)
	}
	return out
}

// BMPs are odd BMP files.
func BMPs() []File {
	var files []File
	img := Drawing()
	add := func(name string, data []byte, shown Shown, more ...func(*File)) {
		f := File{Name: name, Format: "bmp", Data: data, Shown: shown}
		for _, m := range more {
			m(&f)
		}
		files = append(files, f)
	}
	off := func(n int) func(*File) { return func(f *File) { f.Off = n } }
	other := func(f *File) { f.Other = true }

	full := bmpRows(img, func(row []byte, x, y int) []byte {
		p := img.NRGBAAt(x, y)
		return append(row, p.B, p.G, p.R)
	})
	wide := func(alpha byte) []byte {
		return bmpRows(img, func(row []byte, x, y int) []byte {
			p := img.NRGBAAt(x, y)
			return append(row, p.B, p.G, p.R, alpha)
		})
	}
	narrow := func(green int) []byte {
		return bmpRows(img, func(row []byte, x, y int) []byte {
			p := img.NRGBAAt(x, y)
			v := uint16(p.B>>3) | uint16(p.G>>(8-green))<<5 | uint16(p.R>>3)<<(5+green)
			return binary.LittleEndian.AppendUint16(row, v)
		})
	}
	var pal, core []byte
	for c := rgb332(); len(c) > 0; c = c[3:] {
		pal = append(pal, c[2], c[1], c[0], 0)
		core = append(core, c[2], c[1], c[0])
	}
	indices := bmpRows(img, func(row []byte, x, y int) []byte { return append(row, packed(img, y, x, W, 8, 3)...) })
	add("of 24 bits", BMP{Depth: 24, Pixels: full}.Write(), Whole)
	add("of 32 bits", BMP{Depth: 32, Pixels: wide(0)}.Write(), Whole)
	add("of 32 bits with alpha",
		BMP{Depth: 32, Packing: 3, Masks: [4]uint32{0xff0000, 0xff00, 0xff, 0xff000000}, Pixels: wide(128)}.Write(), Whole, other)
	add("of 32 bits with alpha that is empty",
		BMP{Depth: 32, Packing: 3, Masks: [4]uint32{0xff0000, 0xff00, 0xff, 0xff000000}, Pixels: wide(0)}.Write(), Whole, func(f *File) { f.Lax = true })
	add("of 16 bits", BMP{Depth: 16, Pixels: narrow(5)}.Write(), Whole, off(12))
	add("of 16 bits by masks",
		BMP{Depth: 16, Packing: 3, Masks: [4]uint32{0xf800, 0x07e0, 0x001f, 0}, Pixels: narrow(6)}.Write(), Whole, off(12))
	add("of 8 bits", BMP{Depth: 8, Palette: pal, Pixels: indices}.Write(), Whole, off(40))
	add("of OS/2", BMP{Core: true, Depth: 8, Palette: core, Pixels: indices}.Write(), Whole, off(40))
	add("the other way up", BMP{Depth: 24, TopDown: true, Pixels: full}.Write(), Whole, other)
	for _, depth := range []int{1, 4} {
		var greys []byte
		for i := range 1 << depth {
			v := byte(i * 255 / (1<<depth - 1))
			greys = append(greys, v, v, v, 0)
		}
		var rows []byte
		for y := H - 1; y >= 0; y-- {
			row := packed(img, y, 0, 1, depth, 0)
			rows = append(append(rows, row...), make([]byte, -len(row)&3)...)
		}
		add("of "+string('0'+byte(depth))+" bits", BMP{Depth: depth, Palette: greys, Pixels: rows}.Write(), Whole, other)
	}
	var runs, runs4 []byte
	for y := H - 1; y >= 0; y-- {
		row := packed(img, y, 0, 1, 8, 3)
		runs = append(runs, 0, W/2) // half of it one by one, the rest as runs
		runs = append(runs, row[:W/2]...)
		for _, v := range row[W/2:] {
			runs = append(runs, 1, v)
		}
		runs = append(runs, 0, 0)
		runs4 = append(runs4, 7, 0x5a, 0, 3, 0x12, 0x30, 0, 0)
	}
	add("of runs", BMP{Depth: 8, Packing: 1, Palette: pal, Pixels: append(runs, 0, 1)}.Write(), Whole, off(40))
	add("of runs that end early",
		BMP{Depth: 8, Packing: 1, Palette: pal, Pixels: append(append([]byte{}, runs[:len(runs)/2]...), 0, 1)}.Write(), Whole, other)
	add("of runs of four bits, with gaps",
		BMP{Depth: 4, Packing: 2, Palette: pal[32:96], Pixels: append(runs4, 0, 2, 3, 2, 0, 1)}.Write(), Whole, other)
	add("cut", cut(BMP{Depth: 24, Pixels: full}.Write(), 60), Whole, other)
	add("of no pixels", BMP{Depth: 24}.Write(), Nothing)
	add("of 7 bits", BMP{Depth: 7, Pixels: full}.Write(), Nothing)
	add("with a JPEG in it", BMP{Depth: 0, Packing: 4, Pixels: full}.Write(), Nothing)
	return files
}

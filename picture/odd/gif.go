package odd

import (
	"encoding/binary"
)

// packer writes codes of GIF or lossless WebP, the least significant bit first.
type packer struct {
	out []byte
	n   int
}

func (p *packer) put(v, width int) {
	for i := range width {
		if p.n&7 == 0 {
			p.out = append(p.out, 0)
		}
		p.out[p.n>>3] |= byte(v>>i&1) << (p.n & 7)
		p.n++
	}
}

// lzw writes indices of eight bits without ever using the table: it is cleared before codes grow.
func lzw(indices []byte, end bool) []byte {
	var p packer
	for i, v := range indices {
		if i%250 == 0 {
			p.put(256, 9)
		}
		p.put(int(v), 9)
	}
	if end {
		p.put(257, 9)
	}
	return p.out
}

// subBlocks divides data into sub-blocks and ends them.
func subBlocks(data []byte) (out []byte) {
	for len(data) > 0 {
		n := min(len(data), 255)
		out = append(append(out, byte(n)), data[:n]...)
		data = data[n:]
	}
	return append(out, 0)
}

// screen is the beginning of a GIF; without a palette if that is empty.
func screen(w, h uint16, palette []byte) []byte {
	out := binary.LittleEndian.AppendUint16([]byte("GIF89a"), w)
	out = binary.LittleEndian.AppendUint16(out, h)
	if len(palette) == 0 {
		return append(out, 0, 0, 0)
	}
	return append(append(out, 0x87, 0, 0), palette...)
}

func gifFrame(x, y, w, h uint16, flags byte, minimum byte, blocks []byte) []byte {
	out := []byte{0x2c}
	for _, v := range []uint16{x, y, w, h} {
		out = binary.LittleEndian.AppendUint16(out, v)
	}
	return append(append(out, flags, minimum), blocks...)
}

func control(packed, index byte) []byte { return []byte{0x21, 0xf9, 4, packed, 0, 0, index, 0} }

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// indicesOf is the drawing in the palette of rgb332, rows in some order.
func indicesOf(order func(i int) int) (out []byte) {
	img := Drawing()
	for i := range H {
		out = append(out, packed(img, order(i), 0, 1, 8, 3)...)
	}
	return out
}

// GIFs are odd GIF files.
func GIFs() []File {
	var files []File
	add := func(name string, data []byte, shown Shown, more ...func(*File)) {
		f := File{Name: name, Format: "gif", Data: data, Shown: shown, Off: 40}
		for _, m := range more {
			m(&f)
		}
		files = append(files, f)
	}
	sized := func(w, h int) func(*File) { return func(f *File) { f.W, f.H = w, h } }
	other := func(f *File) { f.Other = true }
	lax := func(f *File) { f.Lax = true }

	pal := rgb332()
	indices := indicesOf(func(i int) int { return i })
	body := lzw(indices, true)
	blocks := subBlocks(body)
	head := screen(W, H, pal)
	frame := gifFrame(0, 0, W, H, 0, 8, blocks)
	end := []byte{0x3b}
	short := func(n int) []byte { return gifFrame(0, 0, W, H, 0, 8, subBlocks(lzw(indices[:n], true))) }

	add("plain", join(head, frame, end), Whole)
	add("no trailer", join(head, frame), Whole)
	add("no end of its codes", join(head, gifFrame(0, 0, W, H, 0, 8, subBlocks(lzw(indices, false))), end), Whole)
	add("an empty sub-block more", join(head, frame, []byte{0}, end), Whole)
	add("two sub-blocks more",
		join(head, gifFrame(0, 0, W, H, 0, 8, join(blocks[:len(blocks)-1], []byte{2, 1, 1, 1, 7, 0})), end), Whole)
	add("pixels more",
		join(head, gifFrame(0, 0, W, H, 0, 8, subBlocks(lzw(append(indices, indices[:300]...), true))), end), Whole)
	add("pixels fewer", join(head, short(W*20), end), Part)
	add("pixels fewer, and a piece of a row", join(head, short(W*20+7), end), Part)
	add("cut within its codes", cut(join(head, frame), 80), Part)
	add("an unknown extension", join(head, []byte{0x21, 0x77, 3, 1, 2, 3, 0}, frame, end), Whole)
	add("garbage behind its first frame", join(head, frame, []byte{0x99, 1, 2}), Whole)
	add("a broken second frame",
		join(head, frame, gifFrame(0, 0, W, H, 0, 8, subBlocks([]byte{0xff, 0xff, 0xff}))), Whole)
	var broken packer
	broken.put(256, 9)
	for _, v := range indices[:200] {
		broken.put(int(v), 9)
	}
	broken.put(511, 9)
	add("a code out of range",
		join(head, gifFrame(0, 0, W, H, 0, 8, subBlocks(append(broken.out, body...))), end), Whole, func(f *File) { f.Shown = Part; f.Other = true })
	add("a first code out of range",
		join(head, gifFrame(0, 0, W, H, 0, 8, subBlocks([]byte{0x00, 0xff, 0xff})), end), Nothing)

	add("a canvas of no size", join(screen(0, 0, pal), frame, end), Whole)
	add("a canvas of no width", join(screen(0, H, pal), frame, end), Whole)
	add("a frame wider than its canvas by a pixel", join(screen(W-1, H, pal), frame, end), Whole)
	add("a frame ten pixels beyond", join(head, gifFrame(10, 0, W, H, 0, 8, blocks), end), Whole, sized(W+10, H), other)
	add("a frame far beyond", join(head, gifFrame(60, 50, W, H, 0, 8, blocks), end), Whole, sized(60+W, 50+H), other)
	add("a frame on a part of its canvas",
		join(screen(W+20, H+20, pal), gifFrame(5, 5, W, H, 0, 8, blocks), end), Whole, sized(W+20, H+20), other)
	add("a later frame that is larger", join(head, frame, gifFrame(0, 0, 2*W, 2*H, 0, 8, blocks), end), Whole)
	add("a frame of no size first", join(head, gifFrame(0, 0, 0, 0, 0, 8, []byte{0}), frame, end), Whole, lax)

	add("a frame's own palette",
		join(screen(W, H, nil), gifFrame(0, 0, W, H, 0x87, 0, nil)[:10], pal, []byte{8}, blocks, end), Whole)
	add("no palette", join(screen(W, H, nil), frame, end), Whole, other)
	add("a transparent index", join(head, control(1, indices[0]), frame, end), Whole, other)
	add("no transparent index, but one named", join(head, control(0, indices[0]), frame, end), Whole)
	add("interlaced",
		join(head, gifFrame(0, 0, W, H, 0x40, 8, subBlocks(lzw(indicesOf(interlacedRow), true))), end), Whole)
	add("interlaced and short",
		join(head, gifFrame(0, 0, W, H, 0x40, 8, subBlocks(lzw(indicesOf(interlacedRow)[:W*10], true))), end), Part, func(f *File) { f.Off = 60 })

	add("codes of nine bits at least", join(head, gifFrame(0, 0, W, H, 0, 9, blocks), end), Nothing)
	add("no frame", join(head, end), Nothing)
	add("a frame of no size", join(head, gifFrame(0, 0, 0, 0, 0, 8, []byte{0}), end), Nothing)
	add("no codes", join(head, gifFrame(0, 0, W, H, 0, 8, []byte{0}), end), Nothing)
	add("garbage before its frame", join(head, []byte{0, 0, 0}, frame, end), Nothing)
	add("cut in its palette", head[:50], Nothing)
	return files
}

// interlacedRow is the row of the picture that comes as the i-th.
func interlacedRow(i int) int {
	for _, p := range [4][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		n := (H - p[0] + p[1] - 1) / p[1]
		if i < n {
			return p[0] + i*p[1]
		}
		i -= n
	}
	return 0
}

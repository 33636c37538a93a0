package odd

import (
	"encoding/base64"
	"encoding/binary"
	"image"
	"math/bits"
)

// RIFF is a WebP file of some chunks.
func RIFF(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), join(chunks...)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// RIFFChunk is a chunk of one.
func RIFFChunk(name string, body []byte) []byte {
	out := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
	if len(body)&1 == 1 {
		out = append(out, 0)
	}
	return out
}

// Lossless is the VP8L chunk of a picture, every value written in eight bits (WebP lossless
// specification, 6.2).
func Lossless(img *image.NRGBA) []byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	var p packer
	p.put(0x2f, 8)
	p.put(w-1, 14)
	p.put(h-1, 14)
	p.put(1, 1) // alpha is used
	p.put(0, 3)
	p.put(0, 3) // no transform, no cache of colours, no groups of codes
	for _, alphabet := range []int{256 + 24, 256, 256, 256} {
		p.put(0, 1) // lengths follow,
		p.put(8, 4) // those of twelve codes for lengths: 17 18 0 1 2 3 4 5 16 6 7 8,
		for i := range 12 {
			used := 0
			if i == 2 || i == 11 { // of which 0 and 8 are used
				used = 1
			}
			p.put(used, 3)
		}
		p.put(0, 1) // for all of the alphabet
		for i := range alphabet {
			one := 0
			if i < 256 {
				one = 1
			}
			p.put(one, 1)
		}
	}
	p.put(1, 4) // distances: one code, 0
	for y := range h {
		for x := range w {
			px := img.NRGBAAt(x, y)
			for _, v := range []byte{px.G, px.R, px.B, px.A} {
				p.put(int(bits.Reverse8(v)), 8)
			}
		}
	}
	return RIFFChunk("VP8L", p.out)
}

// extendedHeader is a VP8X chunk.
func extendedHeader(flags byte, w, h int) []byte {
	return RIFFChunk("VP8X", join([]byte{flags, 0, 0, 0}, three(w-1), three(h-1)))
}

func three(v int) []byte { return []byte{byte(v), byte(v >> 8), byte(v >> 16)} }

// animated is an ANMF chunk.
func animated(x, y, w, h int, chunks ...[]byte) []byte {
	head := join(three(x/2), three(y/2), three(w-1), three(h-1), three(100), []byte{0})
	return RIFFChunk("ANMF", join(head, join(chunks...)))
}

// lossy is the VP8 chunk of the drawing, and half its alpha, written by libwebp 1.2.4 at quality 95.
const (
	lossy = "8AcAnQEqKAAgAD4VCIJBIQaoBABRLUATpll22PRPwA/Yz/R8m72zwwLHH+gA7v0udAteCUpTpYQCKe6OaDqdp5zYZ4M8eGuwAP77V4Ma" +
		"J0TontfYZCNQp0f/1W9TCwH8jCSv/5BQksw8srFfPD8Rui/BSBP1wbLdn3Ja2Ua7rTx5Z4bpStQNVmKH14h9vEhdTjVV5exfC5lvvLwg" +
		"u+gSSr5oKuFx8eI+fYCf9yhR0DZGWz2ZEpMUSrY3jJYsRLfwdxdUAAAA"
	lossyAlpha = "BQ8wBhERQiyY+Es3g+6I/kewBg=="
)

func decoded(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// WebPs are odd WebP files.
func WebPs() []File {
	var files []File
	add := func(name string, data []byte, shown Shown, more ...func(*File)) {
		f := File{Name: name, Format: "webp", Data: data, Shown: shown}
		for _, m := range more {
			m(&f)
		}
		files = append(files, f)
	}
	lax := func(f *File) { f.Lax = true }
	other := func(f *File) { f.Other = true }
	off := func(n int) func(*File) { return func(f *File) { f.Off = n } }

	exact := Lossless(Drawing())
	vp8, alpha := RIFFChunk("VP8 ", decoded(lossy)), RIFFChunk("ALPH", decoded(lossyAlpha))
	anim := RIFFChunk("ANIM", []byte{255, 255, 255, 255, 0, 0})
	const animationFlag, alphaFlag, profileFlag = 0x02, 0x10, 0x20
	moving := extendedHeader(animationFlag, W, H)
	black := Lossless(image.NewNRGBA(image.Rect(0, 0, W, H)))

	add("lossless", RIFF(exact), Whole)
	add("lossy", RIFF(vp8), Whole, off(4))
	add("lossy with alpha", RIFF(extendedHeader(alphaFlag, W, H), alpha, vp8), Whole, off(4), other)
	add("lossless and animated", RIFF(moving, anim, animated(0, 0, W, H, exact), animated(0, 0, W, H, black)), Whole)
	add("lossy and animated", RIFF(moving, anim, animated(0, 0, W, H, vp8), animated(0, 0, W, H, black)), Whole, off(4))
	add("lossy with alpha and animated",
		RIFF(extendedHeader(animationFlag|alphaFlag, W, H), anim, animated(0, 0, W, H, alpha, vp8), animated(0, 0, W, H, black)), Whole, off(4), other)
	add("animated, a single frame", RIFF(moving, anim, animated(0, 0, W, H, exact)), Whole)
	add("animated on a part of its canvas",
		RIFF(extendedHeader(animationFlag|alphaFlag, W+20, H+10), anim, animated(6, 4, W, H, exact)), Whole, func(f *File) { f.W, f.H = W+20, H+10 }, other)
	add("animated, its second frame cut",
		cut(RIFF(moving, anim, animated(0, 0, W, H, exact), animated(0, 0, W, H, exact)), 80), Whole, lax)
	still := RIFF(exact)
	add("a wrong length of all", spliced(still, 4, 4, 0xff, 0xff, 0, 0), Whole, lax)
	add("garbage behind", append(append([]byte{}, still...), make([]byte, 300)...), Whole)
	add("a chunk that is not known", RIFF(extendedHeader(0, W, H), RIFFChunk("ABCD", []byte{1, 2, 3}), exact), Whole)
	for _, s := range Spaces()[1:6] {
		add("profile "+s.Name,
			RIFF(extendedHeader(profileFlag, W, H), RIFFChunk("ICCP", s.Profile()), Lossless(s.Into())), Whole, off(5))
	}

	add("lossless and cut", cut(still, 80), Nothing)
	add("lossy and cut", cut(RIFF(vp8), 60), Nothing)
	add("animated, its first frame cut", cut(RIFF(moving, anim, animated(0, 0, W, H, exact)), 80), Nothing)
	add("no frame", RIFF(moving, anim), Nothing)
	add("a frame larger than its canvas",
		RIFF(extendedHeader(animationFlag, W-2, H), anim, animated(0, 0, W, H, exact)), Nothing)
	add("a frame of another size than its pixels", RIFF(moving, anim, animated(0, 0, W-2, H, exact)), Whole)
	return files
}

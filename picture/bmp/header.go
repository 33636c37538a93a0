// Package bmp decodes BMP files of strangers as browsers do: 1 to 32 bits, masks, run lengths,
// either way up, headers from OS/2's to the fifth of Windows. Rows that are missing are transparent,
// as pixels that run lengths pass over are black.
//
// The format: "Bitmap Storage" and BITMAPV5HEADER (Microsoft, Windows GDI).
package bmp

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"slugpuppy/picture/codec"
)

// Compressions.
const (
	plain     = 0
	runs8     = 1
	runs4     = 2
	masked    = 3
	maskedRGB = 6 // with alpha
)

// header is what stands before the pixels.
type header struct {
	w, h    int
	topDown bool
	depth   int
	packing uint32
	masks   [4]mask // red, green, blue, alpha
	palette []byte  // in entries
	entry   int     // bytes of one: blue, green, red, perhaps nothing
	pixels  []byte
}

const (
	fileHeader = 14
	coreHeader = 12 // OS/2's
	infoHeader = 40
	maskedInfo = 52 // with three masks
	alphaInfo  = 56 // with four
)

func parse(data []byte) (*header, error) {
	le := binary.LittleEndian
	if len(data) < fileHeader+coreHeader || string(data[:2]) != "BM" {
		return nil, codec.FormatError("no BMP header")
	}
	size := le.Uint32(data[fileHeader:])
	if uint64(size) > uint64(len(data)-fileHeader) || size < coreHeader || size > coreHeader && size < 16 {
		return nil, codec.FormatError("a header of a wrong length")
	}
	info := make([]byte, max(int(min(size, 124)), alphaInfo)) // fields that are not there are 0
	copy(info, data[fileHeader:fileHeader+int(size)])
	h := &header{entry: 4}
	used := uint32(0)
	if size == coreHeader {
		h.entry = 3
		h.w, h.h, h.depth = int(le.Uint16(info[4:])), int(le.Uint16(info[6:])), int(le.Uint16(info[10:]))
	} else {
		h.w, h.h, h.depth = int(int32(le.Uint32(info[4:]))), int(int32(le.Uint32(info[8:]))), int(le.Uint16(info[14:]))
		h.packing, used = le.Uint32(info[16:]), le.Uint32(info[32:])
	}
	if h.h < 0 {
		h.h, h.topDown = -h.h, true
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	rest := data[fileHeader+int(size):]
	if (h.packing == masked || h.packing == maskedRGB) && size < maskedInfo {
		n := 12
		if h.packing == maskedRGB {
			n = 16
		}
		if len(rest) < n {
			return nil, codec.FormatError("the data end before the masks")
		}
		copy(info[infoHeader:], rest[:n])
		rest = rest[n:]
	}
	h.setMasks(info)
	h.setPalette(rest, used)
	h.pixels = data[min(uint64(le.Uint32(data[10:])), uint64(len(data))):]
	return h, nil
}

func (h *header) check() error {
	if h.w <= 0 || h.h <= 0 {
		return codec.FormatError("no pixels")
	}
	ok := false
	switch h.packing {
	case plain:
		ok = h.depth == 1 || h.depth == 2 || h.depth == 4 || h.depth == 8 || h.depth == 16 || h.depth == 24 || h.depth == 32
	case runs8:
		ok = h.depth == 8 && !h.topDown
	case runs4:
		ok = h.depth == 4 && !h.topDown
	case masked, maskedRGB:
		ok = h.depth == 16 || h.depth == 32
	default:
		return codec.UnsupportedError(fmt.Sprintf("BMP of compression %d", h.packing))
	}
	if !ok {
		return codec.FormatError("no depth that there is")
	}
	return nil
}

func (h *header) setPalette(rest []byte, used uint32) {
	if h.depth > 8 {
		return
	}
	n := uint32(1) << h.depth
	if used > 0 && used < n {
		n = used
	}
	h.palette = rest[:min(int(n)*h.entry, len(rest))]
}

// colour is an entry of the palette; those beyond it are black.
func (h *header) colour(i byte) [4]byte {
	at := int(i) * h.entry
	if at+3 > len(h.palette) {
		return [4]byte{0, 0, 0, 255}
	}
	return [4]byte{h.palette[at+2], h.palette[at+1], h.palette[at], 255}
}

func (h *header) setMasks(info []byte) {
	values := [4]uint32{}
	switch {
	case h.packing == masked || h.packing == maskedRGB:
		for i := range values {
			values[i] = binary.LittleEndian.Uint32(info[infoHeader+4*i:])
		}
	case h.depth == 16:
		values = [4]uint32{0x7c00, 0x03e0, 0x001f, 0}
	case h.depth == 32:
		values = [4]uint32{0xff0000, 0xff00, 0xff, 0}
	}
	for i, v := range values {
		h.masks[i] = newMask(v)
	}
}

// mask takes one colour out of a pixel.
type mask struct {
	bits  uint32
	shift int
	most  uint32 // the largest value
}

func newMask(v uint32) mask {
	if v == 0 {
		return mask{}
	}
	shift := bits.TrailingZeros32(v)
	return mask{v, shift, v >> shift}
}

// of scales to eight bits; a colour without a mask is absent.
func (m mask) of(pixel uint32, absent byte) byte {
	if m.bits == 0 {
		return absent
	}
	return byte((uint64(pixel&m.bits>>m.shift)*255 + uint64(m.most)/2) / uint64(m.most))
}

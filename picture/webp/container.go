package webp

import (
	"encoding/binary"

	"slugpuppy/picture/codec"
)

// file is what the container says.
type file struct {
	w, h    int // of the canvas
	profile []byte
	first   frame
	frames  int
	pixels  int64 // over all frames
}

// frame is one image, on its canvas.
type frame struct {
	x, y, w, h int
	alpha      []byte // of an ALPH chunk
	name       string // of the chunk of pixels: "VP8 " or "VP8L"
	data       []byte // of that chunk
	millis     int    // it is shown
	flags      byte
}

// next takes a chunk off the front; false at the end. One that is cut short has what is there.
func next(data []byte) (name string, body, rest []byte, ok bool) {
	if len(data) < 8 {
		return "", nil, nil, false
	}
	name, size := string(data[:4]), uint64(binary.LittleEndian.Uint32(data[4:]))
	data = data[8:]
	if size >= uint64(len(data)) {
		return name, data, nil, true
	}
	return name, data[:size], data[min(size+size&1, uint64(len(data))):], true
}

// parse walks the chunks. The size that RIFF claims is not believed.
func parse(data []byte) (*file, error) {
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WEBP" {
		return nil, codec.FormatError("no WebP header")
	}
	f := &file{}
	still := frame{}
	for rest := data[12:]; ; {
		name, body, after, ok := next(rest)
		if !ok {
			break
		}
		rest = after
		switch {
		case name == "VP8X" && len(body) >= 10:
			f.w, f.h = 1+u24(body[4:]), 1+u24(body[7:])
		case name == "ICCP" && f.profile == nil:
			f.profile = body
		case name == "ANMF":
			if err := f.animated(body); err != nil {
				return nil, err
			}
		default:
			still.take(name, body)
		}
	}
	if f.frames == 0 {
		if err := still.measure(); err != nil {
			return nil, err
		}
		f.first, f.frames, f.pixels = still, 1, int64(still.w)*int64(still.h)
		f.w, f.h = still.w, still.h
	}
	return f, nil
}

// take keeps a chunk that a frame is made of.
func (fr *frame) take(name string, body []byte) {
	switch {
	case fr.data != nil:
	case name == "ALPH":
		fr.alpha = body
	case name == "VP8 ", name == "VP8L":
		fr.name, fr.data = name, body
	}
}

// animated counts a frame, and keeps the first one.
func (f *file) animated(body []byte) error {
	const head = 16
	if len(body) < head {
		return f.broken("a frame without its header")
	}
	w, h := 1+u24(body[6:]), 1+u24(body[9:])
	if f.frames == 0 {
		fr, err := frameOf(body)
		if err != nil {
			return err
		}
		if fr.x+w > f.w || fr.y+h > f.h {
			return codec.FormatError("a frame that is larger than its canvas")
		}
		f.first = fr
	}
	f.frames++
	f.pixels += int64(w) * int64(h)
	return nil
}

// frameOf reads an ANMF chunk.
func frameOf(body []byte) (fr frame, err error) {
	const head = 16
	if len(body) < head {
		return fr, codec.FormatError("a frame without its header")
	}
	fr = frame{x: 2 * u24(body), y: 2 * u24(body[3:]), millis: u24(body[12:]), flags: body[15]}
	for rest := body[head:]; ; {
		name, chunk, after, ok := next(rest)
		if !ok {
			break
		}
		fr.take(name, chunk)
		rest = after
	}
	return fr, fr.measure()
}

// broken is an error while there is no frame to show.
func (f *file) broken(what string) error {
	if f.frames > 0 {
		return nil
	}
	return codec.FormatError(what)
}

// measure reads the size of a frame from its pixels' header (RFC 6386, 9.1; WebP lossless
// specification, 3).
func (fr *frame) measure() error {
	d := fr.data
	fr.w, fr.h = 0, 0
	switch {
	case fr.name == "VP8 " && len(d) >= 10 && d[0]&1 == 0 && string(d[3:6]) == "\x9d\x01\x2a":
		fr.w, fr.h = int(binary.LittleEndian.Uint16(d[6:])&0x3fff), int(binary.LittleEndian.Uint16(d[8:])&0x3fff)
	case fr.name == "VP8L" && len(d) >= 5 && d[0] == 0x2f:
		v := binary.LittleEndian.Uint32(d[1:])
		fr.w, fr.h = 1+int(v&0x3fff), 1+int(v>>14&0x3fff)
	}
	if fr.w == 0 || fr.h == 0 {
		return codec.FormatError("no frame of pixels")
	}
	return nil
}

func u24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

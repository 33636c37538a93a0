package png

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"iter"
	"time"

	"slugpuppy/picture/codec"
)

// frame is one picture of an animated PNG (PNG, third edition, section 11.3.6), or the one of a still.
type frame struct {
	x, y, w, h int
	delay      time.Duration
	disposal   codec.Disposal
	over       bool
	data       []byte // its pixels, as IDAT chunks
}

// Clip reads the chunks of a moving picture, of which at most so many frames are to be shown. A still is a clip of one
// frame. Errors are of package codec.
func Clip(data []byte, most int) (codec.Clip, error) {
	h, err := parse(data)
	if err != nil {
		return codec.Clip{}, err
	}
	still, err := Inspect(data)
	if err != nil {
		return codec.Clip{}, err
	}
	frames := h.animation(data)
	if len(frames) == 0 {
		frames = []frame{{w: h.w, h: h.h, data: h.data}}
	}
	total := len(frames)
	frames = frames[:min(most, total)]
	canvas := int64(h.w) * int64(h.h)
	c := codec.Clip{Total: total, Header: still}
	c.Header.Frames = len(frames)
	c.Pixels = canvas * int64(len(frames))
	c.Cost = (still.Cost + 3*canvas) * int64(len(frames))
	c.Memory = still.Memory + 12*canvas + int64(len(data))
	c.Frames = func(ctx context.Context) iter.Seq2[codec.Frame, error] {
		return func(yield func(codec.Frame, error) bool) { h.show(ctx, frames, yield) }
	}
	return c, nil
}

// animation finds the frames, none if the file is a still. A chunk that makes no sense ends them.
func (h *header) animation(data []byte) (frames []frame) {
	animated, sequence := false, 0
	var now *frame
	end := func() {
		if now != nil && now.data != nil {
			frames = append(frames, *now)
		}
		now = nil
	}
	for rest := data[len(signature):]; ; {
		c, after, ok := next(rest)
		if !ok || c.name == "IEND" {
			end()
			return frames
		}
		rest = after
		switch {
		case c.name == "acTL":
			animated = true
		case !animated && c.name == "IDAT":
			return nil
		case c.name == "fcTL":
			end()
			if now, sequence = h.control(c.body, sequence); now == nil {
				return frames
			}
		case c.name == "IDAT" && now != nil:
			now.data = asIDAT(now.data, c.body)
		case c.name == "fdAT":
			if now == nil || len(c.body) < 4 || int(binary.BigEndian.Uint32(c.body)) != sequence {
				end()
				return frames
			}
			sequence++
			now.data = asIDAT(now.data, c.body[4:])
		}
	}
}

// control reads an fcTL chunk, nil if it makes no sense.
func (h *header) control(b []byte, sequence int) (*frame, int) {
	if len(b) != 26 || int(binary.BigEndian.Uint32(b)) != sequence {
		return nil, sequence
	}
	at := func(i int) int { return int(binary.BigEndian.Uint32(b[i:])) }
	f := &frame{w: at(4), h: at(8), x: at(12), y: at(16), disposal: codec.Disposal(b[24]), over: b[25] == 1}
	if f.w < 1 || f.h < 1 || f.w > h.w || f.h > h.h || f.x > h.w-f.w || f.y > h.h-f.h || b[24] > 2 {
		return nil, sequence
	}
	unit := time.Duration(binary.BigEndian.Uint16(b[22:]))
	if unit == 0 {
		unit = 100
	}
	f.delay = time.Duration(binary.BigEndian.Uint16(b[20:])) * time.Second / unit
	return f, sequence + 1
}

// asIDAT appends a piece of packed pixels as the reader of pixels wants it; nobody looks at its checksum.
func asIDAT(to, body []byte) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(len(body)))
	to = append(append(to, "IDAT"...), body...)
	return append(to, 0, 0, 0, 0)
}

// show lays the frames on a canvas, one after the other. One that is broken ends them, unless it is the first.
func (h *header) show(ctx context.Context, frames []frame, yield func(codec.Frame, error) bool) {
	canvas := codec.NewCanvas(h.w, h.h)
	for i, f := range frames {
		alone := *h
		alone.w, alone.h, alone.data = f.w, f.h, f.data
		img, err := alone.decode(ctx)
		if err != nil {
			if i == 0 || ctx.Err() != nil {
				yield(codec.Frame{}, err)
			}
			return
		}
		if !yield(codec.Frame{Image: canvas.Show(img, image.Pt(f.x, f.y), f.over, f.disposal), Delay: codec.Delay(f.delay)}, nil) {
			return
		}
	}
}

// Animated says whether a file has the chunk that makes it a moving picture, before its pixels.
func Animated(data []byte) bool {
	before, _, ok := bytes.Cut(data, []byte("IDAT"))
	return ok && bytes.Contains(before, []byte("acTL"))
}

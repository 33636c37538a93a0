package webp

import (
	"context"
	"image"
	"image/draw"
	"iter"
	"time"

	"slugpuppy/picture/codec"
	"slugpuppy/picture/icc"
)

// Flags of a frame.
const (
	disposes = 1 // the frame's area becomes transparent afterwards
	replaces = 2 // the frame is not laid over what is there, but instead of it
)

// Clip reads the container of a moving picture, of which at most so many frames are to be shown. A still is a clip of one
// frame. Errors are of package codec.
func Clip(data []byte, most int) (codec.Clip, error) {
	f, err := parse(data)
	if err != nil {
		return codec.Clip{}, err
	}
	frames := f.all(data, most)
	canvas := int64(f.w) * int64(f.h)
	c := codec.Clip{Total: f.frames, Header: codec.Header{W: f.w, H: f.h, Frames: len(frames), Pixels: canvas * int64(len(frames)),
		Cost: 3 * canvas * int64(len(frames)), Memory: 12 * canvas, Colours: icc.Read(f.profile, icc.RGB)}}
	largest := int64(0)
	for _, fr := range frames {
		cost, memory := fr.takes()
		c.Cost += cost
		largest = max(largest, memory)
	}
	c.Memory += largest
	c.Frames = func(ctx context.Context) iter.Seq2[codec.Frame, error] {
		return func(yield func(codec.Frame, error) bool) { f.show(ctx, frames, yield) }
	}
	return c, nil
}

// takes is what decoding a frame costs, and holds.
func (fr *frame) takes() (cost, memory int64) {
	pixels := int64(fr.w) * int64(fr.h)
	cost, memory = 8*pixels+4*int64(len(fr.data)), 11*pixels
	if fr.name == "VP8L" || fr.alpha != nil {
		cost += 8 * pixels
		memory += 5*pixels + codeTrees(pixels, int64(len(fr.data)+len(fr.alpha)))
	}
	return cost, memory
}

// all are the frames, up to so many; one that makes no sense ends them.
func (f *file) all(data []byte, most int) (frames []frame) {
	for rest := data[12:]; len(frames) < most; {
		name, body, after, ok := next(rest)
		if !ok {
			break
		}
		if rest = after; name != "ANMF" {
			continue
		}
		fr, err := frameOf(body)
		if err != nil || fr.x+fr.w > f.w || fr.y+fr.h > f.h {
			break
		}
		frames = append(frames, fr)
	}
	if len(frames) == 0 {
		frames = []frame{f.first}
	}
	return frames
}

// show lays frames on a canvas, one after the other. One that is broken ends them, unless it is the first.
func (f *file) show(ctx context.Context, frames []frame, yield func(codec.Frame, error) bool) {
	canvas := codec.NewCanvas(f.w, f.h)
	for i, fr := range frames {
		img, err := fr.decode(ctx)
		if err != nil {
			if i == 0 || ctx.Err() != nil {
				yield(codec.Frame{}, err)
			}
			return
		}
		d := codec.Keep
		if fr.flags&disposes != 0 {
			d = codec.Background
		}
		shown := canvas.Show(img, image.Pt(fr.x, fr.y), fr.flags&replaces == 0, d)
		if !yield(codec.Frame{Image: shown, Delay: codec.Delay(time.Duration(fr.millis) * time.Millisecond)}, nil) {
			return
		}
	}
}

// decode reads a frame's pixels.
func (fr *frame) decode(ctx context.Context) (*image.NRGBA, error) {
	img, err := fr.pixels(ctx)
	if err != nil {
		return nil, err
	}
	if n, ok := img.(*image.NRGBA); ok {
		return n, nil
	}
	out := image.NewNRGBA(img.Bounds().Sub(img.Bounds().Min))
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out, nil
}

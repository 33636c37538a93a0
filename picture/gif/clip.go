package gif

import (
	"context"
	"image"
	"iter"
	"time"

	"slugpuppy/picture/codec"
)

// Clip reads the blocks of a moving picture, of which at most so many frames are to be shown. A frame that is broken, or
// larger than the canvas, ends the clip, unless it is the first. Errors are of package codec.
func Clip(data []byte, most int) (codec.Clip, error) {
	var frames []*frame
	f, err := visit(data, func(fr *frame) bool {
		if len(frames) < most {
			frames = append(frames, fr)
		}
		return true
	})
	if err != nil {
		return codec.Clip{}, err
	}
	area, largest := int64(0), int64(0)
	for i, fr := range frames {
		if fr.w > f.w || fr.h > f.h {
			frames = frames[:i]
			break
		}
		area += int64(fr.w) * int64(fr.h)
		largest = max(largest, int64(fr.w)*int64(fr.h))
	}
	n := len(frames)
	canvas := int64(f.w) * int64(f.h)
	c := codec.Clip{Total: f.frames, Header: codec.Header{W: f.w, H: f.h, Frames: n, Pixels: canvas * int64(n),
		Cost: 3*canvas*int64(n) + 3*area + int64(len(data)), Memory: 12*canvas + 4*largest}}
	c.Frames = func(ctx context.Context) iter.Seq2[codec.Frame, error] {
		return func(yield func(codec.Frame, error) bool) { f.show(ctx, frames, yield) }
	}
	return c, nil
}

// show lays frames on a canvas, one after the other.
func (f *file) show(ctx context.Context, frames []*frame, yield func(codec.Frame, error) bool) {
	canvas := codec.NewCanvas(f.w, f.h)
	for i, fr := range frames {
		alone := *fr
		alone.x, alone.y = 0, 0
		img, err := alone.paint(ctx, fr.w, fr.h)
		if err != nil {
			if ctx.Err() != nil || i == 0 {
				yield(codec.Frame{}, err)
			}
			return
		}
		shown := canvas.Show(img, image.Pt(fr.x, fr.y), true, disposals[fr.disposal])
		if !yield(codec.Frame{Image: shown, Delay: codec.Delay(time.Duration(fr.delay) * 10 * time.Millisecond)}, nil) {
			return
		}
	}
}

// disposals by their number in the file; what has none is kept.
var disposals = [8]codec.Disposal{2: codec.Background, 3: codec.Previous}

package picture

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"slugpuppy/picture/codec"
	"slugpuppy/picture/gif"
	"slugpuppy/picture/png"
	"slugpuppy/picture/webp"
)

// Frame is one picture of a clip, whole, and how long it is shown.
type Frame = codec.Frame

// Clip is a file that moves, of which all is known but its pixels.
type Clip struct {
	Plan      // of the frames that are shown: Frames of them
	Total int // frames in the file
	clip  codec.Clip
}

// clips read those formats that can move.
var clips = map[string]func(data []byte, most int) (codec.Clip, error){"gif": gif.Clip, "png": png.Clip, "webp": webp.Clip}

// OpenClip checks everything that can be known of a file's first lim.MaxFrames frames without decoding their pixels. A
// still is a clip of one frame. Together they may cost and have as many pixels as they would alone; those that are too many
// are left out, as are those behind lim.MaxFrames. Errors are *Problem.
func OpenClip(data []byte, lim Limits) (*Clip, error) {
	lim = lim.withDefaults()
	format := Sniff(data)
	if n := int64(len(data)); n > lim.MaxBytes {
		return nil, tooMuch(TooBig, format, FileBytes, n, lim.MaxBytes)
	}
	open, known := clips[format]
	if !known {
		return openStill(data, lim)
	}
	c, err := open(data, lim.MaxFrames)
	if err != nil {
		return nil, problem(format, err)
	}
	if err := checkSize(format, c.Header, lim); err != nil {
		return nil, err
	}
	if most := maxClipPixels / (int64(c.W) * int64(c.H)); int64(c.Header.Frames) > most && !lim.Unbounded {
		if c, err = open(data, max(1, int(most))); err != nil {
			return nil, problem(format, err)
		}
	}
	passes := maxPasses * (int64(c.W)*int64(c.H) + freeOfPixel) * int64(c.Header.Frames)
	if c.Cost > passes {
		return nil, tooMuch(TooCostly, format, Passes, c.Cost, passes)
	}
	h := c.Header
	return &Clip{Plan: Plan{format, h.W, h.H, h.Frames, h.Cost, h.Memory, h, 1}, Total: c.Total, clip: c}, nil
}

// maxClipPixels is how many pixels the frames of a clip may have together: ten seconds of 1280x720.
const maxClipPixels = 300_000_000

// openStill is a clip of one frame.
func openStill(data []byte, lim Limits) (*Clip, error) {
	p, err := Inspect(data, lim)
	if err != nil {
		return nil, err
	}
	p.Frames = 1
	c := &Clip{Plan: p, Total: 1}
	c.clip.Frames = func(ctx context.Context) iter.Seq2[Frame, error] {
		return func(yield func(Frame, error) bool) {
			within := lim
			within.Untimed, within.Budget = true, nil
			pic, err := Decode(ctx, data, within)
			if err != nil {
				yield(Frame{}, err)
				return
			}
			yield(Frame{Image: pic.Image, Delay: codec.Delay(0)}, nil)
		}
	}
	return c, nil
}

// All decodes the frames one after the other, each when it is asked for; it holds a few of them. An error, which is a
// *Problem or the context's, ends them.
func (c *Clip) All(ctx context.Context) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		next, stop := iter.Pull2(c.clip.Frames(ctx))
		defer stop()
		for {
			f, err, ok := c.next(ctx, next)
			if !ok || !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// next decodes a frame, and turns a decoder's panic into an error.
func (c *Clip) next(ctx context.Context, pull func() (Frame, error, bool)) (f Frame, err error, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			f, err, ok = Frame{}, problem(c.Format, &panicked{p}), true
		}
	}()
	f, err, ok = pull()
	if ok && err == nil && c.clip.Colours != nil {
		err = c.clip.Colours.Apply(ctx, f.Image)
	}
	var p *Problem
	switch {
	case ctx.Err() != nil && ok:
		err = fmt.Errorf("decode clip: %w", ctx.Err())
	case err != nil && !errors.As(err, &p):
		err = problem(c.Format, err)
	}
	return f, err, ok
}

// IsFilm says whether a file begins like a video that servers make of GIFs and people upload.
func IsFilm(data []byte) bool {
	kind := Sniff(data)
	return kind == "mp4" || kind == "webm"
}

// Moves says whether a file of strangers has more than one frame, by its blocks.
func Moves(data []byte) bool {
	open, known := clips[Sniff(data)]
	if !known {
		return false
	}
	c, err := open(data, 2)
	return err == nil && c.Header.Frames > 1
}

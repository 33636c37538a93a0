package dream

import (
	"context"
	"fmt"
	"image"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

// Clip is a finished loop: its last frame leads into its first.
type Clip struct {
	GIF           []byte
	MP4           []byte // nil without ffmpeg, and with NoMP4
	NoMP4         error  // why there is an ffmpeg and no MP4, for the log
	W, H          int    // of the MP4, else of the GIF, as Frames and FrameDuration are
	Frames        int
	FrameDuration time.Duration
	Poster        *image.NRGBA       // a still from the middle
	Saw           []classifier.Guess // in the source
	Dreamed       []classifier.Guess // in the last frame; for wander the chain, in order
	Recipe        Recipe
	Notes         []string
}

// frameRate is that of dives, in frames per second.
const frameRate = 12

// pack encodes frames as GIF, and as MP4 if there is an ffmpeg. A GIF that is too heavy
// loses pixels, then every second frame.
func (m *Maker) pack(ctx context.Context, c *Clip, frames []*image.NRGBA, each time.Duration) error {
	c.W, c.H = frames[0].Rect.Dx(), frames[0].Rect.Dy()
	c.Frames, c.FrameDuration = len(frames), each
	c.Poster = frames[len(frames)/2]
	if m.opt.FFmpeg != "" {
		mp4, err := encodeMP4(ctx, m.opt.FFmpeg, frames, each)
		switch {
		case err != nil:
			c.Notes = append(c.Notes, "The film encoder failed, so this is a GIF.")
			c.NoMP4 = err
		case int64(len(mp4)) > m.opt.ClipBytes:
			c.NoMP4 = fmt.Errorf("the film has %d bytes, the limit is %d", len(mp4), m.opt.ClipBytes)
		default:
			c.MP4 = mp4
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return m.packGIF(ctx, c, frames, each)
}

func (m *Maker) packGIF(ctx context.Context, c *Clip, frames []*image.NRGBA, each time.Duration) error {
	w, h := c.W, c.H
	for try := 0; ; try++ {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		data, err := encodeGIF(frames, w, h, each)
		if err != nil {
			return fmt.Errorf("encode clip: %w", err)
		}
		if int64(len(data)) <= m.opt.ClipBytes || try == maxTries {
			c.GIF = data
			if c.MP4 == nil {
				c.W, c.H, c.Frames, c.FrameDuration = w, h, len(frames), each
			}
			return nil
		}
		if try%2 == 0 {
			w, h = w*4/5, h*4/5
		} else {
			frames, each = everySecond(frames), 2*each
		}
	}
}

// maxTries bounds how often a GIF is made smaller: after eight times it has a sixth of the
// pixels and a sixteenth of the frames.
const maxTries = 8

func everySecond(frames []*image.NRGBA) []*image.NRGBA {
	var some []*image.NRGBA
	for i := 0; i < len(frames); i += 2 {
		some = append(some, frames[i])
	}
	return some
}

func encodeGIF(frames []*image.NRGBA, w, h int, each time.Duration) ([]byte, error) {
	a := picture.NewAnimation()
	for _, f := range frames {
		if f.Rect.Dx() != w || f.Rect.Dy() != h {
			f = scaled(picture.Pixels{NRGBA: f}, w, h).NRGBA()
		}
		if err := a.Add(f, each); err != nil {
			return nil, err
		}
	}
	return a.Encode()
}

// clipFrame brings a source to the size of clips; sides are even, as video wants them.
func (m *Maker) clipFrame(src *image.NRGBA, r Recipe) *picture.Planar {
	side := m.opt.ClipSide
	if r.Size > 0 {
		side = min(side, r.Size)
	}
	w, h := picture.Fit(src.Rect.Dx(), src.Rect.Dy(), side)
	least := m.smallest() + m.smallest()%2
	w, h = max(least, w)&^1, max(least, h)&^1
	return scaled(picture.Pixels{NRGBA: src}, w, h)
}

// blend mixes two pictures of one size: a where t is 0, b where it is 1.
func blend(a, b *picture.Planar, t float64) *picture.Planar {
	out := picture.NewPlanar(a.W, a.H)
	f := float32(t * t * (3 - 2*t))
	for i, v := range a.Pix {
		out.Pix[i] = v + f*(b.Pix[i]-v)
	}
	return out
}

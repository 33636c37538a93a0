package dream

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"time"

	"slugpuppy/dream/film"
	"slugpuppy/picture"
)

// Clip is a short moving picture that an order carries: frames of one size, as PNG, each shown for so long.
type Clip struct {
	Each   time.Duration
	Frames [][]byte
}

// MaxClipFrames is how many frames a clip has at most: five seconds.
const MaxClipFrames = 5 * frameRate

// ErrEnough is the error for a frame after those that a clip holds.
var ErrEnough = errors.New("the clip is as long as it may be")

// Sampler takes frames that are shown for any time and makes them a clip.
type Sampler struct {
	side  int
	clip  Clip
	size  image.Point
	shown time.Duration // of the source
	cut   bool
}

// NewSampler makes clips whose longest side is the maker's for clips, or size if that is less and not 0.
func (m *Maker) NewSampler(size int) *Sampler { return NewSampler(m.opt.ClipSide, size) }

// NewSampler makes clips whose longest side is side pixels, or size if that is less and not 0.
func NewSampler(side, size int) *Sampler {
	if size > 0 {
		side = min(side, size)
	}
	return &Sampler{side: side, clip: Clip{Each: time.Second / frameRate}}
}

// Add takes the next frame. ErrEnough says that there is no more room.
func (s *Sampler) Add(f picture.Frame) error {
	if s.size == (image.Point{}) {
		w, h := picture.Fit(f.Image.Rect.Dx(), f.Image.Rect.Dy(), s.side)
		s.size = image.Pt(max(smallest, w)&^1, max(smallest, h)&^1)
	}
	var data []byte
	for s.shown += f.Delay; time.Duration(len(s.clip.Frames))*s.clip.Each < s.shown; {
		if len(s.clip.Frames) == MaxClipFrames {
			s.cut = true
			return ErrEnough
		}
		if data == nil {
			var err error
			if data, err = picture.EncodePNG(picture.Scaled(picture.Pixels{NRGBA: onWhite(f.Image)}, s.size.X, s.size.Y).NRGBA(), ""); err != nil {
				return err
			}
		}
		s.clip.Frames = append(s.clip.Frames, data)
	}
	return nil
}

// onWhite is a picture without transparency, as the files of clips show it.
func onWhite(img *image.NRGBA) *image.NRGBA {
	if img.Opaque() {
		return img
	}
	out := image.NewNRGBA(img.Rect)
	for i := 0; i < len(img.Pix); i += 4 {
		a := uint32(img.Pix[i+3])
		for c := range 3 {
			out.Pix[i+c] = uint8((uint32(img.Pix[i+c])*a + 255*(255-a) + 127) / 255)
		}
		out.Pix[i+3] = 255
	}
	return out
}

// Clip is what was taken, nil if that is a still; cut says that there was more.
func (s *Sampler) Clip() (clip *Clip, cut bool) {
	for i := 1; i < len(s.clip.Frames); i++ {
		if !bytes.Equal(s.clip.Frames[i], s.clip.Frames[0]) {
			return &s.clip, s.cut
		}
	}
	return nil, false
}

// Length is how long a clip is shown.
func (c *Clip) Length() time.Duration { return time.Duration(len(c.Frames)) * c.Each }

// frame decodes the i-th frame.
func (c *Clip) frame(i int) (*image.NRGBA, error) {
	img, err := readPixels(c.Frames[i])
	if err == nil && img == nil {
		err = fmt.Errorf("%w: a frame without pixels", ErrMalformed)
	}
	return img, err
}

// movieFrames dreams a clip.
func (j *job) movieFrames(ctx context.Context, c *Clip) strip {
	return strip{n: len(c.Frames), each: c.Each, frames: func(yield func(*image.NRGBA, error) bool) {
		if err := j.movie(ctx, c, func(img *image.NRGBA) bool { return yield(img, nil) }); err != nil {
			yield(nil, err)
		}
	}}
}

// movie shows a clip's dreams one after the other until show has had enough.
func (j *job) movie(ctx context.Context, c *Clip, show func(*image.NRGBA) bool) error {
	r := j.r
	r.Size = 0 // the clip has its size
	first, err := c.frame(0)
	if err != nil {
		return err
	}
	v, err := j.m.movie(ctx, Script{Keys: []Key{{Recipe: r}}}, film.Flow, first, j.guide, len(c.Frames), j.meter)
	if err != nil {
		return err
	}
	v.beside = load{handling: j.framing * float64(first.Rect.Dx()*first.Rect.Dy())}
	for i := range c.Frames {
		src, err := c.frame(i)
		if err != nil {
			return err
		}
		step, err := v.Next(ctx, src, time.Duration(i)*c.Each)
		if err != nil {
			return err
		}
		if i == len(c.Frames)-1 {
			if j.dreamed, err = j.dreamt(ctx, step.Dream); err != nil {
				return err
			}
		}
		j.meter.begin()
		if !show(step.Dream) {
			return nil
		}
		j.meter.did(v.beside)
	}
	return nil
}

// load is that of dreaming the clip.
func (c *Clip) load(m *Maker, _ image.Point, r Recipe, p Preset) (load, error) {
	first, err := c.frame(0)
	if err != nil {
		return load{}, err
	}
	r.Size = 0
	w, h := first.Rect.Dx(), first.Rect.Dy()
	fresh, further, err := m.filming(w, h, r, m.likely(r, p), film.Flow)
	return fresh.plus(further.times(len(c.Frames)-1)).with(handling, gifPixel*float64(len(c.Frames)*w*h)), err
}

// pack is the frames after each other, each after its length in four bytes.
func (c *Clip) pack() ([]byte, error) {
	var out []byte
	for _, f := range c.Frames {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(f))), f...)
	}
	return out, nil
}

// unpackClip is the way back. All frames have one size, and none is larger than its bytes can hold.
func unpackClip(each time.Duration, data []byte) (*Clip, error) {
	c := &Clip{Each: each}
	var size image.Config
	for len(data) > 0 {
		if len(data) < 4 || uint64(len(data)-4) < uint64(binary.BigEndian.Uint32(data)) || len(c.Frames) == MaxClipFrames {
			return nil, fmt.Errorf("%w: a clip that is no clip", ErrMalformed)
		}
		n := 4 + int(binary.BigEndian.Uint32(data))
		frame, err := png.DecodeConfig(bytes.NewReader(data[4:n]))
		if err != nil || len(c.Frames) > 0 && (frame.Width != size.Width || frame.Height != size.Height) {
			return nil, fmt.Errorf("%w: a frame of a clip that is none: %v", ErrMalformed, err)
		}
		size = frame
		c.Frames, data = append(c.Frames, data[4:n]), data[n:]
	}
	if len(c.Frames) == 0 || each < time.Millisecond || each > time.Minute {
		return nil, fmt.Errorf("%w: a clip of %d frames, each for %v", ErrMalformed, len(c.Frames), each)
	}
	return c, nil
}

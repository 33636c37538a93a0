package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"time"
)

// Animation collects the frames of a looping GIF. Each frame is reduced to its own palette
// when it is added, so that it costs one byte a pixel from then on.
type Animation struct {
	out gif.GIF
}

// NewAnimation returns an empty animation that loops for ever.
func NewAnimation() *Animation { return &Animation{out: gif.GIF{LoopCount: 0}} }

// centisecond is the unit of time of a GIF. Viewers slow frames shorter than two of them down
// to a tenth of a second.
const (
	centisecond = 10 * time.Millisecond
	minDelay    = 2
)

// Add appends a frame that is shown for so long. All frames have the first one's size;
// transparent parts are laid over white. The picture may be reused afterwards.
func (a *Animation) Add(img image.Image, delay time.Duration) error {
	b := img.Bounds()
	switch first := a.out.Config; {
	case b.Empty():
		return fmt.Errorf("animate: %w", errEmpty)
	case b.Dx() > 0xffff || b.Dy() > 0xffff:
		return fmt.Errorf("animate: %dx%d is larger than a GIF can be", b.Dx(), b.Dy())
	case len(a.out.Image) == 0:
		a.out.Config.Width, a.out.Config.Height = b.Dx(), b.Dy()
	case b.Dx() != first.Width || b.Dy() != first.Height:
		return fmt.Errorf("animate: frame %d is %dx%d, the first one %dx%d",
			len(a.out.Image), b.Dx(), b.Dy(), first.Width, first.Height)
	}
	a.out.Image = append(a.out.Image, paletted(ToNRGBA(opaque(img))))
	a.out.Delay = append(a.out.Delay, max(minDelay, int((delay+centisecond/2)/centisecond)))
	return nil
}

// Encode writes the file.
func (a *Animation) Encode() ([]byte, error) {
	if len(a.out.Image) == 0 {
		return nil, errors.New("animate: no frames")
	}
	var buf bytes.Buffer
	if err := gif.EncodeAll(&buf, &a.out); err != nil {
		return nil, fmt.Errorf("encode GIF: %w", err)
	}
	return buf.Bytes(), nil
}

// EncodeGIF writes frames of the same size as a GIF that loops for ever and shows each of
// them for so long. Use Animation when the frames need not be in memory together.
func EncodeGIF(frames []image.Image, delay time.Duration) ([]byte, error) {
	a := NewAnimation()
	for _, f := range frames {
		if err := a.Add(f, delay); err != nil {
			return nil, err
		}
	}
	return a.Encode()
}

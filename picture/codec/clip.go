package codec

import (
	"context"
	"image"
	"iter"
	"time"
)

// Clip is a moving picture whose blocks have been read and whose pixels have not.
type Clip struct {
	Header     // of what Frames yields: so many frames, what they cost, what is held beside what is yielded
	Total  int // frames in the file
	Frames func(context.Context) iter.Seq2[Frame, error]
}

// Frame is one picture of a clip, whole, and how long it is shown.
type Frame struct {
	Image *image.NRGBA
	Delay time.Duration
}

// Disposal is what becomes of a frame's area before the next one is laid down.
type Disposal int

// The disposals.
const (
	Keep       Disposal = iota
	Background          // it becomes transparent
	Previous            // it becomes what it was before the frame
)

// Canvas is what the frames of a clip are laid on.
type Canvas struct {
	canvas, before *image.NRGBA
}

// NewCanvas is a transparent one.
func NewCanvas(w, h int) *Canvas { return &Canvas{canvas: image.NewNRGBA(image.Rect(0, 0, w, h))} }

// Show lays a frame down at a place, over what is there or instead of it, and returns a copy of the whole. What lies
// beside the canvas is not seen.
func (c *Canvas) Show(img *image.NRGBA, at image.Point, over bool, d Disposal) *image.NRGBA {
	area := img.Rect.Sub(img.Rect.Min).Add(at).Intersect(c.canvas.Rect)
	if d == Previous {
		c.before = copyOf(c.canvas)
	}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		src := img.Pix[(y-at.Y)*img.Stride+4*(area.Min.X-at.X):][:4*area.Dx()]
		dst := c.canvas.Pix[y*c.canvas.Stride+4*area.Min.X:][:4*area.Dx()]
		if !over {
			copy(dst, src)
			continue
		}
		for i := 0; i < len(src); i += 4 {
			blend(dst[i:i+4:i+4], src[i:i+4:i+4])
		}
	}
	shown := copyOf(c.canvas)
	switch d {
	case Background:
		for y := area.Min.Y; y < area.Max.Y; y++ {
			clear(c.canvas.Pix[y*c.canvas.Stride+4*area.Min.X:][:4*area.Dx()])
		}
	case Previous:
		c.canvas = c.before
	}
	return shown
}

func copyOf(img *image.NRGBA) *image.NRGBA {
	return &image.NRGBA{Pix: append([]byte(nil), img.Pix...), Stride: img.Stride, Rect: img.Rect}
}

// blend lays a pixel over another (Porter and Duff's "over"; colours are not multiplied by alpha).
func blend(dst, src []byte) {
	switch a, b := uint32(src[3]), uint32(dst[3]); {
	case a == 255 || b == 0:
		copy(dst, src)
	case a > 0:
		rest := b * (255 - a)
		alpha := 255*a + rest // of 255*255
		for k := range 3 {
			dst[k] = byte((uint32(src[k])*255*a + uint32(dst[k])*rest + alpha/2) / alpha)
		}
		dst[3] = byte((alpha + 127) / 255)
	}
}

// Delay is how long browsers show a frame that says so: those that say next to nothing are shown for a tenth of a
// second.
func Delay(said time.Duration) time.Duration {
	if said <= 10*time.Millisecond {
		return 100 * time.Millisecond
	}
	return said
}

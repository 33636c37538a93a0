package picture

import (
	"context"
	"fmt"
	"image"
	"time"

	"slugpuppy/picture/bmp"
	"slugpuppy/picture/codec"
	"slugpuppy/picture/gif"
	"slugpuppy/picture/jpeg"
	"slugpuppy/picture/png"
	"slugpuppy/picture/tiff"
	"slugpuppy/picture/webp"
)

// Limits are checked before anything is decoded. A zero field means its default.
type Limits struct {
	MaxBytes  int64 // of the file; 16 MiB
	MaxPixels int64 // width times height; 33.2 million, what Mastodon takes
	MaxSide   int   // 12,000
	MaxFrames int   // of an animation; 100
	Budget    *Budget
	Untimed   bool // as long as ctx allows: somebody else counts the time
	Unbounded bool // the frames of a clip may have any number of pixels together: they are the user's own
}

// Defaults of Limits.
const (
	DefaultMaxBytes  = 16 << 20
	DefaultMaxPixels = 33_200_000
	DefaultMaxSide   = 12_000
	DefaultMaxFrames = 100

	maxAnimationPixels = 50_000_000 // over all frames
)

// What decoding may cost, in passes over one sample of a pixel (codec.Header). An honest
// progressive JPEG of four components takes about 40 for each of its pixels.
const (
	maxPasses   = 64      // for each pixel of the picture
	freeOfPixel = 2 << 20 // so many pixels' passes more, for what a small file may have beside its pixels
)

func (l Limits) withDefaults() Limits {
	if l.MaxBytes == 0 {
		l.MaxBytes = DefaultMaxBytes
	}
	if l.MaxPixels == 0 {
		l.MaxPixels = DefaultMaxPixels
	}
	if l.MaxSide == 0 {
		l.MaxSide = DefaultMaxSide
	}
	if l.MaxFrames == 0 {
		l.MaxFrames = DefaultMaxFrames
	}
	return l
}

// Picture is a decoded file: upright, in sRGB's colours, without any of its metadata.
type Picture struct {
	Image  *image.NRGBA
	Format string // "jpeg", "png", "gif", "webp", "bmp" or "tiff"
	Frames int    // 1 unless the file is an animation, of which Image is the first frame
}

// reader reads one format. Inspect may tell the size of a file that it refuses.
type reader struct {
	inspect func([]byte) (codec.Header, error)
	decode  func(context.Context, []byte) (*image.NRGBA, error)
}

var readers = map[string]reader{
	"jpeg": {jpeg.Inspect, jpeg.Decode},
	"png":  {png.Inspect, png.Decode},
	"gif":  {gif.Inspect, gif.Decode},
	"webp": {webp.Inspect, webp.Decode},
	"bmp":  {bmp.Inspect, bmp.Decode},
	"tiff": {tiff.Inspect, func(ctx context.Context, data []byte) (*image.NRGBA, error) {
		img, err := tiff.Decode(ctx, data)
		if err != nil {
			return nil, err
		}
		return ToNRGBA(img), nil
	}},
}

// Plan is what is known of a file before it is decoded.
type Plan struct {
	Format string
	W, H   int   // of the picture, upright
	Frames int   // as in Picture
	Cost   int64 // in passes over one sample of a pixel
	Memory int64 // held at the peak of decoding, the picture included; in bytes

	header      codec.Header
	orientation int
}

// Inspect checks everything that can be known of a file without decoding its pixels. Errors are
// *Problem.
func Inspect(data []byte, lim Limits) (Plan, error) {
	format, h, err := inspect(data, lim.withDefaults())
	if err != nil {
		return Plan{}, err
	}
	p := Plan{format, h.W, h.H, h.Frames, h.Cost, h.Memory, h, Orientation(data)}
	if p.orientation > 1 {
		p.Memory += 4 * int64(h.W) * int64(h.H)
	}
	if p.orientation >= 5 {
		p.W, p.H = h.H, h.W
	}
	return p, nil
}

// Decode reads one hostile file, as leniently as browsers do: what is there of a damaged one is
// shown. The format is told by its first bytes, never by a name. What decoding will cost is known
// before it begins, and it ends with ctx. Errors are *Problem, or the context's.
func Decode(ctx context.Context, data []byte, lim Limits) (*Picture, error) {
	p, err := Inspect(data, lim)
	if err != nil {
		return nil, err
	}
	release, err := lim.Budget.Hold(ctx, p.Memory)
	if err != nil {
		return nil, err
	}
	defer release()
	decode := decodeTimed
	if lim.Untimed {
		decode = decodeAll
	}
	img, err := decode(ctx, data, p.Format, p.header)
	if err != nil {
		return nil, err
	}
	return &Picture{Image: upright(img, p.orientation), Format: p.Format, Frames: p.Frames}, nil
}

// inspect checks everything that can be known without decoding pixels.
func inspect(data []byte, lim Limits) (string, codec.Header, error) {
	var h codec.Header
	if len(data) == 0 {
		return "", h, &Problem{Kind: Empty, Reason: "no bytes"}
	}
	format := Sniff(data)
	if n := int64(len(data)); n > lim.MaxBytes {
		return format, h, tooMuch(TooBig, format, FileBytes, n, lim.MaxBytes)
	}
	r, known := readers[format]
	if !known {
		return format, h, unread(format)
	}
	h, err := r.inspect(data)
	if h.W > 0 && h.H > 0 {
		if err := checkSize(format, h, lim); err != nil {
			return format, h, err
		}
	}
	if err != nil {
		return format, h, problem(format, err)
	}
	return format, h, checkWork(format, h, lim)
}

func checkSize(format string, h codec.Header, lim Limits) error {
	switch side, pixels := int64(max(h.W, h.H)), int64(h.W)*int64(h.H); {
	case side > int64(lim.MaxSide):
		return tooMuch(TooBig, format, LongSide, side, int64(lim.MaxSide))
	case pixels > lim.MaxPixels:
		return tooMuch(TooBig, format, PixelCount, pixels, lim.MaxPixels)
	}
	return nil
}

func checkWork(format string, h codec.Header, lim Limits) error {
	passes := maxPasses * (int64(h.W)*int64(h.H) + freeOfPixel)
	switch {
	case h.Frames > lim.MaxFrames:
		return tooMuch(TooLong, format, FrameCount, int64(h.Frames), int64(lim.MaxFrames))
	case h.Frames > 1 && h.Pixels > maxAnimationPixels:
		return tooMuch(TooLong, format, FramePixels, h.Pixels, maxAnimationPixels)
	case h.Cost > passes:
		return tooMuch(TooCostly, format, Passes, h.Cost, passes)
	}
	return nil
}

// decodeTimed gives a decoder the time that a file of its cost may take.
func decodeTimed(ctx context.Context, data []byte, format string, h codec.Header) (*image.NRGBA, error) {
	return decodeWithin(ctx, Work(h.Cost), data, format, h)
}

func decodeWithin(ctx context.Context, work time.Duration, data []byte, format string, h codec.Header) (img *image.NRGBA, err error) {
	err = within(ctx, work, func(ctx context.Context) (err error) {
		img, err = decodeAll(ctx, data, format, h)
		return err
	})
	if p := timedOut(format, err); p != nil && ctx.Err() == nil {
		return nil, p
	}
	return img, err
}

// decodeAll decodes a file and turns its colours into sRGB's. Its errors are *Problem, or the context's.
func decodeAll(ctx context.Context, data []byte, format string, h codec.Header) (*image.NRGBA, error) {
	img, err := decodeSafely(ctx, data, format)
	if err == nil && h.Colours != nil {
		err = h.Colours.Apply(ctx, img)
	}
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("decode picture: %w", ctx.Err())
	case err != nil:
		return nil, problem(format, err)
	}
	return img, nil
}

// decodeSafely turns a decoder's panic into an error.
func decodeSafely(ctx context.Context, data []byte, format string) (img *image.NRGBA, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p}
		}
	}()
	return readers[format].decode(ctx, data)
}

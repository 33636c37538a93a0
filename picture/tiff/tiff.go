// Package tiff decodes the first picture of TIFF files of strangers, within bounds:
// golang.org/x/image/tiff does the work, and is stopped when it reads a file more often than an
// honest one asks for, or when its context ends.
package tiff

import (
	"context"
	"errors"
	"image"
	"image/color"
	"io"

	"golang.org/x/image/tiff"

	"slugpuppy/picture/codec"
)

// rereads is how often the file may be read in total. Strips of an honest one do not overlap; those
// of a hostile one are all the same megabytes that unpack to nothing.
const rereads = 4

// Inspect reads the directory only. Its errors are of package codec.
func Inspect(data []byte) (codec.Header, error) {
	cfg, err := tiff.DecodeConfig(newFile(context.Background(), data))
	if err != nil {
		return codec.Header{}, typed(err)
	}
	if cfg.Width <= 0 || cfg.Height <= 0 {
		return codec.Header{}, codec.FormatError("no pixels")
	}
	pixels := int64(cfg.Width) * int64(cfg.Height)
	bytes := int64(4) // of a pixel, as it is decoded
	switch cfg.ColorModel {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		bytes = 8
	}
	return codec.Header{
		W: cfg.Width, H: cfg.Height, Frames: 1, Pixels: pixels,
		Cost:   3*bytes*pixels + rereads*4*int64(len(data)),
		Memory: (2*bytes+4)*pixels + 2*int64(len(data)),
	}, nil
}

// Decode reads the pixels, as they are stored: it returns any of image's kinds.
func Decode(ctx context.Context, data []byte) (image.Image, error) {
	img, err := tiff.Decode(newFile(ctx, data))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, typed(err)
	}
	return img, nil
}

func typed(err error) error {
	var u tiff.UnsupportedError
	if errors.As(err, &u) {
		return codec.UnsupportedError("TIFF with " + string(u))
	}
	return codec.FormatError(err.Error())
}

// file is read at any place, so often and no more.
type file struct {
	ctx  context.Context
	data []byte
	left int64
}

func newFile(ctx context.Context, data []byte) *file {
	return &file{ctx: ctx, data: data, left: rereads * int64(len(data)+4096)}
}

var errReread = errors.New("the file would be read over and over")

// ReadAt reads like bytes.Reader, within bounds.
func (f *file) ReadAt(p []byte, at int64) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	if at < 0 || at >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.data[at:])
	if f.left -= int64(n); f.left < 0 {
		return 0, errReread
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Read is there because the decoder asks for a reader; it reads at places instead.
func (f *file) Read([]byte) (int, error) { return 0, errors.New("not read in order") }

package tiff_test

import (
	"context"
	"image"
	"testing"

	"slugpuppy/picture"
	"slugpuppy/picture/codec/codectest"
	"slugpuppy/picture/tiff"
)

var reader = codectest.Reader{Format: "tiff", Inspect: tiff.Inspect, Decode: decode}

func decode(ctx context.Context, data []byte) (*image.NRGBA, error) {
	img, err := tiff.Decode(ctx, data)
	if err != nil {
		return nil, err
	}
	return picture.ToNRGBA(img), nil
}

func TestOddFiles(t *testing.T) { codectest.Test(t, reader) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, reader) }

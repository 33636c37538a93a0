package picture_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"slugpuppy/picture"
)

func seeds(f *testing.F) {
	png := must[[]byte](f)(picture.EncodePNG(scenery(16, 12), "sp1abc"))
	jpeg := must[[]byte](f)(picture.EncodeJPEG(scenery(16, 12), 80, "sp1abc"))
	webp := webpOf(4, 4, func(x, y int) bool { return x > y })
	tiff := exif(binary.LittleEndian, 6)
	for _, s := range [][]byte{
		nil, png, jpeg, webp, smallGIF(f, 2), gifOf(3, 5, 5), gifOf(200, 1, 1), pngHeader(60_000, 60_000),
		afterHead(png, chunk("eXIf", tiff)), segment(jpeg, 0xe1, append([]byte("Exif\x00\x00"), tiff...)),
		extended(0x08, webp, 4, 4, webpChunk("EXIF", tiff)), extended(0x02, webp, 4, 4),
		png[:40], jpeg[:100], []byte("\xff\xd8\xff\xff\xff\xff"), []byte("RIFF\x00\x00\x00\x00WEBP"),
	} {
		f.Add(s)
	}
}

// FuzzDecode: any bytes give an upright picture within the limits, or a *Problem.
func FuzzDecode(f *testing.F) {
	seeds(f)
	lim := picture.Limits{MaxBytes: 1 << 16, MaxPixels: 1 << 14, MaxSide: 1 << 10, MaxFrames: 8}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := picture.Decode(t.Context(), data, lim)
		var problem *picture.Problem
		if err != nil {
			if !errors.As(err, &problem) {
				t.Fatalf("not a Problem: %v", err)
			}
			return
		}
		w, h := p.Image.Rect.Dx(), p.Image.Rect.Dy()
		if w <= 0 || h <= 0 || int64(w*h) > lim.MaxPixels || p.Frames < 1 || p.Frames > lim.MaxFrames {
			t.Fatalf("%dx%d with %d frames passed the limits", w, h, p.Frames)
		}
	})
}

// FuzzOrientation: any bytes give an orientation there is, and a comment that can be written.
func FuzzOrientation(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if o := picture.Orientation(data); o < 1 || o > 8 {
			t.Fatalf("orientation %d", o)
		}
		if c := picture.Comment(data); c != "" {
			again := must[[]byte](t)(picture.EncodePNG(arrow(), c))
			if picture.Comment(again) != c {
				t.Fatalf("comment %q does not survive", c)
			}
		}
	})
}

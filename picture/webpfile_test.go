package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"strings"
	"testing"

	"golang.org/x/image/webp"

	"slugpuppy/picture"
)

// A decoder that is not ours reads what was written, pixel for pixel.
func TestWebPLosesNothing(t *testing.T) {
	see := picture.Landscape(67, 41, 3)
	for x := range 20 { // see-through in part
		see.SetNRGBA(x, 7, color.NRGBA{uint8(200 + x), 10, 30, 255})
	}
	for _, comment := range []string{"", "x", "DeepDream by slugpuppy, recipe dd1-60nb97qsxzf4135g4mg15r", strings.Repeat("y", 65_533)} {
		for name, img := range map[string]image.Image{"a landscape": see, "noise": static(33, 20), "a pixel": static(1, 1)} {
			data := must[[]byte](t)(picture.EncodeWebP(img, comment))
			if got := picture.Comment(data); got != comment {
				t.Errorf("%s: comment is %.30q, want %.30q", name, got, comment)
			}
			back := must[image.Image](t)(webp.Decode(bytes.NewReader(data)))
			ours := must[*picture.Picture](t)(picture.Decode(t.Context(), data, picture.Limits{}))
			if back.Bounds() != img.Bounds() || ours.Image.Bounds() != img.Bounds() {
				t.Fatalf("%s: %v and %v, want %v", name, back.Bounds(), ours.Image.Bounds(), img.Bounds())
			}
			for y := range img.Bounds().Dy() {
				for x := range img.Bounds().Dx() {
					want := color.NRGBAModel.Convert(img.At(x, y))
					if got := color.NRGBAModel.Convert(back.At(x, y)); got != want || ours.Image.At(x, y) != want {
						t.Fatalf("%s: %d,%d is %v and %v, want %v", name, x, y, got, ours.Image.At(x, y), want)
					}
				}
			}
		}
	}
}

func TestWebPRefusesWhatItCannotHold(t *testing.T) {
	if _, err := picture.EncodeWebP(static(4, 4), "two\nlines"); err == nil {
		t.Error("took a comment of two lines")
	}
	if _, err := picture.EncodeWebP(image.NewNRGBA(image.Rect(0, 0, 1<<14+1, 1)), ""); err == nil || !strings.Contains(err.Error(), "16384") {
		t.Errorf("too wide: %v", err)
	}
}

func TestWebPIsMadeOnlyForWhoTakesNothingElse(t *testing.T) {
	for _, c := range []struct{ takes, want string }{
		{"image/webp", "webp"}, {"image/webp image/png", "png"}, {"image/webp image/jpeg", "jpeg"},
	} {
		e := must[picture.Encoded](t)(picture.EncodeWithin(static(9, 9), picture.WithinLimits{Formats: strings.Fields(c.takes)}, ""))
		if e.Format != c.want || picture.Sniff(e.Data) != c.want {
			t.Errorf("%s: made %s", c.takes, e.Format)
		}
	}
}

package picture_test

import (
	"image"
	"image/draw"
	"testing"

	"slugpuppy/picture"
)

// cut returns a part of an image, from fractions of its sides.
func cut(img image.Image, x, y, side float64) image.Image {
	b := img.Bounds()
	r := image.Rect(0, 0, int(side*float64(b.Dx())), int(side*float64(b.Dy())))
	out := image.NewNRGBA(r)
	draw.Draw(out, r, img, b.Min.Add(image.Pt(int(x*float64(b.Dx())), int(y*float64(b.Dy())))), draw.Src)
	return out
}

func reencode(t *testing.T, img image.Image, quality int) image.Image {
	t.Helper()
	data, err := picture.EncodeJPEG(img, quality, "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := picture.Decode(t.Context(), data, picture.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Image
}

func TestAPictureIsKnownAgain(t *testing.T) {
	original := picture.Landscape(400, 300, 7)
	sketch := picture.SketchOf(original)
	for name, again := range map[string]image.Image{
		"the same":               original,
		"encoded badly":          reencode(t, original, 30),
		"cropped":                cut(original, 0.05, 0.05, 0.9),
		"cropped at one corner":  cut(original, 0.1, 0.1, 0.9),
		"cropped and re-encoded": reencode(t, cut(original, 0, 0.1, 0.9), 40),
		"made small":             picture.FromImage(original).Resize(120, 90).NRGBA(),
	} {
		if l := picture.Likeness(sketch, picture.SketchOf(again)); l < picture.SamePicture {
			t.Errorf("%s: likeness %.2f", name, l)
		}
	}
	for seed := range uint64(8) {
		other := picture.SketchOf(picture.Landscape(400, 300, 100+seed))
		if l := picture.Likeness(sketch, other); l >= picture.SamePicture {
			t.Errorf("another landscape: likeness %.2f", l)
		}
	}
}

func TestNothingIsLikeAnEmptyPicture(t *testing.T) {
	grey := image.NewNRGBA(image.Rect(0, 0, 50, 50))
	if l := picture.Likeness(picture.SketchOf(grey), picture.SketchOf(grey)); l >= 0 {
		t.Errorf("likeness %.2f", l)
	}
	if l := picture.Likeness(nil, picture.SketchOf(grey)); l >= 0 {
		t.Errorf("a missing sketch: likeness %.2f", l)
	}
}

func BenchmarkLikeness(b *testing.B) {
	s, other := picture.SketchOf(picture.Landscape(300, 200, 1)), picture.SketchOf(picture.Landscape(300, 200, 2))
	for b.Loop() {
		picture.Likeness(s, other)
	}
}

package picture

import (
	"bytes"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

func TestWhatCannotBeSeenGivesNoColourToWhatCan(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64)) // red, but for a hole with white in it
	for y := range 64 {
		for x := range 64 {
			c := color.NRGBA{R: 200, A: 255}
			if x > 20 && x < 45 && y > 20 && y < 45 {
				c = color.NRGBA{R: 255, G: 255, B: 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	small := scaleDown(img, 16, 16).(*image.NRGBA)
	half := 0
	for y := range 16 {
		for x := range 16 {
			c := small.NRGBAAt(x, y)
			if c.A > 0 && (c.R < 198 || c.R > 202 || c.G > 1 || c.B > 1) {
				t.Errorf("%v at %d,%d, want red", c, x, y)
			}
			if c.A > 0 && c.A < 255 {
				half++
			}
		}
	}
	if c := small.NRGBAAt(8, 8); c.A != 0 || half == 0 {
		t.Errorf("the hole is %v, %d pixels are at its edge", c, half)
	}
}

func TestAnOpaquePictureShrinksAsEveryOtherDoes(t *testing.T) {
	img := Landscape(120, 90, 1)
	got, want := scaleDown(img, 37, 28).(*image.NRGBA), FromImage(img).Resize(37, 28).NRGBA()
	for i := range want.Pix {
		if d := int(got.Pix[i]) - int(want.Pix[i]); d < -1 || d > 1 {
			t.Fatalf("byte %d is %d, want %d", i, got.Pix[i], want.Pix[i])
		}
	}
}

func TestAThumbnailIsWhatResizeMakes(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 333, 901))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(random.Uint32()) // opacity too
	}
	w, h := Fit(333, 901, 200)
	want := FromImage(img).Resize(w, h).NRGBA()
	if got, ok := Thumbnail(img, 200).(*image.NRGBA); !ok || got.Rect != want.Rect || !bytes.Equal(got.Pix, want.Pix) {
		t.Error("it is another picture")
	}
	if Thumbnail(img, 901) != image.Image(img) {
		t.Error("a picture that is small enough is copied")
	}
}

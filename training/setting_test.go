package training

import (
	"image"
	"math/rand/v2"
	"testing"

	"slugpuppy/picture"
)

// redIn counts clearly red pixels.
func redIn(img *image.NRGBA) (n int) {
	for i := 0; i < len(img.Pix); i += 4 {
		if img.Pix[i] > 200 && img.Pix[i+1] < 60 && img.Pix[i+2] < 60 {
			n++
		}
	}
	return n
}

func TestSettingsHoldThePictureAndMoreThanIt(t *testing.T) {
	one := image.NewNRGBA(image.Rect(0, 0, 300, 200))
	for i := 0; i < len(one.Pix); i += 4 {
		copy(one.Pix[i:], []byte{255, 0, 0, 255})
	}
	other := picture.ToNRGBA(picture.Landscape(320, 240, 1))
	before := string(other.Pix)
	for _, s := range settings {
		for seed := range uint64(5) {
			out := s.put(one, []*image.NRGBA{other, other, other}, rand.New(rand.NewPCG(seed, 1)))
			share := float64(redIn(out)) / float64(out.Rect.Dx()*out.Rect.Dy())
			if share < 0.1 || share > 0.5 {
				t.Errorf("%s: the picture is %.2f of it", s.name, share)
			}
		}
	}
	if string(other.Pix) != before {
		t.Error("a picture that it was put among is changed")
	}
}

func TestSettingsAreTheSameEveryTime(t *testing.T) {
	one, other := picture.ToNRGBA(picture.Landscape(300, 200, 2)), picture.ToNRGBA(picture.Landscape(720, 540, 3))
	for _, s := range settings {
		a := s.put(one, []*image.NRGBA{other}, rand.New(rand.NewPCG(7, 1)))
		b := s.put(one, []*image.NRGBA{other}, rand.New(rand.NewPCG(7, 1)))
		if string(a.Pix) != string(b.Pix) {
			t.Errorf("%s is another picture the second time", s.name)
		}
	}
}

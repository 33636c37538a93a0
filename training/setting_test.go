package training

import (
	"image"
	"math/rand/v2"
	"slices"
	"strconv"
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

func TestWhatBeginsIsSpreadOverAList(t *testing.T) {
	of := func(n int) []view {
		all := make([]view, n)
		for i := range all {
			all[i].name = strconv.Itoa(i)
		}
		return all
	}
	var got []string
	for _, v := range spread(of(10), 4) {
		got = append(got, v.name)
	}
	if want := []string{"0", "2", "5", "7"}; !slices.Equal(got, want) {
		t.Errorf("four of ten: %v, want %v", got, want)
	}
	if got := spread(of(3), 4); len(got) != 3 {
		t.Errorf("four of three: %d", len(got))
	}
}

func TestPreviewsAreAsLargeAsServersMakeThem(t *testing.T) {
	one, other := picture.ToNRGBA(picture.Landscape(300, 200, 2)), picture.ToNRGBA(picture.Landscape(720, 540, 3))
	for i, s := range settings[len(settings)/2:] {
		full := settings[i]
		if s.name != full.name+", its preview" {
			t.Fatalf("%s is no preview of %s", s.name, full.name)
		}
		a := full.put(one, []*image.NRGBA{other, other, other}, rand.New(rand.NewPCG(7, 1))).Rect
		b := s.put(one, []*image.NRGBA{other, other, other}, rand.New(rand.NewPCG(7, 1))).Rect
		if n := b.Dx() * b.Dy(); n > 640*361 || n < 640*350 || a.Dx()*a.Dy() <= n {
			t.Errorf("%s is %v, its preview %v", full.name, a.Size(), b.Size())
		}
		if x, y := float64(a.Dx())/float64(a.Dy()), float64(b.Dx())/float64(b.Dy()); x/y > 1.01 || y/x > 1.01 {
			t.Errorf("the preview of %s has other proportions: %v, %v", full.name, a.Size(), b.Size())
		}
	}
}

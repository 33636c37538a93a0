package picture_test

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slugpuppy/picture"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestLandscapeLooksAsItDid(t *testing.T) {
	for seed, name := range []string{"afternoon", "evening", "morning"} {
		t.Run(name, func(t *testing.T) {
			got := picture.Landscape(160, 120, uint64(seed))
			path := filepath.Join("testdata", name+".png")
			if *update {
				if err := os.WriteFile(path, must[[]byte](t)(picture.EncodePNG(got, "")), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want := picture.ToNRGBA(must[image.Image](t)(png.Decode(bytes.NewReader(must[[]byte](t)(os.ReadFile(path))))))
			if d := difference(got, want); d > 0.5 { // processors may round differently
				t.Errorf("off by %.2f of 255 on average; run with -update if that is wanted", d)
			}
		})
	}
}

func TestLandscapeDependsOnItsSeedAlone(t *testing.T) {
	a, b, c := picture.Landscape(80, 60, 5), picture.Landscape(80, 60, 5), picture.Landscape(80, 60, 8)
	if !bytes.Equal(a.Pix, b.Pix) {
		t.Error("the same seed gives two pictures")
	}
	if difference(a, c) < 5 {
		t.Error("two seeds of the same mood give nearly the same picture")
	}
	if !picture.Landscape(0, 5, 1).Rect.Empty() {
		t.Error("a picture without width has pixels")
	}
}

func TestResizeOfAPlainPictureIsPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 60)
		p := picture.NewPlanar(side.Draw(t, "w"), side.Draw(t, "h"))
		v := rapid.Float32Range(0, 1).Draw(t, "value")
		for i := range p.Pix {
			p.Pix[i] = v
		}
		out := p.Resize(side.Draw(t, "to w"), side.Draw(t, "to h"))
		for i, got := range out.Pix {
			if math.Abs(float64(got-v)) > 1e-5 {
				t.Fatalf("value %d is %v, want %v", i, got, v)
			}
		}
	})
}

func TestFitKeepsShapeAndNeverEnlarges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 20_000).Draw(t, "w"), rapid.IntRange(1, 20_000).Draw(t, "h")
		side := rapid.IntRange(1, 5_000).Draw(t, "side")
		fw, fh := picture.Fit(w, h, side)
		switch {
		case fw < 1 || fh < 1 || fw > w || fh > h:
			t.Fatalf("%dx%d fits %d as %dx%d", w, h, side, fw, fh)
		case max(w, h) <= side && (fw != w || fh != h):
			t.Fatalf("%dx%d changed though it fits %d", w, h, side)
		case max(w, h) > side && max(fw, fh) != side:
			t.Fatalf("%dx%d becomes %dx%d, side %d is not used", w, h, fw, fh, side)
		}
		scale := float64(max(fw, fh)) / float64(max(w, h))
		short := math.Max(1, float64(min(w, h))*scale)
		if math.Abs(float64(min(fw, fh))-short) > 0.51 {
			t.Fatalf("%dx%d becomes %dx%d, another shape", w, h, fw, fh)
		}
	})
}

func TestResizeThereAndBackKeepsThePicture(t *testing.T) {
	p := picture.FromImage(scenery(64, 48))
	back := p.Resize(128, 96).Resize(64, 48)
	sum := 0.0
	for i := range p.Pix {
		sum += math.Abs(float64(p.Pix[i] - back.Pix[i]))
	}
	if mean := sum / float64(len(p.Pix)); mean > 0.01 {
		t.Errorf("off by %.4f on average", mean)
	}
}

func TestPlanarRoundTripIsExact(t *testing.T) {
	img := scenery(33, 21)
	if back := picture.FromImage(img).NRGBA(); !bytes.Equal(back.Pix, img.Pix) {
		t.Error("eight bits did not survive")
	}
	p := picture.NewPlanar(2, 1)
	copy(p.Pix, []float32{-1, 2, float32(math.NaN()), 0.5, float32(math.Inf(1)), 0})
	want := []uint8{0, 0, 255, 255, 255, 128, 0, 255}
	if got := p.NRGBA().Pix[:8]; got[0] != 0 || got[4] != 255 || got[1] != 0 || got[5] != 128 {
		t.Errorf("values outside 0..1 became %v, want %v", got, want)
	}
}

func TestSubImagesAreTakenFromTheirCorner(t *testing.T) {
	img := scenery(20, 20)
	sub := img.SubImage(image.Rect(5, 7, 15, 17))
	if got, want := picture.ToNRGBA(sub).NRGBAAt(0, 0), img.NRGBAAt(5, 7); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func BenchmarkDecodePNG(b *testing.B) {
	benchDecode(b, must[[]byte](b)(picture.EncodePNG(scenery(1024, 768), "")))
}
func BenchmarkDecodeJPEG(b *testing.B) {
	benchDecode(b, must[[]byte](b)(picture.EncodeJPEG(scenery(1024, 768), 90, "")))
}

func benchDecode(b *testing.B, data []byte) {
	b.SetBytes(1024 * 768 * 4)
	for b.Loop() {
		if _, err := picture.Decode(b.Context(), data, picture.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResize(b *testing.B) {
	p := picture.FromImage(scenery(1024, 768))
	b.SetBytes(int64(4 * len(p.Pix)))
	for b.Loop() {
		p.Resize(512, 384)
	}
}

func BenchmarkEncodePNG(b *testing.B) {
	img := scenery(1024, 768)
	b.SetBytes(int64(len(img.Pix)))
	for b.Loop() {
		must[[]byte](b)(picture.EncodePNG(img, ""))
	}
}

func BenchmarkEncodeJPEG(b *testing.B) {
	img := scenery(1024, 768)
	b.SetBytes(int64(len(img.Pix)))
	for b.Loop() {
		must[[]byte](b)(picture.EncodeJPEG(img, 92, ""))
	}
}

func BenchmarkGIFFrame(b *testing.B) {
	img := scenery(512, 384)
	b.SetBytes(int64(len(img.Pix)))
	for b.Loop() {
		must[[]byte](b)(animation([]*image.NRGBA{img}, time.Second))
	}
}

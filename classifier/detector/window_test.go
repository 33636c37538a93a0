package detector

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestPoolingIsWhatCountingSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 23).Draw(t, "w"), rapid.IntRange(1, 23).Draw(t, "h")
		x := make([]float32, w*h)
		for i := range x {
			x[i] = rapid.Float32Range(0, 9).Draw(t, "x")
		}
		var table [cells + 1][cells + 1]powers
		pool(x, w, h, &table)
		for _, win := range Windows() {
			var got [stats]float32
			within(&table, win).describe(got[:])
			r := win.In(image.Rect(0, 0, w, h))
			var n, sum, squares, fourth float64
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for cx := r.Min.X; cx < r.Max.X; cx++ {
					v := float64(x[y*w+cx])
					n, sum, squares, fourth = n+1, sum+v, squares+v*v, fourth+v*v*v*v
				}
			}
			want := [stats]float64{}
			if n > 0 {
				mean := sum / n
				want = [stats]float64{math.Log1p(mean), math.Sqrt(max(0, squares/n-mean*mean)), math.Sqrt(math.Sqrt(fourth / n))}
			}
			for k := range want {
				if math.Abs(want[k]-float64(got[k])) > 2e-3 {
					t.Fatalf("%+v of %dx%d: %v, want %v", win, w, h, got, want)
				}
			}
		}
	})
}

func TestWindowsOfAPictureCoverItAndNothingElse(t *testing.T) {
	r := image.Rect(10, 20, 110, 70)
	union := map[int]image.Rectangle{}
	for i, w := range Windows() {
		in := w.In(r)
		if i == 0 && in != r {
			t.Errorf("the first window is %v of %v", in, r)
		}
		if !in.In(r) || in.Empty() {
			t.Errorf("%+v is %v", w, in)
		}
		union[w.Side] = union[w.Side].Union(in)
	}
	for side, in := range union {
		if in != r {
			t.Errorf("windows of %d cells cover %v of %v", side, in, r)
		}
	}
}

func TestUniformBordersAreTrimmed(t *testing.T) {
	noisy := func(img *image.NRGBA, r image.Rectangle) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				img.SetNRGBA(x, y, color.NRGBA{uint8(x * 37), uint8(y * 91), uint8(x * y), 255})
			}
		}
	}
	for name, c := range map[string]struct{ at, want image.Rectangle }{
		"bars above and below":          {image.Rect(0, 30, 200, 120), image.Rect(0, 30, 200, 120)},
		"a thing on white":              {image.Rect(60, 40, 130, 110), image.Rect(60, 40, 130, 110)},
		"no border":                     {image.Rect(0, 0, 200, 150), image.Rect(0, 0, 200, 150)},
		"something tiny that stands on": {image.Rect(90, 70, 95, 75), image.Rect(0, 0, 200, 150)},
		"nothing at all":                {image.Rectangle{}, image.Rect(0, 0, 200, 150)},
	} {
		img := image.NewNRGBA(image.Rect(0, 0, 200, 150))
		draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
		noisy(img, c.at)
		if got := trim(img); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestBordersThatAJPEGLeftUnevenAreTrimmedToo(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 200, 150))
	for y := range 150 {
		for x := range 200 {
			img.SetNRGBA(x, y, color.NRGBA{uint8(250 + (x*7+y*3)%5), 252, 254, 255})
		}
	}
	at := image.Rect(50, 50, 150, 120)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x * 37), uint8(y * 91), 7, 255})
		}
	}
	if got := trim(img); got != at {
		t.Errorf("%v, want %v", got, at)
	}
}

func BenchmarkPool(b *testing.B) {
	const w, h = 88, 88
	x := make([]float32, w*h)
	for i := range x {
		x[i] = float32(i%17) * float32(i%3)
	}
	b.SetBytes(4 * w * h)
	for b.Loop() {
		var table [cells + 1][cells + 1]powers
		pool(x, w, h, &table)
	}
}

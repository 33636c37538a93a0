package detector

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"pgregory.net/rapid"

	"slugpuppy/classifier/kernel"
)

func TestPoolingIsWhatCountingSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 23).Draw(t, "w"), rapid.IntRange(1, 23).Draw(t, "h")
		x := make([]float32, w*h)
		for i := range x {
			x[i] = rapid.Float32Range(0, 9).Draw(t, "x")
		}
		var columns kernel.Powers
		var sums table
		for i := range mostCells {
			sums[1][i+1].x = 7 // of the channel before
		}
		g := gridOf(rapid.IntRange(1, 900).Draw(t, "picture's w"), rapid.IntRange(1, 900).Draw(t, "picture's h"))
		g.pool(x, w, h, &columns, &sums)
		for _, win := range g.windows() {
			var got [stats]float32
			sums.within(win).describe(got[:])
			r := g.in(win, image.Rect(0, 0, w, h))
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

func TestWindowsOfAPictureCoverItAndAreSquares(t *testing.T) {
	for _, size := range []image.Point{{100, 50}, {500, 500}, {300, 700}, {90, 2000}, {1, 1}} {
		r := image.Rectangle{image.Pt(10, 20), image.Pt(10, 20).Add(size)}
		g := gridOf(size.X, size.Y)
		union := map[int]image.Rectangle{}
		for i, w := range g.windows() {
			in := g.in(w, r)
			if i == 0 && in != r {
				t.Errorf("%v: the first window is %v of %v", size, in, r)
			}
			if !in.In(r) {
				t.Errorf("%v: %+v is %v of %v", size, w, in, r)
			}
			if long := max(size.X, size.Y); i > 0 && min(size.X, size.Y) > 40 && long <= 2*min(size.X, size.Y) &&
				math.Abs(float64(in.Dx()-in.Dy())) > 0.12*float64(long) {
				t.Errorf("%v: %+v is %v, which is no square", size, w, in)
			}
			union[w.W] = union[w.W].Union(in)
		}
		for side, in := range union {
			if in != r && size.X > 1 {
				t.Errorf("%v: windows of %d cells cover %v of %v", size, side, in, r)
			}
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
	var columns kernel.Powers
	for b.Loop() {
		var sums table
		grid{cells, cells}.pool(x, w, h, &columns, &sums)
	}
}

func TestTheMidstOfADreamCountsMoreThanItsEdge(t *testing.T) {
	windows := grid{7, 5}.windows()
	dream := image.Rect(3, 0, 7, 3) // in cells
	margins := make([]float64, len(windows))
	for i, w := range windows {
		in := image.Rect(w.X, w.Y, w.X+w.W, w.Y+w.H)
		margins[i] = 8*area(in.Intersect(dream))/area(in) - 4
		if in == image.Rect(4, 2, 6, 4) { // at the edge, and by chance the highest
			margins[i] = 4.5
		}
	}
	best := 1
	for i, m := range settled(windows, margins) {
		if i > 0 && m > settled(windows, margins)[best] {
			best = i
		}
	}
	if in := windows[best]; !image.Rect(in.X, in.Y, in.X+in.W, in.Y+in.H).In(dream) {
		t.Errorf("%+v is picked, which is not within %v", in, dream)
	}
}

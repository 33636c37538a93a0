package detector

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"testing"

	"pgregory.net/rapid"

	"slugpuppy/picture"
)

// sketch is a picture that is drawn for a test.
type sketch struct{ *image.NRGBA }

func sheet(w, h int, ground color.Color) sketch {
	s := sketch{image.NewNRGBA(image.Rect(0, 0, w, h))}
	s.fill(s.Rect, ground)
	return s
}

func (s sketch) fill(r image.Rectangle, c color.Color) {
	draw.Draw(s, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// photo fills with what has no two lines alike.
func (s sketch) photo(r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			s.SetNRGBA(x, y, color.NRGBA{uint8(x*37 + y), uint8(y * 91), uint8(x * y), 255})
		}
	}
}

// write draws strokes like letters, so many pixels high.
func (s sketch) write(x, y, w, size int, ink color.Color) {
	for ; w > size; w, x = w-size, x+size {
		s.fill(image.Rect(x, y, x+max(1, size/6), y+size), ink)
		s.fill(image.Rect(x, y+size/2, x+size/2, y+size/2+max(1, size/8)), ink)
	}
}

// plot draws axes with ticks and numbers around a picture.
func (s sketch) plot(r image.Rectangle, ink color.Color) {
	s.fill(r.Inset(-1), ink)
	s.photo(r)
	for x := r.Min.X; x < r.Max.X; x += 50 {
		s.fill(image.Rect(x, r.Max.Y, x+1, r.Max.Y+5), ink)
		s.write(x-8, r.Max.Y+8, 20, 9, ink)
	}
	for y := r.Min.Y; y < r.Max.Y; y += 50 {
		s.fill(image.Rect(r.Min.X-5, y, r.Min.X, y+1), ink)
		s.write(r.Min.X-28, y-4, 20, 9, ink)
	}
}

func TestFramesOfTicksAndTextAreTrimmed(t *testing.T) {
	at := image.Rect(60, 50, 460, 330)
	for name, c := range map[string]struct {
		draw func() sketch
		want image.Rectangle
	}{
		"a plot": {func() sketch { s := sheet(500, 380, color.White); s.plot(at, color.Black); return s }, at},
		"a plot with a title": {func() sketch {
			s := sheet(500, 380, color.White)
			s.plot(at, color.Black)
			s.write(120, 20, 260, 16, color.Black)
			return s
		}, at},
		"a plot cut to what is drawn": {func() sketch {
			s := sheet(436, 300, color.White)
			s.plot(image.Rect(30, 6, 430, 276), color.Black)
			return s
		}, image.Rect(30, 6, 430, 276)},
		"a dark plot": {func() sketch { s := sheet(500, 380, color.Gray{20}); s.plot(at, color.White); return s }, at},
		"a tall plot in a wide figure": {func() sketch {
			s := sheet(640, 480, color.White)
			s.plot(image.Rect(250, 60, 400, 430), color.Black)
			s.write(200, 30, 260, 14, color.Black)
			return s
		}, image.Rect(250, 60, 400, 430)},
		"a plot with a scale of colours": {func() sketch {
			s := sheet(600, 380, color.White)
			s.plot(at, color.Black)
			s.photo(image.Rect(490, 50, 510, 330))
			s.write(520, 50, 40, 9, color.Black)
			s.write(520, 310, 40, 9, color.Black)
			return s
		}, at},
		"a picture without axes under a title": {func() sketch {
			s := sheet(500, 380, color.White)
			s.photo(at)
			s.write(120, 20, 260, 16, color.Black)
			return s
		}, at},
		"a caption above a picture": {func() sketch {
			s := sheet(400, 400, color.White)
			s.write(20, 20, 340, 30, color.Black)
			s.photo(image.Rect(0, 80, 400, 400))
			return s
		}, image.Rect(0, 80, 400, 400)},
		"a plot on a page with bars": {func() sketch {
			s := sheet(500, 900, color.White)
			s.fill(image.Rect(0, 0, 500, 60), color.NRGBA{40, 80, 160, 255})
			s.write(20, 20, 200, 20, color.White)
			s.fill(image.Rect(0, 850, 500, 900), color.Gray{120})
			for y := 80; y < 300; y += 40 {
				s.write(30, y, 420, 14, color.Black)
			}
			s.photo(image.Rect(20, 340, 480, 780))
			s.write(30, 800, 300, 14, color.Black)
			return s
		}, image.Rect(20, 340, 480, 780)},
	} {
		s := c.draw()
		if got := trim(s.NRGBA); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if got := trim(asJPEG(t, s)); !close2(got, c.want) {
			t.Errorf("%s, saved as JPEG: %v, want about %v", name, got, c.want)
		}
	}
}

// close2 says whether two places are the same but for two pixels a side.
func close2(a, b image.Rectangle) bool { return a.In(b.Inset(-2)) && b.In(a.Inset(-2)) }

func asJPEG(t *testing.T, img image.Image) *image.NRGBA {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	back, err := jpeg.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return picture.ToNRGBA(back)
}

func TestWhatIsNoFrameIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		draw func() sketch
		keep []image.Rectangle // what must not be cut away
	}{
		"a picture alone": {func() sketch { s := sheet(300, 200, color.White); s.photo(s.Rect); return s }, []image.Rectangle{image.Rect(0, 0, 300, 200)}},
		"a picture with a sky": {func() sketch {
			s := sheet(300, 200, color.Gray{240})
			s.photo(image.Rect(0, 120, 300, 200))
			s.photo(image.Rect(40, 30, 80, 120)) // a tower
			return s
		}, []image.Rectangle{image.Rect(0, 120, 300, 200), image.Rect(40, 30, 80, 120)}},
		"a thing on white": {func() sketch {
			s := sheet(300, 300, color.White)
			s.photo(s.Rect)
			for y := range 300 {
				for x := range 300 {
					if (x-150)*(x-150)+(y-150)*(y-150) > 100*100 {
						s.Set(x, y, color.White)
					}
				}
			}
			return s
		}, []image.Rectangle{image.Rect(50, 50, 250, 250)}},
		"a chart of lines": {func() sketch {
			s := sheet(400, 300, color.White)
			s.fill(image.Rect(40, 20, 41, 260), color.Black)
			s.fill(image.Rect(40, 260, 380, 261), color.Black)
			for x := 41; x < 380; x++ {
				s.fill(image.Rect(x, 140+(x*x/97)%60, x+1, 144+(x*x/97)%60), color.NRGBA{200, 0, 0, 255})
			}
			return s
		}, []image.Rectangle{image.Rect(41, 140, 380, 203)}},
		"a page of text": {func() sketch {
			s := sheet(400, 500, color.White)
			for y := 20; y < 460; y += 30 {
				s.write(20, y, 350, 16, color.Black)
			}
			return s
		}, []image.Rectangle{image.Rect(20, 20, 350, 450)}},
		"a grid of plots": {func() sketch {
			s := sheet(700, 600, color.White)
			for i := range 4 {
				s.plot(image.Rect(50, 50, 330, 270).Add(image.Pt(340*(i%2), 290*(i/2))), color.Black)
			}
			return s
		}, []image.Rectangle{image.Rect(50, 50, 670, 560)}},
		"a picture below a wider one": {func() sketch {
			s := sheet(600, 1000, color.White)
			s.photo(image.Rect(0, 0, 600, 400))
			s.write(20, 420, 500, 14, color.Black)
			s.photo(image.Rect(150, 460, 450, 760))
			return s
		}, []image.Rectangle{image.Rect(0, 0, 600, 400), image.Rect(150, 460, 450, 760)}},
		"a small picture beside a large one": {func() sketch {
			s := sheet(600, 400, color.White)
			s.photo(image.Rect(10, 10, 400, 390))
			s.photo(image.Rect(430, 120, 530, 220))
			return s
		}, []image.Rectangle{image.Rect(10, 10, 400, 390), image.Rect(430, 120, 530, 220)}},
	} {
		s := c.draw()
		for _, img := range []*image.NRGBA{s.NRGBA, asJPEG(t, s)} {
			got := trim(img)
			for _, keep := range c.keep {
				if !keep.In(got.Inset(-2)) {
					t.Errorf("%s: %v is left, which is not all of %v", name, got, keep)
				}
			}
		}
	}
}

func TestTrimmingAndPanesLeavePartsOfAnyPicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 220).Draw(t, "w"), rapid.IntRange(1, 220).Draw(t, "h")
		s := sheet(w, h, color.White)
		for range rapid.IntRange(0, 12).Draw(t, "things") {
			x, y := rapid.IntRange(0, w).Draw(t, "x"), rapid.IntRange(0, h).Draw(t, "y")
			r := image.Rect(x, y, x+rapid.IntRange(0, w).Draw(t, "dx"), y+rapid.IntRange(0, h).Draw(t, "dy")).Intersect(s.Rect)
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				s.photo(r)
			case 1:
				s.fill(r, color.White)
			case 2:
				s.write(r.Min.X, r.Min.Y, r.Dx(), 10, color.Black)
			case 3:
				s.fill(r, color.Black)
			}
		}
		at := trim(s.NRGBA)
		if at.Empty() || !at.In(s.Rect) {
			t.Fatalf("%v of %v is left", at, s.Rect)
		}
		for _, win := range gridOf(at.Dx(), at.Dy()).windows() {
			window := gridOf(at.Dx(), at.Dy()).in(win, at)
			if p := pane(s.NRGBA, at, window); !p.In(at) || p.Empty() && !window.Empty() {
				t.Fatalf("the pane of %v in %v is %v", window, at, p)
			}
		}
	})
}

// Where four of five lines have next to no ink, those with a little more are a picture's all the same: something is left.
func TestHardlyAnyInkIsTrimmedToSomething(t *testing.T) {
	s := sheet(61, 112, color.White)
	s.photo(image.Rect(0, 35, 1, 106))
	s.write(0, 39, 61, 10, color.Black)
	if at := trim(s.NRGBA); at.Empty() || !at.In(s.Rect) {
		t.Errorf("%v is left", at)
	}
	for n := range 12 {
		ink := make([]float64, n+1)
		for i := range ink {
			ink[i] = 0.016 // all are drawn, and as bare as ground
		}
		if lo, hi := span(ink, 3); lo != 3 || hi != 3+len(ink) {
			t.Errorf("of %d lines alike %d to %d are left", len(ink), lo, hi)
		}
	}
}

func TestAPictureWithoutAFrameCostsNothingToTrim(t *testing.T) {
	s := sheet(1600, 1200, color.Black)
	s.photo(s.Rect)
	if all := grounds(s.NRGBA, s.Rect); len(all) != 0 { // what costs is done for each of them
		t.Errorf("%d grounds", len(all))
	}
}

func BenchmarkTrim(b *testing.B) {
	s := sheet(640, 360, color.White)
	s.plot(image.Rect(60, 20, 600, 320), color.Black)
	for b.Loop() {
		trim(s.NRGBA)
	}
}

package detector

import (
	"image"
	"image/color"
	"math"
	"testing"
)

func TestAWindowInACollageIsWidenedOrCutToItsPane(t *testing.T) {
	collage := func(across, down, side, gap int) (sketch, func(x, y int) image.Rectangle) {
		s := sheet(across*(side+gap)-gap, down*(side+gap)-gap, color.White)
		at := func(x, y int) image.Rectangle {
			return image.Rect(0, 0, side, side).Add(image.Pt(x*(side+gap), y*(side+gap)))
		}
		for y := range down {
			for x := range across {
				s.waves(at(x, y))
			}
		}
		return s, at
	}
	two, in2 := collage(2, 2, 200, 6)
	three, in3 := collage(3, 2, 150, 4)
	alone := sheet(400, 300, color.White)
	alone.waves(alone.Rect)
	sky := sheet(400, 300, color.White)
	sky.waves(sky.Rect)
	for y := range 100 {
		sky.fill(image.Rect(0, y, 400, y+1), color.NRGBA{uint8(90 + y), uint8(120 + y), 230, 255})
	}
	comic := sheet(400, 600, color.White) // a wide pane above two others
	comic.waves(image.Rect(0, 0, 400, 290))
	comic.waves(image.Rect(0, 300, 195, 600))
	comic.waves(image.Rect(205, 300, 400, 600))
	for name, c := range map[string]struct {
		in           sketch
		window, want image.Rectangle
	}{
		"smaller than the pane":      {two, image.Rect(0, 0, 162, 162), in2(0, 0)},
		"over its edge":              {two, image.Rect(162, 0, 406, 243), in2(1, 0)},
		"its middle between panes":   {two, image.Rect(81, 20, 327, 160), in2(1, 0)},
		"the last of six":            {three, image.Rect(290, 140, 458, 304), in3(2, 1)},
		"a pane of a comic":          {comic, image.Rect(10, 330, 180, 520), image.Rect(0, 300, 195, 600)},
		"a picture with a sky":       {sky, image.Rect(0, 60, 160, 220), image.Rect(0, 60, 160, 220)},
		"a picture without lines":    {alone, image.Rect(0, 0, 180, 180), image.Rect(0, 0, 180, 180)},
		"a larger one than its pane": {three, image.Rect(100, 0, 370, 200), in3(1, 0)},
	} {
		if got := pane(c.in.NRGBA, c.in.Rect, c.window); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if got := pane(asJPEG(t, c.in), c.in.Rect, c.window); !close2(got, c.want) {
			t.Errorf("%s, saved as JPEG: %v, want about %v", name, got, c.want)
		}
	}
	blank := sheet(100, 100, color.White)
	if got, w := pane(blank.NRGBA, blank.Rect, image.Rect(0, 0, 60, 60)), image.Rect(0, 0, 60, 60); got != w {
		t.Errorf("nothing but ground: %v, want %v", got, w)
	}
}

// waves fills as photographs are filled: no line has one colour, and neighbours are alike.
func (s sketch) waves(r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			u, w := float64(x), float64(y)
			v := func(k float64) uint8 { return uint8(128 + 60*math.Sin(k*u/9+w/17) + 60*math.Cos(w/(7*k)+u/29)) }
			s.SetNRGBA(x, y, color.NRGBA{v(1), v(1.3), v(0.6), 255})
		}
	}
}

package dream_test

import (
	"image"
	"image/color"
	"maps"
	"math"
	"slices"
	"testing"

	"slugpuppy/dream"
	"slugpuppy/picture"
)

// detail is what a dream adds, in a colour's place: 0 is brightness, 1 red against blue, 2 green against both.
func detail(dreamt, src *image.NRGBA, axis int) *picture.Planar {
	out := picture.NewPlanar(src.Rect.Dx(), src.Rect.Dy())
	for i := range out.W * out.H {
		var d [3]float32
		for c := range d {
			d[c] = float32(dreamt.Pix[4*i+c]) - float32(src.Pix[4*i+c])
		}
		out.Pix[i] = []float32{(d[0] + d[1] + d[2]) * 0.577, (d[0] - d[2]) * 0.707, (d[0] - 2*d[1] + d[2]) * 0.408}[axis]
	}
	return out
}

// grain is how strong the finest waves of a plane are: the mean square of what differs from the pixel to the left.
func grain(p *picture.Planar) float64 {
	sum := 0.0
	for y := range p.H {
		for x := 1; x < p.W; x++ {
			d := float64(p.Pix[y*p.W+x] - p.Pix[y*p.W+x-1])
			sum += d * d
		}
	}
	return sum / float64(p.W*p.H)
}

func TestDreamsHaveLittleFineColour(t *testing.T) {
	src := picture.Landscape(96, 72, 1)
	for y := range 72 { // far from black and white, where colours are cut off
		for x := range 96 {
			c := src.NRGBAAt(x, y)
			src.SetNRGBA(x, y, color.NRGBA{c.R/2 + 64, c.G/2 + 64, c.B/2 + 64, 255})
		}
	}
	img := dreamt(t, maker(t, dream.Options{}), src, dream.Recipe{Octaves: 1, Steps: 4, Strength: 3,
		Layers: []dream.LayerTerm{whole("4a", 1)}}).Image
	light, colours := grain(detail(img, src, 0)), grain(detail(img, src, 1))+grain(detail(img, src, 2))
	if share := colours / (light + colours); share > 0.06 {
		t.Errorf("%.3f of the grain is colour", share)
	}
}

func TestPlainAreasJoinIn(t *testing.T) {
	const w, h = 320, 96
	src := image.NewNRGBA(image.Rect(0, 0, w, h))
	ground := picture.Landscape(w, h, 3)
	for y := range h {
		for x := range w {
			c := ground.NRGBAAt(x, y)
			if x >= w/2 {
				c = color.NRGBA{130, 150, 180, 255}
			}
			src.SetNRGBA(x, y, c)
		}
	}
	img := dreamt(t, maker(t, dream.Options{}), src, dream.Recipe{Octaves: 1, Steps: 8, Strength: 4,
		Layers: []dream.LayerTerm{whole("4b", 1)}}).Image
	full := distance(src, img, func(x, _ int) bool { return x < w/3 })
	plain := distance(src, img, func(x, _ int) bool { return x > 2*w/3 })
	if plain < 0.6*full {
		t.Errorf("where there is nothing the picture changes by %.2f, elsewhere by %.2f", plain, full)
	}
}

// What two seeds add to a picture is not the same in its large shapes either.
func TestSeedsBeginWithOtherShapes(t *testing.T) {
	src := picture.Landscape(96, 72, 1)
	var large []*picture.Planar
	for seed := range uint64(2) {
		r := dream.Recipe{Octaves: 2, Steps: 3, Seed: seed, Layers: []dream.LayerTerm{whole("4a", 1)}}
		img := dreamt(t, maker(t, dream.Options{}), src, r).Image
		large = append(large, detail(img, src, 0).Resize(12, 9))
	}
	if same := correlation(large[0].Plane(0), large[1].Plane(0)); same > 0.6 {
		t.Errorf("the large shapes of two seeds correlate by %.2f", same)
	}
}

// Of a look's labels each seed dreams more of others.
func TestSeedsLeanToOtherLabels(t *testing.T) {
	m := maker(t, dream.Options{})
	raised := func(r dream.Recipe) map[int]float32 {
		labels, err := m.Raised(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return labels
	}
	one, again, other := raised(dream.Recipe{Seed: 1}), raised(dream.Recipe{Seed: 1}), raised(dream.Recipe{Seed: 2})
	if len(one) < 3 || !maps.Equal(one, again) || !slices.Equal(slices.Sorted(maps.Keys(one)), slices.Sorted(maps.Keys(other))) {
		t.Errorf("one seed raises %v and %v, another %v", one, again, other)
	}
	for l, weight := range one {
		if weight <= 0 || weight == other[l] {
			t.Errorf("label %d weighs %g, with another seed %g", l, weight, other[l])
		}
	}
	word := []dream.WordTerm{{Label: 3, Weight: 1}}
	if asked := raised(dream.Recipe{Seed: 2, Words: word}); !maps.Equal(asked, map[int]float32{3: 1}) {
		t.Errorf("where one word is asked for, %v are raised", asked)
	}
}

func correlation(a, b []float32) float64 {
	var sa, sb, saa, sbb, sab float64
	n := float64(len(a))
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		sa, sb, saa, sbb, sab = sa+x, sb+y, saa+x*x, sbb+y*y, sab+x*y
	}
	return (sab - sa*sb/n) / math.Sqrt((saa-sa*sa/n)*(sbb-sb*sb/n))
}

// Of two things neither is drawn at the cost of the other: they lie side by side.
func TestAMixShowsBoth(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	one, other := label(t, banana), label(t, "n01443537") // a goldfish
	img := dreamt(t, maker(t, dream.Options{}), nil, dream.Recipe{Verb: dream.Imagine, Steps: 10, Size: 128, Seed: 1,
		Words: []dream.WordTerm{{Label: one, Weight: 1}, {Label: other, Weight: 1}}}).Image
	part := func(x0, y0 int) *image.NRGBA { return picture.ToNRGBA(img.SubImage(image.Rect(x0, y0, x0+76, y0+76))) }
	left, right := evidence(t, part(0, 16), other), evidence(t, part(52, 36), one)
	if left < 0.3 || right < 0.3 {
		t.Errorf("on the left a goldfish to %.3f, on the right a banana to %.3f", left, right)
	}
}

package dream_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// measured is what a wish is about, as the network sees it in a picture: the mean square of a layer,
// or the mean of one of its channels. Of the logits a channel is a label.
func measured(t *testing.T, n *classifier.Network, img *image.NRGBA, layer string, channel int) float64 {
	t.Helper()
	f := features(t, n, img, layer)
	sum, plane := 0.0, f.Data
	if channel >= 0 {
		plane = f.Data[channel*f.H*f.W : (channel+1)*f.H*f.W]
	}
	for _, v := range plane {
		if channel < 0 {
			v *= v
		}
		sum += float64(v)
	}
	return sum / float64(len(plane))
}

func features(t *testing.T, n *classifier.Network, img *image.NRGBA, layer string) *classifier.Features {
	t.Helper()
	all, err := n.Activations(t.Context(), picture.FromImage(img), layer)
	if err != nil {
		t.Fatal(err)
	}
	return all[layer]
}

// asked is a recipe of a few steps at one size.
func asked(layers []dream.LayerTerm, words ...dream.WordTerm) dream.Recipe {
	return dream.Recipe{Octaves: 1, Steps: 4, Seed: 3, Layers: layers, Words: words}
}

func whole(layer string, weight float32) dream.LayerTerm {
	return dream.LayerTerm{Layer: layer, Channel: -1, Weight: weight}
}

// What a recipe raises goes up and what it lowers goes down, against the picture and, where there is
// something else in the recipe, against the recipe without it.
func TestWishesMoveWhatTheyAreAbout(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	n := stranger(t)
	m := light(t, dream.Options{})
	src := picture.Landscape(96, 72, 2)
	channel := func(c int, weight float32) []dream.LayerTerm {
		return []dream.LayerTerm{{Layer: "relu1", Channel: c, Weight: weight}}
	}
	look := []dream.LayerTerm{whole("relu1", 1)}
	tests := []struct {
		name           string
		layer          string
		channel        int
		up, down, none dream.Recipe
	}{
		{"a layer", "relu1", -1, asked([]dream.LayerTerm{whole("relu1", 1)}), asked([]dream.LayerTerm{whole("relu1", -1)}), dream.Recipe{}},
		{"one channel", "relu1", 2, asked(channel(2, 1)), asked(channel(2, -1)), dream.Recipe{}},
		{"another channel", "relu1", 0, asked(channel(0, 1)), asked(channel(0, -1)), dream.Recipe{}},
		{"a channel beside a layer", "relu1", 0, asked([]dream.LayerTerm{whole("add1", 1), channel(0, 1)[0]}),
			asked([]dream.LayerTerm{whole("add1", 1), channel(0, -1)[0]}), asked([]dream.LayerTerm{whole("add1", 1)})},
		{"a layer lowered beside one raised", "Relu", -1, asked([]dream.LayerTerm{whole("mul2", 1), whole("Relu", 1)}),
			asked([]dream.LayerTerm{whole("mul2", 1), whole("Relu", -1)}), asked([]dream.LayerTerm{whole("mul2", 1)})},
		{"a word", "logits", 2, asked(look, dream.WordTerm{Label: 2, Weight: 1}), asked(look, dream.WordTerm{Label: 2, Weight: -1}), asked(look)},
		{"a word with the usual look", "logits", 0, asked(nil, dream.WordTerm{Label: 0, Weight: 1}), asked(nil, dream.WordTerm{Label: 0, Weight: -1}), asked(nil)},
		{"one word up and one down", "logits", 1, asked(look, dream.WordTerm{Label: 3, Weight: 1}, dream.WordTerm{Label: 1, Weight: 1}),
			asked(look, dream.WordTerm{Label: 3, Weight: 1}, dream.WordTerm{Label: 1, Weight: -1}), asked(look, dream.WordTerm{Label: 3, Weight: 1})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of := func(r dream.Recipe) float64 {
				if r.Steps == 0 {
					return measured(t, n, src, tt.layer, tt.channel)
				}
				return measured(t, n, dreamt(t, m, src, r).Image, tt.layer, tt.channel)
			}
			up, none, down := of(tt.up), of(tt.none), of(tt.down)
			if least := 1e-3 * math.Abs(none); up < none+least || down > none-least {
				t.Errorf("raised it is at %.6g, lowered at %.6g, left alone at %.6g", up, down, none)
			}
		})
	}
}

// Two wishes are shared out by their weights.
func TestWeightsShareOut(t *testing.T) {
	n := stranger(t)
	m := light(t, dream.Options{})
	src := picture.Landscape(96, 72, 2)
	of := func(a, b float32) (first, second float64) {
		img := dreamt(t, m, src, asked([]dream.LayerTerm{{Layer: "relu1", Channel: 2, Weight: a}, {Layer: "mul2", Channel: 0, Weight: b}})).Image
		return measured(t, n, img, "relu1", 2), measured(t, n, img, "mul2", 0)
	}
	a1, b1 := of(4, 0.25)
	a2, b2 := of(0.25, 4)
	if a1 < 1.005*a2 || b2 < 1.005*b1 {
		t.Errorf("the one that weighs more is at %.6g and %.6g, the other at %.6g and %.6g", a1, b2, a2, b1)
	}
}

// likeGuide is how a picture takes after a guide: over its places, the mean cosine with the place of the guide that is
// most like it.
func likeGuide(t *testing.T, n *classifier.Network, img, guide *image.NRGBA, layer string) float64 {
	t.Helper()
	f, g := features(t, n, img, layer), features(t, n, guide, layer)
	places, sum := f.W*f.H, 0.0
	long := func(f *classifier.Features, p int) float64 {
		sum := 1e-12
		for c := range f.C {
			v := float64(f.Data[c*f.W*f.H+p])
			sum += v * v
		}
		return math.Sqrt(sum)
	}
	for p := range places {
		best := math.Inf(-1)
		for q := range g.W * g.H {
			dot := 0.0
			for c := range f.C {
				dot += float64(f.Data[c*places+p]) * float64(g.Data[c*g.W*g.H+q])
			}
			best = max(best, dot/long(f, p)/long(g, q))
		}
		sum += best
	}
	return sum / float64(places)
}

func TestGuideDrawsTheDreamTowardsItself(t *testing.T) {
	const layer = "Concat"
	n := stranger(t)
	m := light(t, dream.Options{})
	src := picture.Landscape(64, 48, 7)
	plain := func(c color.NRGBA) *image.NRGBA {
		img := image.NewNRGBA(image.Rect(0, 0, 48, 40))
		for y := range 40 {
			for x := range 48 {
				img.SetNRGBA(x, y, c)
			}
		}
		return img
	}
	guides := []*image.NRGBA{plain(color.NRGBA{240, 20, 20, 255}), plain(color.NRGBA{20, 60, 250, 255})}
	r := asked([]dream.LayerTerm{whole(layer, 1)})
	r.Guide = true
	var dreams []*image.NRGBA
	for _, g := range guides {
		p, err := m.Make(t.Context(), dream.Order{Recipe: r, Source: src, Guide: g}, nil)
		if err != nil {
			t.Fatal(err)
		}
		dreams = append(dreams, p.Image)
	}
	for i, g := range guides {
		own, others, before := likeGuide(t, n, dreams[i], g, layer), likeGuide(t, n, dreams[1-i], g, layer), likeGuide(t, n, src, g, layer)
		if own < before+0.001 || own < others+0.001 {
			t.Errorf("guide %d: the picture was at %.5g, its dream at %.5g, the other one's at %.5g", i, before, own, others)
		}
	}
	_, err := m.Make(t.Context(), dream.Order{Recipe: r, Source: src}, nil)
	if p, ok := err.(*dream.Problem); !ok || p.Kind != dream.NoGuide {
		t.Errorf("without a guide: %v", err)
	}
}

func TestStrengthIsHowFarADreamGoes(t *testing.T) {
	m := light(t, dream.Options{})
	src := picture.Landscape(64, 48, 2)
	var far []float64
	for _, strength := range []int{1, 4, 7, 10} {
		far = append(far, distance(src, dreamt(t, m, src, dream.Recipe{Octaves: 1, Steps: 3, Strength: strength}).Image, nil))
	}
	for i := 1; i < len(far); i++ {
		if far[i] < 1.5*far[i-1] {
			t.Errorf("strengths 1, 4, 7 and 10 change the picture by %.2f", far)
		}
	}
}

func TestStepsAndGenerationsGoOn(t *testing.T) {
	m := light(t, dream.Options{})
	src := picture.Landscape(64, 48, 2)
	far := func(r dream.Recipe) float64 {
		r.Layers = []dream.LayerTerm{whole("div1", 1)}
		return distance(src, dreamt(t, m, src, r).Image, nil)
	}
	once := far(dream.Recipe{Octaves: 1, Steps: 2})
	if more := far(dream.Recipe{Octaves: 1, Steps: 8}); more < 1.8*once {
		t.Errorf("two steps change %.2f, eight %.2f", once, more)
	}
	if more := far(dream.Recipe{Octaves: 1, Steps: 2, Repeat: 4}); more < 1.8*once {
		t.Errorf("one generation changes %.2f, four %.2f", once, more)
	}
	if reached := dreamt(t, m, src, dream.Recipe{Octaves: 1, Steps: 1, Generation: 2, Repeat: 3}).Recipe.Reached(); reached != 4 {
		t.Errorf("reached generation %d", reached)
	}
}

// Everything that a recipe says decides about the picture: there are no two that differ only in what
// one of them leaves unused.
func TestEveryFieldMatters(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	m := light(t, dream.Options{})
	src := picture.Landscape(128, 96, 2)
	usual := dream.Recipe{Octaves: 2, OctaveScale: 1.6, Steps: 2, Seed: 4, Strength: 5, Preset: "slug"}
	before := dreamt(t, m, src, usual).Image
	for name, change := range map[string]func(*dream.Recipe){
		"octaves":      func(r *dream.Recipe) { r.Octaves = 1 },
		"octave scale": func(r *dream.Recipe) { r.OctaveScale = 1.3 },
		"steps":        func(r *dream.Recipe) { r.Steps = 3 },
		"strength":     func(r *dream.Recipe) { r.Strength = 6 },
		"seed":         func(r *dream.Recipe) { r.Seed = 5 },
		"generation":   func(r *dream.Recipe) { r.Generation = 2 },
		"repeat":       func(r *dream.Recipe) { r.Repeat = 2 },
		"size":         func(r *dream.Recipe) { r.Size = 112 },
		"mask":         func(r *dream.Recipe) { r.Mask = dream.KeepTop },
		"colours":      func(r *dream.Recipe) { r.KeepColours = true },
		"layers":       func(r *dream.Recipe) { r.Layers = []dream.LayerTerm{whole("add1", 1)} },
		"words":        func(r *dream.Recipe) { r.Words = []dream.WordTerm{{Label: 1, Weight: 1}} },
		"free":         func(r *dream.Recipe) { r.Free = true },
		"look":         func(r *dream.Recipe) { r.Preset = "swirl" },
	} {
		r := usual
		change(&r)
		if img := dreamt(t, m, src, r).Image; bytes.Equal(img.Pix, before.Pix) {
			t.Errorf("%s: the picture is the same", name)
		}
	}
}

func TestSizeIsTheLongSide(t *testing.T) {
	m := light(t, dream.Options{})
	for _, tt := range []struct{ w, h, size, wantW, wantH int }{
		{96, 72, 64, 64, 48}, {96, 72, 128, 128, 96}, {72, 96, 64, 48, 64}, {96, 72, 0, 96, 72}, {96, 72, 96, 96, 72},
	} {
		p := dreamt(t, m, picture.Landscape(tt.w, tt.h, 2), dream.Recipe{Octaves: 1, Steps: 1, Size: tt.size})
		if got := p.Image.Rect.Size(); got.X != tt.wantW || got.Y != tt.wantH {
			t.Errorf("%dx%d with size %d became %v", tt.w, tt.h, tt.size, got)
		}
	}
}

// The work is that of the octaves: each as much smaller than the next as the scale says.
func TestOctavesShrinkByTheirScale(t *testing.T) {
	m := light(t, dream.Options{})
	for _, tt := range []struct {
		octaves int
		scale   float64
	}{{1, 1.5}, {3, 1.5}, {3, 1.2}, {4, 2}} {
		e, err := m.Estimate(640, 480, dream.Recipe{Octaves: tt.octaves, OctaveScale: tt.scale, Steps: 7})
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for i := range tt.octaves {
			f := math.Pow(tt.scale, -float64(i))
			want += math.Round(640*f) * math.Round(480*f) * 7
		}
		if math.Abs(e.Work()-want) > 1 {
			t.Errorf("%d octaves of scale %g: %g pixels times steps, want %g", tt.octaves, tt.scale, e.Work(), want)
		}
	}
}

func TestTransparencyIsScaledWithThePicture(t *testing.T) {
	src := picture.Landscape(96, 72, 5)
	for y := range 72 {
		for x := range 48 {
			src.Pix[y*src.Stride+4*x+3] = 0
		}
	}
	img := dreamt(t, light(t, dream.Options{}), src, dream.Recipe{Octaves: 1, Steps: 1, Size: 64}).Image
	if l, r := img.NRGBAAt(10, 20).A, img.NRGBAAt(50, 20).A; l != 0 || r != 255 {
		t.Errorf("the transparent side has alpha %d, the other one %d", l, r)
	}
}

// Transparent parts keep their transparency and the colours below it; halfway
// there the dream is weaker.
func TestTransparentPartsDoNotDream(t *testing.T) {
	m := light(t, dream.Options{})
	const w, h = 120, 90
	src := picture.Landscape(w, h, 5)
	alpha := func(x int) uint8 { return []uint8{0, 128, 255}[x/(w/3)] }
	for y := range h {
		for x := range w {
			c := src.NRGBAAt(x, y)
			c.A = alpha(x)
			src.SetNRGBA(x, y, c)
		}
	}
	img := dreamt(t, m, src, dream.Recipe{Octaves: 2, Steps: 4, Strength: 8}).Image
	for y := range h {
		for x := range w {
			before, after := src.NRGBAAt(x, y), img.NRGBAAt(x, y)
			if after.A != before.A || x < w/3-2 && after != before {
				t.Fatalf("the pixel at %d,%d was %v and is %v", x, y, before, after)
			}
		}
	}
	strip := func(from, to int) float64 {
		return distance(src, img, func(x, _ int) bool { return x >= from && x < to })
	}
	if half, full := strip(w/3+4, 2*w/3-4), strip(2*w/3+4, w); full < 3 || half < 0.1*full || half > 0.6*full {
		t.Errorf("where it is half transparent it changed by %.2f, where it is opaque by %.2f", half, full)
	}
}

func TestKeepColoursChangesOnlyBrightness(t *testing.T) {
	m := light(t, dream.Options{})
	src := picture.Landscape(120, 90, 6)
	r := quick()
	chroma := func(img *image.NRGBA) float64 {
		off, n := 0.0, 0
		for i := 0; i < len(src.Pix); i += 4 {
			p, q := src.Pix[i:i+3], img.Pix[i:i+3]
			if clipped(p) || clipped(q) {
				continue
			}
			_, cb, cr := color.RGBToYCbCr(p[0], p[1], p[2])
			_, db, dr := color.RGBToYCbCr(q[0], q[1], q[2])
			off += math.Abs(float64(cb)-float64(db)) + math.Abs(float64(cr)-float64(dr))
			n += 2
		}
		return off / float64(n)
	}
	usual := dreamt(t, m, src, r).Image
	r.KeepColours = true
	kept := dreamt(t, m, src, r).Image
	if a, b := chroma(kept), chroma(usual); a > 0.8 || b < 2*a {
		t.Errorf("chroma moved by %.2f, by %.2f where it may", a, b)
	}
	if distance(src, kept, nil) < 2 {
		t.Error("nothing was dreamed")
	}
}

func clipped(p []uint8) bool {
	return min(p[0], p[1], p[2]) == 0 || max(p[0], p[1], p[2]) == 255
}

func TestMasksKeepTheirPart(t *testing.T) {
	const w, h = 120, 90
	m := light(t, dream.Options{})
	src := picture.Landscape(w, h, 3)
	kept := map[dream.Mask]func(x, y int) bool{
		dream.KeepTop:    func(_, y int) bool { return y < h/3 },
		dream.KeepBottom: func(_, y int) bool { return y > 2*h/3 },
		dream.KeepLeft:   func(x, _ int) bool { return x < w/3 },
		dream.KeepRight:  func(x, _ int) bool { return x > 2*w/3 },
		dream.KeepEdges:  func(x, y int) bool { return math.Hypot(float64(x-w/2)/w, float64(y-h/2)/h) > 0.42 },
		dream.KeepCentre: func(x, y int) bool { return math.Hypot(float64(x-w/2)/w, float64(y-h/2)/h) < 0.15 },
	}
	for mask, inside := range kept {
		r := quick()
		r.Mask, r.Strength = mask, 8
		img := dreamt(t, m, src, r).Image
		if d := distance(src, img, inside); d > 0.5 {
			t.Errorf("%s: the kept part changed by %.2f", mask, d)
		}
		if d := distance(src, img, func(x, y int) bool { return !inside(x, y) }); d < 1 {
			t.Errorf("%s: the rest changed by only %.2f", mask, d)
		}
	}
}

// Surprised, the network dreams more of what it already sees.
func TestFreeDreamsOfWhatIsSeen(t *testing.T) {
	n := stranger(t)
	m := light(t, dream.Options{})
	src := picture.Landscape(96, 72, 2)
	free := asked([]dream.LayerTerm{whole("relu1", 1)})
	usual := dreamt(t, m, src, free)
	free.Free = true
	img := dreamt(t, m, src, free).Image
	likeliest := usual.Saw.Guesses[0].Index
	if a, b := measured(t, n, img, "logits", likeliest), measured(t, n, usual.Image, "logits", likeliest); a < 1.001*b {
		t.Errorf("%v is at %.5g, at %.5g without", usual.Saw.Guesses[0], a, b)
	}
}

func ExampleRecipe_Reached() {
	fmt.Println(dream.Recipe{Generation: 2, Repeat: 3}.Reached())
	// Output: 4
}

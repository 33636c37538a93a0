package icc_test

import (
	"image"
	"image/color"
	"runtime"
	"testing"

	"slugpuppy/picture/icc"
	"slugpuppy/picture/odd"
)

func TestSpacesComeOutAsSRGB(t *testing.T) {
	want := odd.Drawing()
	for _, s := range odd.Spaces() {
		t.Run(s.Name, func(t *testing.T) {
			tr := icc.Read(s.Profile(), icc.RGB)
			if s.Name == "sRGB" {
				if tr != nil {
					t.Error("sRGB is converted to itself")
				}
				return
			}
			if tr == nil {
				t.Fatal("not read")
			}
			img := s.Into()
			if err := tr.Apply(t.Context(), img); err != nil {
				t.Fatal(err)
			}
			sum := 0
			for i, v := range img.Pix {
				d := int(v) - int(want.Pix[i])
				sum += max(d, -d)
			}
			if off := float64(sum) / float64(len(img.Pix)); off > 3.5 { // not all of the drawing fits into every space
				t.Errorf("off by %.1f on average", off)
			}
		})
	}
}

// White, greys and known colours; computed with the matrices of the W3C's CSS Color 4 (10.2, 10.4).
func TestKnownColours(t *testing.T) {
	spaces := map[string]odd.Space{}
	for _, s := range odd.Spaces() {
		spaces[s.Name] = s
	}
	for _, test := range []struct {
		space    string
		in, want color.NRGBA
	}{
		{"Display P3", color.NRGBA{255, 255, 255, 255}, color.NRGBA{255, 255, 255, 255}},
		{"Display P3", color.NRGBA{128, 128, 128, 255}, color.NRGBA{128, 128, 128, 255}},
		{"Display P3", color.NRGBA{200, 100, 50, 90}, color.NRGBA{215, 93, 31, 90}},
		{"Display P3", color.NRGBA{255, 0, 0, 255}, color.NRGBA{255, 0, 0, 255}}, // beyond sRGB
		{"Adobe RGB", color.NRGBA{128, 128, 128, 255}, color.NRGBA{129, 129, 129, 255}},
		{"Adobe RGB", color.NRGBA{200, 100, 50, 255}, color.NRGBA{227, 100, 42, 255}},
		{"ProPhoto", color.NRGBA{128, 128, 128, 255}, color.NRGBA{146, 146, 146, 255}},
	} {
		img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
		img.SetNRGBA(0, 0, test.in)
		if err := icc.Read(spaces[test.space].Profile(), icc.RGB).Apply(t.Context(), img); err != nil {
			t.Fatal(err)
		}
		got := img.NRGBAAt(0, 0)
		off := func(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
		if max(off(got.R, test.want.R), off(got.G, test.want.G), off(got.B, test.want.B), off(got.A, test.want.A)) > 1 {
			t.Errorf("%s: %v is %v, want %v", test.space, test.in, got, test.want)
		}
	}
}

func TestProfilesThatAreLeftAlone(t *testing.T) {
	p3 := odd.Spaces()[1].Profile()
	changed := func(at int, with string) []byte {
		out := append([]byte{}, p3...)
		copy(out[at:], with)
		return out
	}
	curve := append([]byte("curv\x00\x00\x00\x00"), 0, 0, 0, 0)
	for name, test := range map[string]struct {
		profile []byte
		model   icc.Model
	}{
		"none":                    {nil, icc.RGB},
		"a short one":             {p3[:100], icc.RGB},
		"one without its tags":    {p3[:140], icc.RGB},
		"no profile":              {changed(36, "xxxx"), icc.RGB},
		"of inks":                 {odd.ICC("CMYK", nil), icc.CMYK},
		"of colours for a grey":   {p3, icc.Grey},
		"of grey for colours":     {odd.GreyProfile(curve), icc.RGB},
		"of tables":               {odd.ICC("RGB ", [][2]any{{"A2B0", make([]byte, 300)}}), icc.RGB},
		"of another connection":   {changed(20, "Lab "), icc.RGB},
		"a matrix of infinities":  {odd.ICC("RGB ", [][2]any{{"rXYZ", []byte("XYZ ")}, {"rTRC", curve}}), icc.RGB},
		"a curve of no such kind": {odd.GreyProfile([]byte("para\x00\x00\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00")), icc.Grey},
		"a curve too long":        {odd.GreyProfile([]byte("curv\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00")), icc.Grey},
	} {
		if icc.Read(test.profile, test.model) != nil {
			t.Errorf("%s: a transform was made", name)
		}
	}
	if icc.Read(odd.GreyProfile(curve), icc.Grey) == nil {
		t.Error("a profile of grey was not read")
	}
}

func TestCodePointsAndGamma(t *testing.T) {
	if icc.OfCodePoints(1, 13) != nil {
		t.Error("sRGB's own code points are converted")
	}
	if icc.OfCodePoints(12, 13) == nil {
		t.Error("those of P3 are not")
	}
	if icc.OfCodePoints(9, 16) != nil || icc.OfCodePoints(77, 13) != nil {
		t.Error("code points that are not known are converted")
	}
	for _, gamma := range []float64{0, -1, 1e9, 0.45455} {
		if icc.OfGamma(gamma, nil) != nil {
			t.Errorf("a gamma of %v is converted", gamma)
		}
	}
	if icc.OfGamma(1, nil) == nil {
		t.Error("a gamma of 1 is not")
	}
	if icc.OfGamma(0.45455, &icc.Chromaticities{}) != nil {
		t.Error("primaries without places are converted")
	}
}

// FuzzRead: any bytes give a transform that can be applied to every colour, or none, in little memory.
func FuzzRead(f *testing.F) {
	for _, s := range odd.Spaces() {
		f.Add(s.Profile(), byte(icc.RGB))
	}
	f.Add(odd.GreyProfile(append([]byte("curv\x00\x00\x00\x00"), 0, 0, 0, 0)), byte(icc.Grey))
	every := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range every.Pix {
		every.Pix[i] = byte(i * 37 / 4)
	}
	f.Fuzz(func(t *testing.T, profile []byte, model byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		tr := icc.Read(profile, icc.Model(model%3))
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<17 {
			t.Fatalf("%d bytes for a profile of %d", used, len(profile))
		}
		if tr == nil {
			return
		}
		img := image.NewNRGBA(every.Rect)
		copy(img.Pix, every.Pix)
		if err := tr.Apply(t.Context(), img); err != nil {
			t.Fatal(err)
		}
	})
}

package picture_test

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slugpuppy/picture"
)

// TestCasesFromBugReports goes over the pictures of a shared folder beside the checkout, where there
// is one: they show the same drawing.
func TestCasesFromBugReports(t *testing.T) {
	root := filepath.Join("..", "..", "shared", "cases")
	for _, c := range []struct {
		folder string
		mean   [3]float64 // red, green, blue
		off    float64
	}{
		{"01-jpeg-odd-sampling", [3]float64{130, 102, 130}, 1},
		{"03-gif-browser-tolerated", [3]float64{131, 102, 129}, 1},
		{"05-display-p3", [3]float64{130, 102, 130}, 1},
		{"06-png-bad-ancillary-crc", [3]float64{130, 102, 130}, 1},
		{"07-webp-animated", [3]float64{130, 102, 130}, 1},
	} {
		files, err := filepath.Glob(filepath.Join(root, c.folder, "*.*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 0 {
			t.Logf("no %s in a shared folder beside the checkout", c.folder)
		}
		for _, file := range files {
			t.Run(c.folder+"/"+filepath.Base(file), func(t *testing.T) {
				p := decodeFile(t, file)
				if p.Rect.Dx() < 160 || p.Rect.Dy() != 120 {
					t.Fatalf("%v, want 160x120", p.Rect)
				}
				if strings.HasPrefix(filepath.Base(file), "alpha-") {
					return // half of those is hidden
				}
				mean := meanOf(p)
				for i, v := range mean {
					if d := v - c.mean[i]; d > c.off || d < -c.off {
						t.Fatalf("mean colour %.1f, want %.0f", mean, c.mean)
					}
				}
			})
		}
	}
	p3, err := filepath.Glob(filepath.Join(root, "05-display-p3", "p3.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range p3 {
		if off := difference(decodeFile(t, file), decodeFile(t, filepath.Join(filepath.Dir(file), "expected-srgb.png"))); off > 6 {
			t.Errorf("%s is off by %.1f on average", filepath.Base(file), off)
		}
	}
}

func decodeFile(t *testing.T, file string) *image.NRGBA {
	t.Helper()
	data := must[[]byte](t)(os.ReadFile(file))
	p, err := picture.Decode(context.Background(), data, picture.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(file), err)
	}
	return p.Image
}

// meanOf is the mean colour of what can be seen.
func meanOf(img *image.NRGBA) (mean [3]float64) {
	n := 0.0
	for i := 0; i < len(img.Pix); i += 4 {
		if img.Pix[i+3] == 0 {
			continue
		}
		n++
		for c := range mean {
			mean[c] += float64(img.Pix[i+c])
		}
	}
	for c := range mean {
		mean[c] /= n
	}
	return mean
}

func TestFormatsAreToldByTheirFirstBytes(t *testing.T) {
	box := func(brands ...string) []byte {
		b := []byte{0, 0, 0, byte(8 + 4*len(brands) + 4)}
		return []byte(string(b) + "ftyp" + brands[0] + "\x00\x00\x00\x00" + strings.Join(brands[1:], ""))
	}
	for want, files := range map[string][][]byte{
		"heic": {box("heic"), box("heix", "mif1"), box("mif1", "heic"), box("msf1", "hevc"), box("mif1")},
		"avif": {box("avif"), box("avis", "avif"), box("mif1", "miaf", "avif"), box("mif1", "avif", "heic")},
		"mp4":  {box("isom", "mp42"), box("mp42"), {0, 0, 0, 8, 'f', 't', 'y', 'p'}, {0, 0, 0, 0, 'f', 't', 'y', 'p', 'x'}},
		"jxl":  {{0xff, 0x0a}, []byte("\x00\x00\x00\x0cJXL \r\n\x87\n")},
		"bmp":  {[]byte("BM")},
		"tiff": {[]byte("II*\x00"), []byte("MM\x00*")},
		"jpeg": {{0xff, 0xd8, 0xff}},
		"":     {{}, {0xff}, {0xff, 0xd8}, []byte("GIF8"), []byte("RIFF____WAVE"), []byte("hello")},
	} {
		for _, data := range files {
			if got := picture.Sniff(data); got != want {
				t.Errorf("%q is %q, want %q", data, got, want)
			}
		}
	}
}

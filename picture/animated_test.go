package picture_test

import (
	"bytes"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/picture"
)

// animations are files of frames, as they are written without loss.
func animations(t *testing.T, frames []*image.NRGBA, delay time.Duration) map[string][]byte {
	t.Helper()
	var apng bytes.Buffer
	a := picture.NewAPNG(&apng, len(frames), "a comment")
	f, err := os.Create(filepath.Join(t.TempDir(), "a.webp"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := picture.NewAnimatedWebP(f)
	for _, img := range frames {
		if err := a.Add(img, delay); err != nil {
			t.Fatal(err)
		}
		if err := w.Add(img, delay); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(f); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"a.png": apng.Bytes(), "a.webp": must[[]byte](t)(os.ReadFile(f.Name()))}
}

func TestAnimationsWithoutLossAreReadAsTheyWere(t *testing.T) {
	frames := []*image.NRGBA{scenery(41, 30), scenery(41, 30), scenery(41, 30)}
	for i := range frames {
		frames[i].Pix[4*i] ^= 0xff
		frames[i].Pix[4*(50+i)+3] = byte(i)
	}
	dir := t.TempDir()
	for name, data := range animations(t, frames, 70*time.Millisecond) {
		got := all(t, data, picture.Limits{})
		if len(got) != len(frames) {
			t.Fatalf("%s: %d frames", name, len(got))
		}
		for i, f := range got {
			for k := 0; k < len(f.Image.Pix); k += 4 {
				a, b := f.Image.Pix[k:k+4], frames[i].Pix[k:k+4]
				if a[3] != b[3] || a[3] > 0 && !bytes.Equal(a, b) {
					t.Fatalf("%s, frame %d, pixel %d: %v, was %v", name, i, k/4, a, b)
				}
			}
			if f.Delay != 70*time.Millisecond {
				t.Errorf("%s, frame %d: shown for %v", name, i, f.Delay)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const script = "import sys\nfrom PIL import Image\nfor n in ['a.png', 'a.webp']:\n    m = Image.open(sys.argv[1] + '/' + n)\n" +
		"    assert m.n_frames == 3 and m.size == (41, 30), (n, m.n_frames)\n    for k in range(3): m.seek(k); m.load()\n"
	if exec.Command("/usr/bin/python3", "-c", "from PIL import features; assert features.check('webp_anim')").Run() == nil {
		if out, err := exec.Command("/usr/bin/python3", "-c", script, dir).CombinedOutput(); err != nil {
			t.Errorf("another program: %v: %s", err, out)
		}
	}
}

package picture_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/picture"
)

// moving is a GIF of every disposal, with transparent parts, offsets and an interlaced frame: what browsers make of it is in
// shownMoving.
func moving(t testing.TB) []byte {
	pal := color.Palette{color.NRGBA{}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}, color.NRGBA{0, 0, 255, 255}}
	fill := func(r image.Rectangle, v uint8) *image.Paletted {
		p := image.NewPaletted(r, pal)
		for i := range p.Pix {
			p.Pix[i] = v
		}
		return p
	}
	g := &gif.GIF{Config: image.Config{Width: 8, Height: 6, ColorModel: pal}, LoopCount: 0}
	hole := fill(image.Rect(0, 0, 8, 6), 3)
	hole.SetColorIndex(3, 2, 0)
	for _, f := range []struct {
		img      *image.Paletted
		disposal byte
		delay    int
	}{
		{fill(image.Rect(0, 0, 8, 6), 1), gif.DisposalNone, 5},
		{fill(image.Rect(2, 1, 5, 4), 2), gif.DisposalPrevious, 0},
		{hole, gif.DisposalNone, 7},
		{fill(image.Rect(4, 2, 8, 6), 2), gif.DisposalBackground, 8},
		{fill(image.Rect(0, 0, 1, 1), 2), gif.DisposalNone, 9},
	} {
		g.Image, g.Disposal, g.Delay = append(g.Image, f.img), append(g.Disposal, f.disposal), append(g.Delay, f.delay)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func all(t *testing.T, data []byte, lim picture.Limits) (frames []picture.Frame) {
	t.Helper()
	c, err := picture.OpenClip(data, lim)
	if err != nil {
		t.Fatal(err)
	}
	for f, err := range c.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f)
	}
	if len(frames) != c.Frames {
		t.Errorf("%d frames, %d promised", len(frames), c.Frames)
	}
	return frames
}

func TestFramesOfAGIFAreLaidOverEachOther(t *testing.T) {
	frames := all(t, moving(t), picture.Limits{})
	red, green, blue, none := color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}, color.NRGBA{0, 0, 255, 255}, color.NRGBA{}
	for i, want := range []struct {
		delay              time.Duration
		corner, hole, four color.NRGBA // at (0,0), (3,2), (4,3)
	}{
		{50 * time.Millisecond, red, red, red},
		{100 * time.Millisecond, red, green, green},
		{70 * time.Millisecond, blue, red, blue},
		{80 * time.Millisecond, blue, red, green},
		{90 * time.Millisecond, green, red, none},
	} {
		f := frames[i]
		if f.Delay != want.delay || f.Image.NRGBAAt(0, 0) != want.corner || f.Image.NRGBAAt(3, 2) != want.hole || f.Image.NRGBAAt(4, 3) != want.four {
			t.Errorf("frame %d: %v, %v %v %v, want %v", i, f.Delay, f.Image.NRGBAAt(0, 0), f.Image.NRGBAAt(3, 2), f.Image.NRGBAAt(4, 3), want)
		}
	}
}

func TestOnlySoManyFramesAreRead(t *testing.T) {
	c, err := picture.OpenClip(moving(t), picture.Limits{MaxFrames: 2})
	if err != nil || c.Frames != 2 || c.Total != 5 {
		t.Fatalf("%+v %v", c, err)
	}
	if n := len(all(t, moving(t), picture.Limits{MaxFrames: 2})); n != 2 {
		t.Errorf("%d frames", n)
	}
}

func TestAStillIsAClipOfOneFrame(t *testing.T) {
	for name, data := range map[string][]byte{
		"png":  must[[]byte](t)(picture.EncodePNG(scenery(16, 12), "")),
		"jpeg": must[[]byte](t)(picture.EncodeJPEG(scenery(16, 12), 90, "")),
		"gif":  smallGIF(t, 1),
	} {
		if picture.Moves(data) {
			t.Errorf("%s moves", name)
		}
		if f := all(t, data, picture.Limits{}); len(f) != 1 {
			t.Errorf("%s: %d frames", name, len(f))
		}
	}
	if !picture.Moves(moving(t)) {
		t.Error("a GIF does not move")
	}
}

// TestFramesAreAsAnotherProgramSeesThem compares with Pillow, where that is there: an animated PNG and an animated WebP that it
// wrote, and our own GIF.
func TestFramesAreAsAnotherProgramSeesThem(t *testing.T) {
	python := "/usr/bin/python3"
	if exec.Command(python, "-c", "from PIL import features; assert features.check('webp_anim')").Run() != nil {
		t.Skip("no Pillow here")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ours.gif"), moving(t), 0o666); err != nil {
		t.Fatal(err)
	}
	const script = `
import sys, random
from PIL import Image, ImageDraw, ImageSequence
d = sys.argv[1] + "/"
random.seed(4)
frames = []
for k in range(6):
    m = Image.new("RGBA", (40, 30), (0, 0, 0, 0) if k % 2 else (20, 60, 90, 255))
    g = ImageDraw.Draw(m)
    for _ in range(5):
        x, y = random.randrange(40), random.randrange(30)
        g.ellipse((x, y, x + 14, y + 9), fill=tuple(random.randrange(256) for _ in range(3)) + (255,))
    frames.append(m)
kw = dict(save_all=True, append_images=frames[1:], duration=[50, 70, 90, 110, 130, 150], loop=0)
frames[0].save(d + "a.png", disposal=[0, 1, 2, 0, 1, 0], blend=[0, 1, 1, 0, 1, 1], **kw)
frames[0].save(d + "a.webp", lossless=True, **kw)
for name in ["a.png", "a.webp", "ours.gif"]:
    im = Image.open(d + name)
    with open(d + name + ".raw", "wb") as out:
        for f in ImageSequence.Iterator(im):
            out.write(f.convert("RGBA").tobytes())
`
	if out, err := exec.Command(python, "-c", script, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"a.png", "a.webp", "ours.gif"} {
		data := must[[]byte](t)(os.ReadFile(filepath.Join(dir, name)))
		want := must[[]byte](t)(os.ReadFile(filepath.Join(dir, name+".raw")))
		for i, f := range all(t, data, picture.Limits{}) {
			n := len(f.Image.Pix)
			if len(want) < n {
				t.Fatalf("%s: more frames than Pillow sees", name)
			}
			for k := 0; k < n; k += 4 {
				a, b := f.Image.Pix[k:k+4], want[k:k+4]
				if far(a[3], b[3]) || a[3] > 8 && (far(a[0], b[0]) || far(a[1], b[1]) || far(a[2], b[2])) {
					t.Errorf("%s, frame %d, pixel %d: %v, Pillow has %v", name, i, k/4, a, b)
					break
				}
			}
			want = want[n:]
		}
		if len(want) > 0 {
			t.Errorf("%s: %d bytes of frames more", name, len(want))
		}
	}
}

// far is more than rounding explains.
func far(a, b uint8) bool { return max(a, b)-min(a, b) > 2 }

// FuzzClip: any bytes give frames of one size within the limits, or a *Problem.
func FuzzClip(f *testing.F) {
	seeds(f)
	f.Add(moving(f))
	lim := picture.Limits{MaxBytes: 1 << 16, MaxPixels: 1 << 14, MaxSide: 1 << 10, MaxFrames: 8}
	f.Fuzz(func(t *testing.T, data []byte) {
		var problem *picture.Problem
		c, err := picture.OpenClip(data, lim)
		if err != nil {
			if !errors.As(err, &problem) {
				t.Fatalf("not a Problem: %v", err)
			}
			return
		}
		n := 0
		for fr, err := range c.All(t.Context()) {
			if err != nil {
				if !errors.As(err, &problem) {
					t.Fatalf("not a Problem: %v", err)
				}
				return
			}
			if n++; fr.Image.Rect.Dx() != c.W || fr.Image.Rect.Dy() != c.H || fr.Delay <= 0 {
				t.Fatalf("a frame of %v, shown for %v, where %dx%d were promised", fr.Image.Rect, fr.Delay, c.W, c.H)
			}
		}
		if n == 0 || n > c.Frames || c.Frames > lim.MaxFrames {
			t.Fatalf("%d frames, %d promised", n, c.Frames)
		}
	})
}

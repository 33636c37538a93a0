package picture_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"slugpuppy/picture"
)

func TestCommentsSurviveEncoding(t *testing.T) {
	for _, comment := range []string{"", "sp1-0123456789abcdef", strings.Repeat("x", 65_533)} {
		p := must[[]byte](t)(picture.EncodePNG(arrow(), comment))
		j := must[[]byte](t)(picture.EncodeJPEG(arrow(), 90, comment))
		for name, data := range map[string][]byte{"png": p, "jpeg": j} {
			if got := picture.Comment(data); got != comment {
				t.Errorf("%s: comment is %.30q, want %.30q", name, got, comment)
			}
			if _, err := picture.Decode(t.Context(), data, picture.Limits{}); err != nil {
				t.Errorf("%s with a comment of %d bytes does not decode: %v", name, len(comment), err)
			}
		}
	}
}

func TestCommentsThatFormatsCannotHoldAreRefused(t *testing.T) {
	for _, comment := range []string{"two\nlines", "nul\x00", "schön", strings.Repeat("x", 65_534)} {
		if _, err := picture.EncodePNG(arrow(), comment); err == nil {
			t.Errorf("PNG took the comment %.10q", comment)
		}
		if _, err := picture.EncodeJPEG(arrow(), 90, comment); err == nil {
			t.Errorf("JPEG took the comment %.10q", comment)
		}
	}
}

func TestPicturesWithoutPixelsAreRefused(t *testing.T) {
	none := image.NewNRGBA(image.Rectangle{})
	_, p := picture.EncodePNG(none, "")
	_, j := picture.EncodeJPEG(none, 90, "")
	_, w := picture.EncodeWithin(none, picture.WithinLimits{}, "")
	g := picture.NewAnimation(io.Discard).Add(none, time.Second)
	for i, err := range []error{p, j, w, g} {
		if err == nil {
			t.Errorf("encoder %d took a picture without pixels", i)
		}
	}
}

func TestJPEGLaysTransparentPartsOverWhite(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 16, 16)) // black and fully transparent
	back := must[image.Image](t)(jpeg.Decode(bytes.NewReader(must[[]byte](t)(picture.EncodeJPEG(img, 95, "")))))
	if r, _, _, _ := back.At(8, 8).RGBA(); r < 0xfa00 {
		t.Errorf("red is %#x, want white", r)
	}
}

// static is a picture that does not compress.
func static(w, h int) *image.NRGBA {
	r := rand.New(rand.NewPCG(1, 2))
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

func TestEncodeWithinFitsWhatServersTake(t *testing.T) {
	plain := scenery(200, 150)
	noisy := static(200, 150)
	tests := []struct {
		name   string
		img    image.Image
		lim    picture.WithinLimits
		format string
		w, h   int // 0 is anything smaller
		note   string
	}{
		{"PNG without limits", noisy, picture.WithinLimits{}, "png", 200, 150, ""},
		{"PNG when it fits", plain, picture.WithinLimits{MaxBytes: 200_000}, "png", 200, 150, ""},
		{"JPEG when PNG is too large", noisy, picture.WithinLimits{MaxBytes: 60_000}, "jpeg", 200, 150, "JPEG of quality 92"},
		{"coarser JPEG when that is too large", noisy, picture.WithinLimits{MaxBytes: 30_000}, "jpeg", 200, 150, "JPEG of quality"},
		{"a smaller picture when nothing fits", noisy, picture.WithinLimits{MaxBytes: 9_000}, "jpeg", 0, 0, "scaled from 200x150"},
		{"a much smaller picture when little fits", noisy, picture.WithinLimits{MaxBytes: 1_000}, "", 0, 0, "scaled from 200x150"},
		{"only PNG taken", noisy, picture.WithinLimits{MaxBytes: 30_000, Formats: []string{"image/png", "video/mp4"}}, "png", 0, 0, "scaled from 200x150"},
		{"only JPEG taken", plain, picture.WithinLimits{Formats: []string{"image/jpeg"}}, "jpeg", 200, 150, "JPEG of quality 92"},
		{"fewer pixels taken", plain, picture.WithinLimits{MaxPixels: 7_500}, "png", 100, 75, "scaled from 200x150 to 100x75"},
		{"a shorter side taken", plain, picture.WithinLimits{MaxSide: 50}, "png", 50, 38, "scaled from 200x150 to 50x38"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := picture.EncodeWithin(test.img, test.lim, "sp1token")
			if err != nil {
				t.Fatal(err)
			}
			if test.format != "" && (e.Format != test.format || e.MIME != "image/"+test.format) {
				t.Errorf("format %s (%s), want %s", e.Format, e.MIME, test.format)
			}
			if test.w > 0 && (e.W != test.w || e.H != test.h) {
				t.Errorf("%dx%d, want %dx%d", e.W, e.H, test.w, test.h)
			}
			if (test.note == "") != (e.Note == "") || !strings.Contains(e.Note, test.note) {
				t.Errorf("note %q, want %q", e.Note, test.note)
			}
			if test.lim.MaxBytes > 0 && int64(len(e.Data)) > test.lim.MaxBytes {
				t.Errorf("%d bytes are more than %d", len(e.Data), test.lim.MaxBytes)
			}
			cfg, format, err := image.DecodeConfig(bytes.NewReader(e.Data))
			if err != nil || format != e.Format || cfg.Width != e.W || cfg.Height != e.H {
				t.Errorf("the file is %s %dx%d (%v), the answer says %s %dx%d", format, cfg.Width, cfg.Height, err, e.Format, e.W, e.H)
			}
			if picture.Comment(e.Data) != "sp1token" {
				t.Error("the comment is gone")
			}
			if again, _ := picture.EncodeWithin(test.img, test.lim, "sp1token"); !bytes.Equal(again.Data, e.Data) {
				t.Error("a second run gives other bytes")
			}
		})
	}
}

func TestEncodeWithinUsesTheRoomItHas(t *testing.T) {
	const room = 9_000
	e, err := picture.EncodeWithin(static(200, 150), picture.WithinLimits{MaxBytes: room}, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Data) < room*6/10 {
		t.Errorf("only %d of %d bytes are used, at %dx%d", len(e.Data), room, e.W, e.H)
	}
}

func TestEncodeWithinSaysWhenNothingCanFit(t *testing.T) {
	for _, lim := range []picture.WithinLimits{{MaxBytes: 20}, {Formats: []string{"image/avif"}}} {
		if _, err := picture.EncodeWithin(scenery(64, 48), lim, ""); err == nil {
			t.Errorf("%+v: no error", lim)
		}
	}
}

func TestEncodeWithinKeepsTransparencyWhenScaling(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 40, 40)) // the right half is opaque red
	for y := range 40 {
		for x := 20; x < 40; x++ {
			img.SetNRGBA(x, y, color.NRGBA{255, 0, 0, 255})
		}
	}
	e, err := picture.EncodeWithin(img, picture.WithinLimits{MaxSide: 10}, "")
	if err != nil {
		t.Fatal(err)
	}
	back := picture.ToNRGBA(must[image.Image](t)(png.Decode(bytes.NewReader(e.Data))))
	if l, r := back.NRGBAAt(1, 5), back.NRGBAAt(8, 5); l.A != 0 || r != (color.NRGBA{255, 0, 0, 255}) {
		t.Errorf("left %v, right %v", l, r)
	}
}

func TestGIFLoopsForEverAtItsPace(t *testing.T) {
	var frames []*image.NRGBA
	for i := range 4 {
		frames = append(frames, picture.Landscape(48, 36, uint64(i)))
	}
	data := must[[]byte](t)(animation(frames, 83*time.Millisecond))
	g := must[*gif.GIF](t)(gif.DecodeAll(bytes.NewReader(data)))
	if g.LoopCount != 0 || len(g.Image) != 4 || g.Delay[0] != 8 || g.Config.Width != 48 || g.Config.Height != 36 {
		t.Errorf("loop %d, %d frames, delay %v, %dx%d", g.LoopCount, len(g.Image), g.Delay, g.Config.Width, g.Config.Height)
	}
	for i, f := range g.Image {
		if d := difference(picture.ToNRGBA(f), frames[i]); d > 6 {
			t.Errorf("frame %d is off by %.1f of 255 on average", i, d)
		}
	}
	if again := must[[]byte](t)(animation(frames, 83*time.Millisecond)); !bytes.Equal(again, data) {
		t.Error("a second run gives other bytes")
	}
}

func TestGIFKeepsFewColoursExactly(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 32, 32))
	colours := []color.NRGBA{{0, 0, 0, 255}, {255, 255, 255, 255}, {200, 30, 40, 255}, {16, 96, 160, 255}}
	for i := range 32 * 32 {
		img.SetNRGBA(i%32, i/32, colours[i/5%4])
	}
	g := must[*gif.GIF](t)(gif.DecodeAll(bytes.NewReader(must[[]byte](t)(animation([]*image.NRGBA{img}, time.Second)))))
	if d := difference(picture.ToNRGBA(g.Image[0]), img); d != 0 {
		t.Errorf("off by %.2f", d)
	}
}

func TestGIFDoesNotSwarmWhereNothingMoves(t *testing.T) {
	a, b := picture.Landscape(64, 48, 1), picture.Landscape(64, 48, 1)
	for y := range 8 { // something moves in a corner only
		for x := range 8 {
			b.SetNRGBA(x, y, color.NRGBA{255, 0, 255, 255})
		}
	}
	data := must[[]byte](t)(animation([]*image.NRGBA{a, b}, time.Second))
	g := must[*gif.GIF](t)(gif.DecodeAll(bytes.NewReader(data)))
	one, two := picture.ToNRGBA(g.Image[0]), picture.ToNRGBA(g.Image[1])
	still := image.Rect(0, 24, 64, 48)
	sum := 0.0
	for y := still.Min.Y; y < still.Max.Y; y++ {
		for x := still.Min.X; x < still.Max.X; x++ {
			sum += math.Abs(float64(one.NRGBAAt(x, y).G) - float64(two.NRGBAAt(x, y).G))
		}
	}
	if mean := sum / float64(still.Dx()*still.Dy()); mean > 3 {
		t.Errorf("still parts change by %.1f of 255 between frames", mean)
	}
}

func TestAnimationRefusesFramesOfOtherSizes(t *testing.T) {
	a := picture.NewAnimation(io.Discard)
	if err := a.Close(); err == nil {
		t.Error("an animation without frames was encoded")
	}
	if err := a.Add(scenery(20, 10), time.Second); err != nil {
		t.Fatal(err)
	}
	if err := a.Add(scenery(10, 20), time.Second); err == nil {
		t.Error("a frame of another size was taken")
	}
}

// animation is a GIF of frames that are shown for so long each.
func animation(frames []*image.NRGBA, delay time.Duration) ([]byte, error) {
	var buf bytes.Buffer
	a := picture.NewAnimation(&buf)
	for _, f := range frames {
		if err := a.Add(f, delay); err != nil {
			return nil, err
		}
	}
	err := a.Close()
	return buf.Bytes(), err
}

// A writer that has had enough ends the work on a frame: what is too heavy need not be finished.
func TestAnimationStopsWithItsWriter(t *testing.T) {
	enough := errors.New("enough")
	for most := range 40 {
		w := &full{most: 40 * most, err: enough}
		a := picture.NewAnimation(w)
		err := a.Add(scenery(64, 48), time.Second)
		if w.n > 0 && !errors.Is(err, enough) && !errors.Is(a.Close(), enough) {
			t.Errorf("after %d bytes: %v", w.most, err)
		}
	}
}

// full takes so many bytes and then fails.
type full struct {
	most, n int
	err     error
}

func (f *full) Write(p []byte) (int, error) {
	if f.most -= len(p); f.most < 0 {
		f.n++
		return 0, f.err
	}
	return len(p), nil
}

// difference is the mean absolute difference over all channels, 0..255.
func difference(a, b *image.NRGBA) float64 {
	sum := 0.0
	for i := range a.Pix {
		sum += math.Abs(float64(a.Pix[i]) - float64(b.Pix[i]))
	}
	return sum / float64(len(a.Pix))
}

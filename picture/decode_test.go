package picture_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"runtime"
	"strings"
	"testing"
	"time"

	"slugpuppy/picture"
)

func TestDecodeSaysWhatIsWrongWithAFile(t *testing.T) {
	png := must[[]byte](t)(picture.EncodePNG(scenery(64, 48), ""))
	jpeg := must[[]byte](t)(picture.EncodeJPEG(scenery(64, 48), 90, ""))
	webp := webpOf(9, 5, func(x, y int) bool { return x == y })
	tests := []struct {
		name   string
		data   []byte
		lim    picture.Limits
		kind   picture.Kind
		format string
		reason string
	}{
		{"nothing", nil, picture.Limits{}, picture.Empty, "", "no bytes"},
		{"words", []byte("hello there, this is no picture"), picture.Limits{}, picture.Unsupported, "", "not a JPEG"},
		{"HEIC from a phone", []byte("\x00\x00\x00\x18ftypheic____"), picture.Limits{}, picture.Modern, "heic", "no decoder"},
		{"AVIF", []byte("\x00\x00\x00\x18ftypavif____"), picture.Limits{}, picture.Modern, "avif", "no decoder"},
		{"a film", []byte("\x00\x00\x00\x18ftypisom____"), picture.Limits{}, picture.Unsupported, "mp4", "not a JPEG"},
		{"SVG", []byte("<?xml version='1.0'?><svg/>"), picture.Limits{}, picture.Unsupported, "svg", "not a JPEG"},
		{"a PNG cut before its pixels", png[:50], picture.Limits{}, picture.Corrupt, "png", "end early"},
		{"a JPEG cut before its pixels", jpeg[:bytes.Index(jpeg, []byte("\xff\xda"))], picture.Limits{}, picture.Corrupt, "jpeg", "before the picture begins"},
		{"a JPEG's first bytes", jpeg[:4], picture.Limits{}, picture.Corrupt, "jpeg", "before the picture begins"},
		{"a WebP cut short", webp[:len(webp)-6], picture.Limits{}, picture.Corrupt, "webp", ""},
		{"a GIF cut short", smallGIF(t, 1)[:20], picture.Limits{}, picture.Corrupt, "gif", ""},
		{"a GIF that begins with an unknown block", append(gifOf(1, 2, 2)[:19], 0x99), picture.Limits{}, picture.Corrupt, "gif", ""},
		{"a PNG header that claims 60000x60000", pngHeader(60_000, 60_000), picture.Limits{}, picture.TooBig, "png", "side: 60000"},
		{"a PNG header with sides that overflow", pngHeader(1<<31-1, 1<<31-1), picture.Limits{}, 0, "png", ""},
		{"a narrow but endless PNG", pngHeader(1, 50_000), picture.Limits{}, picture.TooBig, "png", "side: 50000"},
		{"a PNG without pixels", pngHeader(0, 5), picture.Limits{}, picture.Corrupt, "png", ""},
		{"more pixels than allowed", png, picture.Limits{MaxPixels: 64*48 - 1}, picture.TooBig, "png", "pixels: 3072, more than 3071"},
		{"a longer side than allowed", png, picture.Limits{MaxSide: 63}, picture.TooBig, "png", "side: 64, more than 63"},
		{"more bytes than allowed", png, picture.Limits{MaxBytes: 100}, picture.TooBig, "png", "more than 100"},
		{"a GIF of many frames", gifOf(101, 8, 8), picture.Limits{}, picture.TooLong, "gif", "frames: 101, more than 100"},
		{"a GIF of large frames", gifOf(50, 2000, 2000), picture.Limits{}, picture.TooLong, "gif", "frame pixels: 200000000"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := picture.Decode(t.Context(), test.data, test.lim)
			var p *picture.Problem
			if !errors.As(err, &p) {
				t.Fatalf("got %v, want a *Problem", err)
			}
			if test.kind != 0 && p.Kind != test.kind {
				t.Errorf("kind %v, want %v (%v)", p.Kind, test.kind, err)
			}
			if p.Format != test.format || !strings.Contains(p.Reason, test.reason) {
				t.Errorf("got format %q, reason %q; want %q, %q", p.Format, p.Reason, test.format, test.reason)
			}
		})
	}
}

func TestBombsCostNoMemory(t *testing.T) {
	bombs := [][]byte{pngHeader(60_000, 60_000), gifOf(400, 2000, 2000), gifOf(5000, 1, 1)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, b := range bombs {
		if _, err := picture.Decode(t.Context(), b, picture.Limits{}); err == nil {
			t.Error("a bomb was decoded")
		}
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("refusing three bombs allocated %d bytes", used)
	}
}

func TestFormatsDecodeToTheirPixels(t *testing.T) {
	src := scenery(40, 30)
	gifData := smallGIF(t, 3)
	tests := []struct {
		name   string
		data   []byte
		format string
		w, h   int
		frames int
		x, y   int
		want   color.NRGBA
		tol    int
	}{
		{"PNG exactly", must[[]byte](t)(picture.EncodePNG(src, "")), "png", 40, 30, 1, 7, 9, src.NRGBAAt(7, 9), 0},
		{"JPEG nearly", must[[]byte](t)(picture.EncodeJPEG(src, 95, "")), "jpeg", 40, 30, 1, 7, 9, src.NRGBAAt(7, 9), 12},
		{"GIF by its first frame", gifData, "gif", 4, 3, 3, 1, 1, color.NRGBA{0, 0, 0, 255}, 0},
		{"WebP", webpOf(9, 5, func(x, y int) bool { return x == y }), "webp", 9, 5, 1, 3, 3, color.NRGBA{100, 255, 100, 255}, 0},
		{"WebP elsewhere", webpOf(9, 5, func(x, y int) bool { return x == y }), "webp", 9, 5, 1, 4, 3, color.NRGBA{100, 0, 100, 255}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := picture.Decode(t.Context(), test.data, picture.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if p.Format != test.format || p.Image.Rect.Dx() != test.w || p.Image.Rect.Dy() != test.h || p.Frames != test.frames {
				t.Fatalf("got %s %v with %d frames", p.Format, p.Image.Rect, p.Frames)
			}
			if got := p.Image.NRGBAAt(test.x, test.y); !near(got, test.want, test.tol) {
				t.Errorf("pixel is %v, want %v", got, test.want)
			}
		})
	}
}

// lossyWebP and lossyWebPAlpha are quarters of black, white, red (200,30,30) and blue (30,60,220),
// 32x16, written by libwebp 1.2.4; the second one is half transparent. libwebp reads what the
// test wants.
const (
	lossyWebP = "UklGRlAAAABXRUJQVlA4IEQAAABwAQCdASogABAAAIAIJaAC7AFpuAD+/vhA///6RNt/+++H/99hH/+57v//c93/VEr///z5ZY//" +
		"dgX/3XTx/hH/uEAAAA=="
	lossyWebPAlpha = "UklGRnQAAABXRUJQVlA4WAoAAAAQAAAAHwAADwAAQUxQSAoAAAABB1DAiAhERP8DVlA4IEQAAABwAQCdASogABAAAIAIJaAC" +
		"7AFpuAD+/vhA///6RNt/+++H/99hH/+57v//c93/VEr///z5ZY//dgX/3XTx/hH/uEAAAA=="
)

func TestALossyWebPIsNotPale(t *testing.T) {
	for _, test := range []struct {
		name, file string
		alpha      uint8
	}{{"opaque", lossyWebP, 255}, {"half transparent", lossyWebPAlpha, 128}} {
		t.Run(test.name, func(t *testing.T) {
			p, err := picture.Decode(t.Context(), must[[]byte](t)(base64.StdEncoding.DecodeString(test.file)), picture.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for at, want := range map[image.Point]color.NRGBA{
				{4, 3}: {0, 0, 0, test.alpha}, {27, 3}: {255, 255, 255, test.alpha},
				{4, 12}: {200, 29, 30, test.alpha}, {27, 12}: {30, 61, 221, test.alpha},
			} {
				if got := p.Image.NRGBAAt(at.X, at.Y); !near(got, want, 1) {
					t.Errorf("%v is %v, want %v", at, got, want)
				}
			}
		})
	}
}

func TestDecodeTurnsPicturesUpright(t *testing.T) {
	// What a viewer shows for each orientation of the stored rows 10 50 90 / 130 170 250
	// (Exif 2.32, table of section 4.6.4: where the stored first row and column are).
	shown := [9][][]uint8{
		1: {{10, 50, 90}, {130, 170, 250}},
		2: {{90, 50, 10}, {250, 170, 130}},
		3: {{250, 170, 130}, {90, 50, 10}},
		4: {{130, 170, 250}, {10, 50, 90}},
		5: {{10, 130}, {50, 170}, {90, 250}},
		6: {{130, 10}, {170, 50}, {250, 90}},
		7: {{250, 90}, {170, 50}, {130, 10}},
		8: {{90, 250}, {50, 170}, {10, 130}},
	}
	png := must[[]byte](t)(picture.EncodePNG(arrow(), ""))
	for o := 1; o <= 8; o++ {
		data := afterHead(png, chunk("eXIf", exif(binary.BigEndian, o)))
		p, err := picture.Decode(t.Context(), data, picture.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Image.Rect.Dx() != len(shown[o][0]) || p.Image.Rect.Dy() != len(shown[o]) {
			t.Errorf("orientation %d is %v", o, p.Image.Rect)
			continue
		}
		for y, row := range shown[o] {
			for x, want := range row {
				if got := p.Image.NRGBAAt(x, y).R; got != want {
					t.Errorf("orientation %d: pixel %d,%d is %d, want %d", o, x, y, got, want)
				}
			}
		}
	}
}

func TestOrientationIsFoundWhereFormatsKeepIt(t *testing.T) {
	jpeg := must[[]byte](t)(picture.EncodeJPEG(arrow(), 90, ""))
	png := must[[]byte](t)(picture.EncodePNG(arrow(), ""))
	webp := webpOf(4, 4, func(x, y int) bool { return x > y })
	head := []byte("Exif\x00\x00")
	le, be := exif(binary.LittleEndian, 6), exif(binary.BigEndian, 8)
	loop := bytes.Clone(le)
	binary.LittleEndian.PutUint32(loop[4:], 0xffffffff)
	tests := []struct {
		name string
		data []byte
		want int
	}{
		{"a JPEG without Exif", jpeg, 1},
		{"a JPEG with little-endian Exif", segment(jpeg, 0xe1, append(bytes.Clone(head), le...)), 6},
		{"a JPEG with big-endian Exif", segment(jpeg, 0xe1, append(bytes.Clone(head), be...)), 8},
		{"a JPEG with Exif behind other segments", segment(segment(jpeg, 0xe1, append(bytes.Clone(head), le...)), 0xe0, []byte("JFIF\x00")), 6},
		{"a JPEG with XMP only", segment(jpeg, 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00")), 1},
		{"a JPEG with an orientation of 9", segment(jpeg, 0xe1, append(bytes.Clone(head), exif(binary.LittleEndian, 9)...)), 1},
		{"a JPEG whose Exif points outside", segment(jpeg, 0xe1, append(bytes.Clone(head), loop...)), 1},
		{"a JPEG whose Exif is cut short", segment(jpeg, 0xe1, append(bytes.Clone(head), le[:12]...)), 1},
		{"a PNG with an eXIf chunk", afterHead(png, chunk("eXIf", be)), 8},
		{"a PNG with a chunk that claims too much", append(bytes.Clone(png[:33]), 0xff, 0xff, 0xff, 0xff, 'e', 'X', 'I', 'f'), 1},
		{"a WebP with an EXIF chunk", extended(0x08, webp, 4, 4, webpChunk("EXIF", le)), 6},
		{"a GIF", smallGIF(t, 1), 1},
		{"nothing", nil, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := picture.Orientation(test.data); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestOutputCarriesNoMetadataOfTheInput(t *testing.T) {
	secret := "GPS 52.5N 13.4E, Jane's phone"
	body := append([]byte("Exif\x00\x00"), exif(binary.LittleEndian, 6)...)
	jpeg := segment(must[[]byte](t)(picture.EncodeJPEG(scenery(32, 24), 90, "")), 0xe1, append(body, secret...))
	png := afterHead(must[[]byte](t)(picture.EncodePNG(scenery(32, 24), "")), chunk("tEXt", []byte("Author\x00"+secret)))
	for _, data := range [][]byte{jpeg, png} {
		if !bytes.Contains(data, []byte(secret)) {
			t.Fatal("the input holds no secret; the test would show nothing")
		}
		p, err := picture.Decode(t.Context(), data, picture.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for name, out := range map[string][]byte{
			"PNG":  must[[]byte](t)(picture.EncodePNG(p.Image, "sp1x")),
			"JPEG": must[[]byte](t)(picture.EncodeJPEG(p.Image, 90, "sp1x")),
		} {
			if bytes.Contains(out, []byte(secret)) || bytes.Contains(out, []byte("Exif")) || bytes.Contains(out, []byte("eXIf")) {
				t.Errorf("%s output of a %s carries metadata", name, p.Format)
			}
		}
	}
}

func TestDecodesShareOneBudget(t *testing.T) {
	data := must[[]byte](t)(picture.EncodePNG(scenery(64, 48), ""))
	budget := picture.NewBudget(64 * 48 * 4)
	release, err := budget.Hold(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = picture.Decode(ctx, data, picture.Limits{Budget: budget})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("decoding without memory left: got %v, want the context's error", err)
	}
	release()
	for range 3 { // each must give back what it took
		if _, err := picture.Decode(t.Context(), data, picture.Limits{Budget: budget}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLittleOnesDoNotWaitBehindHugeOnes(t *testing.T) {
	budget := picture.NewBudget(400)
	first, err := budget.Hold(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan func(), 1)
	go func() {
		release, err := budget.Hold(t.Context(), 1000)
		if err != nil {
			t.Error(err)
		}
		second <- release
	}()
	for range 100 { // also while another huge one is in line
		release, err := budget.Hold(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		release()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := budget.Hold(ctx, 101); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("more than is kept for little ones: %v", err)
	}
	first()
	(<-second)()
	var all []func()
	for range 4 { // together they may have all of it
		release, err := budget.Hold(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, release)
	}
	for _, release := range all {
		release()
	}
}

func TestAPictureLargerThanTheBudgetIsDecodedAlone(t *testing.T) {
	data := must[[]byte](t)(picture.EncodePNG(scenery(64, 48), ""))
	if _, err := picture.Decode(t.Context(), data, picture.Limits{Budget: picture.NewBudget(100)}); err != nil {
		t.Error(err)
	}
}

// near tells whether two colours differ by at most tol in every channel.
func near(a, b color.NRGBA, tol int) bool {
	for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
		if d > tol || d < -tol {
			return false
		}
	}
	return true
}

package antidote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"slugpuppy/antidote"
	"slugpuppy/antidote/pdq"
	"slugpuppy/picture"
)

var day = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// scene is a picture that a seed decides, with detail of all sizes, as photographs have.
func scene(seed uint64) *image.NRGBA {
	rng := rand.New(rand.NewPCG(seed, 7))
	const w, h = 240, 180
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = 128
	}
	for size := 120; size >= 4; size = size * 4 / 5 {
		for range 1 + 16000/(size*size) {
			x, y := rng.IntN(w+size)-size, rng.IntN(h+size)-size
			l := uint8(rng.IntN(256))
			draw.Draw(img, image.Rect(x, y, x+size, y+size*2/3), image.NewUniform(color.NRGBA{l, l, 255 - l/2, 255}),
				image.Point{}, draw.Src)
		}
	}
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	return img
}

// dreamt changes a scene a little everywhere, as gentle dreams do.
func dreamt(src *image.NRGBA, seed uint64) *image.NRGBA {
	other, out := scene(seed+1000), image.NewNRGBA(src.Rect)
	for i, v := range src.Pix {
		out.Pix[i] = uint8((3*int(v) + int(other.Pix[i])) / 4)
	}
	return out
}

func part(img *image.NRGBA, r image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(image.Rectangle{Max: r.Size()})
	draw.Draw(out, out.Rect, img, r.Min, draw.Src)
	return out
}

func saved(t *testing.T, img *image.NRGBA, quality int) image.Image {
	t.Helper()
	data, err := picture.EncodeJPEG(img, quality, "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := picture.Decode(context.Background(), data, picture.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Image
}

// ways are what happens to pictures on their way.
var ways = map[string]func(*testing.T, *image.NRGBA) image.Image{
	"saved as a poor JPEG": func(t *testing.T, img *image.NRGBA) image.Image { return saved(t, img, 50) },
	"resized": func(t *testing.T, img *image.NRGBA) image.Image {
		return saved(t, scaled(img, 170, 130), 75)
	},
	"a tenth cropped off": func(t *testing.T, img *image.NRGBA) image.Image {
		return saved(t, part(img, image.Rect(0, 0, 240, 162)), 75)
	},
	"a tenth cropped off both sides": func(t *testing.T, img *image.NRGBA) image.Image {
		return saved(t, part(img, image.Rect(14, 5, 230, 167)), 75)
	},
	"a caption above": func(t *testing.T, img *image.NRGBA) image.Image {
		out := image.NewNRGBA(image.Rect(0, 0, 240, 204))
		draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(out, image.Rect(20, 6, 200, 16), image.Black, image.Point{}, draw.Src)
		draw.Draw(out, image.Rect(0, 24, 240, 204), img, image.Point{}, draw.Src)
		return saved(t, out, 75)
	},
	"a caption on it": func(t *testing.T, img *image.NRGBA) image.Image {
		out := part(img, img.Rect)
		draw.Draw(out, image.Rect(0, 156, 240, 180), image.Black, image.Point{}, draw.Src)
		return saved(t, out, 75)
	},
}

func TestCopiesAreFoundAndSourcesAreNot(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	const n = 6
	var records []antidote.Record
	var dreams, sources []*image.NRGBA
	for i := range uint64(n) {
		src := scene(i)
		sources, dreams = append(sources, src), append(dreams, dreamt(src, i))
		records = append(records, antidote.Of(dreams[i], src, day))
	}
	x := antidote.NewIndex(records)
	for name, change := range ways {
		for i := range n {
			m, ok := x.Find(antidote.LookOf(change(t, dreams[i])))
			if !ok || m.Record != i {
				t.Errorf("%s: dream %d was taken for %+v, %v", name, i, m, ok)
			}
			if m, ok := x.Find(antidote.LookOf(change(t, sources[i]))); ok {
				t.Errorf("%s: source %d was taken for %+v", name, i, m)
			}
			if m, ok := x.Find(antidote.LookOf(change(t, scene(uint64(i+500))))); ok {
				t.Errorf("%s: another picture was taken for %+v", name, m)
			}
		}
	}
}

func TestASketchIsEnough(t *testing.T) {
	dream := dreamt(scene(1), 1)
	x := antidote.NewIndex([]antidote.Record{antidote.Of(scene(9), nil, day), antidote.Of(dream, scene(1), day)})
	if m, ok := x.Find(antidote.Look{Sketch: picture.SketchOf(dream)}); !ok || m.Record != 1 {
		t.Errorf("%+v, %v", m, ok)
	}
	for _, l := range []antidote.Look{{}, {Sketch: picture.Sketch("short")}, {Sketch: make(picture.Sketch, 1024)}} {
		if m, ok := x.Find(l); ok {
			t.Errorf("nothing was taken for %+v", m)
		}
	}
}

func TestAListOfNearMissesCostsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	dream := scene(3)
	near := antidote.Of(dreamt(dream, 3), nil, day)
	rng := rand.New(rand.NewPCG(1, 1))
	records := make([]antidote.Record, 20_000)
	for i := range records {
		records[i] = near
		for range 24 { // so that all are candidates, and none is it
			bit := rng.IntN(256)
			records[i].Core[bit/64] ^= 1 << (bit % 64)
			records[i].PDQ[bit/64] ^= 1 << (bit % 64)
		}
	}
	start := time.Now()
	antidote.NewIndex(records).Find(antidote.LookOf(dream))
	if took := time.Since(start); took > 20*time.Second { // of half a second
		t.Errorf("it took %s", took)
	}
}

func issue() antidote.List {
	r := antidote.Of(scene(1), scene(2), day)
	r.Post = "https://example.social/@dreams/1"
	return antidote.List{Maker: "slugpuppy", Origin: "https://dreams.example/antidote.json", Serial: 7, Issued: day,
		Pages:   []antidote.Page{{Name: "antidote-1.json", SHA256: strings.Repeat("a", 64), Records: 1000}},
		Records: []antidote.Record{r, antidote.Of(scene(4), nil, day)}}
}

func TestListsAreReadAsTheyAreWritten(t *testing.T) {
	data, err := issue().Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := antidote.Read(bytes.NewReader(data), antidote.MostBytes)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.Encode()
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("%v\n%s\n%s", err, data, again)
	}
}

func TestListsThatAreNotAsTheyHaveToBeAreRefused(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	list := func(rest string) string { return `{"format":"slugpuppy-antidote-1",` + rest + `}` }
	record := func(rest string) string { return list(`"records":[{"pdq":"` + hash + `"` + rest + `}]`) }
	pages := func(n int) string {
		return `"pages":[` + strings.TrimSuffix(strings.Repeat(`{"name":"x","sha256":"`+hash+`","records":0},`, n), ",") + `]`
	}
	for _, text := range []string{record(`,"quality":60,"new":{"a":[1]}`), list(pages(antidote.MostPages))} {
		if _, err := antidote.Read(strings.NewReader(text), 20_000); err != nil {
			t.Error(err)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "not JSON": "<html>", "an array": "[]", "null": "null", "cut off": record("")[:60],
		"of another format":   `{"format":"slugpuppy-antidote-9","records":[]}`,
		"with more behind it": record("") + "{}",
		"without a hash":      list(`"records":[{}]`),
		"a short hash":        list(`"records":[{"pdq":"abcd"}]`),
		"quality":             record(`,"quality":101`),
		"a script":            record(`,"post":"javascript:alert(1)"`),
		"a name":              record(`,"post":"https://a:b@example.org/"`),
		"a long address":      record(`,"post":"https://example.org/` + strings.Repeat("a", 400) + `"`),
		"a path":              list(`"pages":[{"name":"../x","sha256":"` + hash + `","records":1}]`),
		"another host":        list(`"pages":[{"name":"//example.org","sha256":"` + hash + `","records":1}]`),
		"too large a page":    list(`"pages":[{"name":"x.json","sha256":"` + hash + `","records":1001}]`),
		"less than nothing":   list(`"pages":[{"name":"x.json","sha256":"` + hash + `","records":-5}]`),
		"too many pages":      list(pages(antidote.MostPages + 1)),
		"a long maker":        list(`"maker":"` + strings.Repeat("x", 301) + `"`),
		"too long":            record(`,"x":"` + strings.Repeat("x", 30_000) + `"`),
	} {
		if l, err := antidote.Read(strings.NewReader(text), 20_000); !errors.Is(err, antidote.ErrNoList) {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	data, err := issue().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format":"slugpuppy-antidote-1","records":[{"pdq":"` + strings.Repeat("0", 63) + `1"}],"keys":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := antidote.Read(bytes.NewReader(data), 1<<16)
		if err != nil {
			return
		}
		again, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := antidote.Read(bytes.NewReader(again), 1<<20); err != nil {
			t.Fatalf("%v: %s", err, again)
		}
		antidote.NewIndex(l.Records).Find(antidote.Look{PDQ: pdq.Hash{1}, Quality: 100, Sketch: make(picture.Sketch, 1024)})
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add("signal,signal_type\n" + strings.Repeat("a5", 32) + ",pdq,77,2026-11-29T12:00:00Z\n")
	f.Fuzz(func(t *testing.T, text string) {
		records, _, err := antidote.ReadCSV(strings.NewReader(text))
		if err == nil && len(records) == 0 {
			t.Fatal("nothing, and no error")
		}
	})
}

func TestHashesAreExchangedAsCSV(t *testing.T) {
	var out bytes.Buffer
	want := issue().Records
	if err := antidote.WriteCSV(&out, want); err != nil {
		t.Fatal(err)
	}
	got, passed, err := antidote.ReadCSV(strings.NewReader(out.String()))
	if err != nil || passed != 1 || len(got) != len(want) {
		t.Fatalf("%d records, %d lines passed over, %v", len(got), passed, err)
	}
	for i := range got {
		if got[i].PDQ != want[i].PDQ || got[i].Quality != want[i].Quality || !got[i].Made.Equal(want[i].Made) {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	if m, ok := antidote.NewIndex(got).Find(antidote.LookOf(saved(t, scene(1), 60))); !ok || m.Record != 0 {
		t.Errorf("%+v, %v", m, ok)
	}
	if _, _, err := antidote.ReadCSV(strings.NewReader("a,b\nc,d\n")); !errors.Is(err, antidote.ErrNoCSV) {
		t.Error(err)
	}
}

// The example of minisign's documentation, and its signature of "test" with that key.
const (
	knownKey       = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
	knownSignature = "untrusted comment: signature from minisign secret key\n" +
		"RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n" +
		"trusted comment: timestamp:1633700835\tfile:test\tprehashed\n" +
		"wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==\n"
)

func TestSignaturesAreMinisigns(t *testing.T) {
	if err := antidote.Verify(knownKey, []byte("test"), []byte(knownSignature)); err != nil {
		t.Error(err)
	}
	for _, forged := range []string{strings.Replace(knownSignature, "file:test", "file:toast", 1), strings.Replace(knownSignature, "r3g7", "r3g8", 1), "", "x"} {
		if err := antidote.Verify(knownKey, []byte("test"), []byte(forged)); !errors.Is(err, antidote.ErrSignature) {
			t.Errorf("%q: %v", forged, err)
		}
	}
	if err := antidote.Verify("RWQ", []byte("test"), []byte(knownSignature)); !errors.Is(err, antidote.ErrKey) {
		t.Error(err)
	}
	if key, err := antidote.ParsePublic(antidote.PublicFile(knownKey)); err != nil || key != knownKey {
		t.Error(key, err)
	}
}

func newKey(t *testing.T) antidote.Key {
	t.Helper()
	k, err := antidote.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestANewKeyIsBelievedFromTheOldOne(t *testing.T) {
	first, second, third, stranger := newKey(t), newKey(t), newKey(t), newKey(t)
	secret, err := second.Secret()
	if err != nil {
		t.Fatal(err)
	}
	if second, err = antidote.ParseKey(secret); err != nil {
		t.Fatal(err)
	}
	l := issue()
	l.Keys = []antidote.Succession{first.Succeed(second), second.Succeed(third)}
	forged := stranger.Succeed(third)
	forged.Old = first.Public()
	for name, tt := range map[string]struct {
		known antidote.Key
		keys  []antidote.Succession
		by    antidote.Key
		want  error
	}{
		"the same":               {first, nil, first, nil},
		"one later":              {second, l.Keys, third, nil},
		"two later":              {first, l.Keys, third, nil},
		"another":                {first, l.Keys, stranger, antidote.ErrOtherKey},
		"back":                   {third, l.Keys, first, antidote.ErrOtherKey},
		"not vouched for":        {first, nil, second, antidote.ErrOtherKey},
		"vouched for by another": {first, []antidote.Succession{forged}, third, antidote.ErrOtherKey},
		"round in circles": {first, []antidote.Succession{first.Succeed(second), second.Succeed(first)}, stranger,
			antidote.ErrOtherKey},
	} {
		l.Keys = tt.keys
		data, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := antidote.Follow(tt.known.Public(), l, data, tt.by.Sign(data, "serial 7"))
		if !errors.Is(err, tt.want) || err == nil && got != tt.by.Public() {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	random := func() (h pdq.Hash) {
		for i := range h {
			h[i] = rng.Uint64()
		}
		return h
	}
	records := make([]antidote.Record, antidote.MostRecords)
	for i := range records {
		records[i] = antidote.Record{PDQ: random(), Quality: 100, Core: random(), Source: random()}
	}
	records[77_777] = antidote.Of(scene(1), scene(2), day)
	x := antidote.NewIndex(records)
	for name, img := range map[string]image.Image{
		"as it is": scene(1), "cropped": part(scene(1), image.Rect(14, 5, 230, 167)), "another": scene(3),
	} {
		b.Run(fmt.Sprintf("100000/%s", name), func(b *testing.B) {
			l := antidote.LookOf(img)
			for b.Loop() {
				x.Find(l)
			}
		})
	}
}

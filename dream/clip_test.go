package dream_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/gif"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// frames reads a GIF back.
func frames(t *testing.T, data []byte) []*image.NRGBA {
	t.Helper()
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if g.LoopCount != 0 {
		t.Errorf("loops %d times", g.LoopCount)
	}
	var all []*image.NRGBA
	for _, f := range g.Image {
		all = append(all, picture.ToNRGBA(f))
	}
	return all
}

// wander is a short chain for those who take files of these types.
func wander(stations, steps int, types ...string) dream.Order {
	o := dream.Order{Source: picture.Landscape(160, 120, 1), Recipe: dream.Recipe{Verb: dream.Wander, Repeat: stations, Octaves: 1, Steps: steps}}
	for _, m := range types {
		o.Accept = append(o.Accept, dream.Format{MIME: m})
	}
	return o
}

func TestDiveEndsWhereItBegins(t *testing.T) {
	m := maker(t, dream.Options{ClipSide: 96})
	p := dreamt(t, m, picture.Landscape(160, 120, 1), dream.Recipe{Verb: dream.Dive, Seconds: 2, Octaves: 1, Steps: 2, Preset: "swirl"})
	all := frames(t, p.File.Data)
	if len(all) != p.File.Frames || p.File.Frames != 24 || p.File.W != 96 {
		t.Fatalf("%d frames in the file, %d of %dx%d promised", len(all), p.File.Frames, p.File.W, p.File.H)
	}
	seam := distance(all[len(all)-1], all[0], nil)
	var steps []float64
	for i := 1; i < len(all); i++ {
		steps = append(steps, distance(all[i-1], all[i], nil))
	}
	slices.Sort(steps)
	if usual := steps[len(steps)/2]; seam >= usual {
		t.Errorf("from the last frame to the first the picture goes by %.2f, elsewhere by %.2f", seam, usual)
	}
	var sharp []float64
	for _, f := range all {
		sharp = append(sharp, sharpness(f))
	}
	if least, usual := slices.Min(sharp), median(sharp); least < 0.85*usual {
		t.Errorf("somewhere a frame has only %.2f of the usual detail", least/usual)
	}
	if distance(all[0], all[len(all)/2], nil) < 2 {
		t.Error("nothing moves")
	}
	if p.Image != nil || p.Poster == nil || distance(p.Poster, all[len(all)/2], nil) > 8 {
		t.Error("the poster is not a still from the middle")
	}
}

// sharpness is the mean absolute Laplacian of a picture's green.
func sharpness(img *image.NRGBA) float64 {
	sum, n := 0, 0
	at := func(x, y int) int { return int(img.NRGBAAt(x, y).G) }
	for y := 1; y < img.Rect.Dy()-1; y++ {
		for x := 1; x < img.Rect.Dx()-1; x++ {
			l := 4*at(x, y) - at(x-1, y) - at(x+1, y) - at(x, y-1) - at(x, y+1)
			sum += max(l, -l)
			n++
		}
	}
	return float64(sum) / float64(n)
}

func median(x []float64) float64 { return slices.Sorted(slices.Values(x))[len(x)/2] }

func TestWanderGoesToANewPlaceEachTime(t *testing.T) {
	m := maker(t, dream.Options{ClipSide: 96})
	p, err := m.Make(t.Context(), wander(3, 2, dream.GIF), nil)
	if err != nil {
		t.Fatal(err)
	}
	been := map[int]bool{}
	for _, g := range p.Dreamed {
		been[g.Index] = true
	}
	if len(p.Dreamed) != 3 || len(been) != 3 {
		t.Errorf("was at %v", p.Dreamed)
	}
	if p.Dreamed[0].Index != p.Saw.Guesses[0].Index {
		t.Errorf("saw %v first and dreamed %v", p.Saw.Guesses[0], p.Dreamed[0])
	}
	if n := len(frames(t, p.File.Data)); n != p.File.Frames {
		t.Errorf("%d frames, %d promised", n, p.File.Frames)
	}
}

// The limit is the Maker's or the order's, whichever is lower. A clip that is too heavy is made
// from the same frames once more, without rendering them again.
func TestClipsFitTheirLimit(t *testing.T) {
	full, err := light(t, dream.Options{ClipSide: 64}).Make(t.Context(), wander(2, 1, dream.GIF), nil)
	if err != nil {
		t.Fatal(err)
	}
	limit := int64(len(full.File.Data) / 2)
	for name, limited := range map[string]struct{ maker, order int64 }{"the maker's": {limit, 0}, "the order's": {2 * limit, limit}} {
		o := wander(2, 1, dream.GIF)
		o.Accept[0].Bytes = limited.order
		steps := 0
		p, err := light(t, dream.Options{ClipSide: 64, ClipBytes: limited.maker}).Make(t.Context(), o, func(p dream.Progress) {
			if p.Fraction < 1 {
				steps++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := int64(len(p.File.Data)); n > limit || n < limit/8 {
			t.Errorf("%s: %d bytes for %d", name, n, limit)
		}
		all := frames(t, p.File.Data)
		if len(all) != p.File.Frames || all[0].Rect.Dx() != p.File.W || all[0].Rect.Dy() != p.File.H {
			t.Errorf("%s: %d frames of %v, promised %d of %dx%d", name, len(all), all[0].Rect, p.File.Frames, p.File.W, p.File.H)
		}
		if steps != 2 {
			t.Errorf("%s: %d steps for two stations of one", name, steps)
		}
	}
}

func TestAClipThatCannotBeLightEnoughIsAProblem(t *testing.T) {
	o := wander(2, 1, dream.GIF)
	o.Accept[0].Bytes = 500
	var p *dream.Problem
	if _, err := light(t, dream.Options{ClipSide: 64}).Make(t.Context(), o, nil); !errors.As(err, &p) {
		t.Errorf("got %v", err)
	}
}

// Without a folder for temporary files clips are made all the same, as long as the first try fits.
func TestClipsNeedNoDiskUntilTheyAreTooHeavy(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	m := light(t, dream.Options{ClipSide: 64, FFmpeg: "/nowhere/ffmpeg"})
	if _, err := m.Make(t.Context(), wander(2, 1, dream.MP4, dream.GIF), nil); err != nil {
		t.Errorf("a clip that fits: %v", err)
	}
	o := wander(2, 1, dream.GIF)
	o.Accept[0].Bytes = 20 << 10
	if _, err := m.Make(t.Context(), o, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a clip that does not: %v", err)
	}
}

func TestNothingOfAClipStaysOnDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	m := light(t, dream.Options{ClipSide: 64})
	if _, err := m.Make(t.Context(), wander(2, 1, dream.GIF), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the person left")
	if _, err := m.Make(ctx, wander(2, 1, dream.GIF), func(p dream.Progress) {
		if p.Frame == p.Frames {
			cancel(gone)
		}
	}); !errors.Is(err, gone) {
		t.Errorf("cancelled: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestFilmsAreMadeWhereThereIsAnEncoder(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg")
	}
	p, err := light(t, dream.Options{ClipSide: 96, FFmpeg: ffmpeg}).Make(t.Context(), wander(2, 1, dream.MP4, dream.GIF), nil)
	if err != nil {
		t.Fatal(err)
	}
	if f := p.File; f.MIME != dream.MP4 || len(f.Data) < 100 || !bytes.Contains(f.Data[:32], []byte("ftyp")) {
		t.Errorf("%d bytes of %s", len(f.Data), f.MIME)
	}
}

// A film says what it is, twice: in a comment that players show, and in XMP. It is the same bytes each time.
func TestFilmsCarryTheirRecipe(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg here, which writes films")
	}
	var before []byte
	for range 2 {
		p, err := light(t, dream.Options{ClipSide: 96, FFmpeg: ffmpeg}).Make(t.Context(), wander(2, 1, dream.MP4), nil)
		if err != nil {
			t.Fatal(err)
		}
		want := dream.Signature + p.Recipe.Token()
		packet := []byte("<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">" + want)
		if got := picture.Comment(p.File.Data); got != want || !bytes.Contains(p.File.Data, packet) {
			t.Errorf("it says %q, want %q, and that in XMP too: %v", got, want, bytes.Contains(p.File.Data, packet))
		}
		film := filepath.Join(t.TempDir(), "film.mp4")
		if err := os.WriteFile(film, p.File.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(ffmpeg, "-v", "error", "-i", film, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("it cannot be played: %v: %s", err, out)
		}
		if out, _ := exec.Command(ffmpeg, "-i", film).CombinedOutput(); !bytes.Contains(out, []byte(want)) {
			t.Errorf("ffmpeg does not tell of %q: %s", want, out)
		}
		if before != nil && !bytes.Equal(before, p.File.Data) {
			t.Error("the same film has other bytes")
		}
		before = p.File.Data
	}
}

func TestABrokenEncoderCostsOnlyTheFilm(t *testing.T) {
	for name, ffmpeg := range map[string]string{
		"missing": "/nowhere/ffmpeg", "fails at once": encoder(t, "exit 1"),
		"fails at the end": encoder(t, "cat >/dev/null; exit 1"), "heavy": encoder(t, `for out; do :; done; head -c 3000000 /dev/zero > "$out"; cat >/dev/null`),
	} {
		m := light(t, dream.Options{ClipSide: 64, FFmpeg: ffmpeg, ClipBytes: 2 << 20})
		p, err := m.Make(t.Context(), wander(2, 1, dream.MP4, dream.GIF), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		kind := dream.NoFilm
		if name == "heavy" {
			kind = dream.HeavyFilm
		}
		if p.File.MIME != dream.GIF || len(frames(t, p.File.Data)) != 3*16 || len(p.Notes) != 1 || p.Notes[0].Kind != kind || p.Notes[0].Why == "" {
			t.Errorf("%s: %s of %d bytes, notes %v", name, p.File.MIME, len(p.File.Data), p.Notes)
		}
		if _, err := m.Make(t.Context(), wander(2, 1, dream.MP4), nil); !errors.Is(err, dream.ErrNoFilm) {
			t.Errorf("%s: where only films are taken: %v", name, err)
		}
	}
}

func TestOnlyWhatIsAcceptedIsMade(t *testing.T) {
	m := light(t, dream.Options{ClipSide: 64})
	src := picture.Landscape(64, 48, 1)
	for _, tt := range []struct {
		accept []string
		want   string // "": only pixels; "error"
	}{
		{nil, ""}, {[]string{dream.PNG}, dream.PNG}, {[]string{dream.JPEG}, dream.JPEG}, {[]string{dream.JPEG, dream.PNG}, dream.PNG},
		{[]string{dream.GIF, dream.MP4, dream.PNG, dream.JPEG}, dream.PNG}, {[]string{dream.GIF}, "error"},
	} {
		o := dream.Order{Recipe: quick(), Source: src}
		for _, mime := range tt.accept {
			o.Accept = append(o.Accept, dream.Format{MIME: mime})
		}
		p, err := m.Make(t.Context(), o, nil)
		if (err != nil) != (tt.want == "error") {
			t.Errorf("%v: %v", tt.accept, err)
			continue
		}
		if err != nil {
			continue
		}
		if p.File.MIME != tt.want || (len(p.File.Data) > 0) != (tt.want != "") || p.Image == nil {
			t.Errorf("%v: got %s of %d bytes", tt.accept, p.File.MIME, len(p.File.Data))
		}
		if tt.want != "" && picture.Comment(p.File.Data) != dream.Signature+p.Recipe.Token() {
			t.Errorf("%v: the comment is %q", tt.accept, picture.Comment(p.File.Data))
		}
		if tt.want != "" && !bytes.Contains(p.File.Data, []byte("digitalsourcetype/compositeWithTrainedAlgorithmicMedia<")) {
			t.Errorf("%v: the file does not say what it is", tt.accept)
		}
	}
	for _, accept := range [][]string{nil, {dream.PNG}, {dream.MP4}} { // there is no encoder
		if _, err := m.Make(t.Context(), wander(2, 1, accept...), nil); err == nil {
			t.Errorf("a clip for those who take %v", accept)
		}
	}
	small := dream.Order{Recipe: quick(), Source: src, Accept: []dream.Format{{MIME: dream.PNG, Pixels: 1000}, {MIME: dream.JPEG, Bytes: 1500}}}
	p, err := m.Make(t.Context(), small, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f := p.File; f.W*f.H > 1000 || len(f.Data) > 1500 || p.Image.Rect.Dx() != 64 || !slices.ContainsFunc(p.Notes, func(n dream.Note) bool { return n.Kind == dream.Squeezed && n.W == f.W }) {
		t.Errorf("%dx%d, %d bytes, notes %v", f.W, f.H, len(f.Data), p.Notes)
	}
}

// An order that would have other bytes here is refused before anything is done.
func TestAnOrderForAnotherPlaceIsRefused(t *testing.T) {
	m := light(t, dream.Options{})
	here := dream.Order{Recipe: dream.Recipe{Octaves: 1, Steps: 1}, Source: picture.Landscape(64, 48, 1), Network: stranger(t).Hash(), ISA: classifier.Arithmetic()}
	if _, err := m.Make(t.Context(), here, nil); err != nil {
		t.Errorf("one for this place: %v", err)
	}
	away, slow := here, here
	away.Network = "0" + here.Network[1:] + "0"
	slow.ISA = "pdp11/plain"
	for _, o := range []dream.Order{away, slow} {
		if _, err := m.Make(t.Context(), o, nil); !errors.Is(err, dream.ErrElsewhere) {
			t.Errorf("for %.8s on %s: %v", o.Network, o.ISA, err)
		}
	}
}

// What an order was made with once it can be made with again, on a processor that has more by now.
func TestAnOrderIsMadeInTheArithmeticThatItWants(t *testing.T) {
	m, seen := maker(t, dream.Options{}), map[string]string{}
	for _, isa := range classifier.Arithmetics() {
		r := dream.Recipe{Layers: []dream.LayerTerm{{Layer: "4c", Channel: -1}}, Octaves: 1, Steps: 2}
		o := dream.Order{Recipe: r, Source: picture.Landscape(64, 48, 1), ISA: isa,
			Accept: []dream.Format{{MIME: dream.PNG}}}
		p, err := m.Make(t.Context(), o, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(p.File.Data, []byte("("+isa+")")) {
			t.Errorf("the file does not say that it was made with %s", isa)
		}
		if other, ok := seen[string(p.Image.Pix)]; ok {
			t.Errorf("%s makes the same as %s", isa, other)
		}
		seen[string(p.Image.Pix)] = isa
	}
}

// What is in the middle comes closer from frame to frame.
func TestDiveFallsIntoThePicture(t *testing.T) {
	m := light(t, dream.Options{ClipSide: 96})
	frames, _, err := m.Frames(t.Context(), dream.Order{Source: picture.Landscape(96, 72, 3),
		Recipe: dream.Recipe{Verb: dream.Dive, Seconds: 2, Octaves: 1, Steps: 1, Strength: 1}})
	if err != nil {
		t.Fatal(err)
	}
	a, b := frames[0], frames[8] // 1.022 to the eighth is six fifths
	w, h := 96*5/6, 72*5/6
	middle := image.Rect((96-w)/2, (72-h)/2, (96+w)/2, (72+h)/2)
	closer := picture.FromImage(a.SubImage(middle)).Resize(96, 72).NRGBA()
	if now, before := distance(closer, b, nil), distance(a, b, nil); now > 0.7*before {
		t.Errorf("eight frames later the picture differs by %.2f from its middle and by %.2f from the whole", now, before)
	}
}

// Frames go to the encoder one by one: a clip of twice as many takes no more memory.
func TestFramesAreNotHeld(t *testing.T) {
	m := light(t, dream.Options{ClipSide: 240, FFmpeg: encoder(t, `cat >/dev/null; for out; do :; done; echo film > "$out"`)})
	peak := func(stations int) (top uint64) {
		var now runtime.MemStats
		o := wander(stations, 1, dream.MP4, dream.GIF)
		o.Source = picture.Landscape(240, 180, 1)
		if _, err := m.Make(t.Context(), o, func(dream.Progress) {
			runtime.GC()
			runtime.ReadMemStats(&now)
			top = max(top, now.HeapAlloc)
		}); err != nil {
			t.Fatal(err)
		}
		return top
	}
	peak(2) // what the network keeps
	few, many := peak(2), peak(5)
	if frame := uint64(4 * 240 * 180); many > few+12*frame {
		t.Errorf("%d KB for 48 frames, %d KB for 96 of %d KB each", few>>10, many>>10, frame>>10)
	}
}

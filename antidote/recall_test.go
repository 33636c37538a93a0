package antidote_test

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slugpuppy/antidote"
	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
)

// TestRecall measures how often copies of dreams are found, and other pictures taken for one: SLUGPUPPY_RECALL names
// a folder of dreams, a folder of what was dreamed under the same names, and folders of ordinary pictures, with a colon
// between. It takes a second a dream, and half of that with `-short`, which leaves the eye out.
func TestRecall(t *testing.T) {
	folders := filepath.SplitList(os.Getenv("SLUGPUPPY_RECALL"))
	if len(folders) < 2 {
		t.Skip("no SLUGPUPPY_RECALL")
	}
	m := &measurement{T: t}
	sources := m.pictures(folders[1])
	for _, path := range m.pictures(folders[0]) {
		dream := m.load(path)
		var source image.Image
		for _, s := range sources {
			if plainName(s) == plainName(path) {
				source = m.load(s)
			}
		}
		if dream == nil || source == nil {
			continue
		}
		m.dreams, m.sources = append(m.dreams, dream), append(m.sources, picture.ToNRGBA(source))
		m.records = append(m.records, antidote.Of(dream, source, day))
	}
	m.index = antidote.NewIndex(m.records)
	if !testing.Short() {
		net, err := classifier.Default()
		if err != nil {
			t.Fatal(err)
		}
		if m.eye, err = detector.New(net); err != nil {
			t.Fatal(err)
		}
	}
	m.copies()
	for _, folder := range folders[2:] {
		m.others(folder)
	}
}

type measurement struct {
	*testing.T
	dreams, sources []*image.NRGBA
	records         []antidote.Record
	index           *antidote.Index
	eye             *detector.Detector // nil with -short
}

func (m *measurement) pictures(folder string) (paths []string) {
	m.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.Contains(".png.jpg.jpeg.webp.gif", strings.ToLower(filepath.Ext(path))) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		m.Fatal(err)
	}
	return paths
}

func plainName(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

// load is nil for what cannot be read.
func (m *measurement) load(path string) *image.NRGBA {
	data, err := os.ReadFile(path)
	if err != nil {
		m.Fatal(err)
	}
	p, err := picture.Decode(context.Background(), data, picture.Limits{MaxPixels: 40_000_000})
	if err != nil {
		return nil
	}
	return picture.ToNRGBA(p.Image)
}

// copies changes every dream, and every source, in every way.
func (m *measurement) copies() {
	all, found, hidden, wrong := 0, 0, 0, 0
	for name, change := range changes {
		rng := rand.New(rand.NewPCG(1, 2))
		n, together := 0, 0
		for i, dream := range m.dreams {
			img := change(m.T, dream, rng)
			match, ok := m.index.Find(antidote.LookOf(img))
			if ok = ok && match.Record == i; ok {
				n++
			}
			if m.hides(img, ok) {
				together++
			}
			if _, ok := m.index.Find(antidote.LookOf(change(m.T, m.sources[i], rng))); ok {
				wrong++
			}
		}
		m.Logf("%-22s %d of %d found, %d hidden with the eye", name, n, len(m.dreams), together)
		all, found, hidden = all+len(m.dreams), found+n, hidden+together
	}
	m.Logf("all: %d of %d found (%.2f %%), %d hidden with the eye (%.2f %%); %d sources taken for a dream", found, all,
		100*float64(found)/float64(all), hidden, 100*float64(hidden)/float64(all), wrong)
}

// hides says what a timeline does at a budget of 1 in 1000.
func (m *measurement) hides(img image.Image, listed bool) bool {
	if m.eye == nil {
		return listed
	}
	v, err := m.eye.Judge(context.Background(), img)
	if err != nil {
		m.Fatal(err)
	}
	return v.Score >= m.eye.Likely(0.001) || listed && v.Score >= m.eye.Likely(0.2)
}

// others looks at pictures that are no copies.
func (m *measurement) others(folder string) {
	looked, wrong := 0, 0
	for _, path := range m.pictures(folder) {
		img := m.load(path)
		if img == nil {
			continue
		}
		looked++
		if match, ok := m.index.Find(antidote.LookOf(img)); ok {
			wrong++
			m.Logf("%s was taken for number %d, distance %d", path, match.Record, match.Distance)
		}
	}
	m.Logf("%s: %d of %d ordinary pictures were taken for one of %d dreams", folder, wrong, looked, len(m.records))
}

// changes are what platforms and people do to pictures of any size.
var changes = map[string]func(*testing.T, *image.NRGBA, *rand.Rand) image.Image{
	"JPEG 95": func(t *testing.T, img *image.NRGBA, _ *rand.Rand) image.Image { return saved(t, img, 95) },
	"JPEG 50": func(t *testing.T, img *image.NRGBA, _ *rand.Rand) image.Image { return saved(t, img, 50) },
	"half size, JPEG 75": func(t *testing.T, img *image.NRGBA, _ *rand.Rand) image.Image {
		return saved(t, scaled(img, img.Rect.Dx()/2, img.Rect.Dy()/2), 75)
	},
	"a tenth off one side": func(t *testing.T, img *image.NRGBA, rng *rand.Rand) image.Image {
		r := img.Rect
		switch rng.IntN(4) {
		case 0:
			r.Min.X += r.Dx() / 10
		case 1:
			r.Max.X -= r.Dx() / 10
		case 2:
			r.Min.Y += r.Dy() / 10
		default:
			r.Max.Y -= r.Dy() / 10
		}
		return saved(t, part(img, r), 75)
	},
	"a tenth off both": func(t *testing.T, img *image.NRGBA, rng *rand.Rand) image.Image {
		w, h := img.Rect.Dx(), img.Rect.Dy()
		at := image.Pt(rng.IntN(w/10+1), rng.IntN(h/10+1))
		return saved(t, part(img, image.Rect(0, 0, w*9/10, h*9/10).Add(at)), 70)
	},
	"a border": func(t *testing.T, img *image.NRGBA, rng *rand.Rand) image.Image {
		b := 1 + rng.IntN(max(1, min(img.Rect.Dx(), img.Rect.Dy())/14))
		return saved(t, within(img, b, b, b, b), 75)
	},
	"a caption above": func(t *testing.T, img *image.NRGBA, rng *rand.Rand) image.Image {
		b := img.Rect.Dy()/8 + rng.IntN(max(1, img.Rect.Dy()/20))
		out := within(img, 0, b, 0, 0)
		letters(out, b/4, b/2, color.Black, rng)
		return saved(t, out, 75)
	},
	"words above and below": func(t *testing.T, img *image.NRGBA, rng *rand.Rand) image.Image {
		out, h := part(img, img.Rect), img.Rect.Dy()
		letters(out, h-h/8, h/12, color.White, rng)
		letters(out, h/20, h/12, color.White, rng)
		return saved(t, out, 75)
	},
	"a caption on it": func(t *testing.T, img *image.NRGBA, rng *rand.Rand) image.Image {
		out, h := part(img, img.Rect), img.Rect.Dy()
		draw.Draw(out, image.Rect(0, h-h/7, img.Rect.Dx(), h), image.Black, image.Point{}, draw.Src)
		letters(out, h-h/7+h/30, h/14, color.White, rng)
		return saved(t, out, 75)
	},
}

func scaled(img *image.NRGBA, w, h int) *image.NRGBA {
	small := picture.NewPlanar(w, h)
	picture.Scale(picture.Pixels{NRGBA: img}, w, h, func(y int, row *[3][]float32) {
		for c := range row {
			copy(small.Plane(c)[y*w:], row[c])
		}
	})
	return small.NRGBA()
}

// within puts white around a picture.
func within(img *image.NRGBA, left, top, right, bottom int) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w+left+right, h+top+bottom))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(out, image.Rect(left, top, left+w, top+h), img, image.Point{}, draw.Src)
	return out
}

// letters draws a line of strokes like letters.
func letters(img *image.NRGBA, y, size int, ink color.Color, rng *rand.Rand) {
	for x := size; x < img.Rect.Dx()-size; x += max(1, size) {
		if rng.IntN(6) == 0 {
			continue // a space
		}
		c := image.NewUniform(ink)
		draw.Draw(img, image.Rect(x, y, x+max(1, size/5), y+size), c, image.Point{}, draw.Src)
		bar := y + rng.IntN(max(1, size))
		draw.Draw(img, image.Rect(x, bar, x+size*2/3, bar+2), c, image.Point{}, draw.Src)
	}
}

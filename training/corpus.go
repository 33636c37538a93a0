// Package training makes and judges heads of the detector: it reads a corpus of pictures,
// adds dreams of its own and what the world does to pictures, and reports how well dreams are
// told from others.
package training

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"

	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
)

// Entry is one picture of a corpus.
type Entry struct {
	File  string // below the corpus' folder, or with a folder of its own
	Class string // dream, dream-weak, classviz, natural, hard, ordinary; own and posted are dreams that were made
	Group string // pictures of one source
	Notes string
	Extra bool // to learn from only
	Light bool // it counts half: there are many like it
}

// sorts are the sorts of pictures by words in a corpus' notes, the first that fits.
var sorts = []struct{ word, sort string }{
	{"style transfer", "style transfer"}, {"nst_", "style transfer"},
	{"fractal", "fractal"}, {"mandelbulb", "fractal"}, {"reaction-diffusion", "reaction-diffusion"},
	{"cppn", "CPPN art"}, {"genart", "generative art"}, {"glitch", "glitch art"},
	{"diffusion", "diffusion"}, {"extra: sd", "diffusion"}, {"aiart", "diffusion"},
	{"meme", "meme"}, {"anime", "drawing"}, {"sketch", "drawing"}, {"dtd", "texture"},
	{"wikiart", "painting"}, {"pacs_art", "painting"}, {"paint", "painting"}, {"art", "digital art"},
	{"inception5h", "GoogLeNet"}, {"googlenet", "GoogLeNet"}, {"inceptionv1", "GoogLeNet"},
	{"inceptionv3", "InceptionV3"}, {"mobilenet", "MobileNet"}, {"vgg", "VGG"}, {"resnet", "ResNet"},
}

// Kind is the sort of picture within its class, such as "fractal", from the notes.
func (e Entry) Kind() string {
	if e.Class == detector.Photograph {
		return photograph
	}
	if e.Class == usual {
		return e.Notes
	}
	notes := strings.ToLower(e.Notes)
	for _, s := range sorts {
		if strings.Contains(notes, s.word) {
			if kinds[e.Class].dream {
				return s.sort + " " + e.Class
			}
			return s.sort
		}
	}
	return e.Class
}

// Describe gives samples, new or kept from before, the kinds that the corpus' notes say.
func Describe(samples []detector.Sample, entries []Entry) {
	kind := map[string]string{}
	for _, e := range entries {
		kind[e.File] = e.Kind()
	}
	for i, s := range samples {
		switch s.Class {
		case own:
			samples[i].Kind = "own dream"
		case posted:
			samples[i].Kind = "own dream as posted"
		case made:
			samples[i].Kind = "pattern"
		default:
			samples[i].Kind = kind[s.File]
		}
	}
}

// The classes of dreams that are made for training: changed by the world, and as they are posted.
const (
	own    = "own"
	posted = "posted"
)

// usual is the class of what timelines hold besides photographs, such as screenshots: the notes say of what kind.
const usual = "ordinary"

// kinds says of every class whether it is a dream, a clear one, and how much it counts.
var kinds = map[string]struct {
	dream, clear bool
	weight       float64
}{
	"dream":      {true, true, 1},
	"dream-weak": {true, false, 0.5},
	"classviz":   {true, false, 1},
	"natural":    {false, false, 1},
	"hard":       {false, false, 1},
	usual:        {false, false, 1},
	own:          {true, false, 0.3},
	posted:       {true, false, 0.5},
}

// readMore reads the manifests of further folders, whose pictures are only learned from.
func readMore(dirs []string) (all []Entry, err error) {
	for _, dir := range dirs {
		entries, err := ReadManifest(dir)
		if err != nil {
			return nil, err
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return nil, err
		}
		for _, e := range entries {
			e.File = filepath.Join(dir, filepath.FromSlash(e.File))
			e.Extra = e.Class != own && e.Class != posted // those show whether what was made here is found
			all = append(all, e)
		}
	}
	return all, nil
}

// ReadManifest reads the manifest.tsv of a corpus: a line of column names, then file, class,
// group, and what else there is.
func ReadManifest(dir string) ([]Entry, error) {
	f, err := os.Open(filepath.Join(dir, "manifest.tsv"))
	if err != nil {
		return nil, fmt.Errorf("read corpus: %w", err)
	}
	defer f.Close()
	var entries []Entry
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		cols := strings.Split(lines.Text(), "\t")
		if n == 1 || lines.Text() == "" {
			continue
		}
		if len(cols) < 3 {
			return nil, fmt.Errorf("read corpus: manifest.tsv:%d: %d columns, want at least file, class, group", n, len(cols))
		}
		if _, ok := kinds[cols[1]]; !ok {
			return nil, fmt.Errorf("read corpus: manifest.tsv:%d: unknown class %q", n, cols[1])
		}
		e := Entry{File: cols[0], Class: cols[1], Group: cols[2]}
		if len(cols) > 6 {
			e.Notes = cols[6]
		}
		entries = append(entries, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read corpus: %w", err)
	}
	return entries, nil
}

// open decodes one picture, no larger than it is looked at.
func open(ctx context.Context, dir string, e Entry) (*image.NRGBA, error) {
	path := filepath.FromSlash(e.File)
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	img, err := decoded(path)(ctx)
	if err != nil {
		return nil, err
	}
	return fit(picture.ToNRGBA(img), workSide), nil
}

// workSide is the long side to which pictures are shrunk before they are changed: somewhat more
// than the fingerprint looks at.
const workSide = 720

// fit shrinks so that the long side is at most side.
func fit(img *image.NRGBA, side int) *image.NRGBA {
	w, h := picture.Fit(img.Rect.Dx(), img.Rect.Dy(), side)
	return resize(img, w, h)
}

func resize(img *image.NRGBA, w, h int) *image.NRGBA {
	if w == img.Rect.Dx() && h == img.Rect.Dy() {
		return img
	}
	out := image.NewNRGBA(image.Rect(0, 0, max(1, w), max(1, h)))
	picture.Scale(picture.Pixels{NRGBA: img}, out.Rect.Dx(), out.Rect.Dy(), func(y int, row *[3][]float32) {
		px := out.Pix[y*out.Stride:]
		for x := range row[0] {
			for c := range row {
				px[4*x+c] = uint8(min(1, max(0, row[c][x]))*255 + 0.5)
			}
			px[4*x+3] = 255
		}
	})
	return out
}

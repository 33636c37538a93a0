package dream

import (
	"context"
	"image"
	"math"
	"sync"
	"time"

	"golang.org/x/image/draw"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

// Options of a Maker. The zero value of a field means the default in brackets.
type Options struct {
	// MemoryBytes is what one job may hold, the network's weights, the source picture and the result
	// included [512 MiB]. When that is short, tiles are smaller, and then the working size.
	MemoryBytes int64
	// FFmpeg is the path of an ffmpeg binary that writes MP4 ["": GIF only].
	FFmpeg string
	// ClipSide is the longest side of clips in pixels [400].
	ClipSide int
	// ClipBytes is the most a clip may weigh [8 MiB]; frames are dropped and shrunk to fit.
	ClipBytes int64
	// Now is the clock by which it learns how long work takes [time.Now].
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.MemoryBytes == 0 {
		o.MemoryBytes = 512 << 20
	}
	if o.ClipSide == 0 {
		o.ClipSide = 400
	}
	if o.ClipBytes == 0 {
		o.ClipBytes = 8 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Maker makes dreams with one network. It is safe for concurrent use.
type Maker struct {
	net    *classifier.Network // with gradients in the arithmetic of its dreams
	opt    Options
	pace   *pace
	tariff *tariff
	kinds  func() *kinds // of the labels; known once they are asked for
}

// New returns a Maker.
func New(net *classifier.Network, opts Options) *Maker {
	quick, err := net.In("")
	if err != nil {
		panic(err) // there is always an arithmetic
	}
	return &Maker{net: quick, opt: opts.withDefaults(), pace: &pace{}, tariff: &tariff{costs: map[string]float64{}},
		kinds: sync.OnceValue(func() *kinds { return newKinds(net.Labels()) })}
}

// Network is the hash of the network that it dreams with.
func (m *Maker) Network() string { return m.net.Hash() }

// layers are those of the network but the logits, which come last.
func (m *Maker) layers() []classifier.Layer {
	all := m.net.Layers()
	return all[:len(all)-1]
}

// guesses is how many labels a result carries.
const guesses = 5

// See says what is in a picture, with the k likeliest labels, without holding float planes of all
// of it.
func (m *Maker) See(ctx context.Context, img image.Image, k int) (Sight, error) {
	pixels := picture.ToNRGBA(img)
	if err := checkSource(pixels); err != nil {
		return Sight{}, err
	}
	all, err := m.net.See(ctx, thumbnail(pixels, lookSide), math.MaxInt)
	if err != nil {
		return Sight{}, err
	}
	return m.kinds().sight(all, k), nil
}

// see says what is in a picture that the job is about.
func (j *job) see(ctx context.Context, img *image.NRGBA) (Sight, error) {
	j.meter.begin()
	s, err := j.m.See(ctx, img, guesses)
	j.meter.did(j.m.lookLoad(img.Rect.Dx(), img.Rect.Dy(), false))
	return s, err
}

// dreamt says what the dream is full of.
func (j *job) dreamt(ctx context.Context, img *image.NRGBA) (all []classifier.Guess, err error) {
	j.meter.begin()
	all, err = j.m.net.Details(ctx, thumbnail(img, lookSide), guesses)
	j.meter.did(j.m.lookLoad(img.Rect.Dx(), img.Rect.Dy(), true))
	return all, err
}

// lookSide is the long side, in pixels, of the copies that are only looked at.
const lookSide = 512

// thumbnail returns a copy whose long side is at most side.
func thumbnail(img *image.NRGBA, side int) *picture.Planar {
	w, h := picture.Fit(img.Rect.Dx(), img.Rect.Dy(), side)
	return picture.Scaled(picture.Pixels{NRGBA: img}, w, h)
}

func checkSource(img *image.NRGBA) error {
	if img == nil || img.Rect.Empty() {
		return &Problem{Kind: EmptySource}
	}
	return nil
}

// job is one piece on its way.
type job struct {
	m      *Maker
	desk   *desk
	r      Recipe
	preset Preset
	source *image.NRGBA // as it came; nil for imagine
	guide  *image.NRGBA // nil without
	saw    Sight
	meter  *meter

	src   *image.NRGBA // at the size it is dreamed
	terms []term
	mask  *mask

	dreamed []classifier.Guess
	notes   []Note
	framing float64 // what a frame costs in the clip's file, in seconds a pixel
}

// wishes translates a recipe for this job's pictures.
func (j *job) wishes(ctx context.Context, r Recipe) ([]term, error) {
	return j.m.terms(ctx, r, j.preset, j.source, j.guide, j.saw.Guesses)
}

// longSide is w by h with a long side of size pixels; 0 leaves it.
func longSide(w, h, size int) (int, int) {
	if size == 0 {
		return w, h
	}
	long := max(w, h)
	return max(1, w*size/long), max(1, h*size/long)
}

// framed says that so many frames of a clip went into its file.
func (j *job) framed(n, w, h int) { j.meter.did(load{handling: j.framing * float64(n*w*h)}) }

// resized makes the long side size pixels, larger or smaller; 0 leaves it.
func resized(src *image.NRGBA, size int) *image.NRGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	if size > 0 && size != max(w, h) {
		w, h = longSide(w, h, size)
		out := image.NewNRGBA(image.Rect(0, 0, w, h))
		if !src.Opaque() { // transparency is scaled with the colours
			draw.CatmullRom.Scale(out, out.Rect, src, src.Rect, draw.Src, nil)
			return out
		}
		picture.Scale(picture.Pixels{NRGBA: src}, w, h, func(y int, row *[3][]float32) { putRow(out, y, row) })
		return out
	}
	return src
}

// generations dreams the picture, then the dream, and so on.
func (j *job) generations(ctx context.Context) (*image.NRGBA, error) {
	img := j.src
	for g := range j.r.Repeat {
		j.meter.progress.Frame = g + 1
		detail, err := j.ascend(ctx, img, mix(j.r.Seed, uint64(g)))
		if err != nil {
			return nil, err
		}
		if len(img.Pix) >= worthAll {
			j.desk.clear() // before there is another picture of this size
		}
		img = j.compose(img, detail)
	}
	return img, nil
}

// mix derives a seed from a seed and a number (Steele et al., SplitMix64, 2014).
func mix(seed, n uint64) uint64 {
	z := seed + (n+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

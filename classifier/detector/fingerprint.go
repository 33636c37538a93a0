// Package detector tells DeepDream pictures from all others by how a convolutional network
// answers to them: a fingerprint of its activations, and a small trained head on top.
package detector

import (
	"context"
	"fmt"
	"image"
	"math"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

// Version is that of the fingerprint. A change of what it is made of needs another number and
// a newly trained head.
const Version = 2

// Pictures are looked at near their own size, as the traces of gradient ascent are as large as
// the network that left them looks, in pixels: their short side is brought between these.
const (
	leastSide = 256
	mostSide  = 352
)

// longest bounds the other side, as a multiple of the short one: panoramas are squeezed.
const longest = 2

// The statistics of each channel: what it answers on the whole, how unevenly, and at its
// strongest places.
const (
	stats    = 3
	topShare = 0.02
	buckets  = 256
)

// Fingerprint is what the network answers to a picture, for every layer and channel log(1+mean),
// standard deviation, and mean of the top 2 % of its activations, in that order; then the texture
// of the picture itself.
type Fingerprint []float32

// Fingerprinter makes fingerprints with one network. It is safe for concurrent use; each call
// is best given one thread.
type Fingerprinter struct {
	net    *classifier.Network
	layers []classifier.Layer
	names  []string // of the layers

	channels int // numbers that are about channels; those of the texture follow
}

// NewFingerprinter uses all layers of a network but its logits, which say what is in a picture
// and not how it was made.
func NewFingerprinter(net *classifier.Network) *Fingerprinter {
	f := &Fingerprinter{net: net}
	for _, l := range net.Layers() {
		if l.Name != classifier.Logits {
			f.layers, f.names = append(f.layers, l), append(f.names, l.Name)
			f.channels += stats * l.Channels
		}
	}
	return f
}

// Size is the length of fingerprints.
func (f *Fingerprinter) Size() int { return f.channels + octaves*textures }

// Channels is how many numbers, the first ones, are about channels; the others are texture.
func (f *Fingerprinter) Channels() int { return f.channels }

// voices names what each number of a fingerprint is about: a layer:channel, or an octave of the
// texture, of which 0 is the finest.
func (f *Fingerprinter) voices() []string {
	names := make([]string, 0, f.Size())
	for _, l := range f.layers {
		for c := range l.Channels {
			for range stats {
				names = append(names, fmt.Sprintf("%s:%d", l.Name, c))
			}
		}
	}
	for o := range octaves {
		for range textures {
			names = append(names, fmt.Sprintf("texture:%d", o))
		}
	}
	return names
}

// Of makes the fingerprint of a picture of any size.
func (f *Fingerprinter) Of(ctx context.Context, img image.Image) (Fingerprint, error) {
	pixels := picture.ToNRGBA(img)
	if pixels.Rect.Empty() {
		return nil, fmt.Errorf("fingerprint: a picture without pixels")
	}
	print := make(Fingerprint, 0, f.Size())
	in := near(pixels)
	err := f.net.Read(ctx, in, f.names, func(a *classifier.Features) {
		n := a.H * a.W
		for c := range a.C {
			print = appendStats(print, a.Data[c*n:(c+1)*n])
		}
	})
	if err != nil {
		return nil, fmt.Errorf("fingerprint: %w", err)
	}
	return appendTexture(print, in), nil
}

// near scales a picture to the size it is looked at.
func near(img *image.NRGBA) *picture.Planar {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	side := min(mostSide, max(leastSide, min(w, h)))
	scale := float64(side) / float64(min(w, h))
	to := func(n int) int {
		return min(longest*side, max(side, int(math.Round(scale*float64(n)))))
	}
	return picture.Scaled(picture.Pixels{NRGBA: img}, to(w), to(h))
}

// appendStats describes one channel, whose activations are not negative.
func appendStats(print Fingerprint, x []float32) Fingerprint {
	var sum, squares float64
	top := float32(0)
	for _, v := range x {
		sum += float64(v)
		squares += float64(v) * float64(v)
		top = max(top, v)
	}
	n := float64(len(x))
	mean := sum / n
	deviation := math.Sqrt(max(0, squares/n-mean*mean))
	return append(print, float32(math.Log1p(max(0, mean))), float32(deviation), topMean(x, top))
}

// topMean is the mean of the strongest activations, to the width of a bucket.
func topMean(x []float32, top float32) float32 {
	if top <= 0 {
		return 0
	}
	var count [buckets + 1]int
	var sum [buckets + 1]float64
	scale := buckets / top
	for _, v := range x {
		if v > 0 {
			b := int(v * scale)
			count[b]++
			sum[b] += float64(v)
		}
	}
	want := max(1, int(math.Round(topShare*float64(len(x)))))
	got, total := 0, 0.0
	for b := buckets; b >= 0 && got < want; b-- {
		if c := count[b]; c > 0 {
			use := min(c, want-got)
			total += sum[b] * float64(use) / float64(c)
			got += use
		}
	}
	return float32(total / float64(want))
}

// Package detector tells DeepDream pictures from all others by how a convolutional network
// answers to them: a fingerprint of its activations, and a small trained head on top.
package detector

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"

	"slugpuppy/classifier"
	"slugpuppy/classifier/kernel"
	"slugpuppy/picture"
)

// Version is that of the fingerprint and of where a picture is looked at. A change of what they are
// made of needs another number and a newly trained head.
const Version = 5

// Pictures are looked at near their own size, as the traces of gradient ascent are as large as
// the network that left them looks, in pixels: their short side is brought between these.
const (
	leastSide = 256
	mostSide  = 352
)

// step is what sides are multiples of, in pixels: a picture's shape changes by a twentieth at most.
const step = 32

// longest bounds the other side, as a multiple of the short one: panoramas are squeezed.
const longest = 2

// Fingerprint is what the network answers to a picture, for every layer and channel log(1+mean),
// standard deviation, and the fourth root of the mean fourth power of its activations, in that order;
// then the texture of the picture itself.
type Fingerprint []float32

// Fingerprinter makes fingerprints with one network. It is safe for concurrent use; each call
// is best given one thread.
type Fingerprinter struct {
	net    *classifier.Network
	layers []classifier.Layer
	names  []string // of the layers

	channels int // numbers that are about channels; those of the texture follow

	easels sync.Pool // of *easel
}

// NewFingerprinter uses all layers of a network but its logits, which say what is in a picture
// and not how it was made. It computes in the quickest arithmetic, whatever the network's: sums over a picture
// are nearly the same in all.
func NewFingerprinter(net *classifier.Network) *Fingerprinter {
	if quick, err := net.In(""); err == nil {
		net = quick
	}
	f := &Fingerprinter{net: net, easels: sync.Pool{New: func() any { return new(easel) }}}
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

// Of makes the fingerprint of a picture of any size, but for its uniform borders.
func (f *Fingerprinter) Of(ctx context.Context, img image.Image) (Fingerprint, error) {
	return f.Through(ctx, img, func(int) int { return 0 })
}

// Through makes the fingerprint of what is seen through one of the windows that a picture is looked at through, of n the one
// that is picked; 0 is the whole.
func (f *Fingerprinter) Through(ctx context.Context, img image.Image, pick func(n int) int) (Fingerprint, error) {
	g, err := f.glance(ctx, img, func(all grid) []Window {
		windows := all.windows()
		i := pick(len(windows))
		return windows[i : i+1]
	})
	if err != nil {
		return nil, err
	}
	return f.print(g, 0), nil
}

// glance is one look at a picture through some windows.
type glance struct {
	picture *image.NRGBA
	at      image.Rectangle // where it lies within its borders
	grid    grid
	in      *picture.Planar // as the network saw it
	windows []Window
	answers [][]float32 // of the channels, in each window; with room for the texture
}

// glance looks at a picture once, and pools the network's answers within windows.
func (f *Fingerprinter) glance(ctx context.Context, img image.Image, through func(grid) []Window) (*glance, error) {
	pixels := picture.ToNRGBA(img)
	if pixels.Rect.Empty() {
		return nil, fmt.Errorf("fingerprint: a picture without pixels")
	}
	g := &glance{picture: pixels, at: trim(pixels)}
	g.in, g.grid = near(cut(pixels, g.at)), gridOf(g.at.Dx(), g.at.Dy())
	g.windows = through(g.grid)
	g.answers = make([][]float32, len(g.windows))
	for i := range g.answers {
		g.answers[i] = make([]float32, f.channels, f.Size())
	}
	at := 0
	var columns kernel.Powers
	err := f.net.Read(ctx, g.in, f.names, func(a *classifier.Features) {
		n := a.H * a.W
		var sums table
		for c := range a.C {
			g.grid.pool(a.Data[c*n:(c+1)*n], a.W, a.H, &columns, &sums)
			for i, w := range g.windows {
				sums.within(w).describe(g.answers[i][at : at+stats])
			}
			at += stats
		}
	})
	if err != nil {
		return nil, fmt.Errorf("fingerprint: %w", err)
	}
	return g, nil
}

// print is the fingerprint within the ith window.
func (f *Fingerprinter) print(g *glance, i int) Fingerprint {
	in := g.in
	if all := image.Rect(0, 0, in.W, in.H); g.grid.in(g.windows[i], all) != all {
		in = part(in, g.grid.in(g.windows[i], all))
	}
	e := f.easels.Get().(*easel)
	defer f.easels.Put(e)
	return appendTexture(g.answers[i], in, e)
}

// cut is a part of a picture, with its origin at (0,0).
func cut(img *image.NRGBA, r image.Rectangle) *image.NRGBA {
	sub := img.SubImage(r).(*image.NRGBA)
	return &image.NRGBA{Pix: sub.Pix, Stride: sub.Stride, Rect: image.Rect(0, 0, r.Dx(), r.Dy())}
}

// part copies a part of a picture.
func part(p *picture.Planar, r image.Rectangle) *picture.Planar {
	out := picture.NewPlanar(r.Dx(), r.Dy())
	for c := range 3 {
		from, to := p.Plane(c), out.Plane(c)
		for y := range out.H {
			copy(to[y*out.W:(y+1)*out.W], from[(r.Min.Y+y)*p.W+r.Min.X:])
		}
	}
	return out
}

// near scales a picture to the size it is looked at: one of a few, so that the network's plans for them are made once.
func near(img *image.NRGBA) *picture.Planar {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	side := step * ((min(mostSide, max(leastSide, min(w, h))) + step/2) / step)
	scale := float64(side) / float64(min(w, h))
	to := func(n int) int {
		return min(longest*side, max(side, step*int(math.Round(scale*float64(n)/step))))
	}
	return picture.Scaled(picture.Pixels{NRGBA: img}, to(w), to(h))
}

package reply_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"sync"
	"sync/atomic"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/dream"
)

// cheap is a dreamer that costs nothing: it inverts a few pixels. It can be told to be slow,
// to fail or to panic.
type cheap struct {
	mu     sync.Mutex
	took   time.Duration
	fail   func(n int) error // by number of the call, from 1
	calls  atomic.Int32
	active atomic.Int32
	peak   atomic.Int32
	guided atomic.Int32
}

func (c *cheap) enter(ctx context.Context, report func(dream.Progress)) error {
	c.peak.Store(max(c.peak.Load(), c.active.Add(1)))
	defer c.active.Add(-1)
	n := int(c.calls.Add(1))
	c.mu.Lock()
	took, fail := c.took, c.fail
	c.mu.Unlock()
	if took > 0 {
		select {
		case <-time.After(took):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if report != nil {
		report(dream.Progress{Fraction: 1})
	}
	if fail != nil {
		return fail(n)
	}
	return nil
}

// behave changes how slow the dreamer is from now on, and how it fails.
func (c *cheap) behave(took time.Duration, fail func(n int) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took, c.fail = took, fail
}

func (c *cheap) Dream(ctx context.Context, src, guide image.Image, r dream.Recipe, report func(dream.Progress)) (*dream.Result, error) {
	if guide != nil {
		c.guided.Add(1)
	}
	if err := c.enter(ctx, report); err != nil {
		return nil, err
	}
	if src == nil {
		return nil, errors.New("no picture to dream")
	}
	b := src.Bounds()
	img := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, bl, _ := src.At(b.Min.X+x, b.Min.Y+y).RGBA()
			img.SetNRGBA(x, y, color.NRGBA{R: 255 - uint8(r>>8), G: uint8(g >> 8), B: uint8(bl >> 8), A: 255})
		}
	}
	return c.result(img, r), nil
}

func (c *cheap) result(img *image.NRGBA, r dream.Recipe) *dream.Result {
	return &dream.Result{Image: img, Recipe: r,
		Saw:     []classifier.Guess{{Label: "tabby cat", P: 0.7}, {Label: "quilt", P: 0.1}},
		Dreamed: []classifier.Guess{{Label: "starfish", P: 0.6}, {Label: "pagoda", P: 0.2}}}
}

func (c *cheap) Imagine(ctx context.Context, r dream.Recipe, report func(dream.Progress)) (*dream.Result, error) {
	if err := c.enter(ctx, report); err != nil {
		return nil, err
	}
	return c.result(image.NewNRGBA(image.Rect(0, 0, 32, 32)), r), nil
}

func (c *cheap) Dive(ctx context.Context, _ image.Image, r dream.Recipe, report func(dream.Progress)) (*dream.Clip, error) {
	if err := c.enter(ctx, report); err != nil {
		return nil, err
	}
	return &dream.Clip{GIF: tinyGIF, Recipe: r}, nil
}

func (c *cheap) Wander(ctx context.Context, src image.Image, r dream.Recipe, report func(dream.Progress)) (*dream.Clip, error) {
	return c.Dive(ctx, src, r, report)
}

func (c *cheap) see(context.Context, image.Image, int) ([]classifier.Guess, error) {
	return []classifier.Guess{{Label: "tabby cat", P: 0.7}, {Label: "quilt", P: 0.1}}, nil
}

// tinyGIF is one black pixel.
var tinyGIF = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// photo is a small PNG that differs for every n.
func photo(n int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 32, 32))
	for i := range img.Pix {
		img.Pix[i] = byte(i * (n + 3))
	}
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	img.SetNRGBA(0, 0, color.NRGBA{R: byte(n), G: byte(n >> 8), B: byte(n >> 16), A: 255})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func decodePNG(_ context.Context, data []byte) (image.Image, error) {
	img, _, err := image.Decode(bytes.NewReader(data))
	return img, err
}

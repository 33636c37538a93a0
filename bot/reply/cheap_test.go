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
	"slugpuppy/picture"
)

// cheap is a dreamer that costs nothing: it inverts a few pixels. It can be told to be slow,
// to fail or to panic.
type cheap struct {
	mu     sync.Mutex
	took   time.Duration
	ahead  int               // who is served before, as it reports
	fail   func(n int) error // by number of the call, from 1
	calls  atomic.Int32
	active atomic.Int32
	peak   atomic.Int32
	guided atomic.Int32

	encoded atomic.Int32               // stills
	clip    atomic.Pointer[dream.Clip] // of the last order
}

func (c *cheap) enter(ctx context.Context, report func(dream.Progress)) error {
	c.peak.Store(max(c.peak.Load(), c.active.Add(1)))
	defer c.active.Add(-1)
	n := int(c.calls.Add(1))
	c.mu.Lock()
	took, fail, ahead := c.took, c.fail, c.ahead
	c.mu.Unlock()
	if ahead > 0 && report != nil {
		report(dream.Progress{Ahead: ahead})
	}
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

// Make inverts the red of the source, or makes a black picture out of nothing; every clip is the
// same. Only what is accepted is encoded.
func (c *cheap) Make(ctx context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error) {
	if o.Guide != nil {
		c.guided.Add(1)
	}
	if err := c.enter(ctx, report); err != nil {
		return dream.Piece{}, err
	}
	p := dream.Piece{Recipe: o.Recipe}
	c.clip.Store(o.Clip)
	if o.Recipe.Verb.Moves() || o.Clip != nil {
		p.File = dream.File{Data: tinyGIF, MIME: dream.GIF, W: 1, H: 1, Frames: 1}
		return p, nil
	}
	p.Saw = aCat
	p.Dreamed = []classifier.Guess{{Label: "starfish", P: 0.6}, {Label: "pagoda", P: 0.2}}
	p.Image = image.NewNRGBA(image.Rect(0, 0, 32, 32))
	if !o.Recipe.Verb.FromNoise() {
		if o.Source == nil {
			return dream.Piece{}, errors.New("no picture to dream")
		}
		p.Image = &image.NRGBA{Pix: bytes.Clone(o.Source.Pix), Stride: o.Source.Stride, Rect: o.Source.Rect}
		for i := 0; i < len(p.Image.Pix); i += 4 {
			p.Image.Pix[i], p.Image.Pix[i+3] = 255-p.Image.Pix[i], 255
		}
	}
	if len(o.Accept) == 0 {
		return p, nil
	}
	c.encoded.Add(1)
	data, err := picture.EncodePNG(p.Image, dream.Signature+p.Recipe.Token())
	p.File = dream.File{Data: data, MIME: dream.PNG, W: p.Image.Rect.Dx(), H: p.Image.Rect.Dy(), Frames: 1}
	return p, err
}

// aCat is what it sees in every picture.
var aCat = dream.Sight{Guesses: []classifier.Guess{{Label: "tabby cat", P: 0.7}, {Label: "quilt", P: 0.1}}, Sure: dream.Certainty{What: "tabby cat", P: 0.7}}

func (c *cheap) see(context.Context, image.Image, int) (dream.Sight, error) {
	return aCat, nil
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

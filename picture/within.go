package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"slices"
)

// WithinLimits is what a server takes. A zero field means no limit.
type WithinLimits struct {
	MaxBytes  int64
	MaxPixels int64
	MaxSide   int
	Formats   []string // MIME types, as servers list them; empty means any
}

// Encoded is a picture file that fits.
type Encoded struct {
	Data   []byte
	Format string // "png", "jpeg" or "webp", also what a file name may end in
	MIME   string // "image/png" and so on
	W, H   int
	Note   string // what had to be given up, for the log; "" when nothing
}

// candidate is one way of writing a picture.
type candidate struct {
	format, mime string
	quality      int // of JPEG; 0 for what loses nothing
}

// candidates are tried in this order; below quality 70 a smaller picture looks better than a
// coarser one.
var candidates = []candidate{
	{"png", "image/png", 0},
	{"jpeg", "image/jpeg", 92}, {"jpeg", "image/jpeg", 88}, {"jpeg", "image/jpeg", 84},
	{"jpeg", "image/jpeg", 80}, {"jpeg", "image/jpeg", 75}, {"jpeg", "image/jpeg", 70},
}

// asked is how a picture is written only for who takes nothing else.
var asked = candidate{"webp", "image/webp", 0}

// EncodeWithin writes img so that a server takes it: PNG if that fits, else JPEG from quality
// 92 down to 70, else scaled down until one of them fits. The same picture and limits give
// the same bytes.
func EncodeWithin(img image.Image, limits WithinLimits, comment string) (Encoded, error) {
	b := img.Bounds()
	if b.Empty() {
		return Encoded{}, fmt.Errorf("encode picture: %w", errEmpty)
	}
	usable := slices.DeleteFunc(slices.Clone(candidates), func(c candidate) bool {
		return len(limits.Formats) > 0 && !slices.Contains(limits.Formats, c.mime)
	})
	if len(usable) == 0 && slices.Contains(limits.Formats, asked.mime) {
		usable = []candidate{asked}
	}
	if len(usable) == 0 {
		return Encoded{}, fmt.Errorf("encode picture: the server takes neither PNG, JPEG nor WebP, only %v", limits.Formats)
	}
	w, h := shape(b.Dx(), b.Dy(), limits)
	for {
		e, size, err := encodeAt(scaleDown(img, w, h), usable, limits.MaxBytes, comment)
		if err != nil {
			return Encoded{}, fmt.Errorf("encode picture: %w", err)
		}
		if e != nil {
			e.Note = e.note(b.Dx(), b.Dy())
			return *e, nil
		}
		if w == 1 && h == 1 {
			return Encoded{}, fmt.Errorf("encode picture: no size of it fits %d bytes", limits.MaxBytes)
		}
		w, h = smaller(w, h, float64(limits.MaxBytes)/float64(size))
	}
}

// shape is the largest size of w:h that keeps the limits on pixels and sides.
func shape(w, h int, limits WithinLimits) (int, int) {
	w, h = Fit(w, h, limits.MaxSide)
	for limits.MaxPixels > 0 && int64(w)*int64(h) > limits.MaxPixels && max(w, h) > 1 {
		over := math.Sqrt(float64(limits.MaxPixels) / (float64(w) * float64(h)))
		w, h = Fit(w, h, min(max(w, h)-1, max(1, int(float64(max(w, h))*over))))
	}
	return w, h
}

// smaller guesses the size at which a file shrinks by so much: bytes go with the area. It
// aims a little low, and shrinks by a twentieth at least.
func smaller(w, h int, ratio float64) (int, int) {
	long := max(w, h)
	to := int(float64(long) * min(0.95, 0.97*math.Sqrt(ratio)))
	return Fit(w, h, max(1, min(to, long-1)))
}

// encodeAt returns the first candidate that fits. When none does, it returns the size of the last.
func encodeAt(img image.Image, usable []candidate, maxBytes int64, comment string) (*Encoded, int64, error) {
	var size int64
	for i, c := range usable {
		buf := capped{max: maxBytes, count: i == len(usable)-1}
		err := c.write(&buf, img, comment)
		size = buf.size
		if errors.Is(err, errFull) || err == nil && buf.full() {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		w, h := img.Bounds().Dx(), img.Bounds().Dy()
		return &Encoded{Data: buf.data.Bytes(), Format: c.format, MIME: c.mime, W: w, H: h, Note: c.String()}, size, nil
	}
	return nil, size, nil
}

func (c candidate) write(w io.Writer, img image.Image, comment string) error {
	switch c.format {
	case "jpeg":
		return writeJPEG(w, img, c.quality, comment)
	case "webp":
		return writeWebP(w, img, comment)
	}
	return writePNG(w, img, comment)
}

// String says how the picture was compressed; nothing is lost with PNG.
func (c candidate) String() string {
	if c.quality == 0 { // nothing is lost
		return ""
	}
	return fmt.Sprintf("JPEG of quality %d", c.quality)
}

// note tells what was given up against the original size.
func (e *Encoded) note(w, h int) string {
	if e.W == w && e.H == h {
		return e.Note
	}
	scaled := fmt.Sprintf("scaled from %dx%d to %dx%d", w, h, e.W, e.H)
	if e.Note == "" {
		return scaled
	}
	return scaled + ", " + e.Note
}

// errFull stops an encoder whose file has become too large.
var errFull = errors.New("file is too large")

// capped keeps at most max bytes (0 is no limit). More is an error, or, if count is set, is
// dropped and counted.
type capped struct {
	data  bytes.Buffer
	max   int64
	size  int64
	count bool
}

func (c *capped) full() bool { return c.max > 0 && c.size > c.max }

// Write keeps p while there is room.
func (c *capped) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	switch {
	case !c.full():
		return c.data.Write(p)
	case c.count:
		c.data = bytes.Buffer{}
		return len(p), nil
	}
	return 0, errFull
}

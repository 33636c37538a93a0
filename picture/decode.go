package picture

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"time"

	"golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"
)

// Kind says what is wrong with a picture file.
type Kind int

// The kinds of problem.
const (
	Corrupt     Kind = iota + 1 // the file is damaged or not what it claims to be
	TooBig                      // more bytes, pixels or frames than allowed
	Unsupported                 // a format this program does not read
	Empty                       // no bytes at all
)

// String is the kind's name in logs.
func (k Kind) String() string {
	switch k {
	case Corrupt:
		return "corrupt"
	case TooBig:
		return "too big"
	case Unsupported:
		return "unsupported"
	case Empty:
		return "empty"
	}
	return fmt.Sprintf("kind %d", int(k))
}

// Problem is why a file was not decoded. Reason is for the log.
type Problem struct {
	Kind   Kind
	Format string // as sniffed; "" when unknown
	Reason string
}

// Error names the kind and the reason.
func (p *Problem) Error() string { return fmt.Sprintf("%s picture: %s", p.Kind, p.Reason) }

// Limits are checked before anything is decoded. A zero field means its default.
type Limits struct {
	MaxBytes  int64 // of the file; 16 MiB
	MaxPixels int64 // width times height; 33.2 million, what Mastodon takes
	MaxSide   int   // 12,000
	MaxFrames int   // of an animation; 100
	Budget    *Budget
}

// Defaults of Limits.
const (
	DefaultMaxBytes  = 16 << 20
	DefaultMaxPixels = 33_200_000
	DefaultMaxSide   = 12_000
	DefaultMaxFrames = 100

	maxAnimationPixels = 50_000_000 // over all frames
	decodeTime         = 10 * time.Second
)

func (l Limits) withDefaults() Limits {
	if l.MaxBytes == 0 {
		l.MaxBytes = DefaultMaxBytes
	}
	if l.MaxPixels == 0 {
		l.MaxPixels = DefaultMaxPixels
	}
	if l.MaxSide == 0 {
		l.MaxSide = DefaultMaxSide
	}
	if l.MaxFrames == 0 {
		l.MaxFrames = DefaultMaxFrames
	}
	return l
}

// Budget bounds the memory of all decodes at the same time.
type Budget struct {
	sem   *semaphore.Weighted
	total int64
}

// NewBudget allows decodes that together hold about so many bytes.
func NewBudget(bytes int64) *Budget {
	return &Budget{sem: semaphore.NewWeighted(bytes), total: bytes}
}

// hold waits for its share; a picture larger than the whole budget waits for all of it.
func (b *Budget) hold(ctx context.Context, bytes int64) (release func(), err error) {
	if b == nil {
		return func() {}, nil
	}
	bytes = min(bytes, b.total)
	if err := b.sem.Acquire(ctx, bytes); err != nil {
		return nil, fmt.Errorf("wait for decode memory: %w", err)
	}
	return func() { b.sem.Release(bytes) }, nil
}

// Picture is a decoded file: upright, without any of its metadata.
type Picture struct {
	Image  *image.NRGBA
	Format string // "jpeg", "png", "gif" or "webp"
	Frames int    // 1 unless the file is an animation, of which Image is the first frame
}

// bytesPerPixel is what decoding holds at its peak: the decoder's own picture and ours.
const bytesPerPixel = 12

// Decode reads one hostile file. The format is told by its first bytes, never by a name.
// Errors are *Problem, or the context's. Colour profiles are ignored: a wide-gamut picture
// comes out a little pale, which the network does not mind.
func Decode(ctx context.Context, data []byte, lim Limits) (*Picture, error) {
	lim = lim.withDefaults()
	format, cfg, frames, err := inspect(data, lim)
	if err != nil {
		return nil, err
	}
	release, err := lim.Budget.hold(ctx, int64(cfg.Width)*int64(cfg.Height)*bytesPerPixel)
	if err != nil {
		return nil, err
	}
	img, err := decodeWithin(ctx, data, format, release)
	if err != nil {
		return nil, err
	}
	return &Picture{Image: upright(ToNRGBA(img), Orientation(data)), Format: format, Frames: frames}, nil
}

// inspect checks everything that can be known without decoding pixels.
func inspect(data []byte, lim Limits) (string, image.Config, int, error) {
	var cfg image.Config
	if len(data) == 0 {
		return "", cfg, 0, &Problem{Kind: Empty, Reason: "no bytes"}
	}
	format := Sniff(data)
	if int64(len(data)) > lim.MaxBytes {
		return format, cfg, 0, &Problem{TooBig, format, fmt.Sprintf("file is larger than %d bytes", lim.MaxBytes)}
	}
	config, known := map[string]func([]byte) (image.Config, error){
		"jpeg": configOf(jpeg.DecodeConfig), "png": configOf(png.DecodeConfig),
		"gif": configOf(gif.DecodeConfig), "webp": configOf(webp.DecodeConfig),
	}[format]
	if !known {
		return format, cfg, 0, &Problem{Unsupported, format, "not a JPEG, PNG, GIF or WebP file"}
	}
	frames, err := countFrames(format, data, lim)
	if err != nil {
		return format, cfg, 0, err
	}
	if cfg, err = config(data); err != nil {
		return format, cfg, 0, &Problem{Corrupt, format, err.Error()}
	}
	return format, cfg, frames, checkSize(format, cfg, lim)
}

func checkSize(format string, cfg image.Config, lim Limits) error {
	w, h := cfg.Width, cfg.Height
	switch {
	case w <= 0 || h <= 0:
		return &Problem{Corrupt, format, "no pixels"}
	case w > lim.MaxSide || h > lim.MaxSide:
		return &Problem{TooBig, format, fmt.Sprintf("%dx%d: a side is longer than %d", w, h, lim.MaxSide)}
	case int64(w)*int64(h) > lim.MaxPixels:
		return &Problem{TooBig, format, fmt.Sprintf("%dx%d is more than %d pixels", w, h, lim.MaxPixels)}
	}
	return nil
}

func countFrames(format string, data []byte, lim Limits) (int, error) {
	switch format {
	case "gif":
		info, err := scanGIF(data)
		if err != nil {
			return 0, &Problem{Corrupt, format, err.Error()}
		}
		if info.frames > lim.MaxFrames || info.pixels > maxAnimationPixels {
			return 0, &Problem{TooBig, format, fmt.Sprintf("%d frames with %d pixels", info.frames, info.pixels)}
		}
		return info.frames, nil
	case "webp":
		if animatedWebP(data) {
			return 0, &Problem{Unsupported, "animated webp", "animated WebP"}
		}
	}
	return 1, nil
}

func configOf(f func(io.Reader) (image.Config, error)) func([]byte) (image.Config, error) {
	return func(data []byte) (image.Config, error) { return f(bytes.NewReader(data)) }
}

// decodeWithin decodes in a goroutine of its own, since decoders cannot be interrupted: a
// file that takes too long is given up on and its memory is released when it ends.
func decodeWithin(caller context.Context, data []byte, format string, release func()) (image.Image, error) {
	ctx, cancel := context.WithTimeout(caller, decodeTime)
	defer cancel()
	type result struct {
		img image.Image
		err error
	}
	done := make(chan result, 1)
	go func() {
		defer release()
		img, err := decodeSafely(data, format)
		done <- result{img, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, &Problem{Corrupt, format, r.err.Error()}
		}
		return r.img, nil
	case <-ctx.Done():
		if err := caller.Err(); err != nil {
			return nil, fmt.Errorf("decode picture: %w", err)
		}
		return nil, &Problem{Corrupt, format, fmt.Sprintf("not decoded within %s", decodeTime)}
	}
}

// decodeSafely turns a decoder's panic into an error.
func decodeSafely(data []byte, format string) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decoder panicked: %v", p)
		}
	}()
	r := bytes.NewReader(data)
	switch format {
	case "jpeg":
		return jpeg.Decode(r)
	case "png":
		return png.Decode(r)
	case "gif":
		return firstFrame(data)
	}
	if img, err = webp.Decode(r); err != nil {
		return nil, err
	}
	return fromVideo(img), nil
}

// firstFrame lays a GIF's first frame, which may cover only a part, onto its canvas.
func firstFrame(data []byte) (image.Image, error) {
	cfg, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	img, err := gif.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, cfg.Width, cfg.Height))
	draw.Draw(canvas, img.Bounds(), img, img.Bounds().Min, draw.Src)
	return canvas, nil
}

// Sniff names a format by its first bytes: "jpeg", "png", "gif", "webp", formats that are
// known but not read ("heic", "avif", "bmp", "tiff", "svg", "mp4", "webm", "pdf"), or "".
func Sniff(data []byte) string {
	has := func(at int, s string) bool {
		return len(data) >= at+len(s) && string(data[at:at+len(s)]) == s
	}
	switch {
	case has(0, "\xff\xd8\xff"):
		return "jpeg"
	case has(0, "\x89PNG\r\n\x1a\n"):
		return "png"
	case has(0, "GIF87a"), has(0, "GIF89a"):
		return "gif"
	case has(0, "RIFF") && has(8, "WEBP"):
		return "webp"
	case has(4, "ftypavif"), has(4, "ftypavis"):
		return "avif"
	case has(4, "ftyphei"), has(4, "ftyphev"), has(4, "ftypmif1"), has(4, "ftypmsf1"):
		return "heic"
	case has(4, "ftyp"):
		return "mp4"
	case has(0, "\x1aE\xdf\xa3"):
		return "webm"
	case has(0, "BM"):
		return "bmp"
	case has(0, "II*\x00"), has(0, "MM\x00*"):
		return "tiff"
	case has(0, "%PDF"):
		return "pdf"
	case bytes.Contains(data[:min(len(data), 512)], []byte("<svg")):
		return "svg"
	}
	return ""
}

package cinema

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"slugpuppy/dream/ffmpeg"
	"slugpuppy/picture"
)

// facts is what ffmpeg says of a video.
type facts struct {
	length time.Duration // 0 if it does not say
	rate   float64       // frames a second
}

// usualRate is that of a video that does not say it, and mostRate the highest that is read: more are for slow motion.
const (
	usualRate = 25
	mostRate  = 60
)

var (
	lengthSaid = regexp.MustCompile(`Duration: (\d{1,4}):(\d\d):(\d\d(?:\.\d{1,6})?)`)
	rateSaid   = regexp.MustCompile(`Video:.*?([\d.]{1,9}) (?:fps|tbr)`)
	videoSaid  = regexp.MustCompile(`Stream #.*Video:`)
)

// openVideo has ffmpeg say what is in a file.
func openVideo(ctx context.Context, path string, o Opening) (*Source, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	known, err := probe(ctx, o.FFmpeg, full)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if o.Rate > 0 {
		known.rate = o.Rate
	}
	sum, err := sumOf(full)
	if err != nil {
		return nil, err
	}
	s := &Source{N: int(math.Round(known.length.Seconds() * known.rate)), Video: full, Sum: fmt.Sprintf("%s at %g", sum, known.rate)}
	s.Frames = func(ctx context.Context) iter.Seq2[picture.Frame, error] {
		return func(yield func(picture.Frame, error) bool) {
			ReadVideo(ctx, o.FFmpeg, full, "", known.rate, o.Limits, yield)
		}
	}
	return s, nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// safely are the arguments that every ffmpeg gets: it asks nobody, and opens nothing but files and pipes.
var safely = []string{"-hide_banner", "-nostdin", "-protocol_whitelist", "file,pipe"}

// probeTime is how long ffmpeg may take to say what is in a file.
const probeTime = 30 * time.Second

func probe(ctx context.Context, program, path string) (f facts, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	c := ffmpeg.New(ctx, program, append(append([]string{}, safely...), "-i", "file:"+path)...)
	if err := c.Start(); err != nil {
		return f, err
	}
	c.Wait() // it complains that there is nothing to do
	said := c.Said()
	if ctx.Err() != nil {
		return f, context.Cause(ctx)
	}
	if !videoSaid.MatchString(said) {
		return f, fmt.Errorf("ffmpeg finds no video in it: %s", c.LastSaid())
	}
	if m := lengthSaid.FindStringSubmatch(said); m != nil {
		hours, _ := strconv.ParseFloat(m[1], 64)
		minutes, _ := strconv.ParseFloat(m[2], 64)
		seconds, _ := strconv.ParseFloat(m[3], 64)
		f.length = time.Duration((hours*3600 + minutes*60 + seconds) * float64(time.Second))
	}
	f.rate = usualRate
	if m := rateSaid.FindStringSubmatch(said); m != nil {
		if rate, err := strconv.ParseFloat(m[1], 64); err == nil && rate > 0 {
			f.rate = min(mostRate, rate)
		}
	}
	return f, nil
}

// ReadVideo reads frames of a file at a rate, as they are shown; format is what it must be read as, "" for what ffmpeg takes it
// for.
func ReadVideo(ctx context.Context, program, path, format string, rate float64, lim picture.Limits, yield func(picture.Frame, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	args := append([]string{}, safely...)
	args = append(args, "-loglevel", "error", "-threads", "1")
	if format != "" {
		args = append(args, "-f", format)
	}
	args = append(args, "-i", "file:"+path, "-map", "0:v:0", "-an", "-sn", "-dn", "-vf", "fps="+strconv.FormatFloat(rate, 'f', 4, 64),
		"-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "pipe:1")
	c := ffmpeg.New(ctx, program, args...)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		yield(picture.Frame{}, err)
		return
	}
	in := bufio.NewReaderSize(out, 1<<20)
	each, n := time.Duration(float64(time.Second)/rate), 0
	for ; ; n++ {
		img, err := readPPM(in, lim)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			cancel()
			c.Wait()
			yield(picture.Frame{}, c.Explain(err))
			return
		}
		if !yield(picture.Frame{Image: img, Delay: each}, nil) {
			cancel()
			c.Wait()
			return
		}
	}
	if err := c.Wait(); err != nil || n == 0 {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			err = errors.New("no frame came of it")
		}
		yield(picture.Frame{}, c.Explain(err))
	}
}

// readPPM reads a picture as ffmpeg writes it: P6, width, height, 255, and the pixels. The child is not believed about sizes.
func readPPM(in *bufio.Reader, lim picture.Limits) (*image.NRGBA, error) {
	if _, err := in.Peek(1); err != nil {
		return nil, io.EOF
	}
	var w, h, most int
	if _, err := fmt.Fscanf(in, "P6\n%d %d\n%d\n", &w, &h, &most); err != nil {
		return nil, fmt.Errorf("ffmpeg wrote no picture: %v", err)
	}
	pixels := lim.MaxPixels
	if pixels == 0 {
		pixels = picture.DefaultMaxPixels
	}
	if w < 1 || h < 1 || most != 255 || w > 1<<16 || h > 1<<16 || int64(w)*int64(h) > pixels {
		return nil, &picture.Problem{Kind: picture.TooBig, What: picture.PixelCount, Got: int64(w) * int64(h), Max: pixels, Reason: "a frame of a video"}
	}
	img, row := image.NewNRGBA(image.Rect(0, 0, w, h)), make([]byte, 3*w)
	for y := range h {
		if _, err := io.ReadFull(in, row); err != nil {
			return nil, fmt.Errorf("a frame is cut short: %v", err)
		}
		for x := range w {
			px := img.Pix[y*img.Stride+4*x:][:4:4]
			px[0], px[1], px[2], px[3] = row[3*x], row[3*x+1], row[3*x+2], 255
		}
	}
	return img, nil
}

package dream

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"slugpuppy/dream/ffmpeg"
)

// ErrNoFilm is the error for a clip that may only be a film where none could be written.
var ErrNoFilm = errors.New("no MP4 was made")

// encodeMP4 has ffmpeg write H.264 in a form that every browser plays: 4:2:0, even sides,
// index in front, the comment among its metadata. It begins when there is a first frame.
func encodeMP4(ctx context.Context, program string, frames iter.Seq2[*image.NRGBA, error], each time.Duration, comment string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "slugpuppy-clip-")
	if err != nil {
		return nil, fmt.Errorf("encode film: %w", err)
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "clip.mp4")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var e *encoder
	for f, err := range frames {
		if err == nil && e == nil {
			e, err = startEncoder(ctx, program, f.Rect.Size(), each, comment, out)
		}
		if err != nil {
			cancel()
			return nil, errors.Join(err, e.finish())
		}
		if _, err = e.in.Write(f.Pix); err != nil {
			break // ffmpeg has given up and says why when it is waited for
		}
	}
	if err := e.finish(); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

// encoder is an ffmpeg that waits for frames.
type encoder struct {
	*ffmpeg.Child
	in io.WriteCloser
}

// finish says that there are no more frames, and waits until the film is written.
func (e *encoder) finish() error {
	if e == nil {
		return nil
	}
	e.in.Close()
	if err := e.Wait(); err != nil {
		return fmt.Errorf("encode film: %w", e.Explain(err))
	}
	return nil
}

func startEncoder(ctx context.Context, program string, size image.Point, each time.Duration, comment, out string) (*encoder, error) {
	rate := strconv.FormatFloat(float64(time.Second)/float64(each), 'f', 4, 64)
	e := &encoder{Child: ffmpeg.New(ctx, program, "-hide_banner", "-loglevel", "error", "-nostdin",
		"-f", "rawvideo", "-pix_fmt", "rgba", "-s", fmt.Sprintf("%dx%d", size.X, size.Y), "-r", rate, "-i", "pipe:0",
		"-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p", "-movflags", "+faststart",
		"-map_metadata", "-1", "-metadata", "comment="+comment, "-fflags", "+bitexact", "-threads", "1", out)}
	var err error
	if e.in, err = e.StdinPipe(); err != nil {
		return nil, fmt.Errorf("encode film: %w", err)
	}
	if err := e.Start(); err != nil {
		return nil, err
	}
	return e, nil
}

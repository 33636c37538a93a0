package cinema

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"io"
	"os"
	"strconv"
	"time"

	"slugpuppy/dream"
	"slugpuppy/dream/ffmpeg"
	"slugpuppy/picture"
)

// writer makes a file of a film's frames.
type writer func(ctx context.Context, path string, j Job, r *roll, res Result) error

// writers are those of the ends that a file's name may have.
var writers = map[string]writer{
	".gif": writeGIF, ".png": writeAPNG, ".apng": writeAPNG, ".webp": writeWebP,
	".mp4": mp4, ".m4v": mp4, ".mov": h264, ".mkv": h264, ".webm": vp9,
}

// packet says in a film's file what it is, as every picture's does.
func packet(r *roll, res Result) string { return dream.Packet(res.Recipe, r.Wish.ISA) }

// onDisk has a file written.
func onDisk(path string, do func(f *os.File, w *bufio.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<18)
	if err := do(f, w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

func writeGIF(ctx context.Context, path string, _ Job, r *roll, res Result) error {
	return onDisk(path, func(_ *os.File, w *bufio.Writer) error {
		a := picture.NewAnimation(w)
		a.XMP = packet(r, res)
		if err := r.each(ctx, func(img *image.NRGBA, d time.Duration) error { return a.Add(img, d) }); err != nil {
			return err
		}
		return a.Close()
	})
}

func writeAPNG(ctx context.Context, path string, _ Job, r *roll, res Result) error {
	return onDisk(path, func(_ *os.File, w *bufio.Writer) error {
		a := picture.NewAPNG(w, res.Frames, dream.Signature+res.Recipe.Token())
		a.XMP = packet(r, res)
		return r.each(ctx, func(img *image.NRGBA, d time.Duration) error { return a.Add(img, d) })
	})
}

func writeWebP(ctx context.Context, path string, _ Job, r *roll, res Result) error {
	return onDisk(path, func(f *os.File, w *bufio.Writer) error {
		a := picture.NewAnimatedWebP(w)
		a.XMP = packet(r, res)
		if err := r.each(ctx, func(img *image.NRGBA, d time.Duration) error { return a.Add(img, d) }); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
		return a.Close(f)
	})
}

func h264(ctx context.Context, path string, j Job, r *roll, res Result) error {
	return video(ctx, path, j, r, res, "-c:v", "libx264", "-preset", "medium", "-crf", "20", "-movflags", "+faststart", "-c:a", "aac")
}

// mp4 is h264 in a file that has a place for a packet: behind everything else.
func mp4(ctx context.Context, path string, j Job, r *roll, res Result) error {
	if err := h264(ctx, path, j, r, res); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(picture.XMPBox(packet(r, res))); err != nil {
		return err
	}
	return f.Close()
}

func vp9(ctx context.Context, path string, j Job, r *roll, res Result) error {
	return video(ctx, path, j, r, res, "-c:v", "libvpx-vp9", "-crf", "30", "-b:v", "0", "-deadline", "good", "-cpu-used", "4", "-c:a", "libopus")
}

// video has ffmpeg write a video, with the source's sound if it has one.
func video(ctx context.Context, path string, j Job, r *roll, res Result, codec ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tick := beat(r.Delays)
	args := append([]string{}, safely...)
	args = append(args, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgba", "-s", fmt.Sprintf("%dx%d", res.W, res.H),
		"-r", strconv.FormatFloat(float64(time.Second)/float64(tick), 'f', 6, 64), "-i", "pipe:0")
	if j.Source.Video != "" {
		args = append(args, "-i", "file:"+j.Source.Video, "-map", "0:v:0", "-map", "1:a:0?")
	}
	args = append(args, "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-map_metadata", "-1",
		"-metadata", "comment="+dream.Signature+res.Recipe.Token(), "-fflags", "+bitexact", "-flags:v", "+bitexact", "-threads", "1")
	args = append(append(args, codec...), "file:"+path)
	c := ffmpeg.New(ctx, j.FFmpeg, args...)
	in, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return err
	}
	shown, begins := time.Duration(0), time.Duration(0)
	broken := r.each(ctx, func(img *image.NRGBA, d time.Duration) error {
		begins += d
		for ; shown+tick/2 < begins; shown += tick {
			if _, err := in.Write(img.Pix); err != nil {
				return io.ErrClosedPipe // ffmpeg has given up, and says why
			}
		}
		return nil
	})
	in.Close()
	if broken != nil && broken != io.ErrClosedPipe {
		cancel()
		c.Wait()
		return broken
	}
	if err := c.Wait(); err != nil {
		return c.Explain(err)
	}
	return nil
}

// beat is the time of a frame of a video in which frames are shown for so long: that of all if they have one, else of the quickest
// that are to be seen.
func beat(delays []time.Duration) time.Duration {
	least := delays[0]
	same := true
	for _, d := range delays {
		same = same && d == least
		least = min(least, d)
	}
	if same {
		return max(least, time.Second/mostRate)
	}
	return max(least, 20*time.Millisecond)
}

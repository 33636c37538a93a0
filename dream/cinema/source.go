// Package cinema dreams whole clips, from files to files: it reads frames one at a time, has each dreamed, keeps every
// dream in a folder with a manifest, so that a run that was ended goes on where it was, and puts the file together at the
// end. What it holds does not grow with the clip's length. Videos are read and written by ffmpeg, where there is one.
package cinema

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"slugpuppy/picture"
)

// Source is a clip that can be read from its first frame as often as one likes.
type Source struct {
	N      int    // frames, as far as is known: 0 is not
	Sum    string // of what it is made of: another clip has another
	Video  string // the file, where ffmpeg reads it and there may be sound in it; else ""
	Notice string // what is not as one may think, "" for nothing
	Frames func(context.Context) iter.Seq2[picture.Frame, error]
}

// Opening is how clips are opened.
type Opening struct {
	FFmpeg string         // the binary, "" for none
	Limits picture.Limits // of files; those of frames and of all their pixels do not hold for a user's own
	Rate   float64        // frames a second of a folder, and of a video unless that is 0: then its own
}

// folderRate is that of a folder of frames for which none was given.
const folderRate = 12

// ErrNoFFmpeg is the error for a video where there is no ffmpeg.
var ErrNoFFmpeg = errors.New("videos are read and written by ffmpeg, and there is none; install it or name it in dream.ffmpeg, " +
	"or use a .gif, .png (animated), .webp or a folder of frames instead")

// Open opens a clip by what is in the file, or a folder of frames in the order of their names.
func Open(ctx context.Context, path string, o Opening) (*Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return openFolder(path, o)
	}
	head, err := headOf(path)
	if err != nil {
		return nil, err
	}
	switch picture.Sniff(head) {
	case "gif", "png", "webp", "jpeg", "bmp", "tiff":
		return openFile(path, o)
	}
	if o.FFmpeg == "" {
		return nil, fmt.Errorf("%s: %w", path, ErrNoFFmpeg)
	}
	return openVideo(ctx, path, o)
}

// IsVideo says whether a name is that of a file that ffmpeg reads and writes.
func IsVideo(name string) bool {
	return slices.Contains([]string{".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi"}, strings.ToLower(filepath.Ext(name)))
}

func headOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is empty", path)
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return head[:n], nil
}

// mostFrames and mostBytes bound a user's own clip.
const (
	mostFrames = 1_000_000
	mostBytes  = 2 << 30
)

func openFile(path string, o Opening) (*Source, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lim := o.Limits
	lim.MaxFrames, lim.MaxBytes, lim.Unbounded = mostFrames, mostBytes, true
	c, err := picture.OpenClip(data, lim)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	sum := sha256.Sum256(data)
	return &Source{N: c.Frames, Sum: hex.EncodeToString(sum[:]), Frames: c.All}, nil
}

func openFolder(path string, o Opening) (*Source, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var names []string
	hash := sha256.New()
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if e.IsDir() || !slices.Contains([]string{".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif"}, ext) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		names = append(names, e.Name())
		fmt.Fprintf(hash, "%q %d %d\n", e.Name(), info.Size(), info.ModTime().UnixNano())
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no frame in %s", path)
	}
	slices.SortStableFunc(names, byNumbers)
	rate := o.Rate
	if rate == 0 {
		rate = folderRate
	}
	each := time.Duration(float64(time.Second) / rate)
	s := &Source{N: len(names), Sum: hex.EncodeToString(hash.Sum(nil))}
	s.Frames = func(ctx context.Context) iter.Seq2[picture.Frame, error] {
		return func(yield func(picture.Frame, error) bool) {
			var size image.Rectangle
			for _, name := range names {
				img, err := openFrame(ctx, filepath.Join(path, name), o.Limits)
				if err == nil && size.Empty() {
					size = img.Rect
				}
				if err == nil && img.Rect != size {
					err = fmt.Errorf("%s has %dx%d pixels, the frames before it %dx%d", name, img.Rect.Dx(), img.Rect.Dy(), size.Dx(), size.Dy())
				}
				if !yield(picture.Frame{Image: img, Delay: each}, err) || err != nil {
					return
				}
			}
		}
	}
	return s, nil
}

func openFrame(ctx context.Context, path string, lim picture.Limits) (*image.NRGBA, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pic, err := picture.Decode(ctx, data, lim)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return pic.Image, nil
}

// byNumbers orders names as people number frames: 2 before 10.
func byNumbers(a, b string) int {
	for a != "" && b != "" {
		m, n := digits(a), digits(b)
		if m > 0 && n > 0 {
			x, y := strings.TrimLeft(a[:m], "0"), strings.TrimLeft(b[:n], "0")
			if len(x) != len(y) {
				return len(x) - len(y)
			}
			if c := strings.Compare(x, y); c != 0 {
				return c
			}
			a, b = a[m:], b[n:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

// digits is how many the text begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

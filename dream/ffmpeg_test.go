package dream_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"slugpuppy/dream"
	"slugpuppy/picture"
)

// encoder writes a shell script that stands in for ffmpeg.
func encoder(t *testing.T, script string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	path := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheEncoderGetsEveryFrameAndItsSize(t *testing.T) {
	// The film is what the encoder was told and how many bytes it got.
	ffmpeg := encoder(t, `n=$(wc -c); for out; do :; done; echo "$n $*" > "$out"`)
	m := maker(t, dream.Options{ClipSide: 64, FFmpeg: ffmpeg})
	c, err := m.Wander(t.Context(), picture.Landscape(160, 120, 1), dream.Recipe{Repeat: 2, Octaves: 1, Steps: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	film := string(c.MP4)
	want := c.Frames * c.W * c.H * 4
	if !strings.HasPrefix(film, strconv.Itoa(want)+" ") || !strings.Contains(film, "-s "+strconv.Itoa(c.W)+"x"+strconv.Itoa(c.H)) || !strings.Contains(film, "yuv420p") {
		t.Errorf("want %d bytes of %dx%d, got %s", want, c.W, c.H, film)
	}
	if c.W%2 != 0 || c.H%2 != 0 {
		t.Errorf("films need even sides, not %dx%d", c.W, c.H)
	}
}

func TestAHangingEncoderDoesNotOutliveItsJob(t *testing.T) {
	ffmpeg := encoder(t, `exec sleep 60`)
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the person left")
	m := maker(t, dream.Options{ClipSide: 64, FFmpeg: ffmpeg})
	_, err := m.Wander(ctx, picture.Landscape(160, 120, 1), dream.Recipe{Repeat: 2, Octaves: 1, Steps: 1}, func(p dream.Progress) {
		if p.Fraction >= 1 {
			cancel(gone)
		}
	})
	if !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

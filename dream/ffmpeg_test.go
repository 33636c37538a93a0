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
	"time"

	"slugpuppy/dream"
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
	m := light(t, dream.Options{ClipSide: 64, FFmpeg: ffmpeg})
	p, err := m.Make(t.Context(), wander(2, 1, dream.MP4), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, film := p.File, string(p.File.Data)
	want := c.Frames * c.W * c.H * 4
	if !strings.HasPrefix(film, strconv.Itoa(want)+" ") || !strings.Contains(film, "-s "+strconv.Itoa(c.W)+"x"+strconv.Itoa(c.H)) || !strings.Contains(film, "yuv420p") {
		t.Errorf("want %d bytes of %dx%d, got %s", want, c.W, c.H, film)
	}
	if c.W%2 != 0 || c.H%2 != 0 {
		t.Errorf("films need even sides, not %dx%d", c.W, c.H)
	}
	if !strings.Contains(film, "-metadata comment="+dream.Signature+p.Recipe.Token()) {
		t.Errorf("the film's recipe is not in it: %s", film)
	}
}

func TestAHangingEncoderDoesNotOutliveItsJob(t *testing.T) {
	ffmpeg := encoder(t, `exec sleep 60`)
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the person left")
	m := light(t, dream.Options{ClipSide: 64, FFmpeg: ffmpeg})
	time.AfterFunc(100*time.Millisecond, func() { cancel(gone) })
	_, err := m.Make(ctx, wander(2, 1, dream.MP4), nil)
	if !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

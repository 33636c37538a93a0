package app

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/dream/cinema"
	"slugpuppy/picture"
	"slugpuppy/picture/child"
)

// TestClipsOfStrangers: pictures that move are decoded by a child, videos by ffmpeg where there is one, and neither for ever.
func TestClipsOfStrangers(t *testing.T) {
	var b bytes.Buffer
	g := picture.NewAnimation(&b)
	for i := range 3 {
		if err := g.Add(picture.Landscape(32, 24, uint64(i)), 50*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	pool := child.New(child.Options{Command: []string{"/does/not/exist"}}) // what cannot be started is done here
	t.Cleanup(pool.Close)
	count := func(c *clipDecoder, data []byte, most int) (n int, err error) {
		err = c.Frames(t.Context(), data, func(picture.Frame) error {
			if n++; n == most {
				return cinema.ErrOther
			}
			return nil
		})
		return n, err
	}
	c := &clipDecoder{pool: pool, limits: picture.Limits{MaxFrames: 2}}
	if n, err := count(c, b.Bytes(), 0); n != 2 || err != nil {
		t.Errorf("%d frames of a GIF, %v", n, err)
	}
	film := []byte("\x00\x00\x00\x18ftypisom")
	if n, err := count(c, film, 0); n != 0 || err == nil || c.Videos() {
		t.Errorf("%d frames of a video without ffmpeg, %v", n, err)
	}
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg here")
	}
	c.ffmpeg = ffmpeg
	if n, err := count(c, film, 0); n != 0 || err == nil {
		t.Errorf("%d frames of a broken video, %v", n, err)
	}
	path := filepath.Join(t.TempDir(), "a.mp4")
	out, err := exec.Command(ffmpeg, "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1", path).CombinedOutput()
	if err != nil {
		t.Skipf("ffmpeg cannot: %v: %s", err, out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := count(c, data, 0); n != 12 || err != nil {
		t.Errorf("%d frames of a second of video, %v", n, err)
	}
	if n, err := count(c, data, 3); n != 3 || !errors.Is(err, cinema.ErrOther) {
		t.Errorf("%d frames where 3 were enough, %v", n, err)
	}
	// a playlist names other files: it is not what it begins like
	playlist := append([]byte("\x00\x00\x00\x18ftypisom"), "\n#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"...)
	if n, err := count(c, playlist, 0); n != 0 || err == nil {
		t.Errorf("%d frames of a playlist, %v", n, err)
	}
}

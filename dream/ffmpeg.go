package dream

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// encodeMP4 has ffmpeg write H.264 in a form that every browser plays: 4:2:0, even sides,
// index in front.
func encodeMP4(ctx context.Context, ffmpeg string, frames []*image.NRGBA, each time.Duration) ([]byte, error) {
	dir, err := os.MkdirTemp("", "slugpuppy-clip-")
	if err != nil {
		return nil, fmt.Errorf("encode film: %w", err)
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "clip.mp4")
	size := frames[0].Rect.Size()
	rate := strconv.FormatFloat(float64(time.Second)/float64(each), 'f', 4, 64)
	cmd := exec.CommandContext(ctx, ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin",
		"-f", "rawvideo", "-pix_fmt", "rgba", "-s", fmt.Sprintf("%dx%d", size.X, size.Y), "-r", rate, "-i", "pipe:0",
		"-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p", "-movflags", "+faststart",
		"-map_metadata", "-1", "-fflags", "+bitexact", "-threads", "1", out)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("encode film: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", ffmpeg, err)
	}
	for _, f := range frames {
		if _, err = in.Write(f.Pix); err != nil {
			break // ffmpeg has given up; Wait says why
		}
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("ffmpeg: %w: %s", err, strings.TrimSpace(complaint.String()))
	}
	return os.ReadFile(out)
}

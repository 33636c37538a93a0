package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"runtime"
	"strconv"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/dream/cinema"
	"slugpuppy/picture"
	"slugpuppy/picture/child"
)

// decodeCommand is the hidden command that decodes pictures for whoever started it.
const decodeCommand = "decode"

// Decode is what `slugpuppy decode BYTES` does: the work of a child, with so much memory. It reads no
// configuration, for it is to know nothing. ok is false when the arguments are another command's.
func Decode(args []string) (code int, ok bool) {
	if len(args) == 0 || args[0] != decodeCommand {
		return 0, false
	}
	memory := child.Memory(picture.Limits{})
	if len(args) == 2 {
		if n, err := strconv.ParseInt(args[1], 10, 64); err == nil && n > 0 {
			memory = n
		}
	}
	return child.Main(memory), true
}

// newDecoders are the processes that decode what strangers send. They are started when they are needed;
// whoever asked for them closes them.
func (a *App) newDecoders() (*child.Pool, error) {
	command := a.decodeCommand
	if command == nil {
		var err error
		if command, err = child.Self(decodeCommand, strconv.FormatInt(child.Memory(a.pictures), 10)); err != nil {
			return nil, err
		}
	}
	// Timelines have a picture a core decoded at the same time: mentions and the page never wait for all of them.
	const others = 2
	return child.New(child.Options{Command: command, Processes: runtime.GOMAXPROCS(0) + others,
		Strict: a.cfg.Picture.Strict, Log: a.log}), nil
}

// decoder turns a file into a picture.
type decoder = func(ctx context.Context, data []byte) (image.Image, error)

// apart is the decoder of everything that strangers send: in processes of its own, within the limits, and
// their one budget. Commands decode files that their user names in the process itself: nobody else's work
// ends with it, and it ends with its file.
func (a *App) apart(p *child.Pool) decoder {
	return func(ctx context.Context, data []byte) (image.Image, error) {
		pic, err := p.Decode(ctx, data, a.pictures)
		if err != nil {
			return nil, err
		}
		return pic.Image, nil
	}
}

// frames decodes clips of strangers: pictures that move as others, and videos by ffmpeg where there is one.
func (a *App) frames(p *child.Pool) *clipDecoder {
	lim := a.pictures
	lim.MaxFrames = mostClipFrames
	return &clipDecoder{p, lim, a.FFmpeg()}
}

// mostClipFrames is how many frames of a clip are decoded at most: those of more than five seconds are not looked at, however
// quickly they are shown.
const mostClipFrames = 300

// videoTime is how long ffmpeg may take for a stranger's video.
const videoTime = 2 * time.Minute

type clipDecoder struct {
	pool   *child.Pool
	limits picture.Limits
	ffmpeg string
}

// Videos says whether there is an ffmpeg.
func (c *clipDecoder) Videos() bool { return c.ffmpeg != "" }

// Frames implements reply.FrameDecoder and timeline's. A video is read as what it begins like, and as nothing that could name
// other files.
func (c *clipDecoder) Frames(ctx context.Context, data []byte, show func(picture.Frame) error) error {
	format := map[string]string{"mp4": "mp4", "webm": "matroska"}[picture.Sniff(data)] // all that picture.IsFilm means
	if format == "" || c.ffmpeg == "" {
		return c.pool.Frames(ctx, data, c.limits, show)
	}
	f, err := os.CreateTemp("", "slugpuppy-video-")
	if err != nil {
		return fmt.Errorf("keep a video: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("keep a video: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, videoTime)
	defer cancel()
	n := 0
	cinema.ReadVideo(ctx, c.ffmpeg, f.Name(), format, videoRate, c.limits, func(frame picture.Frame, e error) bool {
		if err = e; err == nil {
			err = show(frame)
		}
		n++
		return err == nil && n < mostClipFrames
	})
	return err
}

// videoRate is at how many frames a second strangers' videos are looked at.
const videoRate = 12

// checkDecoders starts a process as strangers' pictures are decoded in.
func (a *App) checkDecoders(ctx context.Context) network.Finding {
	remedy := "let the service start its own program again (in a container: mount /proc and the program so that it can be run)"
	pool, err := a.newDecoders()
	if err != nil {
		return sick("decoders", err.Error(), remedy)
	}
	defer pool.Close()
	given, err := pool.Check(ctx)
	switch {
	case err != nil && a.cfg.Picture.Strict:
		return sick("decoders", "no picture of a stranger can be decoded: "+err.Error(), remedy)
	case err != nil:
		return doubt("decoders", "pictures of strangers are decoded in the daemon, without protection: "+err.Error(), remedy)
	case !given.Calls || !given.Limits:
		return doubt("decoders", "pictures of strangers are decoded in processes that keep more rights than they need: "+given.Reason,
			"nothing, where the system cannot do better; else allow seccomp, prlimit64 and setrlimit")
	}
	return well("decoders", "pictures of strangers are decoded apart, without network, files and most system calls")
}

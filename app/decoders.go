package app

import (
	"context"
	"image"
	"runtime"
	"strconv"

	"slugpuppy/bot/network"
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

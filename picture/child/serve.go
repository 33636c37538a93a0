package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"slugpuppy/picture"
)

// Serve is the work of a child: it gives up what it can, and decodes until in ends. It is what the
// hidden command runs, with the process's own standard input and output.
func Serve(in io.Reader, out io.Writer, memory int64) error {
	if err := say(out, hello, confine(memory)); err != nil {
		return err
	}
	s := &server{in: bufio.NewReaderSize(in, 1<<16), out: out}
	for {
		if err := s.one(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("decode for the daemon: %w", err)
		}
	}
}

// Main is Serve for a command: it returns the process's exit status. The argument is how much memory
// decoding may take, in bytes.
func Main(memory int64) int {
	if err := Serve(os.Stdin, os.Stdout, memory); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

type server struct {
	in  *bufio.Reader
	out io.Writer
}

// large is from when on memory is given back at once.
const large = 32 << 20

// one answers one question.
func (s *server) one() error {
	var lim limits
	if err := hear(s.in, question, &lim); err != nil {
		return err
	}
	data, err := s.file()
	if err != nil {
		return err
	}
	within := picture.Limits{
		MaxBytes: lim.MaxBytes, MaxPixels: lim.MaxPixels, MaxSide: lim.MaxSide, MaxFrames: lim.MaxFrames, Untimed: true,
	}
	if lim.Clip {
		return s.clip(data, within)
	}
	p, err := picture.Inspect(data, within)
	if err != nil {
		return s.refuse(err)
	}
	if err := s.plan(p); err != nil {
		return err
	}
	pic, err := picture.Decode(context.Background(), data, within)
	if err != nil {
		return s.refuse(err)
	}
	if err := send(s.out, pixels, pic.Image.Pix); err != nil {
		return err
	}
	if p.Memory > large {
		debug.FreeOSMemory()
	}
	return nil
}

// plan says what a file will take, and waits for the word to begin.
func (s *server) plan(p picture.Plan) error {
	if err := say(s.out, plan, planned{p.Format, p.W, p.H, p.Frames, p.Cost, p.Memory}); err != nil {
		return err
	}
	if kind, size, err := receive(s.in); err != nil || kind != begin || size != 0 {
		return fmt.Errorf("no word to begin: %w", errors.Join(err, io.ErrUnexpectedEOF))
	}
	return nil
}

// clip answers with all frames of a file.
func (s *server) clip(data []byte, within picture.Limits) error {
	c, err := picture.OpenClip(data, within)
	if err != nil {
		return s.refuse(err)
	}
	if err := s.plan(c.Plan); err != nil {
		return err
	}
	for f, err := range c.All(context.Background()) {
		if err != nil {
			return s.refuse(err)
		}
		if err := say(s.out, shown, delay{int64(f.Delay)}); err != nil {
			return err
		}
		if err := send(s.out, pixels, f.Image.Pix); err != nil {
			return err
		}
	}
	if c.Memory > large {
		debug.FreeOSMemory()
	}
	return send(s.out, over, nil)
}

func (s *server) file() ([]byte, error) {
	kind, size, err := receive(s.in)
	if err != nil {
		return nil, err
	}
	if kind != file {
		return nil, fmt.Errorf("a message of kind %q where the file was due", kind)
	}
	data := make([]byte, size)
	_, err = io.ReadFull(s.in, data)
	return data, err
}

// refuse says a problem. Decode has no others here, where nothing ends its context.
func (s *server) refuse(err error) error {
	var p *picture.Problem
	if !errors.As(err, &p) {
		p = &picture.Problem{Kind: picture.Failed, Reason: err.Error()}
	}
	return say(s.out, problem, p)
}

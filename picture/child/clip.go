package child

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"slugpuppy/picture"
)

// errEnough is that whoever asked wants no more frames.
var errEnough = errors.New("no more frames are wanted")

// Frames is picture.OpenClip and its frames in a child: show gets the first lim.MaxFrames frames one after the other, each its
// own. It keeps a child until the last. An error of show ends it and is returned as it is; other errors are as those of Decode.
func (p *Pool) Frames(ctx context.Context, data []byte, lim picture.Limits, show func(picture.Frame) error) error {
	c, err := p.seat(ctx, false)
	var unstarted errStart
	if errors.As(err, &unstarted) && !p.Strict {
		return p.framesHere(ctx, data, lim, err, show)
	}
	if err != nil {
		return err
	}
	var said error
	err = p.askFrames(ctx, c, data, lim, func(f picture.Frame) error {
		if said = show(f); said != nil {
			return errEnough
		}
		return nil
	})
	c.answered++
	p.leave(c)
	switch {
	case said != nil:
		return said
	case errors.Is(err, errLost), errors.Is(err, errFull):
		return &picture.Problem{Kind: picture.TimedOut, Reason: err.Error()}
	}
	return err
}

// framesHere decodes in this process, and says so.
func (p *Pool) framesHere(ctx context.Context, data []byte, lim picture.Limits, why error, show func(picture.Frame) error) error {
	p.unprotected(why)
	clip, err := picture.OpenClip(data, lim)
	if err != nil {
		return err
	}
	for f, err := range clip.All(ctx) {
		if err != nil {
			return err
		}
		if err := show(f); err != nil {
			return err
		}
	}
	return nil
}

// askFrames has a child decode a clip. What show takes does not count against the child.
func (p *Pool) askFrames(ctx context.Context, c *process, data []byte, lim picture.Limits, show func(picture.Frame) error) error {
	will, release, err := p.planOf(ctx, c, data, lim, true)
	if err != nil {
		return err
	}
	defer release()
	if most := cmp.Or(lim.MaxFrames, picture.DefaultMaxFrames); will.Frames > most {
		p.lose(c)
		return &picture.Problem{Kind: picture.Failed, Reason: fmt.Sprintf("a decoder that plans %d frames of %d", will.Frames, most)}
	}
	if err := send(c.in, begin, nil); err != nil {
		return p.explain(ctx, c, err, will.Format)
	}
	left := picture.Work(will.Cost)
	for n := 0; ; n++ {
		var f picture.Frame
		before, _ := cpu(c.cmd.Process.Pid)
		more := false
		err := c.during(ctx, left, p.Wall+10*left, func() (err error) {
			f, more, err = c.frame(will)
			return err
		})
		if err == nil && more && n == will.Frames {
			err = fmt.Errorf("more than %d frames", n)
		}
		if err != nil {
			return p.explain(ctx, c, err, will.Format)
		}
		if !more {
			return nil
		}
		if now, ok := cpu(c.cmd.Process.Pid); ok {
			left = max(time.Millisecond, left-(now-before))
		}
		if err := show(f); err != nil {
			p.lose(c) // it is in the middle of its answer
			return err
		}
	}
}

// frame reads the next frame; more is false at the end.
func (c *process) frame(will planned) (f picture.Frame, more bool, err error) {
	kind, size, err := receive(c.out)
	switch {
	case err != nil:
		return f, false, err
	case kind == problem:
		return f, false, problemOf(c.out, size)
	case kind == over && size == 0:
		return f, false, nil
	case kind != shown:
		return f, false, fmt.Errorf("a message of kind %q where a frame was due", kind)
	}
	var d delay
	if err := body(c.out, size, &d); err != nil {
		return f, false, err
	}
	if d.NS <= 0 || d.NS > int64(time.Hour) {
		return f, false, fmt.Errorf("a frame that is shown for %d ns", d.NS)
	}
	f.Image, f.Delay = image.NewNRGBA(image.Rect(0, 0, will.W, will.H)), time.Duration(d.NS)
	return f, true, receivePixels(c.out, f.Image.Pix)
}

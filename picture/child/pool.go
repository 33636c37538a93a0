package child

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"slugpuppy/picture"
)

// Options of a Pool.
type Options struct {
	// Command starts a child: the whole path of a program, and its arguments. It must run Main.
	Command []string
	// Processes is how many decode at the same time; 0 means 2.
	Processes int
	// Strict has Decode fail when no child can be started, instead of decoding here.
	Strict bool
	Log    *slog.Logger // nil is the default one
	// Wall is how long a child may be silent, beside the time that its file may cost; 0 means a minute.
	Wall time.Duration
	// Rest is how long a child waits for its next picture before it is ended; 0 means five minutes.
	Rest time.Duration
}

// Pool decodes pictures in children, some at a time.
type Pool struct {
	Options
	seats chan struct{} // that are free

	mu      sync.Mutex
	closed  bool
	running map[*process]bool
	idle    []*process // of those; whoever waits longest comes first
	sweep   *time.Timer
	stats   Stats
	warned  time.Time
}

// Stats are what a pool has done since it was made.
type Stats struct {
	Pictures int // decoded, in children
	Started  int // children
	Lost     int // children that died or had to be killed
	Here     int // pictures that were decoded in this process, because no child could be started
}

// New makes a pool. Children are started when they are needed.
func New(o Options) *Pool {
	if o.Processes <= 0 {
		o.Processes = 2
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Wall <= 0 {
		o.Wall = time.Minute
	}
	if o.Rest <= 0 {
		o.Rest = 5 * time.Minute
	}
	p := &Pool{Options: o, seats: make(chan struct{}, o.Processes), running: map[*process]bool{}}
	for range o.Processes {
		p.seats <- struct{}{}
	}
	return p
}

// Memory is how much a child may take to decode what the limits allow: 24 bytes for each pixel
// (a TIFF of 16 bits that lies on its side), the file, and what the runtime has beside.
func Memory(lim picture.Limits) int64 {
	most, size := lim.MaxPixels, lim.MaxBytes
	if most == 0 {
		most = picture.DefaultMaxPixels
	}
	if size == 0 {
		size = picture.DefaultMaxBytes
	}
	return 24*most + 4*size + 512<<20
}

// Self is the command of this binary with some arguments. On Linux it is the very file that runs, also
// when another version was put in its place meanwhile, which may not understand us.
func Self(args ...string) ([]string, error) {
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil {
		return append([]string{running}, args...), nil
	}
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return append([]string{path}, args...), nil
}

// Close ends all children. Decode fails from now on.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	if p.sweep != nil {
		p.sweep.Stop()
	}
	var all []*process
	for c := range p.running {
		all = append(all, c)
	}
	p.mu.Unlock()
	for _, c := range all {
		c.close()
	}
	for range p.Processes { // those that were asked say so to whoever asked
		<-p.seats
	}
	for range p.Processes {
		p.seats <- struct{}{}
	}
}

// Stats tells what was done so far.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// Check starts a child, or takes one that waits, and says what it has given up.
func (p *Pool) Check(ctx context.Context) (Protection, error) {
	c, err := p.seat(ctx, false)
	if err != nil {
		return Protection{}, err
	}
	p.leave(c)
	return c.protection, nil
}

// errLost is a child that died of something that is not its file's fault, and errFull one whose memory may
// have been full of what it decoded before.
var (
	errLost = errors.New("the process that decodes was killed")
	errFull = errors.New("the decoder needed more memory than it may have")
)

var errClosed = errors.New("pictures are decoded no longer")

// errStart is a child that could not be started.
type errStart struct{ error }

// Decode is picture.Decode in a child. A file that brings its child down is a *picture.Problem like
// any other.
func (p *Pool) Decode(ctx context.Context, data []byte, lim picture.Limits) (*picture.Picture, error) {
	pic, err := p.decode(ctx, data, lim, false)
	if errors.Is(err, errLost) || errors.Is(err, errFull) {
		pic, err = p.decode(ctx, data, lim, true)
	}
	if err == nil {
		return pic, nil
	}
	var unstarted errStart
	switch {
	case errors.As(err, &unstarted) && !p.Strict:
		return p.here(ctx, data, lim, err)
	case errors.Is(err, errLost):
		return nil, &picture.Problem{Kind: picture.TimedOut, Reason: err.Error()}
	}
	return nil, err
}

// here decodes in this process, and says so: whoever runs it should know.
func (p *Pool) here(ctx context.Context, data []byte, lim picture.Limits, why error) (*picture.Picture, error) {
	p.unprotected(why)
	return picture.Decode(ctx, data, lim)
}

// unprotected says now and then that strangers' files are decoded here.
func (p *Pool) unprotected(why error) {
	const again = 10 * time.Minute
	p.mu.Lock()
	p.stats.Here++
	warn := time.Since(p.warned) > again
	if warn {
		p.warned = time.Now()
	}
	n := p.stats.Here
	p.mu.Unlock()
	if warn {
		p.Log.Error("pictures of strangers are decoded without protection", "error", why, "pictures", n)
	}
}

// decode takes a seat and asks its child, which has decoded nothing yet if it is to be fresh.
func (p *Pool) decode(ctx context.Context, data []byte, lim picture.Limits, fresh bool) (*picture.Picture, error) {
	c, err := p.seat(ctx, fresh)
	if err != nil {
		return nil, err
	}
	pic, err := p.ask(ctx, c, data, lim)
	if err == nil {
		p.mu.Lock()
		p.stats.Pictures++
		p.mu.Unlock()
	}
	c.answered++
	p.leave(c)
	return pic, err
}

// leave frees a seat. Its child stays, unless it is gone or has served for long: then whatever has
// gathered in it is gone with it.
func (p *Pool) leave(c *process) {
	const long = 1000
	p.mu.Lock()
	stays := !p.closed && c.answered < long && !c.dead()
	if stays {
		c.since = time.Now()
		p.idle = append(p.idle, c)
		p.sweepLater()
	} else {
		delete(p.running, c)
	}
	p.mu.Unlock()
	if !stays {
		c.close()
	}
	p.seats <- struct{}{}
}

// sweepLater has those ended that will have waited too long. The lock is held.
func (p *Pool) sweepLater() {
	if p.sweep == nil {
		p.sweep = time.AfterFunc(p.Rest, p.sweepNow)
	}
}

// sweepNow ends children that have waited too long for a picture.
func (p *Pool) sweepNow() {
	p.mu.Lock()
	p.sweep = nil
	var old []*process
	for len(p.idle) > 0 && time.Since(p.idle[0].since) >= p.Rest {
		old = append(old, p.idle[0])
		delete(p.running, p.idle[0])
		p.idle = p.idle[1:]
	}
	if len(p.idle) > 0 && !p.closed {
		p.sweepLater()
	}
	p.mu.Unlock()
	for _, c := range old {
		c.close()
	}
}

// seat waits for a child of one's own, and starts it if none is idle. A fresh one takes another's place.
func (p *Pool) seat(ctx context.Context, fresh bool) (*process, error) {
	select {
	case <-p.seats:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a process that decodes: %w", ctx.Err())
	}
	if c := p.waiting(); c != nil && !fresh {
		return c, nil
	} else if c != nil {
		p.mu.Lock()
		delete(p.running, c)
		p.mu.Unlock()
		c.close()
	}
	c, err := p.start(ctx)
	if err != nil {
		p.seats <- struct{}{}
		return nil, err
	}
	return c, nil
}

// waiting takes an idle child, nil if there is none. Those that died meanwhile are buried.
func (p *Pool) waiting() *process {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if !c.dead() {
			return c
		}
		delete(p.running, c)
		c.close()
	}
	return nil
}

func (p *Pool) start(ctx context.Context) (*process, error) {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	c, err := start(ctx, p.Command)
	if ctx.Err() != nil {
		if err == nil {
			c.close()
		}
		return nil, fmt.Errorf("start a process that decodes: %w", ctx.Err())
	}
	if err != nil {
		return nil, errStart{fmt.Errorf("start a process that decodes: %w", err)}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Started++
	p.running[c] = true
	if p.stats.Started == 1 && !(c.protection.Calls && c.protection.Limits) {
		p.Log.Warn("pictures are decoded with less protection",
			"calls", c.protection.Calls, "limits", c.protection.Limits, "reason", c.protection.Reason)
	}
	return c, nil
}

// ask has a child decode a file.
func (p *Pool) ask(ctx context.Context, c *process, data []byte, lim picture.Limits) (*picture.Picture, error) {
	will, release, err := p.planOf(ctx, c, data, lim, false)
	if err != nil {
		return nil, err
	}
	defer release()
	img := image.NewNRGBA(image.Rect(0, 0, will.W, will.H))
	work := picture.Work(will.Cost)
	err = c.during(ctx, work, p.Wall+10*work, func() error { return c.fetch(img.Pix) })
	if err != nil {
		return nil, p.explain(ctx, c, err, will.Format)
	}
	return &picture.Picture{Image: img, Format: will.Format, Frames: will.Frames}, nil
}

// planOf has a child say what a file, or a clip, will take, and holds that much memory.
func (p *Pool) planOf(ctx context.Context, c *process, data []byte, lim picture.Limits, clip bool) (will planned, release func(), err error) {
	err = c.during(ctx, picture.Work(0), p.Wall, func() error {
		if err := say(c.in, question, limits{lim.MaxBytes, lim.MaxPixels, lim.MaxSide, lim.MaxFrames, clip}); err != nil {
			return err
		}
		if err := send(c.in, file, data); err != nil {
			return err
		}
		return hear(c.out, plan, &will)
	})
	if err != nil {
		return will, nil, p.explain(ctx, c, err, will.Format)
	}
	if err := will.check(lim); err != nil {
		p.lose(c)
		return will, nil, err
	}
	if release, err = lim.Budget.Hold(ctx, will.Memory); err != nil {
		p.lose(c)
		return will, nil, err
	}
	return will, release, nil
}

// mostCost is more than any plan has.
const mostCost = 1 << 50

// check wants sizes that the limits allow: a child is not believed.
func (w *planned) check(lim picture.Limits) error {
	most, side := lim.MaxPixels, lim.MaxSide
	if most == 0 {
		most = picture.DefaultMaxPixels
	}
	if side == 0 {
		side = picture.DefaultMaxSide
	}
	if w.W < 1 || w.H < 1 || w.W > side || w.H > side || int64(w.W)*int64(w.H) > most ||
		w.Frames < 1 || w.Memory < 0 || w.Cost < 0 || w.Cost > mostCost || len(w.Format) > 8 {
		return &picture.Problem{Kind: picture.Failed, Reason: fmt.Sprintf("a decoder that plans %+v", *w)}
	}
	return nil
}

// fetch has the child begin, and reads the pixels.
func (c *process) fetch(pix []byte) error {
	if err := send(c.in, begin, nil); err != nil {
		return err
	}
	return receivePixels(c.out, pix)
}

// during does something under a watch. The error of a child that was killed is why.
func (c *process) during(ctx context.Context, work, wall time.Duration, do func() error) error {
	stop := c.watch(ctx, work, wall)
	err := do()
	if why := stop(); why != nil {
		return why
	}
	return err
}

// lose ends a child that did wrong.
func (p *Pool) lose(c *process) {
	c.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Lost++
}

// explain turns the error of a question into one of its file, of its context, or of its child.
func (p *Pool) explain(ctx context.Context, c *process, err error, format string) error {
	var said *picture.Problem
	if errors.As(err, &said) {
		return said
	}
	itself := (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE)) && c.endsItself()
	p.lose(c)
	words := c.said.String()
	p.Log.Warn("a process that decodes pictures ended", "error", err, "state", c.cmd.ProcessState, "said", words)
	problem := func(k picture.Kind, reason string) error {
		return &picture.Problem{Kind: k, Format: format, Reason: reason}
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("decode picture: %w", ctx.Err())
	case p.isClosed():
		return errClosed
	case errors.Is(err, errWork):
		return problem(picture.TooCostly, "the decoder "+err.Error())
	case errors.Is(err, errWall):
		return problem(picture.TimedOut, "the decoder "+err.Error())
	case strings.Contains(words, "out of memory"), strings.Contains(words, "cannot allocate memory"):
		if c.answered > 0 {
			return errFull
		}
		return problem(picture.TooCostly, errFull.Error())
	case itself && c.killed():
		return errLost
	}
	return problem(picture.Failed, fmt.Sprintf("the decoder ended: %v (%s)", err, c.cmd.ProcessState))
}

func (p *Pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// dead tells whether a child is gone.
func (c *process) dead() bool {
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

// killed tells whether somebody else ended a child.
func (c *process) killed() bool {
	status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && (status.Signal() == syscall.SIGKILL || status.Signal() == syscall.SIGTERM)
}

package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

// process is a child as its asker sees it. One question at a time.
type process struct {
	cmd        *exec.Cmd
	in, out    *os.File
	said       tail
	protection Protection
	gone       chan struct{} // closed when it has ended and been waited for
	answered   int           // questions
	since      time.Time     // while idle
}

// startTime is how long a child may take to say hello, on a machine that has much else to do.
const startTime = 30 * time.Second

// start runs the command and hears its hello.
func start(ctx context.Context, command []string) (*process, error) {
	p := &process{cmd: exec.Command(command[0], command[1:]...), gone: make(chan struct{})}
	theirIn, ourIn, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ourOut, theirOut, err := os.Pipe()
	if err != nil {
		theirIn.Close()
		ourIn.Close()
		return nil, err
	}
	widen(ourIn)
	widen(ourOut)
	p.in, p.out = ourIn, ourOut
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirIn, theirOut, &p.said
	p.cmd.Env = []string{ // none of the asker's secrets
		"GOMAXPROCS=2",       // collecting garbage takes the second one
		"MALLOC_ARENA_MAX=1", // where C is linked in, each thread would take 64 MB of what memory there may be
	}
	p.cmd.Dir = "/"
	p.cmd.SysProcAttr = attributes()
	err = p.cmd.Start()
	theirIn.Close() // or the end of the child would not be seen
	theirOut.Close()
	if err != nil {
		ourIn.Close()
		ourOut.Close()
		return nil, err
	}
	go func() {
		p.cmd.Wait() // what it says is in ProcessState
		close(p.gone)
	}()
	guard, done := context.WithTimeout(ctx, startTime)
	defer done()
	defer context.AfterFunc(guard, p.kill)()
	if err := hear(p.out, hello, &p.protection); err != nil {
		return nil, errors.Join(ctx.Err(), p.ended(err))
	}
	return p, nil
}

// kill ends it for sure.
func (p *process) kill() { p.cmd.Process.Kill() }

// endsItself waits a moment for a child whose pipes have ended to be gone.
func (p *process) endsItself() bool {
	select {
	case <-p.gone:
		return true
	case <-time.After(time.Second):
		return false
	}
}

// close ends it and waits until it is gone.
func (p *process) close() {
	p.kill()
	<-p.gone
	p.in.Close()
	p.out.Close()
}

// ended closes it and says how it ended, which began with an error of its pipes.
func (p *process) ended(err error) error {
	p.close()
	if words := p.said.String(); words != "" {
		return fmt.Errorf("%w: %s: %s", err, p.cmd.ProcessState, words)
	}
	return fmt.Errorf("%w: %s", err, p.cmd.ProcessState)
}

// tail keeps the first words that a child says of its end: what a runtime says first is why.
type tail struct {
	mu    sync.Mutex
	words []byte
}

const maxWords = 500

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.words = append(t.words, b[:min(len(b), maxWords-len(t.words))]...)
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.words)
}

// errors of a watch.
var (
	errWork = errors.New("used more processor time than its file may cost")
	errWall = errors.New("did not answer in time")
)

// watchEvery is how often the clock of a child is read.
const watchEvery = 20 * time.Millisecond

// watch kills the child when ctx ends, when it has used so much processor time, or when so much time
// has passed, which it may have waited for. stop ends the watch and tells which it was, if any.
func (p *process) watch(ctx context.Context, work, wall time.Duration) (stop func() error) {
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	began, known := cpu(p.cmd.Process.Pid)
	go func() {
		defer close(over)
		end := time.NewTimer(wall)
		defer end.Stop()
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				if !errors.Is(context.Cause(ctx), errStopped) {
					p.kill()
				}
				return
			case <-end.C:
				cancel(errWall)
			case <-tick.C:
				if now, ok := cpu(p.cmd.Process.Pid); known && ok && now-began > work {
					cancel(errWork)
				}
			}
		}
	}()
	return func() error {
		cancel(errStopped)
		<-over
		if cause := context.Cause(ctx); !errors.Is(cause, errStopped) {
			return cause
		}
		return nil
	}
}

var errStopped = errors.New("watched no longer")

package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// told is the end of a command that was told to end.
type told struct{ by syscall.Signal }

// Error is the one word that is said of it.
func (t *told) Error() string {
	if t.by == syscall.SIGINT {
		return "interrupted"
	}
	return "terminated"
}

// code is the exit code, as of a process that the signal ended.
func (t *told) code() int { return 128 + int(t.by) }

// patience is how long a command that was told to end may take to do so: it gives back what it has open,
// and takes away what it has half done. Then it ends without.
const patience = 500 * time.Millisecond

// untilSignal runs a command until it ends, or is told to. A second signal ends the process at once.
func (c *console) untilSignal(args []string) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	defer heed(cancel)()
	ended := make(chan int, 1)
	go func() { ended <- c.run(ctx, args) }()
	select {
	case code := <-ended:
		return code
	case <-ctx.Done():
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case code := <-ended:
			return code
		case <-late.C:
			if c.orderly.Load() { // it knows itself how long it may take
				continue
			}
			c.scratch.clear()
			return c.fail(context.Cause(ctx))
		}
	}
}

// heed has the first signal cancel. The second one ends the process, even if it comes at the same moment:
// to go back to the default handling after the first would miss that. done ends it.
func heed(cancel context.CancelCauseFunc) (done func()) {
	came, over := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(came, os.Interrupt, syscall.SIGTERM)
	go func() {
		for n := 1; ; n++ {
			select {
			case s := <-came:
				if n == 2 {
					die(s)
				}
				by, _ := s.(syscall.Signal)
				cancel(&told{by})
			case <-over:
				return
			}
		}
	}()
	return func() { signal.Stop(came); close(over) }
}

// die ends the process as the signal would have without us, which service managers expect.
func die(s os.Signal) {
	signal.Reset(s)
	if self, err := os.FindProcess(os.Getpid()); err == nil && self.Signal(s) == nil {
		time.Sleep(time.Second) // it is on its way
	}
	os.Exit(exitError)
}

// wait returns when it is time, or with why ctx ended before.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// clearBar takes a half-drawn bar away before the last word is said.
func (c *console) clearBar() {
	if onTerminal(c.terminal) {
		fmt.Fprint(c.terminal, "\r\x1b[K")
	}
}

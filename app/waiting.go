package app

import (
	"context"
	"net"
	"os"

	"slugpuppy/bot/operator"
)

// A daemon that waits until somebody signs in leaves the database, and the socket for operators, to them. That it lives
// is told by a socket of its own, which says nothing: to be there is enough.

// waitingAt is where that socket is.
func (a *App) waitingAt() string { return a.cfg.Admin.Socket + ".waiting" }

// waitsThere says whether a daemon waits.
func (a *App) waitsThere(ctx context.Context) bool {
	_, err := operator.Dial(ctx, a.waitingAt())
	return err == nil
}

// tellWaiting opens the socket until done is called. Where it cannot be opened nobody is told: to wait is more
// important.
func (a *App) tellWaiting(ctx context.Context) (done func()) {
	path := a.waitingAt()
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == os.ModeSocket && !a.waitsThere(ctx) {
		_ = os.Remove(path) // of a daemon that was killed; Listen says what is wrong with it
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		a.log.Debug("nobody can be told that the daemon waits", "error", err)
		return func() {}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close() // who comes has seen enough
		}
	}()
	return func() { l.Close(); <-ended }
}

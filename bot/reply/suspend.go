package reply

import (
	"context"
	"sync"
	"time"

	"slugpuppy/bot/network"
)

// gate stops all work on an account whose token the server refuses.
type gate struct {
	mu     sync.Mutex
	since  time.Time // zero while open
	reason string
	opened chan struct{} // closed when the gate opens again
}

// suspend stops the workers and the sender until intake gets through again.
func (d *Daemon) suspend(err error) {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	if !d.gate.since.IsZero() {
		return
	}
	d.gate.since, d.gate.reason, d.gate.opened = time.Now(), err.Error(), make(chan struct{})
	remedy := network.RemedyOf(err, "run "+d.Login+" for this account and start the daemon again")
	d.Log.Error("the server refuses us: this account is suspended, nothing is lost",
		"platform", d.Platform.Name(), "account", d.self.Handle, "error", err,
		"remedy", remedy+"; it also tries by itself every 15 minutes")
}

// resume lets work go on after the server accepted us.
func (d *Daemon) resume() {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	if d.gate.since.IsZero() {
		return
	}
	d.Log.Info("the server accepts us again", "account", d.self.Handle, "suspended_for", time.Since(d.gate.since))
	d.gate.since, d.gate.reason = time.Time{}, ""
	close(d.gate.opened)
}

// mayWork waits while the account is suspended; false means that ctx ended.
func (d *Daemon) mayWork(ctx context.Context) bool {
	d.gate.mu.Lock()
	opened := d.gate.opened
	if d.gate.since.IsZero() {
		opened = nil
	}
	d.gate.mu.Unlock()
	if opened == nil {
		return ctx.Err() == nil
	}
	select {
	case <-opened:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// suspended says since when and why the account is stopped; zero while it works.
func (d *Daemon) suspended() (time.Time, string) {
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	return d.gate.since, d.gate.reason
}

package reply

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// idle is how often an idle loop looks at the store without having been told to; it bounds
// the cost of a lost signal.
const idle = 5 * time.Second

// signal wakes one waiting loop. A signal sent while nobody waits is kept, once.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) send() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// wait returns after a signal, after d, or when ctx ends.
func (s signal) wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(max(d, time.Millisecond))
	defer t.Stop()
	select {
	case <-s:
	case <-t.C:
	case <-ctx.Done():
	}
}

// untilNext is how long to wait for something due at a time, zero for nothing in line.
func (d *Daemon) untilNext(at time.Time) time.Duration {
	if at.IsZero() {
		return idle
	}
	return min(idle, at.Sub(d.now()))
}

// counts remembers how often something failed, for backoff within one run of the daemon.
type counts struct {
	mu sync.Mutex
	n  map[string]int
}

// add counts one more and returns how many there are now.
func (c *counts) add(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[key]++
	return c.n[key]
}

// of is how many there are.
func (c *counts) of(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[key]
}

func (c *counts) forget(keys ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range keys {
		delete(c.n, k)
	}
}

// note is a sentence that one loop writes and others read.
type note struct{ text atomic.Pointer[string] }

func (n *note) say(text string) { n.text.Store(&text) }

func (n *note) read() string {
	if p := n.text.Load(); p != nil {
		return *p
	}
	return ""
}

package timeline

import (
	"context"
	"maps"
	"slices"
	"sync"

	"slugpuppy/bot/identity"
)

// turns hands out so many turns at a time, to subscribers one after the other: whoever has much to do
// waits behind themselves, not in front of everybody else.
type turns struct {
	mu    sync.Mutex
	free  int
	each  int // a subscriber has at most so many at a time, and so has a host
	busy  map[string]int
	lines []line // of those who wait, in the order in which it is their turn
}

// line is who waits on behalf of one subscriber, first come first.
type line struct {
	owner identity.Identity
	wait  []waiting
}

type waiting struct {
	host string // "" for none
	mine chan struct{}
}

func newTurns(n, each int) *turns { return &turns{free: n, each: each, busy: map[string]int{}} }

// take waits for a turn and returns what gives it back. Only ctx ends the wait.
func (t *turns) take(ctx context.Context, owner identity.Identity, host string) (done func(), err error) {
	w := waiting{host, make(chan struct{})}
	t.mu.Lock()
	i := slices.IndexFunc(t.lines, func(l line) bool { return l.owner == owner })
	if i < 0 {
		i = len(t.lines)
		t.lines = append(t.lines, line{owner: owner})
	}
	t.lines[i].wait = append(t.lines[i].wait, w)
	t.next()
	t.mu.Unlock()
	done = sync.OnceFunc(func() { t.giveBack(owner, host) })
	select {
	case <-w.mine:
		return done, nil
	case <-ctx.Done():
	}
	if !t.leave(owner, w) {
		done() // it came at the same moment
	}
	return nil, context.Cause(ctx)
}

// counted are what a turn counts against.
func counted(owner identity.Identity, host string) []string {
	keys := []string{"of " + owner.String()}
	if host != "" {
		keys = append(keys, "at "+host)
	}
	return keys
}

// may says whether a turn for somebody is within the shares.
func (t *turns) may(owner identity.Identity, host string) bool {
	return !slices.ContainsFunc(counted(owner, host), func(k string) bool { return t.busy[k] >= t.each })
}

// next gives away what is free. The lock is held.
func (t *turns) next() {
	for t.free > 0 {
		given := false
		for i, l := range t.lines {
			j := slices.IndexFunc(l.wait, func(w waiting) bool { return t.may(l.owner, w.host) })
			if j < 0 {
				continue
			}
			w := l.wait[j]
			t.free--
			for _, k := range counted(l.owner, w.host) {
				t.busy[k]++
			}
			close(w.mine)
			l.wait = slices.Delete(l.wait, j, j+1)
			t.lines = slices.Delete(t.lines, i, i+1)
			if len(l.wait) > 0 {
				t.lines = append(t.lines, l) // behind all others
			}
			given = true
			break
		}
		if !given {
			return
		}
	}
}

func (t *turns) giveBack(owner identity.Identity, host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free++
	for _, k := range counted(owner, host) {
		t.busy[k]--
	}
	maps.DeleteFunc(t.busy, func(_ string, n int) bool { return n == 0 })
	t.next()
}

// leave takes somebody out of their line; false when they have their turn already.
func (t *turns) leave(owner identity.Identity, w waiting) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, l := range t.lines {
		if l.owner != owner {
			continue
		}
		j := slices.Index(l.wait, w)
		if j < 0 {
			return false
		}
		t.lines[i].wait = slices.Delete(l.wait, j, j+1)
		if len(t.lines[i].wait) == 0 {
			t.lines = slices.Delete(t.lines, i, i+1)
		}
		return true
	}
	return false
}

package x

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"slugpuppy/bot/network"
)

// Meters know how many calls accounts have left. The zero value is ready, nil keeps nothing.
type Meters struct {
	mu    sync.Mutex
	wires map[string]*wire // by account; of several clients of one account the latest
}

func (m *Meters) add(account string, w *wire) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wires == nil {
		m.wires = map[string]*wire{}
	}
	m.wires[account] = w
}

// Left lists the limits that an account used in the last 15 minutes, the one with the smallest share
// left first.
func (m *Meters) Left(account string) []network.Calls {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	w := m.wires[account]
	m.mu.Unlock()
	if w == nil {
		return nil
	}
	return w.left(time.Now())
}

// meet notes who we are, which costs something.
func (c *core) meet(self network.Account) {
	c.opt.Budget.spend(self, UserRead, 1)
	c.opt.Meters.add(self.ID, c.wire)
}

// told is what X said of a limit.
type told struct {
	left, of int
	until    time.Time
}

// left is what X said, else what our own count says.
func (w *wire) left(now time.Time) []network.Calls {
	w.mu.Lock()
	defer w.mu.Unlock()
	tightest := map[string]network.Calls{}
	note := func(what string, left, of int) {
		was, known := tightest[what]
		if what != "" && of > 0 && (!known || left*was.Of < was.Left*of) {
			tightest[what] = network.Calls{What: what, Left: max(0, left), Of: of}
		}
	}
	for family, e := range families {
		made := 0
		for _, at := range w.calls[family] {
			if now.Sub(at) < window {
				made++
			}
		}
		if t := w.told[family]; now.Before(t.until) {
			note(e.op, t.left, t.of)
		} else if made > 0 {
			note(e.op, e.calls-made, e.calls)
		}
	}
	var all []network.Calls
	for _, c := range tightest {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b network.Calls) int {
		return cmp.Or(cmp.Compare(a.Left*b.Of, b.Left*a.Of), cmp.Compare(a.What, b.What))
	})
	return all
}

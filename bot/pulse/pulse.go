// Package pulse keeps the loops running that must never stop, and tells whether they still turn, so that
// whoever supervises the process can restart one that hangs.
package pulse

import (
	"slices"
	"sync"
	"time"
)

// Slack is what every promise is extended by: a busy machine is slow, not dead.
const Slack = 2 * time.Minute

// Monitor knows the loops. It is safe for concurrent use; a nil one watches nothing.
type Monitor struct {
	mu     sync.Mutex
	loops  map[*Loop]struct{}
	ailing map[string]ailment // by name of what is kept running
}

// Loop is one loop, which says at each turn when it will be heard of again.
type Loop struct {
	of   *Monitor
	name string
	due  time.Time // zero: nothing is promised
}

// Loop begins to watch a loop that has promised nothing yet.
func (m *Monitor) Loop(name string) *Loop {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.loops == nil {
		m.loops = map[*Loop]struct{}{}
	}
	l := &Loop{of: m, name: name}
	m.loops[l] = struct{}{}
	return l
}

// Within promises another sign within d and the slack.
func (l *Loop) Within(d time.Duration) { l.promise(time.Now().Add(d + Slack)) }

// Rest takes the promise back: the loop waits for something that may never come.
func (l *Loop) Rest() { l.promise(time.Time{}) }

func (l *Loop) promise(due time.Time) {
	if l == nil {
		return
	}
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	l.due = due
}

// End stops watching a loop, which ended as it should.
func (l *Loop) End() {
	if l == nil {
		return
	}
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	delete(l.of.loops, l)
}

// Late lists the loops that did not keep their promise, by name.
func (m *Monitor) Late() (names []string) {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for l := range m.loops {
		if !l.due.IsZero() && time.Now().After(l.due) {
			names = append(names, l.name)
		}
	}
	slices.Sort(names)
	return names
}

package reply

import (
	"fmt"
	"sync"
	"time"
)

// now is the store's clock: what is due is due by it.
func (d *Daemon) now() time.Time { return d.Store.Now() }

// clock notices when the machine's clock is set: a clock without a battery, a summer that somebody set by
// hand, a machine that slept.
type clock struct {
	mu   sync.Mutex
	wall time.Time // as it was last seen
	at   time.Time // when that was, by a clock that nobody can set
}

// setBy is how much a clock must be set to be followed; less is what slow machines and corrections are.
const setBy = 10 * time.Second

// moments are when something began, by a clock that nobody can set. What began in another process is not
// known.
type moments struct {
	mu sync.Mutex
	at map[string]time.Time
}

// note remembers that something begins now, unless it began before.
func (m *moments) note(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at == nil {
		m.at = map[string]time.Time{}
	}
	if _, known := m.at[id]; !known {
		m.at[id] = time.Now()
	}
}

// age is how long ago something began, otherwise where nobody noted it.
func (m *moments) age(id string, otherwise time.Duration) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at, known := m.at[id]; known {
		return time.Since(at)
	}
	return otherwise
}

func (m *moments) forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.at, id)
}

// followClock moves the times of our jobs when the clock was set since it was last called. Both loops that
// take jobs by the time call it before they do.
func (d *Daemon) followClock() error {
	c := &d.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	now, at := d.now().Round(0), time.Now()
	expected := c.wall.Add(at.Sub(c.at))
	by := now.Sub(expected)
	if c.at.IsZero() || by.Abs() < setBy {
		c.wall, c.at = now, at
		return nil
	}
	n, err := d.bot.Jobs().Shift(by, expected.Add(max(by/2, 0)))
	if err != nil {
		return fmt.Errorf("follow a clock that was set: %w", err)
	}
	c.wall, c.at = now, at
	d.Log.Warn("the machine's clock was set; what is due is due as before", "by", by.Round(time.Second), "jobs", n)
	return nil
}

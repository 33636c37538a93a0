package pulse

import (
	"context"
	"log/slog"
	"time"

	"slugpuppy/bot/network/backoff"
)

const (
	// shortest and longest bound the pause after a failure: what failed for want of room on the disk goes
	// on soon after there is some.
	shortest, longest = time.Second, 15 * time.Second
	// healthy is how long a loop must turn before it counts as well again.
	healthy = time.Minute
	// believed is how long it must turn until it is no longer named as in trouble.
	believed = 10 * time.Second
	// repeated is how often the same failure is logged.
	repeated = 5 * time.Minute
)

// ailment is why a loop does not turn.
type ailment struct {
	err   error
	until time.Time // zero: as long as it pauses
}

// Keep runs f until it returns nil or ctx ends. When f fails or panics, that is logged and told to whoever
// asks for Troubles, and f begins again after a pause: one part that fails, a full disk, or a mistake of
// ours met in one place may end nothing else. f gets a context of its own, which ends with it.
func (m *Monitor) Keep(ctx context.Context, name string, log *slog.Logger, f func(context.Context) error) {
	law := backoff.Law{First: shortest, Longest: longest}
	failures, said, saidAt := 0, "", time.Time{}
	for {
		began := time.Now()
		err := Safely(func() error { return within(ctx, f) })
		if stack := StackOf(err); stack != "" {
			log.Error("a part of the daemon panicked", "panic", err, "stack", stack)
		}
		if err == nil || ctx.Err() != nil {
			m.cure(name)
			return
		}
		if time.Since(began) > healthy {
			failures = 0
		}
		failures++
		pause := law.Wait(failures, nil)
		if text := err.Error(); text != said || time.Since(saidAt) > repeated {
			said, saidAt = text, time.Now()
			log.Error("a part of the daemon failed and begins again", "part", name, "error", err, "retry_in", pause)
		}
		m.ail(name, ailment{err: err})
		backoff.Sleep(ctx, pause)
		m.ail(name, ailment{err, time.Now().Add(believed)})
	}
}

// within gives f a context of its own.
func within(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return f(ctx)
}

func (m *Monitor) ail(name string, a ailment) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ailing == nil {
		m.ailing = map[string]ailment{}
	}
	m.ailing[name] = a
}

func (m *Monitor) cure(name string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.ailing, name)
}

// Troubles are why parts that are kept running do not run just now, by name.
func (m *Monitor) Troubles() map[string]error {
	troubles := map[string]error{}
	if m == nil {
		return troubles
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, a := range m.ailing {
		if a.until.IsZero() || time.Now().Before(a.until) {
			troubles[name] = a.err
		}
	}
	return troubles
}

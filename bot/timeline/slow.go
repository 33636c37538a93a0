package timeline

import (
	"maps"
	"sync"
	"time"

	"slugpuppy/bot/identity"
)

// Hosts that were too slow so many times in a row rest for a minute, and twice as long each further time.
const (
	slowTimes   = 3
	firstRest   = time.Minute
	longestRest = time.Hour
	mostSlow    = 1000 // hosts that are remembered
)

// slowness remembers which hosts were too slow for whom. One subscriber's server cannot say anything
// about a host to another's.
type slowness struct {
	mu    sync.Mutex
	hosts map[slowHost]*slowed
}

type slowHost struct {
	of   identity.Identity
	host string
}

type slowed struct {
	times int
	until time.Time
}

func newSlowness() *slowness { return &slowness{hosts: map[slowHost]*slowed{}} }

// note keeps whether a host was too slow just now.
func (s *slowness) note(of identity.Identity, host string, slow bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := slowHost{of, host}
	if !slow {
		delete(s.hosts, k)
		return
	}
	now := time.Now()
	if len(s.hosts) >= mostSlow {
		maps.DeleteFunc(s.hosts, func(_ slowHost, h *slowed) bool { return now.After(h.until) })
	}
	h := s.hosts[k]
	if h == nil {
		h = &slowed{}
		s.hosts[k] = h
	}
	if h.times++; h.times >= slowTimes {
		h.until = now.Add(min(firstRest<<min(h.times-slowTimes, 10), longestRest))
	}
}

// resting says whether a host is to be left alone for now.
func (s *slowness) resting(of identity.Identity, host string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.hosts[slowHost{of, host}]
	return h != nil && time.Now().Before(h.until)
}

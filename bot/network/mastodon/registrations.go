package mastodon

import (
	"sync"
	"time"
)

const (
	// registrationLife is short: a server that forgot the program lets nobody in until it is asked anew, and
	// does not say so to us but to the person in the browser.
	registrationLife = time.Hour
	maxRegistrations = 1000
)

// registrations are those with servers that people sign in from, in memory: anybody may name any server, and
// what comes of a sign-in is kept with the subscriber.
type registrations struct {
	now func() time.Time
	mu  sync.Mutex
	all map[place]registered
}

// place is a server, and where it sends browsers back to.
type place struct{ server, redirect string }

type registered struct {
	app App
	at  time.Time
}

func newRegistrations(now func() time.Time) *registrations {
	return &registrations{now: now, all: map[place]registered{}}
}

func (r *registrations) find(server, redirect string) (App, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.all[place{server, redirect}]
	return found.app, ok && r.now().Sub(found.at) < registrationLife
}

// keep remembers a registration; of too many the oldest goes.
func (r *registrations) keep(app App) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[place{app.Server, app.Redirect}] = registered{app, r.now()}
	oldest := place{app.Server, app.Redirect}
	for p, found := range r.all {
		if r.now().Sub(found.at) >= registrationLife {
			delete(r.all, p)
		} else if found.at.Before(r.all[oldest].at) {
			oldest = p
		}
	}
	if len(r.all) > maxRegistrations {
		delete(r.all, oldest)
	}
}

func (r *registrations) forget(app App) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := (place{app.Server, app.Redirect}); r.all[p].app == app {
		delete(r.all, p)
	}
}

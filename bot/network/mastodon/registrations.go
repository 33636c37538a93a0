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
	// unanswered is after how long a browser that was sent to the server and has not come back is taken for
	// one that met a server which forgot the program: the next one is sent there with a fresh registration.
	unanswered = 2 * time.Minute
)

// registrations are those with servers that people sign in from, in memory: anybody may name any server, and
// what comes of a sign-in is kept with the subscriber.
type registrations struct {
	now func() time.Time
	mu  sync.Mutex
	all map[place]registered
}

// place is a server, where it sends browsers back to, and what it is asked for.
type place struct{ server, redirect, scopes string }

func placeOf(app App) place { return place{app.Server, app.Redirect, app.Scopes} }

type registered struct {
	app  App
	at   time.Time
	sent time.Time // when a browser was sent there first of which nothing came back; zero for none
}

func newRegistrations(now func() time.Time) *registrations {
	return &registrations{now: now, all: map[place]registered{}}
}

func (r *registrations) find(server, redirect, scopes string) (App, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := place{server, redirect, scopes}
	found, ok := r.all[p]
	if !ok || r.now().Sub(found.at) >= registrationLife || !found.sent.IsZero() && r.now().Sub(found.sent) >= unanswered {
		return App{}, false
	}
	if found.sent.IsZero() {
		found.sent = r.now()
		r.all[p] = found
	}
	return found.app, true
}

// known notes that a server knows a registration: it sent a browser back.
func (r *registrations) known(app App) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if found, ok := r.all[placeOf(app)]; ok && found.app == app {
		found.sent = time.Time{}
		r.all[placeOf(app)] = found
	}
}

// keep remembers a registration; of too many the oldest goes.
func (r *registrations) keep(app App) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[placeOf(app)] = registered{app: app, at: r.now()}
	oldest := placeOf(app)
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
	if p := placeOf(app); r.all[p].app == app {
		delete(r.all, p)
	}
}

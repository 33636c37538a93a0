// Package host is what every fake server of a network is made of: it listens on a socket or in memory,
// writes down each request, goes away when told to, makes requests go wrong, and has what goes to and fro
// checked. What a server says is not its concern.
package host

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"slugpuppy/bot/network/fake/faulty"
	"slugpuppy/bot/network/fake/schema"
)

// Host is a server in memory, safe for concurrent use. The fields are set before it starts.
type Host struct {
	// URL is the base URL, such as http://127.0.0.1:40123; set by Start or StartInMemory.
	URL string
	// Now is the server's clock.
	Now func() time.Time
	// Check lists what of an exchange in JSON is not as the network documents it; nil checks nothing.
	Check func(schema.Exchange) []string
	// Tolerant keeps Close from making a scene of what Check found.
	Tolerant bool
	// Answer writes what an Answer of a fault looks like here.
	Answer func(http.ResponseWriter, *faulty.Fault)

	handler http.Handler
	faults  *faulty.Faults
	journal journal
	dial    func(context.Context) (net.Conn, error)
	http    *http.Server
	serving sync.WaitGroup

	mu    sync.Mutex
	away  bool
	wrong []string // what Check found
}

// New returns a host that is not listening yet. Every request comes to the handler, which gives it to
// Serve; chance goes by the seed.
func New(handler http.Handler, now func() time.Time, seed uint64) *Host {
	return &Host{handler: handler, Now: now, faults: faulty.New(seed)}
}

// Handler is the whole server as a handler, for a caller who listens by himself and sets URL.
// Faults that cut connections panic with http.ErrAbortHandler, which net/http turns into a cut.
func (h *Host) Handler() http.Handler { return h.handler }

// Start listens on a free port of 127.0.0.1 and sets URL. Like httptest.NewServer it panics when
// that is impossible.
func (h *Host) Start() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("a fake server cannot listen: %v", err))
	}
	h.URL = "http://" + l.Addr().String()
	h.dial = func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", l.Addr().String())
	}
	h.serve(l)
}

// StartInMemory serves over buffered pipes instead of a socket, under a name of its own, so that a test may
// run client and server in one testing/synctest bubble on virtual time. Only Client reaches it.
func (h *Host) StartInMemory(name string) {
	l := newPipeListener(name)
	h.URL = "http://" + name
	h.dial = l.dial
	h.serve(l)
}

func (h *Host) serve(l net.Listener) {
	h.http = &http.Server{Handler: h.handler, ReadHeaderTimeout: time.Minute}
	h.serving.Go(func() { _ = h.http.Serve(l) })
}

// Transport reaches the server whatever host the URL names; close its idle connections when done.
func (h *Host) Transport() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return h.dial(ctx) }}
}

// Client is an HTTP client over Transport.
func (h *Host) Client() *http.Client { return &http.Client{Transport: h.Transport()} }

// Close ends all connections and waits for them. It panics when a request or an answer was not as the
// network documents it: whatever was tried on such a server is no proof.
func (h *Host) Close() {
	if h.http != nil {
		_ = h.http.Close()
	}
	h.serving.Wait()
	if wrong := h.Wrong(); len(wrong) > 0 && !h.Tolerant {
		panic("not as the network documents it:\n" + strings.Join(wrong[:min(len(wrong), 10)], "\n"))
	}
}

// Wrong lists what was not as the network documents it so far, each thing once.
func (h *Host) Wrong() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.wrong)
}

// checked looks at what goes through a handler.
func (h *Host) checked(next http.Handler, route string) http.Handler {
	if h.Check == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		if r.Body != nil {
			r.Body = io.NopCloser(io.TeeReader(r.Body, &body))
		}
		heard := &listener{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(heard, r)
		if !strings.Contains(w.Header().Get("Content-Type"), "json") {
			return
		}
		found := h.Check(schema.Exchange{Route: route, Query: r.URL.RawQuery, Type: r.Header.Get("Content-Type"),
			Body: body.Bytes(), Code: heard.code, Answer: heard.body.Bytes()})
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, f := range found {
			if !slices.Contains(h.wrong, f) {
				h.wrong = append(h.wrong, f)
			}
		}
	})
}

// listener keeps what is answered.
type listener struct {
	http.ResponseWriter
	code int
	body bytes.Buffer
}

func (l *listener) WriteHeader(code int) {
	l.code = code
	l.ResponseWriter.WriteHeader(code)
}

func (l *listener) Write(p []byte) (int, error) {
	l.body.Write(p)
	return l.ResponseWriter.Write(p)
}

// Reachable begins an outage with false: every request's connection is closed without an answer and
// without effect, until Reachable(true).
func (h *Host) Reachable(yes bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = !yes
}

// Inject adds a fault. The first one that matches and fires wins.
func (h *Host) Inject(f faulty.Fault) { h.faults.Inject(f) }

// ClearFaults removes all faults.
func (h *Host) ClearFaults() { h.faults.Clear() }

// Requests returns all requests so far, oldest first.
func (h *Host) Requests() []Request {
	h.journal.mu.Lock()
	defer h.journal.mu.Unlock()
	return slices.Clone(h.journal.list)
}

// Count returns how many requests came for a route, such as "POST /api/v1/statuses" or
// "POST /2/users/{id}/muting", whatever was answered.
func (h *Host) Count(route string) int {
	n := 0
	for _, r := range h.Requests() {
		if r.Route == route {
			n++
		}
	}
	return n
}

// Serve answers a request whose route is known: journal, outage and faults first, then next. A stream
// is not held back until it ends.
func (h *Host) Serve(w http.ResponseWriter, r *http.Request, next http.Handler, route string, stream bool) {
	var owner string
	r = r.WithContext(context.WithValue(r.Context(), ownerKey{}, &owner))
	entry := h.journal.begin(h.Now(), r, route)
	h.mu.Lock()
	away := h.away
	h.mu.Unlock()
	if away {
		h.journal.finish(entry, 0, "", "unreachable")
		panic(http.ErrAbortHandler)
	}
	fault := h.faults.Pick(r.Method, r.URL.Path, route)
	done := func(code int) { h.journal.finish(entry, code, owner, fault.Label()) }
	if stream && !fault.Lost() {
		fault.Wait(r)
		next.ServeHTTP(w, r)
		done(http.StatusOK)
		return
	}
	fault.Serve(w, r, h.checked(next, route), h.Answer, done)
}

type ownerKey struct{}

// Owner notes whose token a request carries, for the journal.
func Owner(r *http.Request, name string) {
	if owner, ok := r.Context().Value(ownerKey{}).(*string); ok {
		*owner = name
	}
}

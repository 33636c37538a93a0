package mastodontest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FaultKind is how a request goes wrong.
type FaultKind int

// Kinds of fault.
const (
	// DropBefore closes the connection without an answer; the request has no effect.
	DropBefore FaultKind = iota
	// DropAfterApply carries the request out and closes the connection without an answer.
	DropAfterApply
	// Answer answers with Fault.Code: HTML from the proxy for 5xx, JSON and rate-limit headers
	// for 429, JSON otherwise. The request has no effect.
	Answer
	// Slow waits for Fault.Delay, then carries the request out as usual.
	Slow
	// SlowAfterApply carries the request out and answers after Fault.Delay.
	SlowAfterApply
	// Reset cuts the connection with a TCP reset; the request has no effect.
	Reset
	// Truncate carries the request out and cuts the answer off in the middle of its body.
	Truncate
)

// String is the kind's name in the journal.
func (k FaultKind) String() string {
	names := []string{"drop before", "drop after apply", "answer", "slow", "slow after apply", "reset", "truncate"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("fault %d", int(k))
}

// Fault is something that goes wrong with matching requests.
type Fault struct {
	// Match is "METHOD path": the path exactly, a route such as /api/v1/statuses/{id}, or a prefix
	// ending in *; METHOD may be *. Empty matches everything.
	Match string
	// Kind of fault.
	Kind FaultKind
	// Code of Answer; 503 when zero.
	Code int
	// Delay of the slow kinds. For an Answer of 429 it is the time until the limit resets.
	Delay time.Duration
	// Skip lets that many matching requests pass first.
	Skip int
	// Times the fault happens; 0 is until ClearFaults.
	Times int
	// Probability of a matching request failing; 0 is always.
	Probability float64
}

type faults struct {
	mu   sync.Mutex
	rand *rand.Rand
	list []*Fault
}

// Inject adds a fault. The first one that matches and fires wins.
func (s *Server) Inject(f Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, &f)
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// pick returns the fault that hits this request, nil for none.
func (f *faults) pick(method, path, pattern string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, one := range f.list {
		if !one.matches(method, path, pattern) {
			continue
		}
		if one.Skip > 0 {
			one.Skip--
			continue
		}
		if one.Probability > 0 && f.rand.Float64() >= one.Probability {
			continue
		}
		hit := *one
		if one.Times > 0 {
			if one.Times--; one.Times == 0 {
				f.list = slices.Delete(f.list, i, i+1)
			}
		}
		return &hit
	}
	return nil
}

func (f *Fault) matches(method, path, pattern string) bool {
	if f.Match == "" || f.Match == pattern {
		return true
	}
	m, p, _ := strings.Cut(f.Match, " ")
	if m != "*" && m != method {
		return false
	}
	if prefix, ok := strings.CutSuffix(p, "*"); ok {
		return strings.HasPrefix(path, prefix)
	}
	_, routePath, _ := strings.Cut(pattern, " ")
	return p == path || p == routePath
}

// serveHTTP is where every request comes in: journal, outage, faults, then the routes.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	r.Header.Del(userHeader)
	mux, pattern := s.route(r)
	entry := s.journal.begin(s.now(), r, pattern)
	s.mu.Lock()
	down := s.unreachable
	s.mu.Unlock()
	if down {
		s.journal.finish(entry, 0, "", "unreachable")
		panic(http.ErrAbortHandler)
	}
	if s.gts() && r.Header.Get("User-Agent") == "" {
		s.journal.finish(entry, http.StatusTeapot, "", "")
		writeProblem(w, fail(http.StatusTeapot, "I'm a teapot: no user-agent sent with request"))
		return
	}
	fault := s.faults.pick(r.Method, r.URL.Path, pattern)
	label := ""
	if fault != nil {
		label = fault.Kind.String()
		if fault.ineffective() {
			s.journal.finish(entry, fault.status(), "", label)
			s.spoil(w, fault)
			return
		}
		if fault.Kind == Slow {
			pause(r, fault.Delay)
		}
	}
	if strings.Contains(pattern, "/api/v1/streaming") {
		mux.ServeHTTP(w, r)
		s.journal.finish(entry, http.StatusOK, r.Header.Get(userHeader), label)
		return
	}
	buf := &buffer{header: http.Header{}, code: http.StatusOK}
	mux.ServeHTTP(buf, r)
	s.journal.finish(entry, buf.code, r.Header.Get(userHeader), label)
	if fault != nil {
		late(r, fault)
	}
	buf.send(w, fault != nil && fault.Kind == Truncate)
}

func (f *Fault) status() int {
	if f.Kind != Answer {
		return 0
	}
	if f.Code == 0 {
		return http.StatusServiceUnavailable
	}
	return f.Code
}

// ineffective says whether the request is lost before it is carried out.
func (f *Fault) ineffective() bool {
	return f.Kind == DropBefore || f.Kind == Reset || f.Kind == Answer
}

// spoil answers a request that is not carried out.
func (s *Server) spoil(w http.ResponseWriter, f *Fault) {
	switch f.Kind {
	case DropBefore:
		panic(http.ErrAbortHandler)
	case Reset:
		reset(w)
	case Answer:
		s.answerFault(w, f)
	}
}

func (s *Server) answerFault(w http.ResponseWriter, f *Fault) {
	code := f.status()
	switch {
	case code == http.StatusTooManyRequests:
		w.Header().Set("X-RateLimit-Limit", strconv.Itoa(s.limits.Requests))
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", s.now().UTC().Add(f.Delay).Format("2006-01-02T15:04:05.000000Z"))
		writeProblem(w, s.tooMany())
	case code >= 500:
		writeProblem(w, &problem{code: code, html: nginxPage(fmt.Sprint(code, " ", http.StatusText(code)))})
	default:
		writeProblem(w, fail(code, http.StatusText(code)))
	}
}

// late does what a fault does after the request had its effect.
func late(r *http.Request, f *Fault) {
	switch f.Kind {
	case DropAfterApply:
		panic(http.ErrAbortHandler)
	case SlowAfterApply:
		pause(r, f.Delay)
	}
}

// pause waits, or until the client has gone away.
func pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

// reset closes the connection so that the client sees ECONNRESET and not an orderly end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// buffer holds an answer back until it is known whether the client shall have it.
type buffer struct {
	header http.Header
	code   int
	body   []byte
}

func (b *buffer) Header() http.Header         { return b.header }
func (b *buffer) WriteHeader(code int)        { b.code = code }
func (b *buffer) Write(p []byte) (int, error) { b.body = append(b.body, p...); return len(p), nil }

// send writes the answer out, or only its first half.
func (b *buffer) send(w http.ResponseWriter, half bool) {
	for k, v := range b.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(b.body)))
	w.WriteHeader(b.code)
	if !half {
		_, _ = w.Write(b.body)
		return
	}
	_, _ = w.Write(b.body[:len(b.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

package mastodontest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"slugpuppy/bot/network/fake/faulty"
)

// Fault is something that goes wrong with matching requests. An Answer is HTML from the proxy for
// 5xx, JSON and rate-limit headers for 429, JSON otherwise.
type Fault = faulty.Fault

// FaultKind is how a request goes wrong.
type FaultKind = faulty.Kind

// Kinds of fault.
const (
	DropBefore     = faulty.DropBefore
	DropAfterApply = faulty.DropAfterApply
	Answer         = faulty.Answer
	Slow           = faulty.Slow
	SlowAfterApply = faulty.SlowAfterApply
	Reset          = faulty.Reset
	Truncate       = faulty.Truncate
)

// Inject adds a fault. The first one that matches and fires wins.
func (s *Server) Inject(f Fault) { s.faults.Inject(f) }

// ClearFaults removes all faults.
func (s *Server) ClearFaults() { s.faults.Clear() }

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
	fault := s.faults.Pick(r.Method, r.URL.Path, pattern)
	if strings.Contains(pattern, "/api/v1/streaming") && !fault.Lost() { // nothing holds a stream back
		fault.Wait(r)
		mux.ServeHTTP(w, r)
		s.journal.finish(entry, http.StatusOK, r.Header.Get(userHeader), fault.Label())
		return
	}
	fault.Serve(w, r, mux, s.answerFault, func(code int) {
		s.journal.finish(entry, code, r.Header.Get(userHeader), fault.Label())
	})
}

func (s *Server) answerFault(w http.ResponseWriter, f *Fault) {
	code := f.Status()
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

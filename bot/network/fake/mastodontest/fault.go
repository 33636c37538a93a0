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

// serveHTTP is where every request comes in.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	mux, route := s.route(r)
	var next http.Handler = mux
	if s.gts() && r.Header.Get("User-Agent") == "" {
		next = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			writeProblem(w, fail(http.StatusTeapot, "I'm a teapot: no user-agent sent with request"))
		})
	}
	s.Serve(w, r, next, route, strings.Contains(route, "/api/v1/streaming"))
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

// Package hostile makes fake servers lie. A Behaviour stands before an honest server and answers in its place,
// or changes what it says; each is one small function with a name, and they can be put together. Nothing here
// knows the program: that it holds is for the tests to say.
package hostile

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Lie stands before an honest server: it answers in its place, and may ask it.
type Lie func(honest http.Handler) http.Handler

// Behaviour is a way of lying that has a name.
type Behaviour struct {
	Name string
	Lie  Lie
}

// Server is an honest server that can be told to lie. It is safe for concurrent use.
type Server struct {
	honest http.Handler
	delay  time.Duration
	now    atomic.Pointer[http.Handler]
	busy   sync.WaitGroup
}

// New returns a server that is honest for now. It takes its time for each answer, for on virtual time none
// passes otherwise for whoever asks again and again.
func New(honest http.Handler, delay time.Duration) *Server {
	s := &Server{honest: honest, delay: delay}
	s.Behave(Behaviour{})
	return s
}

// Behave makes it lie from now on, or be honest again with the zero value.
func (s *Server) Behave(b Behaviour) {
	h := s.honest
	if b.Lie != nil {
		h = b.Lie(h)
	}
	s.now.Store(&h)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.busy.Add(1)
	defer s.busy.Done()
	pause(r, s.delay)
	(*s.now.Load()).ServeHTTP(w, r)
}

// Wait returns when nobody is being answered any more, once whoever serves is closed: a lie may go on until it
// notices that nobody listens.
func (s *Server) Wait() { s.busy.Wait() }

// pause waits, or until the client has gone away.
func pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

// Only lies about some requests.
func Only(which func(*http.Request) bool, l Lie) Lie {
	return func(honest http.Handler) http.Handler {
		lying := l(honest)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if which(r) {
				lying.ServeHTTP(w, r)
				return
			}
			honest.ServeHTTP(w, r)
		})
	}
}

// NowAndThen lies about every n-th request.
func NowAndThen(n int64, l Lie) Lie {
	var asked atomic.Int64
	return Only(func(*http.Request) bool { return asked.Add(1)%n == 0 }, l)
}

// In is for requests whose path has one of these parts.
func In(parts ...string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		for _, p := range parts {
			if strings.Contains(r.URL.Path, p) {
				return true
			}
		}
		return false
	}
}

// Calls are requests of the API, and those of a sign-in that no person sees: not streams, files and pages.
func Calls(r *http.Request) bool {
	return !Streams(r) && !Files(r) && !(strings.HasPrefix(r.URL.Path, "/oauth/authorize") || strings.HasPrefix(r.URL.Path, "/auth/"))
}

// Streams are requests of streams.
func Streams(r *http.Request) bool { return strings.Contains(r.URL.Path, "/streaming") }

// Files are requests of pictures and clips.
func Files(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/media/")
}

// Reads are calls that change nothing.
func Reads(r *http.Request) bool { return r.Method == http.MethodGet && Calls(r) }

// Answer is what a server says.
type Answer struct {
	Code   int
	Header http.Header
	Body   []byte
}

// Ask has an honest server answer.
func Ask(honest http.Handler, r *http.Request) *Answer {
	a := &Answer{Code: http.StatusOK, Header: http.Header{}}
	honest.ServeHTTP(taker{a}, r)
	return a
}

// taker writes an answer down.
type taker struct{ a *Answer }

func (t taker) Header() http.Header         { return t.a.Header }
func (t taker) WriteHeader(code int)        { t.a.Code = code }
func (t taker) Write(p []byte) (int, error) { t.a.Body = append(t.a.Body, p...); return len(p), nil }

// send says an answer.
func (a *Answer) send(w http.ResponseWriter) {
	for k, v := range a.Header {
		w.Header()[k] = v
	}
	if w.Header().Get("Content-Length") == "" {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(a.Code)
	_, _ = w.Write(a.Body) // the client is gone: nobody to tell
}

// Changed changes what calls are answered.
func Changed(change func(r *http.Request, a *Answer)) Lie {
	return Only(Calls, func(honest http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := Ask(honest, r)
			a.Header.Del("Content-Length")
			change(r, a)
			a.send(w)
		})
	})
}

// Said answers all calls in the same way, whatever is asked. Nothing that is asked for is done.
func Said(code int, body string, header ...string) Lie {
	return Only(Calls, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		})
	})
}

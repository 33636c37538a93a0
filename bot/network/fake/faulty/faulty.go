// Package faulty makes HTTP requests go wrong on demand. Fake servers of networks use it, so that
// one and the same fault can be asked of each of them.
package faulty

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Kind is how a request goes wrong.
type Kind int

// Kinds of fault.
const (
	// DropBefore closes the connection without an answer; the request has no effect.
	DropBefore Kind = iota
	// DropAfterApply carries the request out and closes the connection without an answer.
	DropAfterApply
	// Answer answers with Fault.Code as the server would. The request has no effect.
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

// String is the kind's name in journals.
func (k Kind) String() string {
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
	Kind Kind
	// Code of Answer; 503 when zero.
	Code int
	// Body of Answer in place of what the server usually says; Nothing for an empty one.
	Body string
	// Delay of the slow kinds. For an Answer of 429 it is the time until the limit resets.
	Delay time.Duration
	// Skip lets that many matching requests pass first.
	Skip int
	// Times the fault happens; 0 is until they are cleared.
	Times int
	// Probability of a matching request failing; 0 is always.
	Probability float64
}

// Nothing is the Body of an answer that has none.
const Nothing = "\x00"

// Faults of one server, safe for concurrent use.
type Faults struct {
	mu   sync.Mutex
	rand *rand.Rand
	list []*Fault
}

// New returns no faults; chance goes by the seed.
func New(seed uint64) *Faults { return &Faults{rand: rand.New(rand.NewPCG(seed, 0x6661756c))} }

// Inject adds a fault. The first one that matches and fires wins.
func (f *Faults) Inject(one Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &one)
}

// Clear removes all faults.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// Pick returns the fault that hits a request, nil for none. The pattern is the route's.
func (f *Faults) Pick(method, path, pattern string) *Fault {
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

// Label is the fault's name in journals, "" for none.
func (f *Fault) Label() string {
	if f == nil {
		return ""
	}
	return f.Kind.String()
}

// Status is what is answered in place of the request being carried out; 0 when nothing is.
func (f *Fault) Status() int {
	if f.Kind != Answer {
		return 0
	}
	if f.Code == 0 {
		return http.StatusServiceUnavailable
	}
	return f.Code
}

// Lost says whether the request is lost before it is carried out.
func (f *Fault) Lost() bool {
	return f != nil && (f.Kind == DropBefore || f.Kind == Reset || f.Kind == Answer)
}

// Wait is the pause before a slow request is carried out.
func (f *Fault) Wait(r *http.Request) {
	if f == nil || f.Kind != Slow {
		return
	}
	if r.ContentLength != 0 { // net/http notices that a client is gone once the body was read
		data, _ := io.ReadAll(r.Body) // a failure comes again when the rest is read
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(data), r.Body), r.Body}
	}
	pause(r, f.Delay)
}

// Serve answers a request as a fault, nil for none, has it. The server says what an Answer looks
// like; done is told the status before the client hears anything, 0 for none. A connection is cut by
// a panic with http.ErrAbortHandler, as net/http wants it.
func (f *Fault) Serve(w http.ResponseWriter, r *http.Request, next http.Handler, answer func(http.ResponseWriter, *Fault), done func(code int)) {
	if f.Lost() {
		done(f.Status())
		f.spoil(w, answer)
		return
	}
	f.Wait(r)
	buf := &buffer{header: http.Header{}, code: http.StatusOK}
	next.ServeHTTP(buf, r)
	done(buf.code)
	if f != nil && f.Kind == DropAfterApply {
		panic(http.ErrAbortHandler)
	}
	if f != nil && f.Kind == SlowAfterApply {
		pause(r, f.Delay)
	}
	buf.send(w, f != nil && f.Kind == Truncate)
}

// spoil answers a request that is not carried out.
func (f *Fault) spoil(w http.ResponseWriter, answer func(http.ResponseWriter, *Fault)) {
	switch {
	case f.Kind == DropBefore:
		panic(http.ErrAbortHandler)
	case f.Kind == Reset:
		reset(w)
	case f.Body == "":
		answer(w, f)
	default:
		w.WriteHeader(f.Status())
		if f.Body != Nothing {
			_, _ = w.Write([]byte(f.Body))
		}
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

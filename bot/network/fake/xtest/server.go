package xtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"slugpuppy/bot/network/fake/faulty"
)

// Spelling is which names of fields and expansions the v2 API takes.
type Spelling int

// Spellings: that of the guides, that of the specification since August 2026, or both of them.
const (
	Tweets Spelling = iota // tweet.fields, referenced_tweets
	Posts                  // post.fields, referenced_posts
	Either
)

// Options of a server. The zero value speaks v2 in the guides' spelling and counts no limits.
type Options struct {
	Spelling Spelling
	// Lenient makes the server leave out what it does not know instead of refusing the call, as
	// the real one was seen to do.
	Lenient bool
	// V1 lets apps use API v1.1; without it every call is refused with error 453.
	V1 bool
	// Now is the server's clock; time.Now when nil.
	Now func() time.Time
	// RateLimits makes the server count calls and answer 429; Limits override the usual ones by
	// route, such as "POST /2/tweets".
	RateLimits bool
	Limits     map[string]int
	// Silent429 leaves the body of a 429 empty.
	Silent429 bool
	// Processing is how long a GIF or video is processed; 50 ms when zero. Stills are ready at once.
	Processing time.Duration
	// Lag is how long a new post is missing from its author's timeline.
	Lag time.Duration
	// Owner is the name of the user who owns the app: reads of their own things are counted apart.
	Owner string
	// Seed of everything random: tokens, fault probabilities.
	Seed uint64
}

// Server is X in memory, safe for concurrent use.
type Server struct {
	// URL is the base URL, such as http://127.0.0.1:40123; set by Start.
	URL string

	opt     Options
	mux     *http.ServeMux
	journal journal
	faults  *faulty.Faults
	http    *http.Server
	wg      sync.WaitGroup

	mu          sync.Mutex // guards everything below
	rand        *rand.Rand
	lastID      int64
	unreachable bool
	key, secret string // of the one app
	tokens      map[string]token
	requests    map[string]*request // OAuth request tokens
	nonces      map[string]bool
	accounts    []*account
	posts       []*post // oldest first, deleted ones too
	postByID    map[string]*post
	media       map[string]*media
	buckets     map[string]*bucket
	usage       map[string]int
}

// New returns a server that is not listening yet: see Start and Handler.
func New(opt Options) *Server {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Processing == 0 {
		opt.Processing = 50 * time.Millisecond
	}
	s := &Server{
		opt: opt, rand: rand.New(rand.NewPCG(opt.Seed, 0x78)), faults: faulty.New(opt.Seed),
		tokens: map[string]token{}, requests: map[string]*request{}, nonces: map[string]bool{},
		postByID: map[string]*post{}, media: map[string]*media{}, buckets: map[string]*bucket{}, usage: map[string]int{},
	}
	s.key, s.secret = s.random(), s.random()
	s.mux = s.routes()
	return s
}

// Handler is the whole server as a handler, for a caller who listens by himself and sets URL.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serveHTTP) }

// Start listens on a free port of 127.0.0.1 and sets URL. Like httptest.NewServer it panics when
// that is impossible.
func (s *Server) Start() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("xtest: listen: %v", err))
	}
	s.URL = "http://" + l.Addr().String()
	s.http = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: time.Minute}
	s.wg.Go(func() { _ = s.http.Serve(l) })
}

// Close ends all connections and waits for them.
func (s *Server) Close() {
	if s.http != nil {
		_ = s.http.Close()
	}
	s.wg.Wait()
}

// Consumer is the key and secret of the app.
func (s *Server) Consumer() (key, secret string) { return s.key, s.secret }

// Reachable(false) starts an outage: every request's connection is closed without an answer and
// without effect, until Reachable(true).
func (s *Server) Reachable(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unreachable = !yes
}

// Inject adds a fault. An Answer is HTML for 5xx, a problem in JSON otherwise, unless it has a body
// of its own.
func (s *Server) Inject(f faulty.Fault) { s.faults.Inject(f) }

// ClearFaults removes all faults.
func (s *Server) ClearFaults() { s.faults.Clear() }

type userKey struct{}

// serveHTTP is where every request comes in: journal, outage, faults, then the routes.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := s.mux.Handler(r)
	entry := s.journal.begin(s.now(), r, pattern)
	s.mu.Lock()
	down := s.unreachable
	s.mu.Unlock()
	if down {
		s.journal.finish(entry, 0, "", "unreachable")
		panic(http.ErrAbortHandler)
	}
	var user string
	r = r.WithContext(context.WithValue(r.Context(), userKey{}, &user))
	fault := s.faults.Pick(r.Method, r.URL.Path, pattern)
	fault.Serve(w, r, s.mux, s.answerFault, func(code int) { s.journal.finish(entry, code, user, fault.Label()) })
}

func (s *Server) answerFault(w http.ResponseWriter, f *faulty.Fault) {
	code := f.Status()
	if code == http.StatusTooManyRequests {
		h := w.Header()
		h.Set("x-rate-limit-limit", "1")
		h.Set("x-rate-limit-remaining", "0")
		h.Set("x-rate-limit-reset", strconv.FormatInt(s.now().Add(f.Delay+time.Second-1).Unix(), 10))
	}
	if code >= 500 {
		writeHTML(w, code)
		return
	}
	writeProblem(w, fail(code, http.StatusText(code)))
}

func (s *Server) now() time.Time { return s.opt.Now() }

// epoch is when snowflakes begin, in milliseconds.
const epoch = 1288834974657

// nextID returns a snowflake greater than all before.
func (s *Server) nextID() string {
	n := (s.now().UnixMilli() - epoch) << 22
	if n <= s.lastID {
		n = s.lastID + 1
	}
	s.lastID = n
	return strconv.FormatInt(n, 10)
}

// before orders snowflakes.
func before(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// random returns an unguessable-looking string for keys, tokens and links.
func (s *Server) random() string { return s.letters(40) }

func (s *Server) letters(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	out := make([]byte, n)
	for i := range out {
		out[i] = letters[s.rand.IntN(len(letters))]
	}
	return string(out)
}

package xtest

import (
	_ "embed"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"slugpuppy/bot/network/fake/faulty"
	"slugpuppy/bot/network/fake/host"
	"slugpuppy/bot/network/fake/schema"
)

// Spelling is which names of fields and expansions the v2 API takes.
type Spelling int

// Spellings: that of the specification since August 2026, that of the guides, or both of them.
const (
	Posts  Spelling = iota // post.fields, referenced_posts
	Tweets                 // tweet.fields, referenced_tweets
	Either
)

// Options of a server. The zero value speaks v2 in the specification's spelling and counts no limits.
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
	*host.Host

	opt Options
	mux *http.ServeMux

	mu          sync.Mutex // guards everything below
	rand        *rand.Rand
	lastID      int64
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

// packedSchema, of testdata/schema.txt, is how X documents what it says.
//
//go:generate sh -c "gzip -9n <testdata/schema.txt >testdata/schema.gz"
//go:embed testdata/schema.gz
var packedSchema []byte

var documented = schema.Unpack(packedSchema)

// New returns a server that is not listening yet: see Start and Handler.
func New(opt Options) *Server {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Processing == 0 {
		opt.Processing = 50 * time.Millisecond
	}
	s := &Server{
		opt: opt, rand: rand.New(rand.NewPCG(opt.Seed, 0x78)),
		tokens: map[string]token{}, requests: map[string]*request{}, nonces: map[string]bool{},
		postByID: map[string]*post{}, media: map[string]*media{}, buckets: map[string]*bucket{}, usage: map[string]int{},
	}
	s.key, s.secret = s.random(), s.random()
	s.Host = host.New(http.HandlerFunc(s.serveHTTP), opt.Now, opt.Seed)
	s.Answer = s.answerFault
	s.Check = func(e schema.Exchange) []string { return documented.Check(e, false) }
	s.mux = s.routes()
	return s
}

// StartInMemory serves over buffered pipes instead of a socket, see host.Host.
func (s *Server) StartInMemory() { s.Host.StartInMemory("x.test") }

// Consumer is the key and secret of the app.
func (s *Server) Consumer() (key, secret string) { return s.key, s.secret }

// serveHTTP is where every request comes in.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	_, route := s.mux.Handler(r)
	s.Serve(w, r, s.mux, route, false)
}

// answerFault is HTML for 5xx, a problem in JSON otherwise.
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

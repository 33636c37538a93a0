package mastodontest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"slugpuppy/bot/network/fake/faulty"
)

// Dialect is which server software is imitated.
type Dialect int

// Dialects. They differ in ids, error codes, asynchronous media, idempotency keys, filters,
// streaming transports and what rate limits count by.
const (
	Mastodon Dialect = iota
	GoToSocial
)

// String is the software's name.
func (d Dialect) String() string {
	if d == GoToSocial {
		return "GoToSocial"
	}
	return "Mastodon"
}

// Options of a server. The zero value is a Mastodon that counts no rate limits.
type Options struct {
	Dialect Dialect
	// Domain is the host part of local handles; the listener's host:port when empty.
	Domain string
	// Now is the server's clock; time.Now when nil.
	Now func() time.Time
	// Limits override the dialect's defaults field by field; a zero field keeps the default.
	Limits Limits
	// RateLimits makes the server count requests and answer 429. Reading X-RateLimit-* headers
	// is only possible when it is set.
	RateLimits bool
	// Processing is how long an upload stays unprocessed in the Mastodon dialect (202, then 206);
	// 100 ms when zero. Real servers process stills at once and clips later; here all wait.
	Processing time.Duration
	// Heartbeat is the time between pings on streams; 15 s when zero.
	Heartbeat time.Duration
	// HoldUpdates keeps every update event back this long, so that the delete of a post removed
	// meanwhile arrives before its update, as was seen on real servers.
	HoldUpdates time.Duration
	// DropStreamAfter cuts every stream after so many events; 0 never.
	DropStreamAfter int
	// Seed of everything random: tokens, fault probabilities.
	Seed uint64
}

// Server is a Mastodon-API server in memory, safe for concurrent use.
type Server struct {
	// URL is the base URL, such as http://127.0.0.1:40123; set by Start or StartInMemory.
	URL string

	opt     Options
	limits  Limits
	mux     *http.ServeMux
	entries *http.ServeMux
	journal journal
	faults  *faulty.Faults
	dial    func(context.Context) (net.Conn, error)

	http   *http.Server
	ctx    context.Context // ends with Close; streams hang on it
	cancel context.CancelFunc
	wg     sync.WaitGroup // serving loop and streams

	mu           sync.Mutex // guards everything below
	rand         *rand.Rand
	lastID       uint64
	lastNote     int
	unreachable  bool
	accounts     []*account
	accountsByID map[string]*account
	statuses     []*status // oldest first, deleted ones too
	statusByID   map[string]*status
	children     map[string][]*status // by the parent named when posting
	media        map[string]*media
	apps         map[string]*app
	codes        map[string]*grant
	tokens       map[string]*token
	sessions     map[string]*session
	replays      map[string]replay
	buckets      map[string]*bucket
	streams      map[*subscriber]bool
	held         map[string]func() // update events waiting, by status id
}

// New returns a server that is not listening yet: see Start, StartInMemory and Handler.
func New(opt Options) *Server {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Processing == 0 {
		opt.Processing = 100 * time.Millisecond
	}
	if opt.Heartbeat == 0 {
		opt.Heartbeat = 15 * time.Second
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		opt: opt, limits: opt.Limits.withDefaults(opt.Dialect), ctx: ctx, cancel: cancel,
		rand:         rand.New(rand.NewPCG(opt.Seed, 0x6d617374)),
		accountsByID: map[string]*account{},
		statusByID:   map[string]*status{},
		children:     map[string][]*status{},
		media:        map[string]*media{},
		apps:         map[string]*app{},
		codes:        map[string]*grant{},
		tokens:       map[string]*token{},
		sessions:     map[string]*session{},
		replays:      map[string]replay{},
		buckets:      map[string]*bucket{},
		streams:      map[*subscriber]bool{},
		held:         map[string]func(){},
	}
	s.faults = faulty.New(opt.Seed)
	s.mux = s.routes()
	return s
}

// Handler is the whole server as a handler, for a caller who listens by himself and sets URL.
// Faults that cut connections panic with http.ErrAbortHandler, which net/http turns into a cut.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serveHTTP) }

// Start listens on a free port of 127.0.0.1 and sets URL. Like httptest.NewServer it panics when
// that is impossible.
func (s *Server) Start() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("mastodontest: listen: %v", err))
	}
	s.URL = "http://" + l.Addr().String()
	s.dial = func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", l.Addr().String())
	}
	s.serve(l)
}

// StartInMemory serves over net.Pipe instead of a socket, so that a test may run client and server
// in one testing/synctest bubble on virtual time. Only Client reaches it.
func (s *Server) StartInMemory() {
	l := newPipeListener()
	s.URL = "http://mastodon.test"
	s.dial = l.dial
	s.serve(l)
}

func (s *Server) serve(l net.Listener) {
	s.http = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: time.Minute}
	s.wg.Go(func() { _ = s.http.Serve(l) })
}

// Transport reaches the server whatever host the URL names; close its idle connections when done.
func (s *Server) Transport() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return s.dial(ctx)
	}}
}

// Client is an HTTP client over Transport.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s.Transport()} }

// Close ends all connections and streams and waits for them.
func (s *Server) Close() {
	s.cancel()
	if s.http != nil {
		_ = s.http.Close()
	}
	s.wg.Wait()
}

// Reachable(false) starts an outage: streams are cut and every request's connection is closed
// without an answer and without effect, until Reachable(true).
func (s *Server) Reachable(yes bool) {
	s.mu.Lock()
	s.unreachable = !yes
	s.mu.Unlock()
	if !yes {
		s.DropStreams()
	}
}

// gts says whether the dialect is GoToSocial's.
func (s *Server) gts() bool { return s.opt.Dialect == GoToSocial }

func (s *Server) now() time.Time { return s.opt.Now() }

// domain is the host part of local handles.
func (s *Server) domain() string {
	if s.opt.Domain != "" {
		return s.opt.Domain
	}
	_, host, _ := strings.Cut(s.URL, "://")
	return host
}

// crockford is the alphabet of ULIDs; its order is ASCII order.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// nextID returns an id greater than all before: like Mastodon's snowflakes a decimal number whose
// upper bits are milliseconds, or like GoToSocial's ULIDs 26 characters in ASCII order.
func (s *Server) nextID() string {
	n := uint64(s.now().UnixMilli()) << 16
	if n <= s.lastID {
		n = s.lastID + 1
	}
	s.lastID = n
	if !s.gts() {
		return fmt.Sprint(n)
	}
	return base32(n>>16, 10) + base32(n&0xffff, 16)
}

func base32(n uint64, width int) string {
	out := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		out[i] = crockford[n&31]
		n >>= 5
	}
	return string(out)
}

// before orders ids of either dialect: shorter first, then by bytes.
func before(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// secret returns an unguessable-looking string for tokens, codes and cookies.
func (s *Server) secret() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	out := make([]byte, 43)
	for i := range out {
		out[i] = letters[s.rand.IntN(len(letters))]
	}
	return string(out)
}

// pipeListener hands the server's end of net.Pipe connections to Accept.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "mastodon.test" }

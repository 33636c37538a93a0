package mastodontest

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"slugpuppy/bot/network/fake/host"
	"slugpuppy/bot/network/fake/schema"
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
	// Address is what other servers know this one by, such as https://social.example; URL when empty.
	Address string
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
	*host.Host

	opt     Options
	limits  Limits
	mux     *http.ServeMux
	entries *http.ServeMux

	ctx     context.Context // ends with Close; streams hang on it
	cancel  context.CancelFunc
	streams sync.WaitGroup

	mu           sync.Mutex // guards everything below
	rand         *rand.Rand
	lastID       uint64
	lastNote     int
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
	subscribers  map[*subscriber]bool
	held         map[string]func() // update events waiting, by status id
}

// packedSchema, of testdata/schema.txt, is how Mastodon documents what it says. GoToSocial leaves some of it out and adds to it.
//
//go:generate sh -c "gzip -9n <testdata/schema.txt >testdata/schema.gz"
//go:embed testdata/schema.gz
var packedSchema []byte

var documented = schema.Unpack(packedSchema)

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
		subscribers:  map[*subscriber]bool{},
		held:         map[string]func(){},
	}
	s.Host = host.New(http.HandlerFunc(s.serveHTTP), opt.Now, opt.Seed)
	s.Answer = s.answerFault
	s.Check = func(e schema.Exchange) []string { return documented.Check(e, s.gts()) }
	s.mux = s.routes()
	return s
}

// StartInMemory serves over buffered pipes instead of a socket, see host.Host.
func (s *Server) StartInMemory() { s.Host.StartInMemory("mastodon.test") }

// Close ends all connections and streams and waits for them.
func (s *Server) Close() {
	s.cancel()
	s.Host.Close()
	s.streams.Wait()
}

// Reachable begins an outage with false: streams are cut and every request's connection is closed
// without an answer and without effect, until Reachable(true).
func (s *Server) Reachable(yes bool) {
	s.Host.Reachable(yes)
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

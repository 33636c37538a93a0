package hostile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"image"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/host"
	"slugpuppy/bot/network/fake/hostile"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/pulse"
	"slugpuppy/bot/reply"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/bot/web"
	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// internet reaches the servers of a test by their names, all of them in memory. It lets nobody through whom the
// program's own transport would not, and remembers what must not have been asked.
type internet struct {
	mu      sync.Mutex
	servers map[string]http.RoundTripper
	tokens  map[string]string // whose they are: token -> host
	escaped []string
}

func (n *internet) add(name string, h http.Handler) *host.Host {
	front := host.New(h, time.Now, 1)
	front.StartInMemory(name)
	n.mu.Lock()
	defer n.mu.Unlock()
	transport := front.Transport()
	transport.MaxResponseHeaderBytes = 1 << 18
	n.servers[name] = transport
	return front
}

// issued says whose a token is.
func (n *internet) issued(token, at string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tokens[token] = at
	return token
}

func (n *internet) escapes() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.escaped)
}

// RoundTrip implements http.RoundTripper.
func (n *internet) RoundTrip(req *http.Request) (*http.Response, error) {
	server, err := n.reach(req)
	if err != nil {
		return nil, err
	}
	in := req.Clone(req.Context())
	in.URL.Scheme = "http"
	return server.RoundTrip(in)
}

// reach finds the server that a request is for, and notes whose token it takes there.
func (n *internet) reach(req *http.Request) (http.RoundTripper, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	server := n.servers[req.URL.Host]
	if _, err := netip.ParseAddr(req.URL.Hostname()); err == nil || req.URL.Scheme != "https" || server == nil {
		return nil, fmt.Errorf("no server at %s", req.URL.Host)
	}
	token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	if token != "" && n.tokens[token] != "" && n.tokens[token] != req.URL.Host {
		if what := fmt.Sprintf("a token of %s went to %s", n.tokens[token], req.URL.Host); !slices.Contains(n.escaped, what) {
			n.escaped = append(n.escaped, what)
		}
	}
	return server, nil
}

// fetch downloads a file, as safehttp would.
func (n *internet) fetch(ctx context.Context, address string, limit int64) ([]byte, error) {
	failed := func(kind network.ErrorKind, err error) error {
		return &network.Error{Op: "download", Kind: kind, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, failed(network.Rejected, err)
	}
	resp, err := (&http.Client{Transport: n}).Do(req)
	if err != nil {
		return nil, failed(network.Transient, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, failed(network.NotFound, errors.New(resp.Status))
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return nil, failed(network.Transient, err)
	case int64(len(data)) > limit:
		return nil, failed(network.Rejected, errors.New("too large"))
	}
	return data, nil
}

const fetchBytes = 1 << 20

// reader and bot are accounts whose pictures are on the internet of a test.
type reader struct {
	network.Reader
	web *internet
}

func (r reader) Fetch(ctx context.Context, m network.Media, limit int64) ([]byte, error) {
	return r.web.fetch(ctx, m.URL, limit)
}

type bot struct {
	*mastodon.Client
	web *internet
}

func (b bot) Fetch(ctx context.Context, m network.Media, limit int64) ([]byte, error) {
	return b.web.fetch(ctx, m.URL, limit)
}

// place is a server with people: a reader who follows an artist, and a bot.
type place struct {
	*mastodontest.Server
	name                  string
	lies                  *hostile.Server
	reader, artist, asker *mastodontest.User
	robot                 *mastodontest.User
	subscriber            identity.Identity
	daemon                *reply.Daemon
	pictures              int
	front                 *host.Host
}

// suite is the program with an honest server and one that lies, on virtual time.
type suite struct {
	lie        string // what the other server does
	t          *testing.T
	web        *internet
	home, evil *place
	store      *store.Store
	filter     *timeline.Filter
	site       *web.Site
	handler    http.Handler
	admin      *operator.Local
	porch      network.Adapter
	loops      pulse.Monitor
	log        *lines
	secrets    *vault
	told       []string
	ended      []chan error
	stop       context.CancelFunc
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// vault keeps secrets in memory.
type vault struct {
	mu  sync.Mutex
	all map[identity.Identity]map[string]string
}

func (v *vault) Keep(sub store.Subscriber, secrets map[string]string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all[sub.Identity] = secrets
	return nil
}

func (v *vault) of(who identity.Identity, field string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s, ok := v.all[who][field]; ok {
		return s, nil
	}
	return "", network.ErrNoSecret
}

// newSuite starts everything.
func newSuite(t *testing.T) *suite {
	t.Helper()
	s := &suite{t: t, web: &internet{servers: map[string]http.RoundTripper{}, tokens: map[string]string{}}, log: &lines{},
		secrets: &vault{all: map[identity.Identity]map[string]string{}}}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	s.store = st
	s.home, s.evil = s.place("home.example"), s.place("evil.example")
	third := s.web.add("third.example", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	settings := mastodon.Kind.Sections()[0].Options
	s.porch = mastodon.Kind.Open(network.Env{Settings: []any{settings}, Agent: "slugpuppy/test", Web: s.web, Log: log, Now: time.Now,
		Notes: func(who identity.Identity, part string) network.Notes { return st.For(who).Notes(part) }})
	s.newFilter(log)
	s.newSite(log)
	ctx, stop := context.WithCancel(context.Background())
	s.stop = func() {
		stop()
		for _, ended := range s.ended {
			if err := <-ended; err != nil {
				t.Errorf("a part ended with %v", err)
			}
		}
		for _, p := range []*place{s.home, s.evil} {
			p.front.Close()
			p.Close()
			p.lies.Wait()
		}
		third.Close()
		for _, rt := range s.web.servers {
			rt.(*http.Transport).CloseIdleConnections()
		}
		st.Close()
	}
	s.run(ctx, s.filter.Run)
	for _, p := range []*place{s.home, s.evil} {
		s.newBot(p, log)
		s.run(ctx, p.daemon.Run)
	}
	return s
}

func (s *suite) run(ctx context.Context, part func(context.Context) error) {
	ended := make(chan error, 1)
	s.ended = append(s.ended, ended)
	go func() { ended <- part(ctx) }()
}

// place makes a server with people on it.
func (s *suite) place(name string) *place {
	p := &place{name: name, Server: mastodontest.New(mastodontest.Options{Domain: name, Address: "https://" + name, Seed: uint64(len(s.web.servers)) + 1})}
	p.lies = hostile.New(p.Handler(), 20*time.Millisecond)
	p.front = s.web.add(name, p.lies)
	p.URL = "https://" + name
	p.reader, p.artist = p.AddUser("reader", mastodontest.UserOptions{}), p.AddUser("artist", mastodontest.UserOptions{})
	p.asker, p.robot = p.AddUser("asker", mastodontest.UserOptions{}), p.AddUser("dreambot", mastodontest.UserOptions{Bot: true})
	p.reader.Follow(p.artist)
	p.subscriber = identity.Identity{Server: name, ID: p.reader.ID()}
	sub := store.Subscriber{Identity: p.subscriber, Network: mastodon.Name, Handle: p.reader.Handle(), Server: p.URL,
		Mode: store.FilterOn, How: timeline.Warn, Budget: 0.001, Digest: "off"}
	_ = s.secrets.Keep(sub, map[string]string{"token": s.web.issued(p.reader.Token(strings.Fields(mastodon.FilterScopes)...), name)})
	if _, err := s.store.For(p.subscriber).Subscription().Join(store.Itself(), sub); err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *suite) newFilter(log *slog.Logger) {
	var err error
	s.filter, err = timeline.New(timeline.Options{
		Store: s.store, Log: log, Pulse: &s.loops, Looks: 2, First: 200,
		Eye: &timeline.Eye{Judge: redness{}, Store: s.store, Decode: decode, FetchBytes: fetchBytes},
		Connect: func(sub store.Subscriber) (network.Reader, error) {
			r, err := s.porch.Reader(network.Subscriber{Identity: sub.Identity, Handle: sub.Handle, Server: sub.Server,
				Secret: func(field string) (string, error) { return s.secrets.of(sub.Identity, field) }})
			return reader{r, s.web}, err
		},
		Tell: func(_ context.Context, _ store.Subscriber, _ string, a timeline.Answer) error {
			s.told = append(s.told, words.Answer(a))
			return nil
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *suite) newBot(p *place, log *slog.Logger) {
	c, err := mastodon.New(mastodon.Options{Server: p.URL, Token: s.web.issued(p.robot.Token("read", "write"), p.name), Transport: s.web, Log: log})
	if err == nil {
		p.daemon, err = reply.New(reply.Options{Platform: bot{c, s.web}, Store: s.store, Dreamer: sleeper{}, Decode: decode, FetchBytes: fetchBytes,
			See: func(context.Context, image.Image, int) (dream.Sight, error) {
				return aCat, nil
			},
			Vocabulary: dream.NewVocabulary([]classifier.Label{{ID: "n1", Names: []string{"banana"}}}),
			Secret:     []byte("salt"), Log: log.With("bot", p.name), Pulse: &s.loops})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// door lets people in as the program does.
type door struct{ network.Porch }

func (d door) Begin(ctx context.Context, server string, mutes bool) (string, web.Attempt, error) {
	address, try, err := d.Porch.Begin(ctx, network.Wish{Timeline: true, Server: server, Mutes: mutes}, "https://dreams.example/callback")
	return address, entrance{try}, err
}

type entrance struct{ network.Attempt }

func (e entrance) Finish(ctx context.Context, query url.Values) (web.Person, error) {
	g, err := e.Attempt.Finish(ctx, query)
	p := web.Person{Account: g.Account, Server: g.Server, Identity: g.Identity, Network: mastodon.Name, Secrets: map[string]string{}}
	for _, secret := range g.Secrets {
		p.Secrets[secret.Field] = secret.Value
	}
	return p, err
}

func (s *suite) newSite(log *slog.Logger) {
	s.admin = &operator.Local{Store: s.store, Secrets: s.secrets, Filter: func() (*timeline.Filter, error) { return s.filter, nil }}
	u, err := url.Parse("https://dreams.example")
	if err != nil {
		s.t.Fatal(err)
	}
	porch := s.porch.(network.Porch)
	s.site, err = web.New(web.Options{Store: s.store, Filter: s.filter, Admin: s.admin, SignIn: door{porch}, On: "Mastodon", URL: u, Log: log,
		Admins: []string{"boss@evil.example"}, FindAdmin: porch.Find, Try: 10,
		Fetch: func(ctx context.Context, _ store.Subscriber, address string) ([]byte, error) {
			return s.web.fetch(ctx, address, fetchBytes)
		},
		Budget: func(b float64) detector.Promise { return detector.Promise{Score: redness{}.Likely(b), Found: 0.5} },
		Studio: &web.Studio{Decode: decode,
			See:     func(context.Context, image.Image, int) (dream.Sight, error) { return dream.Sight{}, nil },
			Judge:   redness{}.Judge,
			Read:    func(context.Context, string) (web.Wish, error) { return web.Wish{Picture: true}, nil },
			Words:   func() []string { return nil },
			Heatmap: func(_ context.Context, img image.Image) (image.Image, error) { return img, nil },
			Dream: func(_ context.Context, img image.Image, _ string, _ func(dream.Progress)) (dream.Piece, error) {
				return dream.Piece{Image: picture.ToNRGBA(img)}, nil
			}}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.handler = s.site.Handler()
}

// redness judges by how red a picture is.
type redness struct{}

func (redness) Judge(_ context.Context, img image.Image) (detector.Verdict, error) {
	r, _, _, _ := img.At(0, 0).RGBA()
	return detector.Verdict{Score: float64(r) / 0xffff}, nil
}
func (redness) Likely(float64) float64  { return 0.8 }
func (redness) Certain(float64) float64 { return 0.9 }
func (redness) Model() string           { return "red" }

func decode(ctx context.Context, data []byte) (image.Image, error) {
	p, err := picture.Decode(ctx, data, picture.Limits{MaxPixels: 1 << 20})
	if err != nil {
		return nil, err
	}
	return p.Image, nil
}

// sleeper dreams of the picture as it is.
type sleeper struct{}

func (sleeper) Make(_ context.Context, o dream.Order, _ func(dream.Progress)) (dream.Piece, error) {
	if o.Source == nil {
		return dream.Piece{}, errors.New("no picture to dream")
	}
	p := dream.Piece{Recipe: o.Recipe, Image: o.Source, Saw: aCat, Dreamed: []classifier.Guess{{Label: "dog", P: 1}}}
	data, err := picture.EncodePNG(p.Image, "")
	p.File = dream.File{Data: data, MIME: dream.PNG, W: p.Image.Rect.Dx(), H: p.Image.Rect.Dy(), Frames: 1}
	return p, err
}

// paint makes a picture that is a dream, or not, and like no other.
func paint(red uint8, n int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 48, 32))
	chance := rand.New(rand.NewPCG(uint64(n), uint64(red)))
	for i := range img.Pix {
		img.Pix[i] = uint8(chance.Uint32())
	}
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	img.Pix[0] = red
	data, err := picture.EncodePNG(img, fmt.Sprint(n))
	if err != nil {
		panic(err)
	}
	return data
}

// dreams has the artist post a dream.
func (s *suite) dreams(p *place) string {
	s.t.Helper()
	p.pictures++
	st, err := p.artist.Post(mastodontest.PostOptions{Text: "look", Media: []mastodontest.Picture{{Data: paint(250, p.pictures)}}})
	if err != nil {
		s.t.Fatal(err)
	}
	return st.ID
}

// asks has somebody ask the bot.
func (s *suite) asks(p *place, what string, pictures ...mastodontest.Picture) string {
	s.t.Helper()
	st, err := p.asker.Mention(p.robot, what, pictures...)
	if err != nil {
		s.t.Fatal(err)
	}
	return st.ID
}

// within waits for something for a while, and says how long it took.
func (s *suite) within(d time.Duration, done func() bool) (time.Duration, bool) {
	start := time.Now()
	for ; time.Since(start) < d; time.Sleep(time.Second) {
		if done() {
			return time.Since(start), true
		}
	}
	return d, done()
}

// hidden says whether a post is filed on its server.
func (p *place) hidden(post string) bool {
	for _, f := range p.reader.Filters() {
		if slices.ContainsFunc(f.Statuses, func(s mastodontest.FiledStatus) bool { return s.Status == post }) {
			return true
		}
	}
	return false
}

// Usual times: a poll of the timeline and of mentions, and what is done then.
const (
	usualHide   = 75 * time.Second
	usualAnswer = 45 * time.Second
)

// served fails the test unless the honest server's people are served in their usual time.
func (s *suite) served(when string) {
	s.t.Helper()
	post, asked := s.dreams(s.home), s.asks(s.home, "help")
	if d, ok := s.within(usualHide, func() bool { return s.home.hidden(post) }); !ok {
		s.t.Errorf("%s: an honest server's dream is not hidden within %v", when, d)
	}
	if d, ok := s.within(usualAnswer, func() bool { return len(s.home.RepliesTo(asked)) > 0 }); !ok {
		s.t.Errorf("%s: an honest server's mention is not answered within %v", when, d)
	}
}

// raw says what of a text would be obeyed.
func raw(text string) (odd string) {
	i := strings.IndexFunc(text, func(r rune) bool {
		return r != '\n' && r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("%q", text[max(0, i-60):min(len(text), i+40)])
}

// visitor is somebody with a browser.
type visitor struct {
	s       *suite
	cookies map[string]string
	address string
}

var visitors int

func (s *suite) visitor() *visitor {
	visitors++
	return &visitor{s, map[string]string{}, fmt.Sprintf("192.0.2.%d:1", visitors%250)}
}

// do makes a request and looks at the answer: it comes in time and has nothing raw in it.
func (v *visitor) do(method, target string, form url.Values, within time.Duration) (int, string, http.Header) {
	v.s.t.Helper()
	r := httptest.NewRequest(method, "https://dreams.example"+target, strings.NewReader(form.Encode()))
	r.RemoteAddr = v.address
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, c := range v.cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: c})
	}
	w := httptest.NewRecorder()
	start := time.Now()
	v.s.handler.ServeHTTP(w, r)
	if took := time.Since(start); took > within {
		v.s.t.Errorf("%s %s took %v", method, target, took)
	}
	for _, c := range w.Result().Cookies() {
		v.cookies[c.Name] = c.Value
	}
	body := w.Body.String()
	if odd := raw(body); odd != "" && strings.HasPrefix(w.Header().Get("Content-Type"), "text/") {
		v.s.t.Errorf("%s %s shows %s", method, target, odd)
	}
	return w.Code, body, w.Header()
}

var onward = regexp.MustCompile(`id="go" href="([^"]+)"`)

// signsIn tries to come in from a server and says how that ends.
func (v *visitor) signsIn(p *place, u *mastodontest.User) (code int, page string) {
	v.s.t.Helper()
	code, page, _ = v.do(http.MethodPost, "/signin", url.Values{"server": {p.name}}, time.Minute)
	link := onward.FindStringSubmatch(page)
	if code != http.StatusOK || link == nil {
		return code, page
	}
	back, err := u.Authorize(html.UnescapeString(link[1]))
	if err != nil { // the server gave other credentials than it knows
		back = "https://dreams.example/callback?state=" + stateOf(html.UnescapeString(link[1])) + "&code=x"
	}
	code, page, _ = v.do(http.MethodGet, strings.TrimPrefix(back, "https://dreams.example"), nil, 3*time.Minute)
	return code, page
}

func stateOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Query().Get("state")
}

// aCat is what is seen in every picture.
var aCat = dream.Sight{Guesses: []classifier.Guess{{Label: "cat", P: 1}}, Sure: dream.Certainty{What: "cat", P: 1}}

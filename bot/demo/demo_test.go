package demo_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mattn/go-mastodon"
	"go.uber.org/goleak"

	"slugpuppy/bot/demo"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/web"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

func TestMain(m *testing.M) {
	// A server that refuses the rest of a request waits half a second before it hangs up.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// stage is a demo with a bot that does what the test says.
type stage struct {
	server *mastodontest.Server
	robot  *mastodontest.User
	demo   *demo.Demo
	watch  *watcher
	filter *fakeFilter
	http   *http.Client
}

// fakeFilter does nothing but remember its mode.
type fakeFilter struct{ mode atomic.Value }

func (f *fakeFilter) State(context.Context) (mode, about string, err error) {
	mode, _ = f.mode.Load().(string)
	return cmp.Or(mode, "shadow"), "", nil
}

func (f *fakeFilter) Switch(_ context.Context, mode string) error { f.mode.Store(mode); return nil }

// watcher is how far the bot is, as the test says.
type watcher struct {
	mu sync.Mutex
	at map[string]dream.Progress
}

func (w *watcher) Progress(source string) (dream.Progress, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, ok := w.at[source]
	return p, ok
}

func (w *watcher) set(source string, p dream.Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at[source] = p
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := mastodontest.New(mastodontest.Options{Processing: time.Millisecond})
	s.Start()
	t.Cleanup(s.Close)
	robot := s.AddUser("dreambot", mastodontest.UserOptions{Bot: true})
	visitor := s.AddUser("visitor", mastodontest.UserOptions{})
	user := mastodon.NewClient(&mastodon.Config{Server: s.URL, AccessToken: visitor.Token()})
	user.Transport = &http.Transport{DisableKeepAlives: true}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{at: map[string]dream.Progress{}}
	filter := &fakeFilter{}
	rest := demo.Program{Pages: web.Static(), Filter: filter, Home: demo.HomeOnMastodon(user, visitor),
		Links: []demo.Link{{To: "/review", Title: "Review"}}}
	return &stage{s, robot, demo.New(demo.OnMastodon(user, "dreambot"), "dreambot", w, rest), w, filter,
		&http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}}
}

func landscape(t *testing.T) []byte {
	t.Helper()
	data, err := picture.EncodePNG(picture.Landscape(96, 72, 3), "")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// answer replies as the bot.
func (s *stage) answer(t *testing.T, to, text string, pictures ...mastodontest.Picture) {
	t.Helper()
	if _, err := s.robot.Post(mastodontest.PostOptions{Text: text, InReplyTo: to, Media: pictures}); err != nil {
		t.Fatal(err)
	}
}

func (s *stage) mention(t *testing.T, data []byte, alt, words string) string {
	t.Helper()
	id, err := s.demo.Mention(t.Context(), data, alt, words)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAMentionCarriesWordsAndAPicture(t *testing.T) {
	s := newStage(t)
	for name, tt := range map[string]struct {
		data       []byte
		alt, words string
		pictures   int
		wantAlt    string
	}{
		"a picture of one's own":          {landscape(t), "a hill", "swirl", 1, "a hill"},
		"no picture for a dream":          {nil, "", "more birds", 1, "A painted landscape with clouds over hills."},
		"no picture, described":           {nil, "hills", "", 1, "hills"},
		"no picture where none is needed": {nil, "", "imagine banana", 0, ""},
		"help":                            {nil, "", "help", 0, ""},
	} {
		post, ok := s.server.Status(s.mention(t, tt.data, tt.alt, tt.words))
		if !ok || len(post.Media) != tt.pictures || !strings.HasSuffix(post.Text, strings.TrimSpace("@dreambot "+tt.words)) {
			t.Fatalf("%s: %v %+v", name, ok, post)
		}
		if tt.pictures > 0 && post.Media[0].Alt != tt.wantAlt {
			t.Errorf("%s: alt text %q, want %q", name, post.Media[0].Alt, tt.wantAlt)
		}
	}
}

func TestARoundGoesFromWaitingToAnswered(t *testing.T) {
	s := newStage(t)
	id := s.mention(t, landscape(t), "a hill", "swirl")
	round := func() demo.Round {
		t.Helper()
		r, err := s.demo.Round(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := round(); r.ID != id || r.Text != "@dreambot swirl" || r.Picture == nil || r.Picture.Alt != "a hill" || r.Seen || r.Reply != nil || r.Stage != "waiting for the bot" {
		t.Errorf("fresh: %+v", r)
	}
	if err := s.robot.Favourite(id); err != nil {
		t.Fatal(err)
	}
	if r := round(); !r.Seen || r.Stage != "the bot is at work" || r.Percent != 0 {
		t.Errorf("seen: %+v", r)
	}
	s.watch.set(id, dream.Progress{})
	if r := round(); r.Stage != "the bot is at work" {
		t.Errorf("not planned yet: %+v", r)
	}
	s.watch.set(id, dream.Progress{Octave: 1, Octaves: 2, Step: 1, Steps: 5, Frame: 7, Frames: 24, Fraction: 0.25})
	if r := round(); r.Percent != 25 || r.Stage != "frame 7 of 24, octave 1 of 2, step 1 of 5" {
		t.Errorf("a clip: %+v", r)
	}
	s.watch.set(id, dream.Progress{Octave: 2, Octaves: 4, Step: 3, Steps: 10, Fraction: 0.333})
	if r := round(); r.Percent != 33 || r.Stage != "octave 2 of 4, step 3 of 10" {
		t.Errorf("at work: %+v", r)
	}
	if _, err := s.server.User("visitor").Post(mastodontest.PostOptions{Text: "how pretty", InReplyTo: id}); err != nil {
		t.Fatal(err)
	}
	if r := round(); r.Reply != nil {
		t.Errorf("somebody else's reply passes for the bot's: %+v", r)
	}
	s.answer(t, id, "I saw: hills.", mastodontest.Picture{Data: landscape(t), Alt: "hills, dreamed"})
	r := round()
	if r.Reply == nil || r.Reply.Text != "I saw: hills." || len(r.Reply.Pictures) != 1 || r.Reply.Pictures[0].Alt != "hills, dreamed" || r.Percent != 0 {
		t.Errorf("answered: %+v", r)
	}
}

func TestAwaitEndsWithTheReplyOrTheReason(t *testing.T) {
	s := newStage(t)
	id := s.mention(t, nil, "", "help")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("patience is over"))
	if reply, err := s.demo.Await(ctx, id); err == nil || reply != nil {
		t.Errorf("%+v, %v", reply, err)
	}
	got := make(chan *demo.Reply, 1)
	go func() {
		reply, err := s.demo.Await(t.Context(), id)
		if err != nil {
			t.Error(err)
		}
		got <- reply
	}()
	s.answer(t, id, "Here is what I can do.")
	if reply := <-got; reply == nil || reply.Text != "Here is what I can do." || len(reply.Pictures) != 0 {
		t.Errorf("%+v", reply)
	}
	if _, err := s.demo.Await(t.Context(), "404404"); err == nil || !strings.Contains(err.Error(), "read the thread") {
		t.Errorf("a mention that is not there: %v", err)
	}
}

// visit serves the page and returns its address.
func (s *stage) visit(t *testing.T, ids ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.demo.Serve(ctx, l, ids...) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the page ended with %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

// fetched is an answer, read whole.
type fetched struct {
	code   int
	body   string
	header http.Header
}

func (s *stage) do(t *testing.T, req *http.Request) fetched {
	t.Helper()
	resp, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fetched{resp.StatusCode, string(body), resp.Header}
}

func (s *stage) get(t *testing.T, address string) fetched {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.do(t, req)
}

// form is what a browser sends when the button is pressed.
func form(t *testing.T, page, words, alt string, data []byte) *http.Request {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	name := "picture.png"
	if data == nil {
		name = "" // as browsers do when no file was chosen
	}
	err := w.WriteField("words", words) // in the order of the page
	if err != nil {
		t.Fatal(err)
	}
	file, err := w.CreateFormFile("picture", name)
	if err == nil {
		_, err = file.Write(data)
	}
	if err := errors.Join(err, w.WriteField("alt", alt), w.Close()); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page+"/post", &b)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return req
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Sprint(err)
	}
	return u.Host
}

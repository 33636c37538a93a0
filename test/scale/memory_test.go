package scale_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"image"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/mastodon/serverfilter"
	"slugpuppy/bot/timeline"
	"slugpuppy/classifier/detector"
	"slugpuppy/store"
)

// asServer makes this test's program a server of many readers, in a process of its own, so that what it needs is not
// counted.
const asServer = "SLUGPUPPY_SCALE_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		serveReaders()
		return
	}
	os.Exit(m.Run())
}

// posts are in everybody's timeline, as many as a page has.
const posts = 40

// serveReaders is as much of Mastodon as a quiet timeline asks for. It ends with its standard input.
func serveReaders() {
	var srv *httptest.Server
	mux := http.NewServeMux()
	say := func(path, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, text)
		})
	}
	mux.HandleFunc("GET /api/v2/instance", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"domain":"a.example","version":"4.4.0","api_versions":{"mastodon":6},"configuration":{"urls":{"streaming":"wss://%s"}}}`,
			strings.TrimPrefix(srv.URL, "https://"))
	})
	say("GET /api/v1/accounts/verify_credentials", `{"id":"7","username":"ada","acct":"ada"}`)
	say("GET /api/v2/filters", `[]`)
	var reads, open atomic.Int32
	mux.HandleFunc("GET /api/v1/timelines/home", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		reads.Add(1)
		if r.URL.Query().Get("min_id") != "" || r.URL.Query().Get("max_id") != "" {
			_, _ = io.WriteString(w, `[]`)
			return
		}
		var list []string
		for i := range posts {
			list = append(list, fmt.Sprintf(`{"id":"1150000000000%05d","uri":"u","url":"https://a.example/%d","created_at":"2026-11-29T12:00:00Z",`+
				`"content":"hello","account":{"id":"9","username":"max","acct":"max"},"media_attachments":[]}`, posts-i, i))
		}
		_, _ = io.WriteString(w, "["+strings.Join(list, ",")+"]")
	})
	mux.HandleFunc("GET /reads", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, reads.Load()) })
	mux.HandleFunc("GET /streams", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, open.Load()) })
	mux.HandleFunc("GET /api/v1/streaming", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err == nil {
			open.Add(1)
			<-conn.CloseRead(context.Background()).Done()
		}
	})
	srv = httptest.NewUnstartedServer(mux)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	fmt.Println(srv.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// server starts it and returns its address.
func server(t testing.TB) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env, cmd.Stderr = append(os.Environ(), asServer+"=1"), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// blind is a judge for timelines without pictures.
type blind struct{}

func (blind) Judge(context.Context, image.Image) (detector.Verdict, error) {
	return detector.Verdict{}, nil
}
func (blind) Likely(float64) float64  { return 0.8 }
func (blind) Certain(float64) float64 { return 0.9 }
func (blind) Model() string           { return "blind" }

// asked is a number that the server says.
func asked(t testing.TB, web *http.Transport, address string) (n int) {
	t.Helper()
	res, err := (&http.Client{Transport: web}).Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := fmt.Fscan(res.Body, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// polled is an account whose server has no streams.
type polled struct{ network.Reader }

func (polled) WakeHome(context.Context) <-chan struct{} { return nil }

// footprint is what the filter holds for each of so many readers whose timelines were read, and whose streams are open
// or who are polled: heap that is in use after a collection, and stacks.
func footprint(t testing.TB, readers int, streamed bool) (bytes, goroutines float64) {
	t.Helper()
	address := server(t)
	st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for i := range readers {
		who := identity.Identity{Server: "a.example", ID: fmt.Sprint(1_000_000 + i)}
		_, err := st.For(who).Subscription().Join(store.Itself(), store.Subscriber{Network: "mastodon", Handle: "ada@a.example",
			Server: address, Mode: store.FilterOn, How: timeline.Warn, Budget: 0.001, Digest: "off"})
		if err != nil {
			t.Fatal(err)
		}
	}
	web := http.DefaultTransport.(*http.Transport).Clone()
	web.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the server beside this process
	f, err := timeline.New(timeline.Options{Store: st, Eye: &timeline.Eye{Judge: blind{}, Store: st, FetchBytes: 1 << 20,
		Decode: func(context.Context, []byte) (image.Image, error) { return nil, nil }},
		Poll: 5 * time.Minute, Check: time.Hour,
		Connect: func(sub store.Subscriber) (network.Reader, error) {
			c, err := mastodon.New(mastodon.Options{Server: sub.Server, Token: "token-" + sub.Identity.ID, Transport: web})
			if err != nil {
				return nil, err
			}
			r := c.Reader(st.For(sub.Identity).Notes("filters"), serverfilter.Options{})
			if !streamed {
				return polled{r}, nil
			}
			return r, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	before, few := inUse(), runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	count := "/reads"
	if streamed {
		count = "/streams"
	}
	for end := time.Now().Add(2 * time.Minute); asked(t, web, address+count) < readers; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not all timelines were read, or not all streams are open")
		}
	}
	time.Sleep(time.Second) // passes that hints began
	web.CloseIdleConnections()
	after, many := inUse(), runtime.NumGoroutine()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return (after - before) / float64(readers), float64(many-few) / float64(readers)
}

// inUse is the memory that is held, without what the collector could give back.
func inUse() float64 {
	for range 8 { // each gives back half of a stack that is not used
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}

// What a reader may cost: polled, and with a stream, which is a connection with TLS.
const (
	mostPolled   = 20 << 10
	mostStreamed = 72 << 10
)

func TestAReaderCostsLittleMemory(t *testing.T) {
	if raced {
		t.Skip("the race detector's memory would be counted")
	}
	for streamed, most := range map[bool]float64{false: mostPolled, true: mostStreamed} {
		readers := map[bool]int{false: 200, true: 60}[streamed]
		bytes, goroutines := footprint(t, readers, streamed)
		t.Logf("streamed %v: %.1f KB and %.1f goroutines a reader", streamed, bytes/1024, goroutines)
		if bytes > most {
			t.Errorf("streamed %v: %.1f KB a reader, at most %.0f are meant", streamed, bytes/1024, most/1024)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	for name, streamed := range map[string]bool{"polled": false, "streamed": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				bytes, goroutines := footprint(b, 1000, streamed)
				b.ReportMetric(bytes, "B/reader")
				b.ReportMetric(goroutines, "goroutines/reader")
			}
		})
	}
}

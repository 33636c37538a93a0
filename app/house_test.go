package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/config"
	"slugpuppy/picture/child"
)

func TestMain(m *testing.M) {
	if code, ok := Decode(os.Args[1:]); ok {
		os.Exit(code)
	}
	// So does a demo's worker.
	if len(os.Args) > 1 && os.Args[1] == workerCommand {
		os.Exit(beWorker())
	}
	// db check runs this very program again in a child, which the parts that open a database ask for.
	if len(os.Args) > 1 && os.Args[1] == "db" {
		os.Exit(0) // it is sound: whether it is, is tested where the command is
	}
	code := m.Run()
	if code == 0 {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		if err := goleak.Find(goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// beWorker is what a demo of a test starts as a worker: it ends when standard input does.
func beWorker() int {
	cfg, err := Load(os.DevNull, os.LookupEnv)
	if err != nil {
		return 2
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
	if err := New(cfg, Options{Version: "test"}).Work(ctx); err != nil {
		return 1
	}
	return 0
}

// house is a fake server, a bot on it and the configuration that names them, in a folder of its own.
type house struct {
	server *mastodontest.Server
	robot  *mastodontest.User
	dir    string
	env    map[string]string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	s := mastodontest.New(mastodontest.Options{Domain: "dreams.example"})
	s.Start()
	t.Cleanup(s.Close)
	h := &house{server: s, robot: s.AddUser("dreambot", mastodontest.UserOptions{Bot: true}), dir: t.TempDir()}
	h.env = map[string]string{"HOME": h.dir, "XDG_STATE_HOME": filepath.Join(h.dir, "state"), "SLUGPUPPY_DREAM_FFMPEG": "none",
		"SLUGPUPPY_MASTODON_SERVER": s.URL, "SLUGPUPPY_MASTODON_TOKEN": h.robot.Token("read", "write")}
	return h
}

// serve runs something until the test ends.
func serve(t testing.TB, run func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// config reads the house's configuration.
func (h *house) config(t testing.TB) *config.Config {
	t.Helper()
	cfg, err := Load(os.DevNull, func(name string) (string, bool) { v, ok := h.env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// decodersFor are the processes that decode for a program, until the test ends.
func decodersFor(t testing.TB, a *App) *child.Pool {
	t.Helper()
	p, err := a.newDecoders()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

package cli

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"slugpuppy/app"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/store"
)

// terminal is a running login: what it printed, and the person's keyboard.
type terminal struct {
	err  paper
	out  bytes.Buffer
	keys *io.PipeWriter
	code chan int
	app  *console
}

// Write is standard error.
func (t *terminal) Write(p []byte) (int, error) { return t.err.Write(p) }

func (t *terminal) said() string { return t.err.String() }

// paper is what can be read while it is written on.
type paper struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// signIn starts a login in a home of its own.
func signIn(t *testing.T, home string, env map[string]string, args ...string) *terminal {
	t.Helper()
	return comeIn(t, home, env, append([]string{"login", "--config", os.DevNull}, args...)...)
}

// comeIn begins a command that waits for somebody in a browser.
func comeIn(t *testing.T, home string, env map[string]string, args ...string) *terminal {
	t.Helper()
	in, keys := io.Pipe()
	term := &terminal{keys: keys, code: make(chan int, 1)}
	term.app = newConsole(in, &term.out, term, func(name string) (string, bool) {
		if name == "HOME" {
			return home, true
		}
		v, ok := env[name]
		return v, ok
	})
	go func() {
		term.code <- term.app.run(t.Context(), args)
	}()
	t.Cleanup(func() { keys.Close() })
	return term
}

var link = regexp.MustCompile(`http\S+/oauth/authorize\S+`)

// address waits for the link that is printed.
func (t *terminal) address(test *testing.T) string {
	test.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if found := link.FindString(t.said()); found != "" {
			return found
		}
	}
	test.Fatalf("no address was printed: %s", t.said())
	return ""
}

func (t *terminal) wait(test *testing.T) int {
	test.Helper()
	select {
	case code := <-t.code:
		return code
	case <-time.After(2 * time.Minute):
		test.Fatalf("the login goes on: %s", t.said())
		return -1
	}
}

// open is the browser following an address.
func open(t *testing.T, address string) (int, string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func newServer(t *testing.T, d mastodontest.Dialect) (*mastodontest.Server, *mastodontest.User) {
	t.Helper()
	s := mastodontest.New(mastodontest.Options{Dialect: d, Domain: "dreams.example"})
	s.Start()
	t.Cleanup(s.Close)
	return s, s.AddUser("dreambot", mastodontest.UserOptions{})
}

// loggedIn checks what a successful login leaves behind.
func loggedIn(t *testing.T, term *terminal, home string) {
	t.Helper()
	if code := term.wait(t); code != exitOK {
		t.Fatalf("exit code %d: %s", code, term.said())
	}
	for _, want := range []string{"logged in as @dreambot@dreams.example", "automated account", "slugpuppy serve"} {
		if !strings.Contains(term.out.String(), want) {
			t.Errorf("%q is missing in %q", want, term.out.String())
		}
	}
	cfg, err := app.Load(os.DevNull, term.app.env)
	if err != nil {
		t.Fatal(err)
	}
	p, err := mastodon.New(mastodon.Options{Server: cfg.Networks[0].Options.(*mastodon.Settings).Server, Token: sealedToken(t, cfg)})
	if err != nil {
		t.Fatal(err)
	}
	if self, err := p.Self(t.Context()); err != nil || self.Handle != "dreambot@dreams.example" {
		t.Errorf("the sealed token is not the bot's: %+v, %v", self, err)
	}
}

func TestLoginThroughTheBrowser(t *testing.T) {
	t.Parallel()
	for _, dialect := range []mastodontest.Dialect{mastodontest.Mastodon, mastodontest.GoToSocial} {
		t.Run(dialect.String(), func(t *testing.T) {
			s, robot := newServer(t, dialect)
			home := t.TempDir()
			term := signIn(t, home, map[string]string{"SLUGPUPPY_MASTODON_SERVER": s.URL})
			back, err := robot.Authorize(term.address(t))
			if err != nil {
				t.Fatal(err)
			}
			forged, err := url.Parse(back)
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range []string{"code=stolen", "code=stolen&state=guessed", "error=access_denied&state=guessed"} {
				forged.RawQuery = q
				if code, page := open(t, forged.String()); code != http.StatusBadRequest {
					t.Errorf("%s: %d %s", q, code, page)
				}
			}
			if code, page := open(t, back); code != http.StatusOK || !strings.Contains(page, "close this page") {
				t.Errorf("%d %s", code, page)
			}
			loggedIn(t, term, home)
		})
	}
}

func TestLoginWithAPastedCode(t *testing.T) {
	t.Parallel()
	s, robot := newServer(t, mastodontest.Mastodon)
	home := t.TempDir()
	term := signIn(t, home, map[string]string{"SLUGPUPPY_MASTODON_SERVER": s.URL}, "--paste")
	back, err := robot.Authorize(term.address(t))
	if err != nil {
		t.Fatal(err)
	}
	shown, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(term.keys, "  "+shown.Query().Get("code")+" \n")
	loggedIn(t, term, home)
}

func TestTheTokenIsNowhereInClear(t *testing.T) {
	t.Parallel()
	s, robot := newServer(t, mastodontest.Mastodon)
	home := t.TempDir()
	term := signIn(t, home, map[string]string{"SLUGPUPPY_MASTODON_SERVER": s.URL})
	back, err := robot.Authorize(term.address(t))
	if err != nil {
		t.Fatal(err)
	}
	open(t, back)
	loggedIn(t, term, home)
	cfg, err := app.Load(os.DevNull, term.app.env)
	if err != nil {
		t.Fatal(err)
	}
	token := sealedToken(t, cfg)
	file, err := os.ReadFile(cfg.Store.Path)
	if err != nil {
		t.Fatal(err)
	}
	if token == "" || bytes.Contains(file, []byte(token)) || strings.Contains(term.said()+term.out.String(), token) {
		t.Error("the token can be read in the database or on the screen")
	}
}

func TestLoginThatDoesNotWorkSaysWhy(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, mastodontest.Mastodon)
	at := map[string]string{"SLUGPUPPY_MASTODON_SERVER": s.URL}
	tests := []struct {
		name string
		env  map[string]string
		args []string
		do   func(t *testing.T, term *terminal)
		code int
		want string
	}{
		{"the person says no", at, nil, func(t *testing.T, term *terminal) {
			asked, err := url.Parse(term.address(t))
			if err != nil {
				t.Fatal(err)
			}
			q := asked.Query()
			open(t, q.Get("redirect_uri")+"?error=access_denied&state="+q.Get("state"))
		}, exitError, "the server says no: access_denied"},
		{"nothing is pasted", at, []string{"--paste"}, func(t *testing.T, term *terminal) {
			term.address(t)
			io.WriteString(term.keys, "\n")
		}, exitUsage, "no code was pasted"},
		{"a wrong code is pasted", at, []string{"--paste"}, func(t *testing.T, term *terminal) {
			term.address(t)
			io.WriteString(term.keys, "guess\n")
		}, exitError, "grant is invalid"},
		{"no server is known", nil, nil, nil, exitUsage, "which server?"},
		{"the server would hear the token in clear", nil, []string{"--server", "http://dreams.example"}, nil, exitUsage, "--server"},
		{"the server is away", nil, []string{"--server", "http://127.0.0.1:1"}, nil, exitError, "register with http://127.0.0.1:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			term := signIn(t, t.TempDir(), tt.env, tt.args...)
			if tt.do != nil {
				tt.do(t, term)
			}
			if code := term.wait(t); code != tt.code || !strings.Contains(term.said(), tt.want) {
				t.Errorf("exit code %d, want %d: %q", code, tt.code, term.said())
			}
		})
	}
}

func TestLoginAsksToStopTheDaemonFirst(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	path := filepath.Join(home, "x.db")
	st, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	env := map[string]string{"SLUGPUPPY_STORE_PATH": path, "SLUGPUPPY_MASTODON_SERVER": "https://dreams.example"}
	term := signIn(t, home, env)
	if code := term.wait(t); code != exitRefused || !strings.Contains(term.said(), "please stop it, log in, and start it again") {
		t.Errorf("exit code %d: %q", code, term.said())
	}
}

func TestLoginElsewhereNamesTheConfigurationToChange(t *testing.T) {
	t.Parallel()
	s, robot := newServer(t, mastodontest.Mastodon)
	env := map[string]string{"SLUGPUPPY_MASTODON_TOKEN": "old"}
	term := signIn(t, t.TempDir(), env, "--server", s.URL+"/")
	back, err := robot.Authorize(term.address(t))
	if err != nil {
		t.Fatal(err)
	}
	open(t, back)
	if code := term.wait(t); code != exitOK {
		t.Fatalf("exit code %d: %s", code, term.said())
	}
	for _, want := range []string{`set mastodon.server to "` + s.URL + `"`, "take mastodon.token out"} {
		if !strings.Contains(term.out.String(), want) {
			t.Errorf("%q is missing in %q", want, term.out.String())
		}
	}
}

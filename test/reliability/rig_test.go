// Package reliability tries the whole program, as a process of its own, against what happens to machines:
// disks that are full, slow or break, kills and power cuts. docs/reliability.md has its targets and figures.
package reliability

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/cli"
)

func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == verifyImage:
		os.Exit(verify())
	case len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-"): // a test run's arguments are flags
		os.Exit(cli.Main(os.Args[1:]))
	}
	apptest.ManyBeside(6)
	os.Exit(m.Run())
}

// long says whether there is time for the long versions of tests.
func long() bool { return os.Getenv("SLUGPUPPY_LONG") != "" }

// town is a server, a bot on it, and the bot's home.
type town struct {
	t      *testing.T
	server *mastodontest.Server
	robot  *mastodontest.User
	people int
	asked  []string // ids of mentions that want an answer
	state  string   // folder of the database
	file   string   // configuration
	health string   // host:port
	token  string
}

// newTown has its state in a folder, where a disk can be.
func newTown(t *testing.T, state string, o mastodontest.Options, settings ...string) *town {
	t.Helper()
	s := mastodontest.New(o)
	s.Start()
	t.Cleanup(s.Close)
	w := &town{t: t, server: s, robot: s.AddUser("dreambot", mastodontest.UserOptions{Bot: true}), state: state,
		file: filepath.Join(t.TempDir(), "slugpuppy.toml"), health: apptest.FreeAddress(t)}
	w.token = w.robot.Token("read", "write")
	text := fmt.Sprintf("[mastodon]\nserver = %q\n[bot]\npoll = \"5s\"\nper_user_hour = 0\nqueue = 0\nuploads = 1000\n[store]\npath = %q\n%s\n"+
		"[admin]\nmetrics = %q\n", s.URL, w.database(), strings.Join(settings, "\n"), w.health)
	if err := os.WriteFile(w.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *town) database() string { return filepath.Join(w.state, "slugpuppy.db") }

// ask mentions the bot, as somebody new.
func (w *town) ask(words string, pictures ...mastodontest.Picture) string {
	w.t.Helper()
	w.people++
	asked, err := w.server.AddUser(fmt.Sprintf("person%d", w.people), mastodontest.UserOptions{}).Mention(w.robot, words, pictures...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.asked = append(w.asked, asked.ID)
	return asked.ID
}

// unanswered are the mentions that nobody answered yet.
func (w *town) unanswered() (ids []string) {
	for _, id := range w.asked {
		if len(w.server.RepliesTo(id)) == 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// sound fails the test when something was answered twice.
func (w *town) sound() {
	w.t.Helper()
	if d := w.server.DuplicateReplies("dreambot"); len(d) > 0 {
		w.t.Errorf("answered twice: %+v", d)
	}
}

// process is the daemon as a process of its own.
type process struct {
	t     *testing.T
	town  *town
	cmd   *exec.Cmd
	mu    sync.Mutex
	out   bytes.Buffer
	ended chan struct{}
}

// Write collects what it logs.
func (p *process) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(data)
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// serve starts the daemon.
func (w *town) serve(env ...string) *process {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	p := &process{t: w.t, town: w, ended: make(chan struct{})}
	p.cmd = exec.Command(self, "serve", "--config", w.file)
	p.cmd.Env = append(append(os.Environ(), "HOME="+w.state, "SLUGPUPPY_MASTODON_TOKEN="+w.token), env...)
	p.cmd.Stderr = p
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() { defer close(p.ended); _ = p.cmd.Wait() }() // how it ended is in ProcessState
	w.t.Cleanup(p.kill)
	return p
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.ended
}

// stop ends it as a service manager does.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		p.t.Fatal("it does not end")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Errorf("it ended with %d: %s", code, p.log())
	}
}

// ready asks whether it can work, and why not; a process that does not answer is not ready either.
func (p *process) ready() (ok bool, why string) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + p.town.health + "/readyz")
	if err != nil {
		return false, err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	switch resp.StatusCode {
	case http.StatusOK:
		return true, ""
	case http.StatusServiceUnavailable:
		return false, strings.TrimSpace(string(body))
	}
	return false, fmt.Sprintf("%s %s", resp.Status, body)
}

// until waits for something to be true while the daemon runs, and says how long that took.
func (p *process) until(what string, within time.Duration, ok func() bool) time.Duration {
	p.t.Helper()
	start := time.Now()
	for ; !ok(); time.Sleep(20 * time.Millisecond) {
		select {
		case <-p.ended:
			p.t.Fatalf("it ended with %v before %s: %s", p.cmd.ProcessState, what, p.log())
		default:
		}
		if time.Since(start) > within {
			_, why := p.ready()
			p.t.Fatalf("not within %v: %s (readiness: %s)\n%s", within, what, why, p.log())
		}
	}
	return time.Since(start)
}

// untilSaid waits until the log has some words: readiness is known a moment before they are written.
func (p *process) untilSaid(words string) {
	p.t.Helper()
	p.until(fmt.Sprintf("it says %q", words), 2*time.Minute, func() bool { return strings.Contains(p.log(), words) })
}

// untilReady waits until it can work.
func (p *process) untilReady(within time.Duration) time.Duration {
	p.t.Helper()
	return p.until("it is ready", within, func() bool { ok, _ := p.ready(); return ok })
}

// untilListening waits until mentions are fetched: the first start answers only what comes later.
func (p *process) untilListening() {
	p.t.Helper()
	p.untilReady(time.Minute)
	p.until("it listens", time.Minute, func() bool {
		return p.town.server.Streams() > 0 && p.town.server.Count("GET /api/v1/notifications") >= 2
	})
}

// untilAnswered waits until everybody has an answer.
func (p *process) untilAnswered(within time.Duration) time.Duration {
	p.t.Helper()
	return p.until("everybody is answered", within, func() bool { return len(p.town.unanswered()) == 0 })
}

// untilRefused waits until it says that it cannot work, with one of the reasons.
func (p *process) untilRefused(within time.Duration, reasons ...string) {
	p.t.Helper()
	p.until(fmt.Sprintf("it says one of %q", reasons), within, func() bool {
		ok, why := p.ready()
		for _, r := range reasons {
			if !ok && strings.Contains(why, r) {
				return true
			}
		}
		return false
	})
}

//go:build unix

package cli

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/operator"
	"slugpuppy/picture"
)

// process is the daemon as a process of its own, with a service manager that listens to it.
type process struct {
	t     *testing.T
	house *house
	cmd   *exec.Cmd
	log   bytes.Buffer
	told  chan string // what it tells the service manager
	ended chan struct{}
}

// manager is a service manager: its socket, and what it is told there.
func manager(t *testing.T) (socket string, told chan string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	socket, told = filepath.Join(dir, "s"), make(chan string, 1000)
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	var listening sync.WaitGroup
	listening.Go(func() {
		data := make([]byte, 4096)
		for {
			n, err := l.Read(data)
			if err != nil {
				return
			}
			select {
			case told <- string(data[:n]):
			default: // nobody counts that many
			}
		}
	})
	t.Cleanup(func() {
		l.Close()
		listening.Wait()
		os.RemoveAll(dir)
	})
	return socket, told
}

// start runs the daemon and waits until it says that it is ready.
func (h *house) start(t *testing.T, env ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	socket, told := manager(t)
	p := &process{t: t, house: h, told: told, ended: make(chan struct{})}
	p.cmd = exec.Command(self, "serve", "--config", h.file)
	p.cmd.Env = append(append(os.Environ(), "NOTIFY_SOCKET="+socket), env...)
	for name, value := range h.env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Stderr = &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(p.ended); _ = p.cmd.Wait() }() // how it ended is in ProcessState
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended already
		<-p.ended
	})
	p.tells("READY=1")
	return p
}

// tells waits until the daemon tells the service manager something.
func (p *process) tells(what string) {
	p.t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case said := <-p.told:
			if said == what {
				return
			}
		case <-p.ended:
			if len(p.told) == 0 {
				p.t.Fatalf("it ended without telling %s: %s", what, p.log.String())
			}
		case <-deadline:
			p.t.Fatalf("it never tells %s", what)
		}
	}
}

// until waits for something to be true while the daemon runs.
func (p *process) until(what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		select {
		case <-p.ended:
			p.t.Fatalf("it ended before %s: %s", what, p.log.String())
		default:
		}
		if time.Now().After(end) {
			p.t.Fatalf("never: %s", what)
		}
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the process and says how it ended.
func (p *process) end() syscall.WaitStatus {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		p.t.Fatal("it does not end")
	}
	return p.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

// jobs lists the jobs in a state.
func (h *house) jobs(t *testing.T, state string) (all []operator.Job) {
	t.Helper()
	for dec := json.NewDecoder(strings.NewReader(h.ok(t, "--json", "jobs", "ls", "--state", state))); dec.More(); {
		var j operator.Job
		if err := dec.Decode(&j); err != nil {
			t.Fatal(err)
		}
		all = append(all, j)
	}
	return all
}

// heavy asks for a dream that takes minutes.
func (h *house) heavy(t *testing.T) string {
	t.Helper()
	png, err := picture.EncodePNG(picture.Landscape(1600, 1200, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := h.server.AddUser("ada", mastodontest.UserOptions{}).Mention(h.robot, "dream steps=50", mastodontest.Picture{Data: png})
	if err != nil {
		t.Fatal(err)
	}
	return asked.ID
}

// listens waits until the daemon has fetched mentions and waits for more.
func (p *process) listens() {
	p.until("it listens", func() bool {
		return p.house.server.Streams() > 0 && p.house.server.Count("GET /api/v1/notifications") >= 2
	})
}

func TestTheServiceManagerIsToldAndADreamIsPutBackAtTheEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login(t)
	p := h.start(t, "WATCHDOG_USEC=300000")
	p.tells("WATCHDOG=1")
	p.listens()
	asked := h.heavy(t)
	p.until("it dreams", func() bool { return len(h.jobs(t, "leased")) > 0 })
	p.tells("WATCHDOG=1")
	start := time.Now()
	p.signal(syscall.SIGTERM)
	p.tells("STOPPING=1")
	if status := p.end(); status.ExitStatus() != exitOK {
		t.Errorf("ended with %v: %s", status, p.log.String())
	}
	t.Logf("a dreaming daemon stopped within %s", time.Since(start).Round(time.Millisecond))
	if jobs := h.jobs(t, "queued"); len(jobs) != 1 || jobs[0].Source != asked {
		t.Errorf("the dream is not in line again: %+v", jobs)
	}
}

func TestASecondSignalEndsTheDaemonAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login(t)
	p := h.start(t)
	p.listens()
	h.server.Inject(mastodontest.Fault{Match: "POST /api/v1/statuses", Kind: mastodontest.Slow, Delay: time.Hour, Times: 1 << 30})
	if _, err := h.server.AddUser("ada", mastodontest.UserOptions{}).Mention(h.robot, "help"); err != nil {
		t.Fatal(err)
	}
	p.until("it answers", func() bool { return h.server.Count("POST /api/v1/statuses") > 0 })
	p.signal(syscall.SIGTERM)
	p.tells("STOPPING=1") // it waits for the server's answer now
	p.signal(syscall.SIGTERM)
	if status := p.end(); !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("ended by itself, with %v: %s", status, p.log.String())
	}
}

func TestAStoppingDaemonDoesNotWaitForAServerForEver(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the whole grace period is left out of -short")
	}
	h := newHouse(t)
	h.login(t)
	p := h.start(t)
	p.listens()
	h.server.Inject(mastodontest.Fault{Match: "POST /api/v1/statuses", Kind: mastodontest.Slow, Delay: time.Hour, Times: 1 << 30})
	if _, err := h.server.AddUser("ada", mastodontest.UserOptions{}).Mention(h.robot, "help"); err != nil {
		t.Fatal(err)
	}
	p.until("it answers", func() bool { return h.server.Count("POST /api/v1/statuses") > 0 })
	start := time.Now()
	p.signal(syscall.SIGTERM)
	if status := p.end(); status.ExitStatus() != exitOK {
		t.Errorf("ended with %v: %s", status, p.log.String())
	}
	t.Logf("a daemon that waits for a server stopped within %s", time.Since(start).Round(time.Millisecond))
	if n := len(h.jobs(t, "uncertain")); n != 1 {
		t.Errorf("%d answers are uncertain, want 1", n)
	}
}

func TestWhatIsSaidBetweenLoginAndTheFirstServeIsAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login(t)
	asked, err := h.server.AddUser("ada", mastodontest.UserOptions{}).Mention(h.robot, "help")
	if err != nil {
		t.Fatal(err)
	}
	p := h.start(t)
	p.until("it answers", func() bool {
		posted := h.jobs(t, "posted")
		return len(posted) == 1 && posted[0].Source == asked.ID
	})
}

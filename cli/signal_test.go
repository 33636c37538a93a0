//go:build unix

package cli

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// cut is a command that takes long, in a folder of its own.
type cut struct {
	name string
	args []string
	// when are the moments at which it is told to end, after its first step. By then it may have ended well,
	// but not at all of them.
	when []time.Duration
	in   bool // its standard input stays open, and nobody writes to it
	keep []string
}

var soon = []time.Duration{30 * time.Millisecond, 250 * time.Millisecond, 900 * time.Millisecond}

// cuts are the commands that have long steps.
func cuts(t *testing.T, dir string) []cut {
	t.Helper()
	in := func(name string) string { return filepath.Join(dir, name) }
	photo, large := in("photo.jpg"), in("large.jpg")
	save := func(to string, w, h int) {
		data, err := picture.EncodeJPEG(picture.Landscape(w, h, 2), 85, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save(photo, 900, 700)
	save(large, 3000, 2200)
	if err := os.Mkdir(in("many"), 0o700); err != nil {
		t.Fatal(err)
	}
	var corpus []string
	for i := range 40 {
		name := fmt.Sprintf("many/%02d.jpg", i)
		if err := os.Link(photo, in(name)); err != nil {
			t.Fatal(err)
		}
		corpus = append(corpus, fmt.Sprintf("%s\t%s\tg%d", filepath.Base(name), []string{"photo", "dream"}[i%2], i))
	}
	manifest := "file\tclass\tgroup\n" + strings.Join(corpus, "\n") + "\n"
	if err := os.WriteFile(in("many/manifest.tsv"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(strings.Repeat("banana tabby castle goldfish volcano violin beagle wombat ", 125))
	return []cut{
		{name: "dream", args: []string{"dream", photo, in("out/d.png"), "steps=200"}},
		{name: "dream of a large picture", args: []string{"dream", large, in("out/l.png"), "octaves=1", "steps=1"}},
		{name: "dream to JPEG", args: []string{"dream", large, in("out/l.jpg"), "eyes"}},
		{name: "dream from a pipe that says nothing", args: []string{"dream", "-", in("out/d.png")}, in: true},
		{name: "imagine", args: []string{"imagine", "banana", in("out/i.png"), "steps=200"}},
		{name: "imagine a thousand words", args: append(append([]string{"imagine"}, words...), in("out/t.png"))},
		{name: "imagine what it does not know", args: append(append([]string{"imagine"}, strings.Fields(strings.Repeat("bananna qwertzu ", 500))...), in("out/t.png"))},
		{name: "dive", args: []string{"dive", photo, in("out/d.gif")}},
		{name: "dive to a film", args: []string{"dive", photo, in("out/d.mp4"), "size=100", "octaves=1", "steps=1"}},
		{name: "wander", args: []string{"wander", photo, in("out/w.gif")}},
		{name: "see", args: []string{"see", in("many"), in("many"), in("many")}},
		{name: "see names that do not come", args: []string{"see", "-"}, in: true},
		{name: "detect", args: []string{"detect", in("many"), in("many")}},
		{name: "detect --heatmap", args: []string{"detect", "--heatmap", in("out/h.png"), large}},
		{name: "inspect", args: []string{"inspect", "--image", large, "--layer", "4c", "--values", in("out/v")}},
		{name: "bench", args: []string{"bench"}},
		{name: "bench --profile", args: []string{"bench", "--profile", "--size", "1024"}},
		{name: "model sheet", args: []string{"model", "sheet", in("out/s.png")}},
		{name: "detector train", args: []string{"detector", "train", "--corpus", in("many"), "--out", in("out/head.bin")}},
		{name: "detector eval", args: []string{"detector", "eval", "--corpus", in("many"), "--dreams", "0", "--redrawn", "0", "--posted", "0"}},
		{name: "model pull", args: []string{"model", "pull", "googlenet"}},
		{name: "man", args: []string{"man", in("out")}, when: soon[:1], keep: []string{".1"}},
		{name: "demo", args: []string{"demo", "--listen", "127.0.0.1:0", "--out", in("out/demo.png")}, keep: []string{"demo.png"}},
		{name: "demo --once", args: []string{"demo", "--once", "--out", in("out/demo.png"), "dream", "steps=200"}},
	}
}

func TestWhatIsToldToEndEnds(t *testing.T) {
	dir := t.TempDir()
	h := newHouse(t)
	hang := mute(t)
	env := map[string]string{"TMPDIR": filepath.Join(dir, "tmp"), "SLUGPUPPY_DREAM_FFMPEG": slowFilm(t, dir),
		"HTTPS_PROXY": "http://" + hang, "HTTP_PROXY": "http://" + hang}
	for name, value := range h.env {
		env[name] = value
	}
	for i, c := range cuts(t, dir) {
		if os.Getenv("SLUGPUPPY_LONG") == "" && i%4 != 0 { // all of them take minutes
			continue
		}
		t.Run(c.name, func(t *testing.T) { c.try(t, dir, h.file, env) })
	}
}

func TestWhatWaitsForOthersEndsWhenItIsTold(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of commands")
	}
	dir := t.TempDir()
	h := newHouse(t)
	populate(t, h, 30_000)
	env := h.env
	copyOf := filepath.Join(dir, "copy.db")
	h.ok(t, "db", "backup", copyOf)
	h.server.Inject(mastodontest.Fault{Match: "GET /", Kind: mastodontest.Slow, Delay: time.Hour, Times: 1 << 30})
	h.server.Inject(mastodontest.Fault{Match: "POST /", Kind: mastodontest.Slow, Delay: time.Hour, Times: 1 << 30})
	var often []time.Duration
	for after := 30 * time.Millisecond; after < time.Second; after += 70 * time.Millisecond {
		often = append(often, after)
	}
	for _, c := range []cut{
		{name: "login", args: []string{"login"}},
		{name: "login --paste", args: []string{"login", "--paste"}, in: true},
		{name: "filter connect", args: []string{"filter", "connect", "--server", h.server.URL}},
		{name: "doctor", args: []string{"doctor"}},
		{name: "status --watch", args: []string{"status", "--watch"}},
		{name: "log -f", args: []string{"log", "-f"}},
		{name: "db check", args: []string{"db", "check"}, when: soon[:2]},
		{name: "db backup", args: []string{"db", "backup", filepath.Join(dir, "out", "b.db")}, when: soon[:2]},
		{name: "db restore", args: []string{"db", "restore", copyOf}, when: often, keep: []string{".replaced-"}},
		{name: "db compact", args: []string{"db", "compact"}, when: often},
	} {
		t.Run(c.name, func(t *testing.T) { c.try(t, dir, h.file, env) })
	}
	h.ok(t, "db", "check")
}

// populate makes a database of many jobs.
func populate(t *testing.T, h *house, jobs int) {
	t.Helper()
	path := filepath.Join(h.dir, "state", "slugpuppy", "slugpuppy.db")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	all := make([]store.Job, jobs)
	for i := range all {
		all[i] = store.Job{Source: fmt.Sprint(i), Requester: "1", Handle: "ada@a.example", Payload: bytes.Repeat([]byte("{}"), 1000),
			State: store.Skipped, Lane: "words"}
	}
	for part := range slices.Chunk(all, 1000) {
		if _, err := st.For(identity.Identity{Server: "a.example", ID: "1"}).Jobs().Record("1", part...); err != nil {
			t.Fatal(err)
		}
	}
}

// mute is the address of a server that never answers.
func mute(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// slowFilm is an ffmpeg that takes its time.
func slowFilm(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "ffmpeg")
	script := "#!/bin/sh\nhead -c 1000 >/dev/null\nfor last; do :; done\necho begun > \"$last\"\nsleep 60\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// tellTime is how long a command may take that was told to end, not counting what it waits for a processor that others
// have, or in the kernel for a disk that others keep busy: no process can end there.
const tellTime = time.Second

func (c cut) try(t *testing.T, dir, config string, env map[string]string) {
	when := c.when
	if when == nil {
		when = soon
	}
	ended := 0
	for i, after := range when {
		sig := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[i%2]
		for _, folder := range []string{"out", "tmp"} {
			if err := os.RemoveAll(filepath.Join(dir, folder)); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if c.once(t, sig, after, dir, config, env) {
			ended++
		}
	}
	if ended == 0 && c.when == nil {
		t.Errorf("it was never told to end before it had ended")
	}
}

// once runs the command, and says whether it was told to end.
func (c cut) once(t *testing.T, sig syscall.Signal, after time.Duration, dir, config string, env map[string]string) bool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	cmd := exec.Command(self, append(slices.Clone(c.args), "--config", config)...)
	cmd.Env = os.Environ()
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.in {
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer stdin.Close()
	}
	begun := starts(t, cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	begun()
	time.Sleep(after)
	lost := newStarved(cmd.Process.Pid)
	begin := time.Now()
	_ = syscall.Kill(-cmd.Process.Pid, sig) // all of it, as a terminal does; it may have ended
	gone := make(chan struct{})
	go func() { defer close(gone); _ = cmd.Wait() }()
	if !lost.until(gone, 2*time.Minute) {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-gone
		t.Fatalf("after %v: it does not end: %s", after, said.String())
	}
	took := time.Since(begin)
	lost.look()
	took -= lost.lost()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Exited() && status.ExitStatus() != 128+int(sig) {
		if status.ExitStatus() > 5 {
			t.Errorf("after %v: exit code %d", after, status.ExitStatus())
		}
		return false // it was over before
	}
	if early := after < 100*time.Millisecond && status.Signaled(); early {
		return false // before it could hear anything
	}
	t.Logf("told after %v, ended %v later, having waited %v for a processor, as we did %v, and %v for the disk",
		after, took.Round(time.Millisecond), lost.its.most, lost.late, lost.stuck)
	if took > tellTime {
		t.Errorf("after %v: ended %v later", after, took)
	}
	word := map[syscall.Signal]string{syscall.SIGINT: "interrupted", syscall.SIGTERM: "terminated"}[sig]
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	if last := lines[len(lines)-1]; last != "slugpuppy: "+word && !strings.HasSuffix(last, ": slugpuppy: "+word) || strings.Count(said.String(), word) != 1 {
		t.Errorf("after %v: status %v, said %q", after, status, said.String())
	}
	for _, l := range lines {
		if strings.Contains(l, "context canceled") || strings.Contains(l, "signal: ") {
			t.Errorf("after %v: it says %q", after, l)
		}
	}
	c.tidy(t, dir, filepath.Dir(config))
	return true
}

// starts has a command say that its first step comes now: until then nothing of ours runs in it, and a busy machine may
// take long. It returns what waits for that.
func starts(t *testing.T, cmd *exec.Cmd) (begun func()) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{w} // the third and first that it has beside its standard ones
	cmd.Env = append(cmd.Env, tellStart+"=3")
	return func() {
		w.Close()
		_, _ = io.Copy(io.Discard, r) // to the end, which is that it has closed it
		r.Close()
	}
}

// starved is how long the thread of a process that waited longest for a processor has waited, and how long one was stuck
// in the kernel, as Linux counts; elsewhere nobody knows. Whoever looks may wait too, or the whole machine,
// if it is a virtual one: so much later the end is seen, and what the process waited for since the last look is not known any more.
type starved struct {
	pid    int
	its    waits
	late   time.Duration // by which looks came too late
	looked time.Time
	stuck  time.Duration // between looks at one of which a thread waited for a disk: it does so many times, for a moment each
	held   bool          // at the last look
}

func newStarved(pid int) *starved {
	s := &starved{pid: pid}
	s.look()
	return s
}

// look notes how long they have waited so far.
func (s *starved) look() {
	s.lookAtDisk()
	s.its.look(s.pid)
}

// lost is how long nothing could go on.
func (s *starved) lost() time.Duration { return s.its.most + s.late + s.stuck }

// waits is how long the thread of a process that waited longest for a processor has waited since the first look. Linux counts a
// wait when it is over, which is too late for a thread that ends next: so it counts too how long one could run, and did not.
type waits struct {
	threads map[string]*thread
	looked  time.Time
	most    time.Duration
}

// thread is one as it was at the last look.
type thread struct {
	before  time.Duration // what it had waited at the first look
	ran     time.Duration
	ready   bool          // it could run
	waiting time.Duration // between looks at both of which it could, and in between it did not
}

func (w *waits) look(pid int) {
	first := w.threads == nil
	if first {
		w.threads = map[string]*thread{}
	}
	now := time.Now()
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for _, task := range tasks {
		data, err := os.ReadFile(filepath.Join(task, "schedstat"))
		var ran, waited time.Duration
		if err != nil {
			continue // it has ended
		}
		if _, err := fmt.Sscan(string(data), &ran, &waited); err != nil {
			continue
		}
		t, known := w.threads[task]
		if !known {
			t = &thread{}
			if w.threads[task] = t; first {
				t.before = waited
			}
		}
		ready := strings.HasPrefix(state(task), "R")
		if known && t.ready && ready && ran == t.ran {
			t.waiting += now.Sub(w.looked)
		}
		t.ran, t.ready = ran, ready
		w.most = max(w.most, waited-t.before, t.waiting)
	}
	w.looked = now
}

// state is the state of a thread, as proc(5) has it, and what follows; nothing if it has ended.
func state(task string) string {
	data, _ := os.ReadFile(filepath.Join(task, "stat"))
	_, after, _ := strings.Cut(string(data), ") ") // the name, in brackets, stands before
	return after
}

// lookAtDisk notes whether a thread is in an uninterruptible sleep, state D of proc(5).
func (s *starved) lookAtDisk() {
	held := false
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", s.pid))
	for _, task := range tasks {
		held = held || strings.HasPrefix(state(task), "D")
	}
	now := time.Now()
	if (held || s.held) && !s.looked.IsZero() {
		s.stuck += now.Sub(s.looked)
	}
	s.held, s.looked = held, now
}

// until looks until gone is closed, or for so long.
func (s *starved) until(gone <-chan struct{}, most time.Duration) bool {
	const pause = 5 * time.Millisecond
	end := time.After(most)
	for {
		begun := time.Now()
		select {
		case <-gone:
			s.late += max(0, time.Since(begun)-pause)
			return true
		case <-end:
			return false
		case <-time.After(pause):
			s.look()
		}
		s.late += max(0, time.Since(begun)-2*pause)
	}
}

// tidy fails for every file that was begun and not finished.
func (c cut) tidy(t *testing.T, dirs ...string) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			rest := strings.TrimPrefix(path, dir)
			begun := strings.HasPrefix(rest, "/out/") || strings.HasPrefix(rest, "/tmp/") ||
				strings.Contains(filepath.Base(rest), ".part") || strings.HasSuffix(rest, ".compact") || strings.HasPrefix(filepath.Base(rest), ".")
			if begun && !slices.ContainsFunc(c.keep, func(k string) bool { return strings.Contains(rest, k) }) {
				t.Errorf("left behind: %s", rest)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

package reply_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/store"
)

// The environment by which a test binary becomes a daemon: where the server and the file are.
const (
	childServer = "SLUGPUPPY_TEST_SERVER"
	childStore  = "SLUGPUPPY_TEST_STORE"
	childLog    = "SLUGPUPPY_TEST_LOG"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childServer); url != "" {
		if err := beDaemon(url, os.Getenv(childStore)); err != nil {
			fmt.Fprintln(os.Stderr, "daemon:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	var known []goleak.Option
	if os.Getenv("SLUGPUPPY_E2E_URL") != "" { // a server that outlives the tests keeps connections open; the fakes close theirs
		known = append(known, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
	}
	goleak.VerifyTestMain(m, known...)
}

// slowest is how long a request takes to have its effect, and its answer to arrive.
const slowest = 8 * time.Millisecond

// beDaemon is a real daemon with a fast dreamer. It says when it is at work, and works until
// it is killed.
func beDaemon(url, path string) error {
	s, err := store.Open(path, store.Options{})
	if err != nil {
		return err
	}
	var p network.Bot = remote{url}
	if token := os.Getenv(childToken); token != "" {
		if p, err = platform(url, token); err != nil {
			return err
		}
	}
	o := options(p, &cheap{took: 3 * time.Millisecond})
	o.Store, o.Poll, o.Dreams = s, 10*time.Millisecond, 2
	o.Settle, o.SlowPost = 5*slowest, 6*slowest // a request of a killed process has its effect by then
	o.Caps = reply.Caps{PerUserHour: -1, PerThread: -1, PerPair: -1, Queue: -1, Uploads: -1}
	if os.Getenv(childLog) != "" {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	d, err := reply.New(o)
	if err != nil {
		return err
	}
	fmt.Println("at work")
	return d.Run(context.Background())
}

// child is a running daemon process.
type child struct{ *exec.Cmd }

// spawn begins a daemon; with a token it speaks through the real adapter.
func spawn(t *testing.T, url, token, path string) child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childServer+"="+url, childToken+"="+token, childStore+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the daemon did not start")
	}
	return child{cmd}
}

// kill is kill -9.
func (c child) kill() {
	_ = c.Process.Kill() // SIGKILL; it cannot have ended by itself
	_ = c.Wait()         // reports the kill
}

// long says whether there is time for the long versions of tests.
func long() bool { return os.Getenv("SLUGPUPPY_LONG") != "" }

func TestKilledAtAnyPointItAnswersEverybodyOnce(t *testing.T) {
	t.Parallel()
	kills := 20
	if long() {
		kills = 300
	}
	for _, keys := range []bool{true, false} {
		t.Run(fmt.Sprintf("idempotency keys %v", keys), func(t *testing.T) { killTest(t, kills/2, keys) })
	}
}

func killTest(t *testing.T, kills int, keys bool) {
	w := newWorld()
	w.useKeys = keys
	me := w.join("dreambot")
	srv := httptest.NewServer(me.serve(slowest))
	defer srv.Close()
	path := filepath.Join(t.TempDir(), "slugpuppy.db")
	start(t, path, me)

	var posts []network.Post
	ask := func() {
		for i := range 4 {
			posts = append(posts, request(w.join(fmt.Sprintf("person%d", len(posts))), i))
		}
	}
	life := lifetime(t, srv.URL, "", path, ask, func() { await(t, w, me, posts) })
	for range kills {
		c := spawn(t, srv.URL, "", path)
		ask()
		time.Sleep(rand.N(life))
		c.kill()
	}
	for end := time.Now().Add(patience); ; { // who is killed once all are answered may not have written down everything
		c := spawn(t, srv.URL, "", path)
		await(t, w, me, posts)
		c.kill()
		if over(t, path) || time.Now().After(end) {
			break
		}
	}
	judge(t, w, me, path, posts)
	t.Logf("%d kills, lives of up to %v, %d mentions", kills, life, len(posts))
}

// lifetime is how long a daemon may live before it is killed: long enough, on this machine, that
// most get something done. Where each dies at the first job, that job is given up for good.
func lifetime(t *testing.T, url, token, path string, ask, answered func()) time.Duration {
	t.Helper()
	c := spawn(t, url, token, path)
	defer c.kill()
	begun := time.Now()
	ask()
	answered()
	return max(150*time.Millisecond, 2*time.Since(begun))
}

// start records that there is nothing to answer before the test.
func start(t *testing.T, path string, me *client) {
	t.Helper()
	s, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.For(identity.Identity{Server: "example.social", ID: me.self.ID}).Jobs().Record("0"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// request posts one of several kinds of requests; the last kind is not to be answered.
func request(c *client, kind int) network.Post {
	switch kind % 4 {
	case 0:
		return c.post("@dreambot eyes", c.withPicture(photo(kind), "a hill"))
	case 1:
		return c.post("@dreambot imagine banana")
	case 2:
		return c.post("@dreambot help")
	}
	return c.post("@dreambot help", func(p *network.Post) { p.Created = time.Now().Add(-25 * time.Hour) })
}

const unanswered = 3 // the kind of request that is too old

// await waits until everything that is to be answered has been.
func await(t *testing.T, w *world, me *client, posts []network.Post) {
	t.Helper()
	end := time.Now().Add(patience)
	for i, p := range posts {
		for i%4 != unanswered && len(w.repliesTo(me.self.ID, p.ID)) == 0 {
			if time.Now().After(end) {
				return // judge says what is missing
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	time.Sleep(10 * slowest) // for an answer too many
}

// over says whether everything has come to an end, of which nothing is said to anybody: what is too old is skipped.
func over(t *testing.T, path string) bool {
	t.Helper()
	s, err := store.Open(path, store.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	left, err := s.Operator().Jobs(store.Filter{States: store.Unfinished(), Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return len(left) == 0
}

func judge(t *testing.T, w *world, me *client, path string, posts []network.Post) {
	t.Helper()
	if err := store.Check(path); err != nil {
		t.Error(err)
	}
	s, err := store.Open(path, store.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, p := range posts {
		j, err := s.For(identity.Identity{Server: "example.social", ID: me.self.ID}).Jobs().BySource(p.ID)
		if err != nil {
			t.Errorf("mention %s is lost: %v", p.ID, err)
			continue
		}
		want := 1
		if i%4 == unanswered {
			want = 0
		}
		if n := len(w.repliesTo(me.self.ID, p.ID)); n != want {
			t.Errorf("mention %s (%q) was answered %d times, want %d; its job is %s (%s)", p.ID, p.Text, n, want, j.State, j.Reason)
		}
		if j.State == store.Dead {
			t.Errorf("mention %s was given up because its process was killed: %s", p.ID, j.Reason)
		}
		if want == 0 && j.State != store.Skipped {
			t.Errorf("mention %s is %s, want skipped", p.ID, j.State)
		}
	}
}

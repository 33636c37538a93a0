package reliability

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/cluster/broker"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// yard is a broker, and workers as processes of their own.
type yard struct {
	t      *testing.T
	dir    string
	broker *broker.Broker

	mu      sync.Mutex
	workers []*process
	hired   int
}

func newYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{t: t, dir: t.TempDir()}
	y.open("127.0.0.1:0")
	t.Cleanup(func() { y.broker.Close() })
	return y
}

func (y *yard) open(listen string) {
	y.t.Helper()
	b, err := broker.Start(broker.Options{Listen: listen, Dir: y.dir})
	if err != nil {
		y.t.Fatal(err)
	}
	y.broker = b
}

// loseAll has the broker come back on an empty disk.
func (y *yard) loseAll() {
	y.t.Helper()
	address := strings.TrimPrefix(y.broker.Address(), "nats://")
	y.broker.Close()
	if err := os.RemoveAll(filepath.Join(y.dir, "cluster")); err != nil {
		y.t.Fatal(err)
	}
	y.open(address)
}

// settings are those of a daemon that has all its pictures made by the workers.
func (y *yard) settings(orders int) string {
	return fmt.Sprintf("[cluster]\nnats = %q\nnkey = %q\nfallback = false\norders = %d", y.broker.Address(), y.broker.Keys().Daemon, orders)
}

// hire starts a worker.
func (y *yard) hire() {
	y.t.Helper()
	self, err := os.Executable()
	if err != nil {
		y.t.Fatal(err)
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.hired++
	p := &process{t: y.t, ended: make(chan struct{})}
	p.cmd = exec.Command(self, "worker")
	p.cmd.Env = append(os.Environ(), "HOME="+y.dir, "SLUGPUPPY_CLUSTER_NATS="+y.broker.Address(),
		"SLUGPUPPY_CLUSTER_NKEY="+y.broker.Keys().Worker, "SLUGPUPPY_CLUSTER_NODE=worker"+strconv.Itoa(y.hired))
	p.cmd.Stderr = p
	if err := p.cmd.Start(); err != nil {
		y.t.Fatal(err)
	}
	go func() { defer close(p.ended); _ = p.cmd.Wait() }()
	y.t.Cleanup(p.kill)
	y.workers = append(y.workers, p)
}

// replace kills one of the workers and starts another.
func (y *yard) replace() {
	y.mu.Lock()
	i := rand.IntN(len(y.workers))
	p := y.workers[i]
	y.workers = append(y.workers[:i], y.workers[i+1:]...)
	y.mu.Unlock()
	p.kill()
	y.hire()
}

// A daemon without fallback, four workers of which one is killed every few answers, and a broker that once comes
// back with nothing: everybody is answered once, and nobody is given up
// but for three kills of their own.
func TestWorkersThatAreKilledAnswerEverybodyOnce(t *testing.T) {
	if !long() {
		t.Skip("SLUGPUPPY_LONG is not set: a killed worker's order waits 40 s")
	}
	const orders = 1000
	y := newYard(t)
	w := newTown(t, filepath.Join(t.TempDir(), "state"), mastodontest.Options{}, y.settings(16))
	png, err := picture.EncodePNG(picture.Landscape(64, 48, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		y.hire()
	}
	p := w.serve()
	p.untilListening()
	begun := time.Now()
	for range orders {
		w.ask("dream octaves=1 steps=1 size=64", mastodontest.Picture{Data: png})
	}
	kills, wiped, next := 0, false, orders-1
	p.until("everybody is answered", time.Hour, func() bool {
		time.Sleep(200 * time.Millisecond) // to look costs something
		left := len(w.unanswered())
		if left <= next && left > orders/20 { // by answers, not by time: a slow machine's workers would do nothing but start
			next = left - 4 - rand.IntN(9)
			kills++
			y.replace()
		}
		if !wiped && left < orders/2 {
			wiped = true
			y.loseAll()
		}
		return left == 0
	})
	took := time.Since(begun)
	p.stop()
	w.sound()
	t.Logf("%d orders in %v, %d workers killed, the broker's disk lost: %v; the daemon said %d times that a job waits", orders,
		took.Round(time.Second), kills, wiped, strings.Count(p.log(), "the job waits"))
	st, err := store.Open(w.database(), store.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	jobs, err := st.Operator().Jobs(store.Filter{States: []store.State{store.Dead}})
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		if !strings.Contains(j.Reason, dream.ErrPoison.Error()) {
			t.Errorf("given up: %s", j.Reason)
		}
	}
	// Whoever kills at random hits few orders three times, and looks like poison to them.
	if t.Logf("%d given up because they met three kills", len(jobs)); len(jobs) > orders/200 {
		t.Errorf("%d of %d orders were given up", len(jobs), orders)
	}
}

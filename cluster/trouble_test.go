package cluster_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/cluster"
	"slugpuppy/dream"
)

// made orders once in the background.
func made(t *testing.T, d *cluster.Dreamer, o dream.Order) chan error {
	t.Helper()
	ctx, out := within(t, 30*time.Second), make(chan error, 1)
	go func() {
		p, err := d.Make(ctx, o, nil)
		if err == nil && p.Image == nil {
			err = errors.New("there is no picture")
		}
		out <- err
	}()
	return out
}

// mortal is a worker that can die: its connection ends, and whatever it says is not heard.
func (r *rig) mortal(name string, m func(die func()) cluster.Maker) {
	r.t.Helper()
	l := r.link(cluster.Options{Name: name})
	w := cluster.NewWorker(cluster.WorkerOptions{Link: l, Maker: with(m(l.Close))})
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	ended := make(chan struct{})
	go func() { defer close(ended); w.Run(ctx) }()
	r.t.Cleanup(func() { cancel(); <-ended })
	r.present(name)
}

// dies dies of every order.
func dies(held chan<- string) func(die func()) cluster.Maker {
	return func(die func()) cluster.Maker {
		return maker(func(_ context.Context, o dream.Order, _ func(dream.Progress)) (dream.Piece, error) {
			held <- "it"
			die()
			return dream.Piece{}, errors.New("nobody hears this")
		})
	}
}

func TestTheOrderOfADeadWorkerIsDoneByAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	held, now := make(chan string, 9), make(chan struct{})
	r.mortal("mortal", func(die func()) cluster.Maker {
		return maker(func(ctx context.Context, _ dream.Order, _ func(dream.Progress)) (dream.Piece, error) {
			held <- "it"
			select {
			case <-now:
				die()
			case <-ctx.Done():
			}
			return dream.Piece{}, errors.New("nobody hears this")
		})
	})
	done := made(t, r.dreamer(nobody), order())
	<-held
	r.worker("other", copies)
	began := time.Now()
	close(now)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > quick.Ack+slower*2*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAnOrderThatThreeWorkersDiedOfIsNotGivenToAFourth(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	held := make(chan string, 9)
	d := r.dreamer(nobody)
	for _, name := range []string{"one", "two", "three"} {
		r.mortal(name, dies(held))
	}
	done := made(t, d, order())
	for range 3 {
		<-held
	}
	var asked atomic.Int32
	r.worker("four", maker(func(ctx context.Context, o dream.Order, f func(dream.Progress)) (dream.Piece, error) {
		asked.Add(1)
		return copies(ctx, o, f)
	}))
	if err := <-done; !errors.Is(err, dream.ErrPoison) {
		t.Errorf("Make returned %v", err)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the fourth had it %d times", n)
	}
	if err := <-made(t, d, order()); err != nil { // the queue is free again
		t.Error(err)
	}
}

func TestALongOrderStaysWithItsWorker(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var asked atomic.Int32
	slow := maker(func(ctx context.Context, o dream.Order, f func(dream.Progress)) (dream.Piece, error) {
		asked.Add(1)
		time.Sleep(5 * quick.Ack / 2)
		return copies(ctx, o, f)
	})
	d := r.dreamer(nobody)
	r.worker("one", slow)
	r.worker("two", slow)
	if err := <-made(t, d, order()); err != nil {
		t.Fatal(err)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("it was begun %d times", n)
	}
}

// holding is a maker that begins, and goes on when it is let.
func holding() (m maker, begun, goOn chan struct{}) {
	begun, goOn = make(chan struct{}, 9), make(chan struct{})
	return func(ctx context.Context, o dream.Order, f func(dream.Progress)) (dream.Piece, error) {
		begun <- struct{}{}
		select {
		case <-goOn:
			return copies(ctx, o, f)
		case <-ctx.Done():
			return dream.Piece{}, context.Cause(ctx)
		}
	}, begun, goOn
}

func TestABrokerThatStartsAgainLosesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m, begun, goOn := holding()
	d := r.dreamer(nil)
	r.worker("one", m)
	first, second := made(t, d, order()), made(t, d, order()) // one is worked at, one waits
	<-begun
	address := strings.TrimPrefix(r.broker.Address(), "nats://")
	r.broker.Close()
	r.start(address)
	close(goOn)
	for _, done := range []chan error{first, second} {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestABrokerThatLostEverythingIsToldAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m, begun, goOn := holding()
	d := r.dreamer(nil)
	r.worker("one", m)
	first, second := made(t, d, order()), made(t, d, order())
	<-begun
	address := strings.TrimPrefix(r.broker.Address(), "nats://")
	r.broker.Close()
	if err := os.RemoveAll(filepath.Join(r.dir, "cluster")); err != nil {
		t.Fatal(err)
	}
	r.start(address)
	close(goOn)
	for _, done := range []chan error{first, second} {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestAFullQueueRefusesAndTheOrderIsMadeHere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.link(cluster.Options{Keeper: true, Queue: 1})
	m, begun, goOn := holding()
	r.worker("one", m)
	waits := cluster.NewDreamer(cluster.DreamerOptions{Link: l, Networks: only(hash(t))})
	first := made(t, waits, order())
	<-begun
	_, err := waits.Make(within(t, 10*time.Second), order(), nil)
	if !errors.Is(err, dream.ErrNotNow) || !strings.Contains(err.Error(), "no more orders") {
		t.Errorf("Make returned %v", err)
	}
	falls := cluster.NewDreamer(cluster.DreamerOptions{Link: l, Networks: only(hash(t)), Here: copies})
	if err := <-made(t, falls, order()); err != nil {
		t.Error(err)
	}
	if _, here := falls.Made(); here != 1 {
		t.Errorf("%d were made here", here)
	}
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestWithoutAWorkerItIsMadeHereOrNotNow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := <-made(t, r.dreamer(copies), order()); err != nil {
		t.Error(err)
	}
	if err := <-made(t, r.dreamer(nil), order()); !errors.Is(err, dream.ErrNotNow) || !strings.Contains(err.Error(), "no worker") {
		t.Errorf("%v", err)
	}
}

// wire is a way to the broker that can be cut.
type wire struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	cut      bool
	open     []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, to: to}
	t.Cleanup(func() { l.Close(); w.set(true) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.join(c)
		}
	}()
	return w
}

func (w *wire) join(in net.Conn) {
	out, err := net.Dial("tcp", w.to)
	if err != nil {
		in.Close()
		return
	}
	w.mu.Lock()
	w.open = append(w.open, in, out)
	cut := w.cut
	w.mu.Unlock()
	if cut {
		in.Close()
		out.Close()
		return
	}
	go func() { io.Copy(in, out); in.Close() }()
	io.Copy(out, in)
	out.Close()
}

func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for _, c := range w.open {
		c.Close()
	}
	w.open = nil
}

func TestADaemonCutOffDreamsHereAndLaterHasWorkersAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := newWire(t, strings.TrimPrefix(r.broker.Address(), "nats://"))
	l := r.link(cluster.Options{Keeper: true, Broker: "nats://" + w.listener.Addr().String()})
	m, begun, goOn := holding()
	r.worker("one", m)
	d := cluster.NewDreamer(cluster.DreamerOptions{Link: l, Networks: only(hash(t)), Here: copies})
	done := made(t, d, order())
	<-begun
	w.set(true)
	began := time.Now()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took < quick.Away/2 || took > 3*quick.Away {
		t.Errorf("it was made here after %s", took)
	}
	if err := <-made(t, d, order()); err != nil { // at once
		t.Error(err)
	}
	if _, here := d.Made(); here != 2 {
		t.Errorf("%d were made here", here)
	}
	close(goOn)
	w.set(false)
	eventually(t, "the daemon has workers again", func() bool {
		err := <-made(t, d, order())
		remote, _ := d.Made()
		return err == nil && remote > 0
	})
}

func TestAShortInterruptionIsNotNoticed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	address := strings.TrimPrefix(r.broker.Address(), "nats://")
	mine, its := newWire(t, address), newWire(t, address)
	l := r.link(cluster.Options{Keeper: true, Broker: "nats://" + mine.listener.Addr().String()})
	m, begun, goOn := holding()
	worker := cluster.NewWorker(cluster.WorkerOptions{Maker: with(m),
		Link: r.link(cluster.Options{Name: "one", Broker: "nats://" + its.listener.Addr().String()})})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	r.present("one")
	d := cluster.NewDreamer(cluster.DreamerOptions{Link: l, Networks: only(hash(t))})
	done := made(t, d, order())
	<-begun
	mine.set(true)
	close(goOn) // the result comes while nobody can hear it
	time.Sleep(200 * time.Millisecond)
	mine.set(false)
	its.set(true)
	its.set(false)
	if err := <-done; err != nil {
		t.Error(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAWorkerThatIsStoppedFinishesWhatItHas(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m, begun, goOn := holding()
	d := r.dreamer(nobody)
	stop := r.worker("one", m)
	done := made(t, d, order())
	<-begun
	go stop()
	time.Sleep(2 * quick.Beat)
	close(goOn)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAWorkerThatMayNotFinishGivesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.times.Ack = slower * 20 * time.Second // after which another would have it, given back or not
	m, begun, _ := holding()
	d := r.dreamer(nobody)
	w := cluster.NewWorker(cluster.WorkerOptions{Link: r.link(cluster.Options{Name: "one"}), Maker: with(m), Grace: 10 * time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	r.present("one")
	done := made(t, d, order())
	<-begun
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	began := time.Now()
	r.worker("two", copies)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > r.times.Ack/2 {
		t.Errorf("it was not given back at once: %s", took)
	}
}

func TestWorkThatNobodyWaitsForEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ended := make(chan error, 1)
	begun := make(chan struct{})
	l := r.link(cluster.Options{Keeper: true})
	r.worker("one", maker(func(ctx context.Context, _ dream.Order, _ func(dream.Progress)) (dream.Piece, error) {
		close(begun)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return dream.Piece{}, context.Cause(ctx)
	}))
	d := cluster.NewDreamer(cluster.DreamerOptions{Link: l, Networks: only(hash(t)), Here: copies})
	done := made(t, d, order())
	<-begun
	l.Close() // as if the daemon were killed
	select {
	case <-ended:
	case <-time.After(2 * quick.Ack):
		t.Error("it works on")
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAnOrderForAProcessorGoesToOneOfThatFamily(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.dreamer(nobody)
	r.worker("one", copies)
	o := order()
	o.ISA = classifier.Arithmetic()
	if err := <-made(t, d, o); err != nil {
		t.Error(err)
	}
	o.ISA = "riscv64/vector"
	if err := <-made(t, r.dreamer(nil), o); !errors.Is(err, dream.ErrElsewhere) || !errors.Is(err, dream.ErrNotNow) {
		t.Errorf("%v", err)
	}
}

func TestABugOfAWorkerFailsTheOrderAndNotTheWorker(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.dreamer(nobody)
	n := 0
	r.worker("one", maker(func(ctx context.Context, o dream.Order, f func(dream.Progress)) (dream.Piece, error) {
		if n++; n == 1 {
			panic("a bug")
		}
		return copies(ctx, o, f)
	}))
	if err := <-made(t, d, order()); err == nil || !strings.Contains(err.Error(), "a bug") {
		t.Errorf("%v", err)
	}
	if err := <-made(t, d, order()); err != nil {
		t.Error(err)
	}
}

func TestAnOrderThatTwoWorkersDiedOfIsMadeAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	held := make(chan string, 9)
	r.mortal("one", dies(held))
	r.mortal("two", dies(held))
	d := r.dreamer(nobody)
	suspect := order()
	suspect.Recipe.Seed = 99
	done := made(t, d, suspect)
	<-held
	<-held
	var active, together atomic.Int32
	w := cluster.NewWorker(cluster.WorkerOptions{Link: r.link(cluster.Options{Name: "three"}), Slots: 3, Maker: with(maker(
		func(ctx context.Context, o dream.Order, f func(dream.Progress)) (dream.Piece, error) {
			now := active.Add(1)
			defer active.Add(-1)
			if o.Recipe.Seed == 99 {
				together.Store(now)
				time.Sleep(300 * time.Millisecond)
				together.Add(active.Load())
			}
			time.Sleep(100 * time.Millisecond)
			return copies(ctx, o, f)
		}))})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	r.present("three")
	for over := false; !over; {
		other := made(t, d, order())
		select {
		case err := <-done:
			if over = true; err != nil {
				t.Error(err)
			}
		case <-time.After(30 * time.Millisecond):
		}
		go func() { <-other }()
	}
	if n := together.Load(); n != 2 { // one before and one after, which is itself
		t.Errorf("others were made beside it: %d", n)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

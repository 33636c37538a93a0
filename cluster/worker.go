package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"slugpuppy/classifier"
)

// WorkerOptions are what a Worker is made of. Link and Maker are required.
type WorkerOptions struct {
	Link *Link
	// Maker finds what makes pieces with the network of a hash. One that this process lacks it makes of the bundle
	// that fetch returns; fetch is nil where there is none. errors.Is(err, dream.ErrElsewhere): it cannot be had.
	Maker    func(ctx context.Context, hash string, fetch func(context.Context) ([]byte, error)) (Maker, error)
	Networks []string // hashes of those at hand, for people
	Slots    int      // orders at the same time [1]
	// Grace is how long orders may go on once ctx of Run has ended [1 min]; then they are given back.
	Grace time.Duration
	Eyes  *Eyes // looks at pictures; nil: this worker does not
}

// Worker makes what is ordered. It knows nobody: it has no token and no database.
type Worker struct {
	WorkerOptions

	alone sync.RWMutex // held by orders; by one that its last worker may die of, so that no other dies with it

	mu                sync.Mutex
	busy, done, again int
	draining          bool
}

// NewWorker returns a Worker.
func NewWorker(o WorkerOptions) *Worker {
	o.Slots, o.Grace = cmp.Or(o.Slots, 1), cmp.Or(o.Grace, time.Minute)
	return &Worker{WorkerOptions: o}
}

// mostDeliveries is how many workers an order may end before nobody takes it any more.
const mostDeliveries = 3

// The causes with which the work at an order is ended.
var (
	errDraining  = errors.New("this worker ends")
	errUnwanted  = errors.New("nobody waits for the order any more")
	errCancelled = errors.New("the order was cancelled")
)

// Run takes orders until ctx ends, and then finishes those that it has.
func (w *Worker) Run(ctx context.Context) error {
	// What is begun outlives ctx, by the grace.
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	defer context.AfterFunc(ctx, func() {
		w.mu.Lock()
		w.draining = true
		w.mu.Unlock()
		t := time.AfterFunc(w.Grace, func() { stop(errDraining) })
		context.AfterFunc(work, func() { t.Stop() })
	})()
	said, quiet := context.WithCancel(work)
	defer quiet()
	var group errgroup.Group
	group.Go(func() error { return w.Link.Announce(said, w.node) })
	slots, _ := errgroup.WithContext(ctx)
	for range w.Slots {
		slots.Go(func() error { w.take(ctx, work); return nil })
	}
	if w.Eyes != nil {
		slots.Go(func() error { return w.Eyes.serve(ctx, work, w.Link) })
	}
	err := slots.Wait()
	quiet()
	return errors.Join(err, group.Wait())
}

// node is what the worker says of itself.
func (w *Worker) node() Node {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := Node{Kind: WorkerNode, Arithmetic: classifier.Arithmetic(), Also: classifier.Arithmetics()[1:], Networks: w.Networks, Cores: runtime.GOMAXPROCS(0),
		Slots: w.Slots, Busy: w.busy, Done: w.done, Again: w.again, Draining: w.draining}
	if w.Eyes != nil {
		n.Looks = w.Eyes.Looks()
	}
	return n
}

// take takes orders, one at a time, until ctx ends; what it began ends with work.
func (w *Worker) take(ctx, work context.Context) {
	pause, said := 50*time.Millisecond, ""
	for ctx.Err() == nil {
		err := w.turn(ctx, work)
		if err == nil {
			pause, said = 50*time.Millisecond, ""
			continue
		}
		if ctx.Err() == nil && w.Link.away() == 0 && err.Error() != said {
			said = err.Error()
			w.Link.opt.Log.Warn("no order can be taken; it is tried again", "error", err)
		}
		w.Link.forget()
		sleep(ctx, pause)
		pause = min(2*pause, w.Link.opt.Times.Reply)
	}
}

// turn waits a while for an order and works at it: those for the processors of this family come first, for others
// cannot take them.
func (w *Worker) turn(ctx, work context.Context) error {
	queues, err := w.queues(ctx)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		for i, q := range queues {
			wait := time.Duration(0)
			if i == len(queues)-1 {
				wait = w.rest()
			}
			msg, err := next(q, wait)
			if err != nil {
				return err
			}
			if msg == nil {
				continue
			}
			w.count(1)
			(&task{Worker: w, msg: msg}).run(work)
			w.count(-1)
			break
		}
	}
	return nil
}

// rest is how long a queue is waited at before the other is looked at, and how long it takes to hear that ctx ended.
func (w *Worker) rest() time.Duration { return min(time.Second, 2*w.Link.opt.Times.Beat) }

func (w *Worker) count(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy += n; n < 0 {
		w.done++
	}
}

// queues are the orders for what this processor computes in, and last those for all.
func (w *Worker) queues(ctx context.Context) ([]jetstream.Consumer, error) {
	ctx, cancel := w.Link.brief(ctx)
	defer cancel()
	k, err := w.Link.keep(ctx)
	if err != nil {
		return nil, err
	}
	var all []jetstream.Consumer
	for _, arithmetic := range append(classifier.Arithmetics(), "") {
		name := family(arithmetic)
		c, err := k.orders.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: "workers-" + name,
			FilterSubject: orderSubject(name), AckPolicy: jetstream.AckExplicitPolicy, AckWait: w.Link.opt.Times.Ack,
			MaxDeliver: -1, MaxAckPending: -1}) // workers count deliveries themselves, see task.run
		if err != nil {
			return nil, fmt.Errorf("open the queue of orders: %w", err)
		}
		all = append(all, c)
	}
	return all, nil
}

// next waits for a message; nil when there is none.
func next(from jetstream.Consumer, wait time.Duration) (jetstream.Msg, error) {
	get := func() (jetstream.MessageBatch, error) { return from.Fetch(1, jetstream.FetchMaxWait(wait)) }
	if wait == 0 {
		get = func() (jetstream.MessageBatch, error) { return from.FetchNoWait(1) }
	}
	batch, err := get()
	if err != nil {
		return nil, fmt.Errorf("fetch an order: %w", err)
	}
	var got jetstream.Msg
	for m := range batch.Messages() {
		got = m
	}
	if err := batch.Error(); got == nil && err != nil {
		return nil, fmt.Errorf("fetch an order: %w", err)
	}
	return got, nil
}

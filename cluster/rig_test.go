package cluster_test

import (
	"context"
	"errors"
	"image"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"slugpuppy/app/apptest"
	"slugpuppy/classifier"
	"slugpuppy/cluster"
	"slugpuppy/cluster/broker"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// quick are times that tests have time for. Who is silent for three beats is taken for gone: on a busy machine that
// must be more than a process may have to wait for a processor.
var quick = cluster.Times{Ack: slower * time.Second, Beat: slower * 300 * time.Millisecond, Away: slower * time.Second,
	Reply: slower * 2 * time.Second, Claim: slower * time.Second}

var (
	network = sync.OnceValues(classifier.Default)
	studio  = sync.OnceValue(func() *dream.Maker {
		n, err := network()
		if err != nil {
			panic(err)
		}
		return dream.New(n, dream.Options{ClipSide: 64})
	})
)

// hash is that of the embedded network.
func hash(t testing.TB) string {
	t.Helper()
	n, err := network()
	if err != nil {
		t.Fatal(err)
	}
	return n.Hash()
}

// rig is a broker with its data in a folder.
type rig struct {
	t       testing.TB
	dir     string
	times   cluster.Times
	broker  *broker.Broker
	lookout *cluster.Link // hears which workers are there; nil before somebody asked
	log     *slog.Logger
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), times: quick, log: slog.New(slog.NewTextHandler(newOutput(t), nil))}
	r.start(apptest.FreeAddress(t)) // its own, also while it is down
	t.Cleanup(func() { r.broker.Close() })
	return r
}

func (r *rig) start(listen string) {
	r.t.Helper()
	b, err := broker.Start(broker.Options{Listen: listen, Dir: r.dir})
	if err != nil {
		r.t.Fatal(err)
	}
	r.broker = b
}

// link is a way to the broker, until the test ends.
func (r *rig) link(o cluster.Options) *cluster.Link {
	r.t.Helper()
	if o.Broker == "" {
		o.Broker = r.broker.Address()
	}
	o.NKey = r.broker.Keys().Worker
	if o.Keeper {
		o.NKey = r.broker.Keys().Daemon
	}
	if o.Times == (cluster.Times{}) {
		o.Times = r.times
	}
	if o.Log == nil {
		o.Log = r.log
	}
	l, err := cluster.Open(o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(l.Close)
	return l
}

// output is a test's, which nobody may write to once it has ended: connections that were closed still tell of it.
type output struct {
	mu    sync.Mutex
	to    io.Writer
	ended bool
}

func newOutput(t testing.TB) *output {
	o := &output{to: t.Output()}
	t.Cleanup(func() { o.mu.Lock(); defer o.mu.Unlock(); o.ended = true })
	return o
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return len(p), nil
	}
	return o.to.Write(p)
}

// present waits until a worker is known: an order that comes before is one that nobody takes.
func (r *rig) present(name string) {
	r.t.Helper()
	if r.lookout == nil {
		r.lookout = r.link(cluster.Options{Name: "lookout"})
	}
	eventually(r.t, name+" is there", func() bool {
		r.lookout.Roll(r.t.Context())
		return slices.ContainsFunc(r.lookout.Nodes(), func(n cluster.Node) bool { return n.Name == name })
	})
}

// only is one network, which everybody has.
type only string

func (o only) Hash(string) (string, error)   { return string(o), nil }
func (o only) Bundle(string) ([]byte, error) { return nil, nil }

// dreamer orders at the broker; here may be nil.
func (r *rig) dreamer(here cluster.Maker) *cluster.Dreamer {
	r.t.Helper()
	return cluster.NewDreamer(cluster.DreamerOptions{Link: r.link(cluster.Options{Keeper: true, Name: "daemon"}),
		Networks: only(hash(r.t)), Here: here})
}

// worker works until stop is called, or the test ends.
func (r *rig) worker(name string, m cluster.Maker) (stop func()) {
	r.t.Helper()
	l := r.link(cluster.Options{Name: name})
	w := cluster.NewWorker(cluster.WorkerOptions{Link: l, Maker: with(m), Grace: 5 * time.Second})
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
	})
	r.t.Cleanup(stop)
	r.present(name)
	return stop
}

// with has everything made by one maker.
func with(m cluster.Maker) func(context.Context, string, func(context.Context) ([]byte, error)) (cluster.Maker, error) {
	return func(context.Context, string, func(context.Context) ([]byte, error)) (cluster.Maker, error) {
		return m, nil
	}
}

// maker is a function that makes.
type maker func(ctx context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error)

func (m maker) Make(ctx context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error) {
	return m(ctx, o, report)
}

// copies makes a copy of the source at once.
var copies = maker(func(_ context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error) {
	if report != nil {
		report(dream.Progress{Fraction: 1})
	}
	return dream.Piece{Image: o.Source, Recipe: o.Recipe}, nil
})

var errNobody = errors.New("nobody is to make it here")

// nobody fails.
var nobody = maker(func(context.Context, dream.Order, func(dream.Progress)) (dream.Piece, error) {
	return dream.Piece{}, errNobody
})

// order is a small one.
func order() dream.Order {
	return dream.Order{Recipe: dream.Recipe{Verb: dream.Dream, Seed: 7, Octaves: 1, Steps: 2, Size: 64}, Source: small(),
		Accept: []dream.Format{{MIME: dream.GIF}, {MIME: dream.PNG}}}
}

func small() *image.NRGBA { return picture.Landscape(64, 48, 3) }

// within is a context that ends a test that hangs.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), slower*d)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(slower * 20 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

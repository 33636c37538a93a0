package cluster_test

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"sync"
	"testing"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/cluster"
	"slugpuppy/cluster/broker"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// quick are times that tests have time for.
var quick = cluster.Times{Ack: slower * time.Second, Beat: slower * 100 * time.Millisecond, Away: slower * time.Second,
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
	t      testing.TB
	dir    string
	times  cluster.Times
	broker *broker.Broker
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), times: quick}
	r.start("127.0.0.1:0")
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
		o.Log = slog.New(slog.NewTextHandler(r.t.Output(), nil))
	}
	l, err := cluster.Open(o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(l.Close)
	return l
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
